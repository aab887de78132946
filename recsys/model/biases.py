"""Damped user and item biases: the parts of a rating due to the user and to the item.

    r ~ mu + b_u + b_i
    b_u = sum_{i in u} (r - mu - b_i) / (n_u + user_damping)
    b_i = sum_{u in i} (r - mu - b_u) / (n_i + item_damping)

The damping is the number of imaginary ratings at bias zero that each user and item starts
with (Koren 2008, "Factorization meets the neighborhood", section 2.1). The two lines are
repeated until they agree: each sweep is one pass over the ratings in user order, which sums
both sides at once and never needs them in item order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import prange

from recsys.arrays import Doubles, Floats, Rows, Rows32
from recsys.kernel_cache import jit

_N_CHUNKS = 4
"""Fixed, whatever the number of cores: sums in the same order give the same bytes."""


@jit(parallel=True)
def _sweep(
    indptr: Rows,
    item_rows: Rows32,
    centred: Floats,
    item_bias: Floats,
    user_damping: float,
    sums: Doubles,
) -> None:  # pragma: no cover - compiled
    """Add (r - mu - b_u) of each item's ratings to `sums`, float64 (n_chunks, n_items); b_u is solved first.

    The zeros come from the caller: filled in here, they would be one more parallel loop before this one.
    """
    n_users, n_chunks = len(indptr) - 1, len(sums)
    for chunk in prange(n_chunks):
        for user in range(chunk * n_users // n_chunks, (chunk + 1) * n_users // n_chunks):
            start, stop = indptr[user], indptr[user + 1]
            total = 0.0
            for n in range(start, stop):
                total += centred[n] - item_bias[item_rows[n]]
            bias = total / (stop - start + user_damping) if stop > start else 0.0
            for n in range(start, stop):
                sums[chunk, item_rows[n]] += centred[n] - bias


def fit_item_biases(
    indptr: Rows,
    item_rows: Rows32,
    centred: Floats,
    item_degrees: Rows,
    *,
    user_damping: float,
    item_damping: float,
    sweeps: int,
) -> Floats:
    """Item biases after alternating sweeps; the user biases follow from them.

    Parameters
    ----------
    indptr, item_rows : int64 (n_users + 1,), int32 (n_ratings,)
        Ratings in CSR order.
    centred : float32 (n_ratings,)
        Ratings less the global mean.
    item_degrees : int64 (n_items,)

    Returns
    -------
    float32 array, shape (n_items,)
        In units of the ratings; 0 for items without ratings.
    """

    def sums(bias: Floats) -> Doubles:
        return residual_sums(indptr, item_rows, centred, bias, user_damping)

    return alternate(sums, item_degrees, item_damping, sweeps)


def residual_sums(
    indptr: Rows, item_rows: Rows32, centred: Floats, item_bias: Floats, user_damping: float
) -> Doubles:
    """Sums over each item's ratings of (r - mu - b_u), float64 (n_items,), b_u solved for these biases."""
    sums = np.zeros((_N_CHUNKS, len(item_bias)))
    _sweep(indptr, item_rows, centred, item_bias, user_damping, sums)
    total: Doubles = sums.sum(axis=0)
    return total


def alternate(
    sums: Callable[[Floats], Doubles], item_degrees: Rows, item_damping: float, sweeps: int
) -> Floats:
    """Item biases after sweeps of `sums`, which gives `residual_sums` of all ratings."""
    bias = np.zeros(len(item_degrees), dtype=np.float32)
    weight = np.maximum(item_degrees + item_damping, 1e-9)
    for _ in range(sweeps):
        bias = (sums(bias) / weight).astype(np.float32)
    return bias
