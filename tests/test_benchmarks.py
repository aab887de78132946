"""The benchmarks start without the peers they compare with, and their shared parts count right."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.mark.parametrize("script", sorted(FOLDER.glob("bench_*.py")), ids=lambda path: path.stem)
def test_a_benchmark_says_how_it_is_used(script: Path) -> None:
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--json" in done.stdout


def test_sides_take_turns_and_the_warm_up_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    harness = importlib.import_module("harness")

    calls: list[str] = []
    seconds = harness.in_turns({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=2)
    assert calls == ["a", "b"] * 3
    assert {name: len(taken) for name, taken in seconds.items()} == {"a": 2, "b": 2}


def test_rounds_become_medians_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    harness = importlib.import_module("harness")

    runs = [{"seconds": second, "steps": {"read": 10 * second}, "name": "x"} for second in (1.0, 5.0, 2.0)]
    assert harness.of_rounds(runs) == {"seconds": 2.0, "steps": {"read": 20.0}, "name": "x"}
