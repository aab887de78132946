"""The loops of the Gram products: one pass over the users for a tile of columns.

`plain_tile` defines the inner loop; `recsys.linalg.vector_kernel` does the same faster.
"""

from __future__ import annotations

import numpy as np

from recsys.arrays import Floats, Rows, Rows32
from recsys.kernel_cache import jit

WIDE, NARROW = 32, 16
"""Columns of a tile; with their sums, 256 and 128 bytes for each item."""
AHEAD = 8
"""Zeros at the end of `items`: the vector kernel looks that many entries ahead."""


@jit(nogil=True)
def plain_tile(
    indptr: Rows, items: Rows32, user_scale: Floats, work: Floats
) -> None:  # pragma: no cover - compiled
    """Add scale_u (sum over u's items j of q_j) to y_j for each of them, for every user u.

    Parameters
    ----------
    indptr, items : CSR over users; `items` ends with AHEAD zeros
    user_scale : float32 array, shape (n_users,)
    work : float32 array, shape (n_items, 2 * width), C order, width WIDE or NARROW
        `q_j` in the left half of row j, `y_j` in the right.
    """
    width = work.shape[1] // 2
    total = np.empty(width, dtype=np.float32)
    for u in range(len(indptr) - 1):
        total[:] = 0
        for n in range(indptr[u], indptr[u + 1]):
            for f in range(width):
                total[f] += work[items[n], f]
        for f in range(width):
            total[f] *= user_scale[u]
        for n in range(indptr[u], indptr[u + 1]):
            for f in range(width):
                work[items[n], width + f] += total[f]


@jit(nogil=True)
def load_tile(
    block: Floats,
    item_scale: Floats,
    first: int,
    work: Floats,
) -> None:  # pragma: no cover - compiled
    """Copy the block's columns from `first` on into the left half of `work`, scaled; zeros elsewhere."""
    # Unsigned: numba then leaves out the test for negative indices, and LLVM vectorises.
    width = np.uint64(work.shape[1] // 2)
    size = np.uint64(min(work.shape[1] // 2, block.shape[1] - first))
    start = np.uint64(first)
    for row in range(np.uint64(len(block))):
        scale = item_scale[row]
        for f in range(size):
            work[row, f] = block[row, start + f] * scale
        for f in range(size, width + width):
            work[row, f] = np.float32(0)


@jit(nogil=True)
def store_tile(
    block: Floats,
    item_scale: Floats,
    diagonal: Floats,
    first: int,
    work: Floats,
) -> None:  # pragma: no cover - compiled
    """Overwrite the block's columns from `first` on: scaled right half of `work` + diagonal * block."""
    width = np.uint64(work.shape[1] // 2)
    size = np.uint64(min(work.shape[1] // 2, block.shape[1] - first))
    start = np.uint64(first)
    for row in range(np.uint64(len(block))):
        scale, weight = item_scale[row], diagonal[row]
        for f in range(size):
            block[row, start + f] = work[row, width + f] * scale + weight * block[row, start + f]


@jit()
def rarest_item(
    starts: Rows, degrees: Rows, items: Rows32, rank: Rows32
) -> Rows32:  # pragma: no cover - compiled
    """The highest rank among the items of each user."""
    out = np.zeros(len(starts), dtype=np.int32)
    for u in range(len(starts)):
        for n in range(starts[u], starts[u] + degrees[u]):
            out[u] = max(out[u], rank[items[n]])
    return out


@jit()
def gather_ranks(
    starts: Rows, indptr: Rows, items: Rows32, rank: Rows32
) -> Rows32:  # pragma: no cover - compiled
    """The ranks of each user's items, users in their new order, and AHEAD zeros."""
    out = np.zeros(indptr[-1] + AHEAD, dtype=np.int32)
    for u in range(len(starts)):
        for n in range(indptr[u + 1] - indptr[u]):
            out[indptr[u] + n] = rank[items[starts[u] + n]]
    return out


@jit()
def squared_norm(
    indptr: Rows,
    items: Rows32,
    user_scale: Floats,
    item_scale: Floats,
) -> float:  # pragma: no cover - compiled
    """Sum of the squares of the entries, in float64; `user_scale` is squared already."""
    total = 0.0
    for u in range(len(indptr) - 1):
        part = 0.0
        for n in range(indptr[u], indptr[u + 1]):
            part += np.float64(item_scale[items[n]]) ** 2
        total += part * user_scale[u]
    return total
