"""The file in which a build says how far it is."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from recsys.progress import Listener, Progress

T = TypeVar("T")
_EVERY = 0.3
"""Seconds between two writes of the progress within a stage."""


@dataclass(frozen=True)
class StageDone:
    """A stage of a build and the seconds it took; None while it runs."""

    name: str
    seconds: float | None = None


@dataclass(frozen=True)
class JobProgress:
    """What the process of a build says of itself.

    Attributes
    ----------
    stages : tuple of StageDone
        The last one is at work.
    fraction : float or None
        Of the last stage.
    ended : float or None
        When the build ended by itself, unix seconds.
    version : str
        What it made; empty where it failed.
    """

    stages: tuple[StageDone, ...] = ()
    fraction: float | None = None
    detail: str = ""
    ended: float | None = None
    version: str = ""


class ProgressFile:
    """A listener that writes what it hears into a file, whole at every moment."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done: list[StageDone] = []
        self._began = time.monotonic()
        self._written = 0.0
        self._last = Progress("")

    def __call__(self, heard: Progress) -> None:
        now = time.monotonic()
        fresh = heard.stage != self._last.stage
        if fresh:
            self._finish(now)
        self._last = heard
        if fresh or now - self._written >= _EVERY or heard.fraction == 1.0:
            self._written = now
            self._write(JobProgress((*self._done, StageDone(heard.stage)), heard.fraction, heard.detail))

    def end(self, version: str) -> None:
        """Say that the build is done, and what it made."""
        self._finish(time.monotonic())
        self._write(JobProgress(tuple(self._done), 1.0, "", time.time(), version))

    def _finish(self, now: float) -> None:
        if self._last.stage:
            self._done.append(StageDone(self._last.stage, round(now - self._began, 2)))
        self._began = now

    def _write(self, progress: JobProgress) -> None:
        with contextlib.suppress(OSError):  # a build need not fail because nobody can watch it
            write_json(self._path, progress)


def both(first: Listener, second: Listener) -> Listener:
    """A listener that tells two others."""

    def tell(heard: Progress) -> None:
        first(heard)
        second(heard)

    return tell


def write_json(path: Path, value: object) -> None:
    """Write a typed value, so that the file is whole at every moment."""
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.write_bytes(msgspec.json.encode(value))
    fresh.replace(path)


def read_json(path: Path, kind: type[T]) -> T | None:
    """Read a typed value; None where there is none that is whole."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError):
        return None
