"""Bounds of what is stored: an array that passes cannot lead a reader out of another one.

Checksums show that a file is as it was written; these show that it was written as it should be.
Together they take a fraction of a second for eight million ratings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.errors import ArtifactError
from recsys.versions.files import Artifacts
from recsys.versions.manifest import REBUILD

Arrays = Mapping[str, NDArray[Any]]


def check_array(
    artifacts: Artifacts, name: str, values: NDArray[Any], dtype: str, shape: tuple[int, ...]
) -> None:
    """Type and shape; -1 stands for any length."""
    lengths = zip(values.shape, shape, strict=False)
    fits = values.ndim == len(shape) and all(wanted in (-1, length) for length, wanted in lengths)
    if values.dtype != np.dtype(dtype) or not fits:
        _refuse(artifacts, name, f"{values.dtype} {values.shape} instead of {dtype} {shape}")


def check_rows(artifacts: Artifacts, name: str, values: NDArray[Any], n: int) -> None:
    """Row numbers from 0 to n - 1."""
    # As unsigned, a negative number is a large one: one pass instead of two.
    if len(values) and int(values.view(values.dtype.str.replace("i", "u")).max()) >= n:
        _refuse(artifacts, name, f"a row is not between 0 and {n - 1:,}")


def check_within(artifacts: Artifacts, name: str, values: NDArray[Any], bound: float) -> None:
    """Finite numbers from -bound to bound."""
    if not (np.abs(values) <= bound).all():
        _refuse(artifacts, name, f"a number is not between {-bound:g} and {bound:g}")


def check_pointers(artifacts: Artifacts, name: str, values: NDArray[Any], end: int) -> None:
    """Positions from 0 to `end`, never falling."""
    if len(values) < 1 or values[0] != 0 or values[-1] != end or not (values[1:] >= values[:-1]).all():
        _refuse(artifacts, name, f"it does not rise from 0 to {end:,}")


def check_matrix(artifacts: Artifacts, prefix: str, arrays: Arrays, n_lines: int, n_rows: int) -> None:
    """Ratings by user or by item: pointers to the lines, a row number and a rating each, maybe a time."""
    n = artifacts.manifest.summary.n_ratings
    rows = "item_rows" if "item_rows" in arrays else "user_rows"
    types = {"indptr": ("int64", n_lines + 1), rows: ("int32", n), "ratings": ("float32", n)}
    types |= {"timestamps": ("int64", n)} if "timestamps" in arrays else {}
    for name, (dtype, length) in types.items():
        if name not in arrays:
            _refuse(artifacts, f"{prefix}.{name}", "it is missing")
        check_array(artifacts, f"{prefix}.{name}", arrays[name], dtype, (length,))
    check_pointers(artifacts, f"{prefix}.indptr", arrays["indptr"], n)
    check_rows(artifacts, f"{prefix}.{rows}", arrays[rows], n_rows)


def check_ids(artifacts: Artifacts, prefix: str, arrays: Arrays, n: int) -> None:
    """A table of `n` ids: their bytes, and where each begins."""
    check_array(artifacts, f"{prefix}.data", arrays["data"], "uint8", (-1,))
    check_array(artifacts, f"{prefix}.offsets", arrays["offsets"], "int64", (n + 1,))
    check_pointers(artifacts, f"{prefix}.offsets", arrays["offsets"], len(arrays["data"]))


def check_by_item(artifacts: Artifacts, prefix: str, arrays: Arrays, names: tuple[str, ...], n: int) -> None:
    """Arrays with a line for each item."""
    for name in names:
        values = arrays.get(name)
        if values is None or values.ndim < 1 or len(values) != n:
            _refuse(artifacts, f"{prefix}.{name}", f"it has no line for each of {n:,} items")


def _refuse(artifacts: Artifacts, name: str, reason: str) -> None:
    raise ArtifactError(f"{artifacts.folder / name}.npy is not as it should be: {reason}. {REBUILD}")
