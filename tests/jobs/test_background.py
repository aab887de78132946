"""Builds in processes of their own: watched, stopped, one at a time, and their failures said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recsys.errors import BuildLockedError
from recsys.jobs import background
from recsys.jobs.background import JobState
from recsys.jobs.progress_file import JobProgress, ProgressFile, read_json
from recsys.jobs.request import BuildRequest
from recsys.progress import Progress
from recsys.versions.store import ArtifactStore

SAMPLE = BuildRequest(evaluate=False, rank=8)


def wait(artifacts: Path, until: str = "done failed stopped", seconds: float = 90) -> JobState:
    for _ in range(int(seconds / 0.1)):
        seen = background.state(artifacts)
        assert seen is not None
        if seen.status in until.split() or (until == "stage" and seen.progress.stages):
            return seen
        time.sleep(0.1)
    raise AssertionError(f"it does not end: {background.state(artifacts)}")


def test_a_build_publishes_a_version_and_says_its_stages(tmp_path: Path) -> None:
    assert background.state(tmp_path) is None
    background.start(tmp_path, SAMPLE, 20)
    seen = wait(tmp_path)
    assert (seen.status, seen.fraction) == ("done", 1.0)
    assert seen.progress.version == ArtifactStore(tmp_path).current()
    assert seen.progress.stages[0].name == "Making up the sample store"
    assert all(stage.seconds is not None for stage in seen.progress.stages)
    background.forget(tmp_path)
    assert background.state(tmp_path) is None


def test_one_at_a_time_and_a_stopped_build_leaves_nothing(tmp_path: Path) -> None:
    background.start(tmp_path, BuildRequest())
    wait(tmp_path, "stage")
    with pytest.raises(BuildLockedError, match="sample store"):
        background.start(tmp_path, SAMPLE)
    background.stop(tmp_path)
    assert wait(tmp_path).status == "stopped"
    assert ArtifactStore(tmp_path).versions() == []
    assert not list(tmp_path.glob(".scratch-*"))


def test_a_refused_file_fails_with_its_reason(tmp_path: Path) -> None:
    background.start(tmp_path / "a", BuildRequest(ratings=(str(tmp_path / "none.csv"),)))
    seen = wait(tmp_path / "a")
    assert seen.status == "failed"
    assert "none.csv does not exist" in seen.reason


def test_a_killed_build_has_failed_and_the_next_one_starts(tmp_path: Path) -> None:
    job = background.start(tmp_path, BuildRequest())
    wait(tmp_path, "stage")
    os.kill(job.pid, signal.SIGKILL)
    assert wait(tmp_path).status == "failed"
    background.start(tmp_path, SAMPLE)
    assert wait(tmp_path).status == "done"


def test_a_build_outlives_whoever_started_it(tmp_path: Path) -> None:
    start = (
        "from pathlib import Path; from recsys.jobs import background, request;"
        f"background.start(Path({str(tmp_path)!r}), request.BuildRequest(evaluate=False, rank=8))"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", start], check=True, cwd=root)
    assert wait(tmp_path).status == "done"


def test_another_process_of_the_same_number_is_not_the_build(tmp_path: Path) -> None:
    if not Path("/proc/self/stat").exists():
        pytest.skip("no /proc: the birth of a process is not known")
    folder = tmp_path / background.BUILD
    folder.mkdir()
    job = {"name": "a", "expected_stages": 1, "pid": os.getpid(), "born": "1", "started": time.time()}
    (folder / background.JOB).write_text(json.dumps(job))
    seen = background.state(tmp_path)
    assert seen is not None
    assert seen.status == "failed"


def test_damaged_files_are_no_build(tmp_path: Path) -> None:
    folder = tmp_path / background.BUILD
    folder.mkdir()
    (folder / background.JOB).write_text("{")
    assert background.state(tmp_path) is None


def test_the_progress_file_holds_every_stage(tmp_path: Path) -> None:
    listener = ProgressFile(tmp_path / "progress.json")
    for heard in (Progress("one", 0.0), Progress("one", 1.0), Progress("two", 0.5, "half")):
        listener(heard)
    seen = read_json(tmp_path / "progress.json", JobProgress)
    assert seen is not None
    assert [stage.name for stage in seen.stages] == ["one", "two"]
    assert (seen.fraction, seen.detail, seen.version) == (0.5, "half", "")
    listener.end("v")
    ended = read_json(tmp_path / "progress.json", JobProgress)
    assert ended is not None
    assert (ended.version, ended.fraction) == ("v", 1.0)


def test_a_request_is_a_command_line() -> None:
    request = BuildRequest(("a.csv", "-b.csv"), "items.csv", evaluate=True, rank=64)
    words = request.arguments(Path("out"))
    assert {"--ratings=a.csv", "--ratings=-b.csv", "--catalog=items.csv", "--evaluate", "--rank=64"} <= set(
        words
    )
    assert request.name == "a.csv and 1 more"
