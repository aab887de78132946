"""The loops over sequences: ordered pairs added up by recursion, in linear time.

The weight of a pair that is d places apart is a sum of exponentials, kappa(d) = sum_k c_k lambda_k^d.
So the sum over all earlier items of a sequence needs one state for each exponential:

    z_k <- lambda_k (z_k + c_k q)          from one place to the next

`plain_tile` defines the loop; `recsys.linalg.sequence_vector_kernel` does the same faster.
"""

from __future__ import annotations

import numpy as np

from recsys.arrays import Floats, Mask, Rows, Rows32
from recsys.kernel_cache import jit
from recsys.linalg.gram_kernels import AHEAD

N_TERMS = 3
"""Exponentials in the weight of a pair."""


@jit(nogil=True)
def plain_tile(
    indptr: Rows, items: Rows32, fresh: Mask, scale: Floats, weights: Floats, work: Floats
) -> None:  # pragma: no cover - compiled
    """Add to y_i, for each entry i of a sequence, the weighted sum of q over its other entries.

    Parameters
    ----------
    indptr, items, fresh
        As in `recsys.data.sequences.Sequences`; `items` and `fresh` end with AHEAD zeros.
    scale : float32 array, shape (n_sequences,)
    weights : float32 array, shape (3 + 2 N_TERMS,)
        Weight of earlier items, of later items, of items of the same time; lambdas; c.
    work : float32 array, shape (n_items, 2 * width), C order
        `q_j` in the left half of row j, `y_j` in the right.
    """
    width = work.shape[1] // 2
    states = np.empty((N_TERMS, width), dtype=np.float32)
    group = np.empty(width, dtype=np.float32)
    for u in range(len(indptr) - 1):
        start, n = indptr[u], indptr[u + 1] - indptr[u]
        for direction in range(2):
            states[:] = 0
            group[:] = 0
            far, near = scale[u] * weights[direction], scale[u] * weights[2]
            for step in range(n):
                entry = start + step if direction == 0 else start + n - 1 - step
                # A new time begins at a fresh entry; backwards, behind one.
                begins = fresh[entry] if direction == 0 else step > 0 and fresh[entry + 1]
                item = items[entry]
                for f in range(width):
                    if begins:
                        for k in range(N_TERMS):
                            states[k, f] = weights[3 + k] * (
                                states[k, f] + weights[3 + N_TERMS + k] * group[f]
                            )
                        group[f] = 0
                    total = (states[0, f] + states[1, f]) + states[2, f]
                    work[item, width + f] += far * total + near * group[f]
                    group[f] += work[item, f]


@jit(nogil=True)
def turn_tile(scale: Floats, work: Floats) -> None:  # pragma: no cover - compiled
    """Make the scaled right half of each row its left half, and the right half zero."""
    width = np.uint64(work.shape[1] // 2)
    for row in range(np.uint64(len(work))):
        for f in range(width):
            work[row, f] = work[row, width + f] * scale[row]
            work[row, width + f] = np.float32(0)


@jit()
def gather(
    starts: Rows, indptr: Rows, items: Rows32, fresh: Mask, rank: Rows32
) -> tuple[Rows32, Mask]:  # pragma: no cover - compiled
    """The sequences in a new order, their items by rank, and AHEAD zeros behind both."""
    ranks = np.zeros(indptr[-1] + AHEAD, dtype=np.int32)
    begins = np.zeros(indptr[-1] + AHEAD, dtype=np.bool_)
    for u in range(len(starts)):
        for n in range(indptr[u + 1] - indptr[u]):
            ranks[indptr[u] + n] = rank[items[starts[u] + n]]
            begins[indptr[u] + n] = fresh[starts[u] + n]
    return ranks, begins
