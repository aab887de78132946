"""The version in service, and the rules of its shop."""

from __future__ import annotations

import logging
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from threading import Lock, Thread

from recsys.errors import RecsysError
from recsys.recommender import Recommender
from recsys.rules import Rules, read_rules
from recsys.rules.files import FILE
from recsys.versions.store import ArtifactStore

Opened = Callable[[], Recommender]
"""Gives the recommender of the version in service; ArtifactError where there is none."""
_LOG = logging.getLogger("recsys.api")


class InService:
    """The version in service of a folder.

    A new version is opened beside the one that answers, which goes on answering until it is open. A
    version that cannot be opened is said in the log, once, and the one before stays.

    Parameters
    ----------
    folder : path
        The artifacts folder.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self._store = ArtifactStore(folder)
        self._lock = Lock()
        self._opened: Recommender | None = None
        self._tried: str | None = None

    def __call__(self) -> Recommender:
        """The recommender that answers now.

        Raises
        ------
        ArtifactError
            Where no version can be opened.
        """
        if self._opened is None:
            with self._lock:
                if self._opened is None:
                    self._opened = Recommender.open(self._store.root)
                    self._tried = self._opened.version
            return self._opened
        try:
            current = self._store.current()
        except RecsysError:
            return self._opened  # what is open answers, whatever became of the folder
        if current not in (None, self._tried):
            with self._lock:
                if current != self._tried:
                    self._tried = current
                    Thread(target=self._take, args=(current,), daemon=True).start()
        return self._opened

    def _take(self, version: str) -> None:
        try:
            self._opened = Recommender.open(self._store.root, version)
        except RecsysError as error:
            _LOG.warning("Version %s is not taken into service: %s", version, error)
        else:
            _LOG.info("Version %s is in service.", version)


class ShopRules:
    """The rules file beside the versions, which every list obeys; read again when it changes."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[str, Rules]] = {}

    def of(self, recommender: Recommender) -> tuple[Rules | None, str]:
        """The rules in force, and a mark of the state of their file; None and "" where there is no file.

        Raises
        ------
        RulesError
            Where the file cannot be read.
        """
        path = recommender.dataset.artifacts.folder.parents[1] / FILE
        try:
            found = path.stat()
        except FileNotFoundError:
            return None, ""
        state = f"-{found.st_mtime_ns:x}-{found.st_size:x}"
        known = self._known.get(path)
        if known is None or known[0] != state:
            known = self._known[path] = (state, read_rules(path))
        return known[1], state
