"""Pinned versions: kept by every build, and deleted by nobody, until they are unpinned.

A pin is an empty file `pins/<version>` in the artifacts folder, so that it is there or not at once,
whatever dies meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recsys.errors import reading, writing
from recsys.versions import durable
from recsys.versions.seals import VERSION

FOLDER = "pins"


@dataclass(frozen=True)
class Pins:
    """The pins of an artifacts folder."""

    root: Path

    @property
    def _folder(self) -> Path:
        return self.root / FOLDER

    def __contains__(self, version: str) -> bool:
        return version in self.names()

    def names(self) -> list[str]:
        """The pinned versions, oldest first."""
        with reading(self._folder):
            try:
                return sorted(path.name for path in self._folder.iterdir() if VERSION.fullmatch(path.name))
            except FileNotFoundError:
                return []

    def add(self, version: str) -> None:
        """Pin a version."""
        with writing(self._folder):
            self._folder.mkdir(exist_ok=True)
            durable.write(self._folder / version, b"")
            durable.sync_folder(self._folder)

    def remove(self, version: str) -> None:
        """Unpin a version; nothing happens where it is not pinned."""
        with writing(self._folder):
            (self._folder / version).unlink(missing_ok=True)
            if self._folder.exists():
                durable.sync_folder(self._folder)
