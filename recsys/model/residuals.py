"""Low-rank model of what the biases leave over, by exact alternating ridge regressions.

    minimise  sum over ratings of (e_ui - x_u . B_i)^2 + ridge (sum_u sqrt(n_u)|x_u|^2 + sum_i sqrt(n_i)|B_i|^2)

Only rated pairs enter. Each half sweep is one ridge regression per row.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@njit(cache=True)
def _solve_in_place(a: NDArray[np.float64], b: NDArray[np.float64]) -> None:  # pragma: no cover - compiled
    """Solve a x = b by Cholesky; `a` (symmetric, lower part read) and `b` are overwritten."""
    k = len(b)
    for j in range(k):
        for i in range(j):
            a[j, j] -= a[j, i] * a[j, i]
        a[j, j] = np.sqrt(a[j, j])
        for r in range(j + 1, k):
            s = a[r, j]
            for i in range(j):
                s -= a[r, i] * a[j, i]
            a[r, j] = s / a[j, j]
    for j in range(k):
        for i in range(j):
            b[j] -= a[j, i] * b[i]
        b[j] /= a[j, j]
    for j in range(k - 1, -1, -1):
        for i in range(j + 1, k):
            b[j] -= a[i, j] * b[i]
        b[j] /= a[j, j]


@njit(parallel=True, cache=True)
def ridge_rows(
    indptr: NDArray[np.int64],
    cols: NDArray[np.int32],
    residuals: Floats,
    factors: Floats,
    ridge: float,
) -> Floats:  # pragma: no cover - compiled
    """For each row the ridge regression of its residuals on the factors of its columns.

    Returns float32 (n_rows, k); zero for rows without entries.
    """
    n_rows, k = len(indptr) - 1, factors.shape[1]
    out = np.zeros((n_rows, k), dtype=np.float32)
    for row in prange(n_rows):
        start, stop = indptr[row], indptr[row + 1]
        if stop == start:
            continue
        a = np.zeros((k, k), dtype=np.float64)
        b = np.zeros(k, dtype=np.float64)
        for n in range(start, stop):
            f = factors[cols[n]]
            for i in range(k):
                b[i] += f[i] * residuals[n]
                for j in range(i + 1):
                    a[i, j] += f[i] * f[j]
        shrink = ridge * np.sqrt(stop - start)
        for i in range(k):
            a[i, i] += shrink
        _solve_in_place(a, b)
        for i in range(k):
            out[row, i] = b[i]
    return out
