"""Which kernel adds up a tile: vector instructions, or the plain loop where those do not compile."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
from numba.core.errors import NumbaError

from recsys.arrays import Floats, Rows, Rows32
from recsys.linalg.gram_kernels import AHEAD, NARROW, WIDE, plain_tile

TileKernel = Callable[[Rows, Rows32, Floats, Floats], None]


@cache
def tile_kernel() -> TileKernel:
    """The fastest kernel that works with this version of numba; tried once in a process.

    Warns
    -----
    RuntimeWarning
        Where it is the plain loop, which is about three times slower.
    """
    try:
        # Imported here: with another version of numba the import itself may fail.
        from recsys.linalg.vector_kernel import vector_tile

        if _adds_up(vector_tile):
            return vector_tile
        reason = "it computes wrong sums"
    except (ImportError, AttributeError, TypeError, ValueError, RuntimeError, NumbaError) as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
    warnings.warn(
        f"The vector kernel is not used ({reason}): fitting is slower.", RuntimeWarning, stacklevel=2
    )
    return plain_tile


def _adds_up(kernel: TileKernel) -> bool:
    """Whether a kernel is right about one user of two items, in both widths of tile."""
    indptr, items = np.array([0, 2]), np.zeros(2 + AHEAD, dtype=np.int32)
    items[1] = 1
    for width in (WIDE, NARROW):
        work = np.zeros((2, 2 * width), dtype=np.float32)
        work[:, :width] = np.arange(2 * width, dtype=np.float32).reshape(2, width)
        expected = 0.5 * work[:, :width].sum(axis=0)
        kernel(indptr, items, np.array([0.5], dtype=np.float32), work)
        if not (work[:, width:] == expected).all():
            return False
    return True
