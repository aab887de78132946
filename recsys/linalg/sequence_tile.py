"""Which kernel goes over the sequences: vector instructions, or the plain loop."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
from numba.core.errors import NumbaError

from recsys.arrays import Floats, Mask, Rows, Rows32
from recsys.linalg.gram_kernels import AHEAD, NARROW, WIDE
from recsys.linalg.sequence_kernels import plain_tile

SequenceKernel = Callable[[Rows, Rows32, Mask, Floats, Floats, Floats], None]


@cache
def sequence_tile() -> SequenceKernel:
    """The fastest kernel that works with this version of numba; tried once in a process.

    Warns
    -----
    RuntimeWarning
        Where it is the plain loop, which is several times slower.
    """
    try:
        # Imported here: with another version of numba the import itself may fail.
        from recsys.linalg.sequence_vector_kernel import vector_tile

        if _adds_up(vector_tile):
            return vector_tile
        reason = "it computes wrong sums"
    except (ImportError, AttributeError, TypeError, ValueError, RuntimeError, NumbaError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
    warnings.warn(
        f"The vector kernel of sequences is not used ({reason}): fitting is slower.",
        RuntimeWarning,
        stacklevel=2,
    )
    return plain_tile


def _adds_up(kernel: SequenceKernel) -> bool:
    """Whether a kernel is right about one sequence: two items of one time, and a later one."""
    indptr, items = np.array([0, 3]), np.zeros(3 + AHEAD, dtype=np.int32)
    items[:3] = (0, 1, 2)
    fresh = np.zeros(3 + AHEAD, dtype=np.bool_)
    fresh[[0, 2]] = True
    weights = np.array([1, 0.25, 2, 0.5, 0.5, 0.5, 1, 2, 1], dtype=np.float32)
    matrix = 2 * np.array([[0, 2, 0.5], [2, 0, 0.5], [2, 2, 0]], dtype=np.float32)
    for width in (WIDE, NARROW):
        work = np.zeros((3, 2 * width), dtype=np.float32)
        work[:, :width] = np.arange(3 * width, dtype=np.float32).reshape(3, width)
        kernel(indptr, items, fresh, np.array([2.0], dtype=np.float32), weights, work)
        if not np.array_equal(work[:, width:], matrix @ work[:, :width]):
            return False
    return True
