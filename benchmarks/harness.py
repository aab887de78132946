"""What the benchmarks share: fair timing, peak memory, and one way to print.

Each benchmark is one command, `python benchmarks/bench_x.py`, and runs both sides in turns in
the same run, so that other load on the machine affects both. Importing this module makes the
project importable from any working folder.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
MB = 1 << 20
LIBRARIES = (
    *("numpy", "scipy", "pandas", "polars", "numba", "faiss-cpu", "streamlit"),
    *("scikit-learn", "scikit-surprise", "implicit", "opentsne", "umap-learn", "pacmap"),
)


def say(*words: object) -> None:
    """Progress, on stderr: stdout is for results."""
    print(*words, file=sys.stderr, flush=True)


def in_turns(sides: Mapping[str, Callable[[], Any]], rounds: int, warm_up: int = 1) -> dict[str, list[float]]:
    """Seconds of each call of each side, the sides taking turns within every round."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(-warm_up, rounds):
        for name, call in sides.items():
            started = time.perf_counter()
            call()
            if number >= 0:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def peak_memory() -> int:
    """Most bytes this process has held in memory so far.

    On Linux it is read from the status file, because `getrusage` there also counts what the
    parent held before this program began.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def in_own_process(script: str, side: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Run one side in a process of its own, so that its peak memory is its own.

    The script is started again with `--side` and the arguments as JSON, and must call
    `answer_as_side`. Returns the side's result, with `seconds` and `peak_mb`.
    """
    command = [sys.executable, script, "--side", side, json.dumps(dict(arguments))]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"The side {side!r} of {Path(script).name} failed (exit {done.returncode}).")
    return json.loads(done.stdout.splitlines()[-1])


def answer_as_side(sides: Mapping[str, Callable[..., Any]]) -> None:
    """In a process started by `in_own_process`: run that side, print its result, exit."""
    if "--side" not in sys.argv:
        return
    side, arguments = sys.argv[sys.argv.index("--side") + 1 :]
    started = time.perf_counter()
    result = sides[side](**json.loads(arguments)) or {}
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, **result, "peak_mb": peak_memory() / MB}))
    sys.exit()


def of_rounds(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Medians of the numbers of several rounds; of steps, step by step."""
    merged: dict[str, Any] = {}
    for name, value in runs[0].items():
        if isinstance(value, Mapping):
            merged[name] = of_rounds([run[name] for run in runs])
        elif isinstance(value, int | float) and not isinstance(value, bool):
            merged[name] = median(run[name] for run in runs)
        else:
            merged[name] = value
    return merged


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 99th percentile in milliseconds, and how many there were."""
    ordered = sorted(seconds)
    last = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    return {"median_ms": 1e3 * median(ordered), "p99_ms": 1e3 * last, "n": len(ordered)}


def hardware() -> dict[str, Any]:
    """What the figures were measured on."""
    info = Path("/proc/cpuinfo")
    names = [row for row in info.read_text().splitlines() if "model name" in row] if info.exists() else []
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": names[0].split(":")[1].strip() if names else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(pages / 1e9, 1),
        "python": platform.python_version(),
        "libraries": {name: version for name in LIBRARIES if (version := _version(name))},
    }


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def report(result: dict[str, Any], rows: Sequence[Mapping[str, Any]], as_json: bool) -> None:
    """Print the result: one JSON object, or a Markdown table."""
    result = {**result, "hardware": hardware()}
    if as_json:
        print(json.dumps(result, allow_nan=False))
        return
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, ["---"] * len(columns), *([_cell(row.get(name)) for name in columns] for row in rows)]
    print("\n".join(f"| {' | '.join(line)} |" for line in lines))
    machine = result["hardware"]
    print(f"\n{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB.")


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)
