"""A command that is stopped from outside cleans up, says so in one line, and tells by its exit code."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recsys.cli import stopping
from recsys.cli.stopping import Stopping
from tests.torture.shop import left_over

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_while_building_leaves_nothing(
    tmp_path: Path, ratings: Path, number: signal.Signals, code: int
) -> None:
    words = ["build", "--ratings", str(ratings), "--out", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "recsys", *words], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    process.stderr.readline()  # the first stage: the lock is held
    process.send_signal(number)
    said = process.stderr.read()
    assert process.wait(60) == code
    assert "Stopped" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert not [name for name in os.listdir(tmp_path) if name.startswith((".tmp", ".scratch", "CURRENT"))]
    (tmp_path / "versions").mkdir(exist_ok=True)
    assert left_over(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="what is loaded is seen in /proc")
@pytest.mark.parametrize("delay", [0.0, 0.1, 0.4])
def test_a_signal_while_libraries_are_imported_shows_no_traceback(tmp_path: Path, delay: float) -> None:
    command = [sys.executable, "-m", "recsys", "build", "--out", str(tmp_path / "out")]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        deadline, maps = time.monotonic() + 30, Path(f"/proc/{process.pid}/maps")
        while "numpy" not in maps.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.005)
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    # A library that is being loaded may have put the system's own handling in place: to a shell both are 130.
    assert process.returncode in (130, -signal.SIGINT)


class Loses:
    """Is interrupted where Python only prints errors."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("seconds", [0.02, 0.0])
def test_an_interrupt_that_a_callback_loses_comes_again(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """Also where it comes so soon that the first one is still being looked at."""
    monkeypatch.setattr(stopping, "AGAIN_AFTER", seconds)
    said: list[tuple[str, int]] = []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    with contextlib.suppress(KeyboardInterrupt), Stopping(lambda words, code: said.append((words, code))):
        one: Loses | None = Loses()
        one = None  # its end is where the interrupt is lost
        time.sleep(5)
    signal.signal(signal.SIGINT, before)
    assert one is None
    assert [code for _, code in said] == [130]
