"""Start long work in the background, watch it, and stop it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

import filelock

from recsys.errors import BuildLockedError, writing
from recsys.jobs.progress_file import JobProgress, read_json, write_json
from recsys.jobs.request import WEIGHTS, BuildRequest, ExportTask

BUILD, EXPORT = BuildRequest.folder, ExportTask.folder
"""Folders of each kind of work, in the artifacts folder: one of a kind is done at a time."""
JOB, PROGRESS, LOG = "job.json", "progress.json", "log.txt"
LOG_LINES = 40
PATIENCE = 15.0
"""Seconds after which work that was told to stop, and has not, may be ended by force."""

Status = Literal["running", "stopping", "done", "failed", "stopped"]


@dataclass(frozen=True)
class Job:
    """Work that was started: what, when, and which process does it.

    Attributes
    ----------
    name : str
        What is made, in a few words.
    expected_stages : float
        The weight of all its stages, as far as it could be told before.
    """

    name: str
    expected_stages: float
    pid: int
    born: str
    started: float
    expected_seconds: float | None = None
    stopped: float | None = None


@dataclass(frozen=True)
class JobState:
    """Where the work is.

    Attributes
    ----------
    fraction : float
        Of the whole, 0 to 1, about.
    seconds, seconds_left : float
        Since it started, and about how many more; None where that cannot be told.
    log : tuple of str
        Its last lines.
    """

    job: Job
    status: Status
    progress: JobProgress
    fraction: float
    seconds: float
    seconds_left: float | None
    log: tuple[str, ...]

    @property
    def active(self) -> bool:
        """Whether its process is alive."""
        return self.status in ("running", "stopping")

    @property
    def reason(self) -> str:
        """Why it failed: the last line that it printed."""
        said = [line for line in self.log if line.startswith("Error: ")] or list(self.log)
        return said[-1].removeprefix("Error: ") if said else "Its process ended without a word."


class Request(Protocol):
    """What somebody wants done, as a command line."""

    @property
    def folder(self) -> str:
        """`BUILD` or `EXPORT`."""

    @property
    def name(self) -> str:
        """What is made, in a few words."""

    def arguments(self, artifacts: Path) -> list[str]:
        """The command line, after `python -m recsys`."""

    def expected_stages(self) -> float:
        """The weight of all stages, as far as it can be told before."""


def start(artifacts: Path, request: Request, expected_seconds: float | None = None) -> Job:
    """Start work in a process of its own.

    Raises
    ------
    BuildLockedError
        Where work of this kind is done already.
    ArtifactError
        Where the folder cannot be written to.
    """
    artifacts = artifacts.absolute()
    folder = artifacts / request.folder
    with writing(folder), _alone(folder):
        known = state(artifacts, request.folder)
        if known is not None and known.active:
            raise BuildLockedError(f"{known.job.name} is being made. Wait for it, or stop it.")
        (folder / PROGRESS).unlink(missing_ok=True)
        words = [*request.arguments(artifacts), f"--progress={folder / PROGRESS}"]
        with (folder / LOG).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "recsys", *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=_environment(),
            )
        threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no zombie
        job = Job(
            request.name,
            request.expected_stages(),
            process.pid,
            _born(process.pid),
            time.time(),
            expected_seconds,
        )
        write_json(folder / JOB, job)
        return job


def state(artifacts: Path, kind: str = BUILD) -> JobState | None:
    """Where the last work of a kind is; None where none was started from here."""
    folder = artifacts / kind
    job = read_json(folder / JOB, Job)
    if job is None:
        return None
    alive = _alive(job)  # asked before the progress is read: what is dead writes no more
    progress = read_json(folder / PROGRESS, JobProgress) or JobProgress()
    status: Status
    if progress.version:
        status = "done"
    elif alive:
        status = "running" if job.stopped is None else "stopping"
    else:
        status = "failed" if job.stopped is None else "stopped"
    ended = progress.ended or (time.time() if alive else _last_written(folder, job))
    seconds = ended - job.started
    fraction = 1.0 if status == "done" else _fraction(job, progress)
    return JobState(
        job, status, progress, fraction, seconds, _left(job, fraction, seconds), _log(folder / LOG)
    )


def stop(artifacts: Path, kind: str = BUILD) -> None:
    """Tell the work that is done to stop, and end it by force where it has been told long ago.

    What is in service stays in service.
    """
    folder = artifacts / kind
    with writing(folder), _alone(folder):
        known = state(artifacts, kind)
        if known is None or not known.active:
            return
        job, now = known.job, time.time()
        forced = job.stopped is not None and now - job.stopped > PATIENCE
        with contextlib.suppress(ProcessLookupError):
            os.kill(job.pid, getattr(signal, "SIGKILL", signal.SIGTERM) if forced else signal.SIGTERM)
        if job.stopped is None:
            write_json(folder / JOB, replace(job, stopped=now))


def forget(artifacts: Path, kind: str = BUILD) -> None:
    """Take away what work that has ended left to read."""
    folder = artifacts / kind
    with writing(folder), _alone(folder):
        known = state(artifacts, kind)
        if known is not None and not known.active:
            (folder / JOB).unlink(missing_ok=True)


def _fraction(job: Job, progress: JobProgress) -> float:
    """How much of the whole is done, by the weights of the stages."""
    weights = [WEIGHTS.get(stage.name, 1.0) for stage in progress.stages]
    if not weights:
        return 0.0
    done = sum(weights[:-1]) + weights[-1] * (progress.fraction or 0.0)
    return min(0.99, done / max(job.expected_stages, sum(weights)))


def _left(job: Job, fraction: float, seconds: float) -> float | None:
    """Seconds left: as expected before at first, and more and more as it has gone so far."""
    by_pace = seconds * (1 - fraction) / fraction if fraction > 0.02 else None
    if job.expected_seconds is None:
        return by_pace
    by_plan = max(job.expected_seconds - seconds, 0.05 * job.expected_seconds)
    return by_plan if by_pace is None else (1 - fraction) * by_plan + fraction * by_pace


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder / ".lock", timeout=10):
        yield


def _last_written(folder: Path, job: Job) -> float:
    """When work that ended without a word last did something."""
    paths = [path for path in (folder / PROGRESS, folder / LOG) if path.exists()]
    return max([job.started, *(path.stat().st_mtime for path in paths)])


def _alive(job: Job) -> bool:
    try:
        os.kill(job.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return _born(job.pid) == job.born
    born = _born(job.pid)
    return born == job.born and born != "dead"


def _born(pid: int) -> str:
    """When a process began, so that another one of the same number is told apart; "dead" for a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "dead" if fields[0] == "Z" else fields[19]


def _environment() -> dict[str, str]:
    """So that the process finds this package, wherever the server was started."""
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}


def _log(path: Path) -> tuple[str, ...]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 20_000))
            return tuple(file.read().decode("utf-8", "replace").splitlines()[-LOG_LINES:])
    except OSError:
        return ()
