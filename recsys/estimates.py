"""What a build will take, told from the number of ratings; and whether this machine has it.

The figures are those of builds without measuring, with the sequential model and the map, of files that
`facet sample` made in the proportions of `bench_scaling.py`; read off between the sizes that were measured.
That of the largest size is its figure without the map, and half a minute for it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.sources.scratch import free_memory

_RATINGS = (0, 120_000, 1_000_000, 4_000_000, 8_000_000, 32_000_000)
_SECONDS = (4.0, 8.0, 44.0, 59.0, 60.0, 146.4)
_PEAK_MB = (400.0, 540.0, 1_690.0, 2_170.0, 2_421.0, 8_047.0)
_ON_DISK = 150
"""Bytes a rating."""
_MEASURING = (30.0, 15e-6)
"""Seconds that measuring takes at least, and more for each rating."""
_MEASURING_MEMORY = 1.2
"""Measuring takes this many times the memory."""
_TUNING = 3.0
"""Tuning takes this many times as long as measuring."""
_DISK_LEFT = 200_000_000
"""Bytes that a build leaves free."""


@dataclass(frozen=True)
class Estimate:
    """What a build takes: bytes of memory at its peak, bytes on disk, seconds."""

    memory: int
    disk: int
    seconds: float


def estimate(n_ratings: int, *, measured: bool, tuned: bool = False) -> Estimate:
    """What a build of so many ratings takes.

    Parameters
    ----------
    measured : bool
        Whether the models are measured on held-out ratings.
    tuned : bool
    """
    memory, seconds = _read_off(n_ratings, _PEAK_MB) * 1e6, _read_off(n_ratings, _SECONDS)
    measuring = _MEASURING[0] + _MEASURING[1] * n_ratings
    if measured:
        memory, seconds = memory * _MEASURING_MEMORY, seconds + measuring
    if tuned:
        seconds += _TUNING * measuring
    return Estimate(int(memory), 2_000_000 + _ON_DISK * n_ratings, seconds)


def _read_off(n_ratings: int, values: tuple[float, ...]) -> float:
    """Between what was measured; beyond it, along the last line."""
    if n_ratings <= _RATINGS[-1]:
        return float(np.interp(n_ratings, _RATINGS, values))
    slope = (values[-1] - values[-2]) / (_RATINGS[-1] - _RATINGS[-2])
    return values[-1] + slope * (n_ratings - _RATINGS[-1])


def free_disk(folder: Path) -> int:
    """Bytes that are free on the disk of a folder, which need not exist yet."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return shutil.disk_usage(there).free


def why_not(wanted: Estimate, memory: int, disk: int) -> str:
    """Why a build cannot fit into so many free bytes; empty where it can."""
    if wanted.memory > memory:
        return (
            f"This needs about {size(wanted.memory)} of memory, and {size(memory)} are free. Close other"
            " programs, use fewer ratings, or build on a machine with more memory."
        )
    if wanted.disk + _DISK_LEFT > disk:
        return (
            f"This needs about {size(wanted.disk)} on the disk, and {size(disk)} are free. Delete old"
            " versions, or choose an artifacts folder on another disk."
        )
    return ""


def free(folder: Path) -> tuple[int, int]:
    """Bytes of memory, and of the disk of a folder, that are free now."""
    return free_memory(), free_disk(folder)


def size(n_bytes: float) -> str:
    """Bytes in words: 950 kB, 12 MB, 2.4 GB."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if n_bytes >= unit:
            number = n_bytes / unit
            return f"{number:.1f} {name}" if number < 10 else f"{number:,.0f} {name}"
    return f"{n_bytes:.0f} bytes"


def duration(seconds: float) -> str:
    """Seconds in words: 40 seconds, 3 minutes, 1.5 hours."""
    if seconds < 90:
        return f"{max(1, round(seconds))} second{'' if round(seconds) <= 1 else 's'}"
    return f"{seconds / 60:.0f} minutes" if seconds < 5_400 else f"{seconds / 3_600:.1f} hours"
