"""The folder beside the file of an export that holds what is done of it, so that a stopped one goes on.

job.json            the version and the request
rows.npy            the rows of the users or products that are asked about
part-000123.csv     the answers for some of them; a part that is there is whole
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock
import msgspec
import numpy as np
import polars as pl

from recsys.arrays import Rows
from recsys.errors import ExportError, writing
from recsys.export.request import ExportRequest, Form

_JOB, _ROWS, _LOCK, _WHOLE = "job.json", "rows.npy", ".lock", "whole.tmp"
CURE = "Add --restart to begin anew."


@dataclass(frozen=True)
class ExportJob:
    """An export that was begun: from which version, of what, and how many are asked at once."""

    version: str
    request: ExportRequest
    step: int
    token: str
    """Tells two exports into the same file apart."""


@dataclass(frozen=True)
class Unfinished:
    """The folder of an export that is at work, or was stopped."""

    folder: Path

    @classmethod
    def beside(cls, out: Path) -> Unfinished:
        """The folder of the export into the file `out`."""
        return cls(out.with_name(f"{out.name}.unfinished"))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep a second process from the same export; ExportError where one is at work."""
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self.folder / _LOCK)
            try:
                lock.acquire(timeout=0)
            except filelock.Timeout:
                raise ExportError(f"Another export into {self.folder} is at work. Wait for it.") from None
        with lock:
            yield

    def job(self) -> ExportJob | None:
        """What was begun here; None where there is nothing that is whole."""
        try:
            return msgspec.json.decode((self.folder / _JOB).read_bytes(), type=ExportJob)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise ExportError(f"{self.folder / _JOB} cannot be read: {error}. {CURE}") from error

    def begin(self, job: ExportJob, rows: Rows) -> None:
        """Write down what is wanted; the job comes last, so that one that is there is whole."""
        self._replace(_ROWS, lambda path: _save(path, rows))
        self._replace(_JOB, lambda path: path.write_bytes(msgspec.json.encode(job)))

    def rows(self) -> Rows:
        """The rows that are asked about, int64, mapped."""
        try:
            rows: Rows = np.load(self.folder / _ROWS, mmap_mode="r")
        except (OSError, ValueError) as error:
            raise ExportError(f"{self.folder / _ROWS} cannot be read: {error}. {CURE}") from error
        return rows

    def part(self, number: int, form: Form) -> Path:
        """The file of one part."""
        return self.folder / f"part-{number:06}.{form}"

    def write(self, number: int, form: Form, table: pl.DataFrame) -> None:
        """Write a part, whole or not at all."""
        write: dict[Form, Callable[[Path], object]] = {
            "parquet": table.write_parquet,
            "csv": lambda path: table.write_csv(path, include_header=number == 0),
            "jsonl": table.write_ndjson,
        }
        self._replace(self.part(number, form).name, write[form])

    def join(self, parts: Sequence[Path], form: Form, out: Path) -> None:
        """Put the parts into one file, which appears under its name when it is whole."""
        whole = self.folder / _WHOLE
        with writing(out):
            if form == "parquet":
                pl.scan_parquet(list(parts)).sink_parquet(whole)
            else:
                with whole.open("wb") as file:
                    for part in parts:
                        with part.open("rb") as source:
                            shutil.copyfileobj(source, file, 1 << 20)
            with whole.open("rb+") as file:
                os.fsync(file.fileno())
            whole.replace(out)

    def clear(self) -> None:
        """Delete what is done."""
        for path in self.folder.glob("*"):
            if path.name != _LOCK:
                path.unlink()

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _replace(self, name: str, write: Callable[[Path], object]) -> None:
        path = self.folder / name
        unfinished = path.with_name(f"{name}.{os.getpid()}.new")
        with writing(path):
            write(unfinished)
            unfinished.replace(path)


def _save(path: Path, rows: Rows) -> None:
    with path.open("wb") as file:
        np.save(file, rows)
