"""An export: parts by several processes, and one file when all are there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from recsys.errors import ArtifactError, ExportError, RecsysError
from recsys.export.request import ExportRequest
from recsys.export.rows import Answers
from recsys.export.unfinished import CURE, ExportJob, Unfinished
from recsys.progress import Listener, Stage, silent
from recsys.recommender import Recommender
from recsys.versions.store import ArtifactStore

_AT_ONCE = {"recommendations": 10_000, "similar": 2_000, "next": 2_000, "audiences": 20}
"""Users or products of a part."""


@dataclass(frozen=True)
class ExportReport:
    """What was exported.

    Attributes
    ----------
    path : Path
    request : ExportRequest
    version : str
        That all answers come from.
    n_asked : int
        Users or products that were asked about.
    n_parts, n_found : int
        Parts of the work, and those that an earlier, stopped export had done.
    n_bytes : int
    seconds : float
    """

    path: Path
    request: ExportRequest
    version: str
    n_asked: int
    n_parts: int
    n_found: int
    n_bytes: int
    seconds: float


def export(
    artifacts: str | Path,
    out: str | Path,
    request: ExportRequest,
    *,
    workers: int | None = None,
    overwrite: bool = False,
    restart: bool = False,
    progress: Listener = silent,
) -> ExportReport:
    """Write the answers for all users or products, or some of them, into one file.

    The file appears when it is whole. Until then a folder beside it holds the parts that are done. An
    export that was stopped goes on from there when it is asked for again, from the same version.

    Parameters
    ----------
    artifacts : path
        The artifacts folder.
    out : path
        The file to write.
    request : ExportRequest
    workers : int, optional
        Processes; by default one for each core. They share the mapped files of the version.
    overwrite : bool
        Whether a file of this name may be replaced.
    restart : bool
        Whether what a stopped export has done is thrown away.
    progress : Listener

    Raises
    ------
    ExportError
        Where the request cannot be met, the file exists, or another export is unfinished there.
    ArtifactError
        Where no version is in service.
    """
    begin(artifacts, out, request, overwrite=overwrite, restart=restart)
    return resume(artifacts, out, workers=workers, progress=progress)


def begin(
    artifacts: str | Path,
    out: str | Path,
    request: ExportRequest,
    *,
    overwrite: bool = False,
    restart: bool = False,
) -> int:
    """Prepare an export that `resume` makes. Returns how many users or products are asked about.

    Parameters and errors are those of `export`.
    """
    out = Path(out).absolute()
    if out.exists() and not overwrite:
        raise ExportError(f"{out} exists: choose another name, or add --overwrite.")
    if not out.parent.is_dir():
        raise ExportError(f"There is no folder {out.parent}.")
    folder = Unfinished.beside(out)
    with folder.alone():
        if restart:
            folder.clear()
        try:
            _begin(Path(artifacts), folder, request)
            return len(folder.rows())
        except RecsysError:
            if folder.job() is None:
                folder.remove()
            raise


def resume(
    artifacts: str | Path, out: str | Path, *, workers: int | None = None, progress: Listener = silent
) -> ExportReport:
    """Go on with an export that was begun, up to its file. Parameters and errors are those of `export`."""
    started, out = time.monotonic(), Path(out).absolute()
    folder, stage = Unfinished.beside(out), Stage("Making the lists", progress)
    if not folder.folder.is_dir():
        raise ExportError(f"There is no unfinished export into {out}.")
    stage(0.0)
    with folder.alone():
        job = folder.job()
        if job is None:
            raise ExportError(f"There is no unfinished export into {out}.")
        _check_version(Path(artifacts), job)
        n_asked = len(folder.rows())
        starts = range(0, n_asked, job.step)
        parts = [folder.part(number, job.request.form) for number in range(len(starts))]
        todo = [(number, starts[number]) for number, part in enumerate(parts) if not part.exists()]
        n_workers = min(workers or len(os.sched_getaffinity(0)), max(1, len(todo)))
        calls = (delayed(_make)(str(artifacts), str(folder.folder), job.token, *one) for one in todo)
        what = "users" if job.request.of_users else "products"
        n_done = n_asked - sum(min(job.step, n_asked - start) for _, start in todo)
        pool = Parallel(n_workers, return_as="generator_unordered", max_nbytes=None)
        with _readable_failures(), pool:
            stage(n_done / n_asked, f"{n_done:,} of {n_asked:,} {what}")
            for n in pool(calls):
                n_done += n
                stage(n_done / n_asked, f"{n_done:,} of {n_asked:,} {what}")
        Stage("Writing the file", progress)(0.0)
        folder.join(parts, job.request.form, out)
        folder.remove()
    n_found = len(parts) - len(todo)
    seconds = time.monotonic() - started
    return ExportReport(
        out, job.request, job.version, n_asked, len(parts), n_found, out.stat().st_size, seconds
    )


def _begin(artifacts: Path, folder: Unfinished, request: ExportRequest) -> None:
    """Write down what is wanted, unless it stands there already."""
    job = folder.job()
    if job is None:
        recommender = Recommender.open(artifacts)
        rows = request.rows(recommender)
        folder.begin(ExportJob(recommender.version, request, _AT_ONCE[request.what], uuid4().hex), rows)
        return
    if other := job.request.differences(request):
        raise ExportError(f"{folder.folder} holds another export: its {', '.join(other)} differs. {CURE}")
    _check_version(artifacts, job)


def _check_version(artifacts: Path, job: ExportJob) -> None:
    try:
        ArtifactStore(artifacts).open(job.version)
    except ArtifactError as error:
        raise ExportError(f"It was begun with version {job.version}, which is gone. {CURE}") from error


@contextmanager
def _readable_failures() -> Iterator[None]:
    try:
        yield
    except TerminatedWorkerError as error:
        raise ExportError(
            "A process of the export was ended from outside, perhaps for lack of memory. The same command"
            " goes on where it stopped; --workers 1 needs least memory."
        ) from error


@lru_cache(maxsize=1)
def _answers(artifacts: str, folder: str, token: str) -> tuple[Answers, ExportJob]:
    """What makes the lists, kept by a process from part to part."""
    job = Unfinished(Path(folder)).job()
    assert job is not None
    assert job.token == token
    return Answers(Recommender.open(artifacts, job.version), job.request), job


def _make(artifacts: str, folder: str, token: str, number: int, start: int) -> int:
    """Make and write one part. Returns how many users or products it is about."""
    answers, job = _answers(artifacts, folder, token)
    where = Unfinished(Path(folder))
    rows = where.rows()[start : start + job.step]
    where.write(number, job.request.form, answers.table(rows))
    return len(rows)
