"""The inner loops of the rating model: one Gaussian posterior for each user, or item.

A side (users or items) is held as one float32 array `state` of shape (n, 2, d): means, then
variances, of the bias (entry 0) and of the d - 1 factors. Given the other side, a row with
prior N(m, diag(1/P)) and noise precision tau w has

    A = P + tau sum_n w_n (l_n l_n^T + diag(0, v_n)),   mean = A^-1 (P m + tau sum_n w_n e_n l_n)

over its ratings n, with l = (1, factors of the other side), v their variances, and e the rating
less the other side's bias: a ridge regression that accounts for the uncertainty of its inputs.
Rows are independent: the result does not depend on the number of threads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import prange

from recsys.arrays import Doubles, Floats, Rows, Rows32
from recsys.kernel_cache import jit


class SparseRows(NamedTuple):
    """Ratings less the global mean, by user or by item.

    Attributes
    ----------
    indptr : int64 array, shape (n + 1,)
        Row r has the ratings `indptr[r]` to `indptr[r + 1]`.
    columns : int32 array
        The row of the other side.
    values : float32 array
    """

    indptr: Rows
    columns: Rows32
    values: Floats


class Weights(NamedTuple):
    """Relative noise precision w of a rating: the product of its row's and its column's, float32."""

    rows: Floats
    columns: Floats


class Prior(NamedTuple):
    """Prior means, float32 (n, d), and precision, float64 (d,)."""

    means: Floats
    precision: Doubles


class Singles(NamedTuple):
    """Users with a single rating, summed up for each item.

    Attributes
    ----------
    moments : float64 array, shape (n, 3)
        Count, sum and sum of squares of their ratings; n = 0 where there are none.
    means : float32 array, shape (n, d)
        Prior means of such a user, by the item they rated.
    precision : float64 array, shape (d,)
    """

    moments: Doubles
    means: Floats
    precision: Doubles


@jit()
def by_item(
    indptr: Rows, item_rows: Rows32, values: Floats, n_items: int
) -> tuple[Rows, Rows32, Floats]:  # pragma: no cover - compiled
    """The same ratings in item order, by counting sort: indptr, user rows (ascending), values."""
    starts = np.zeros(n_items + 1, dtype=np.int64)
    for item in item_rows:
        starts[item + 1] += 1
    starts = np.cumsum(starts)
    place = starts[:-1].copy()
    users, moved = np.empty(len(item_rows), dtype=np.int32), np.empty(len(item_rows), dtype=np.float32)
    for user in range(len(indptr) - 1):
        for n in range(indptr[user], indptr[user + 1]):
            item = item_rows[n]
            users[place[item]] = user
            moved[place[item]] = values[n]
            place[item] += 1
    return starts, users, moved


@jit(parallel=True)
def squared_spread(
    ratings: SparseRows, item_bias: Floats, damping: float
) -> Doubles:  # pragma: no cover - compiled
    """Each user's sum of squared residuals around the item biases and their own damped mean."""
    indptr, item_rows, values = ratings.indptr, ratings.columns, ratings.values
    out = np.zeros(len(indptr) - 1)
    for user in prange(len(out)):
        total, squares = 0.0, 0.0
        for n in range(indptr[user], indptr[user + 1]):
            residual = values[n] - item_bias[item_rows[n]]
            total += residual
            squares += residual * residual
        out[user] = squares - total * total / (indptr[user + 1] - indptr[user] + damping)
    return out


@jit()
def _invert(a: Doubles, b: Doubles, variance: Doubles) -> None:  # pragma: no cover - compiled
    """b <- a^-1 b and the diagonal of a^-1, by Cholesky; reads and overwrites a's lower part."""
    d = len(b)
    for j in range(d):
        for i in range(j):
            a[j, j] -= a[j, i] * a[j, i]
        a[j, j] = np.sqrt(a[j, j])
        for r in range(j + 1, d):
            total = a[r, j]
            for i in range(j):
                total -= a[r, i] * a[j, i]
            a[r, j] = total / a[j, j]
    for j in range(d):
        for i in range(j):
            b[j] -= a[j, i] * b[i]
        b[j] /= a[j, j]
    for j in range(d - 1, -1, -1):
        for i in range(j + 1, d):
            b[j] -= a[i, j] * b[i]
        b[j] /= a[j, j]
    # The inverse of the triangle, column by column, in place: a^-1's diagonal is its columns' squares.
    for j in range(d):
        a[j, j] = 1 / a[j, j]
        variance[j] = a[j, j] * a[j, j]
        for r in range(j + 1, d):
            total = 0.0
            for i in range(j, r):
                total -= a[r, i] * a[i, j]
            a[r, j] = total / a[r, r]
            variance[j] += a[r, j] * a[r, j]


@jit()
def _add_single_users(
    item: int, items: Floats, singles: Singles, tau: float, a: Doubles, b: Doubles
) -> None:  # pragma: no cover - compiled
    """Add an item's users with a single rating to its equations, all at once.

    Such a user's posterior mean is alpha + beta e, linear in the one residual e; alpha, beta and
    the variance are the same for all of them (the rank-one update of Sherman and Morrison). So
    their count and the sums of e and e^2 suffice, and nothing is kept for any one of them.
    """
    count, total, squares = singles.moments[item, 0], singles.moments[item, 1], singles.moments[item, 2]
    prior_means, prior_precision = singles.means, singles.precision
    bias, d = items[item, 0, 0], len(b)
    e1, e2 = total - count * bias, squares - 2 * bias * total + count * bias * bias
    loading, inverse = np.ones(d), 1 / prior_precision
    for k in range(1, d):
        loading[k] = items[item, 0, k]
        inverse[k] = 1 / (prior_precision[k] + tau * items[item, 1, k])
    shared = 1 + tau * np.sum(loading * loading * inverse)
    pull = prior_precision * prior_means[item]
    along = np.sum(loading * inverse * pull)
    alpha = inverse * (pull - loading * (tau * along / shared))
    beta = inverse * loading * (tau / shared)
    t0, t1 = bias - alpha[0], 1 - beta[0]
    alpha[0], beta[0] = 1.0, 0.0
    for i in range(d):
        b[i] += count * t0 * alpha[i] + e1 * (t1 * alpha[i] + t0 * beta[i]) + e2 * t1 * beta[i]
        for j in range(i + 1):
            a[i, j] += count * alpha[i] * alpha[j] + e2 * beta[i] * beta[j]
            a[i, j] += e1 * (alpha[i] * beta[j] + beta[i] * alpha[j])
        if i > 0:
            a[i, i] += count * (inverse[i] - tau * (loading[i] * inverse[i]) ** 2 / shared)


def no_singles(d: int) -> Singles:
    """For the update of users, whose ratings are all kept."""
    return Singles(np.zeros((0, 3)), np.zeros((0, d), dtype=np.float32), np.zeros(0))


@jit()
def _add_ratings(
    row: int,
    ratings: SparseRows,
    column_weights: Floats,
    other: Floats,
    a: Doubles,
    b: Doubles,
    loading: Doubles,
) -> float:  # pragma: no cover - compiled
    """Add a row's ratings to its equations; returns the expected squares where the mean is zero."""
    d, squares = len(b), 0.0
    for n in range(ratings.indptr[row], ratings.indptr[row + 1]):
        column = ratings.columns[n]
        weight, e = column_weights[column], ratings.values[n] - other[column, 0, 0]
        squares += weight * (e * e + other[column, 1, 0])
        for i in range(1, d):
            loading[i] = other[column, 0, i]
            a[i, i] += weight * other[column, 1, i]
        for i in range(d):
            scaled = weight * loading[i]
            b[i] += scaled * e
            for j in range(i + 1):
                a[i, j] += scaled * loading[j]
    return squares


@jit(parallel=True)
def update(
    ratings: SparseRows,
    weights: Weights,
    other: Floats,
    prior: Prior,
    tau: float,
    singles: Singles,
    state: Floats,
) -> Doubles:  # pragma: no cover - compiled
    """Write the posterior of every row into `state`, given the `other` side.

    Parameters
    ----------
    ratings : SparseRows
    weights : Weights
    other : float32 array, shape (n_columns, 2, d)
    prior : Prior
    tau : float
        Noise precision.
    singles : Singles
        For items; `no_singles` for users.
    state : float32 array, shape (n, 2, d)
        Read (for the single users) and overwritten.

    Returns
    -------
    float64 array, shape (n,)
        Expected sum of squared errors over the row's ratings, single users left out.
    """
    indptr, means, precision = ratings.indptr, prior.means, prior.precision
    n_rows, d = len(indptr) - 1, other.shape[2]
    errors, n_chunks = np.zeros(n_rows), 64
    bounds = np.searchsorted(indptr, indptr[-1] * np.arange(n_chunks + 1) // n_chunks)
    bounds[0], bounds[-1] = 0, n_rows
    for chunk in prange(n_chunks):
        a, b, rhs = np.empty((d, d)), np.empty(d), np.empty(d)
        variance, loading = np.empty(d), np.ones(d)
        for row in range(bounds[chunk], bounds[chunk + 1]):
            a[:], b[:] = 0.0, 0.0
            squares = _add_ratings(row, ratings, weights.columns, other, a, b, loading)
            if len(singles.moments) and singles.moments[row, 0] > 0:
                _add_single_users(row, state, singles, tau, a, b)
            scale, fit = tau * weights.rows[row], 0.0
            for i in range(d):
                for j in range(i + 1):
                    a[i, j] *= scale
                a[i, i] += precision[i]
                loading[i] = b[i]
                b[i] = scale * b[i] + precision[i] * means[row, i]
                rhs[i] = b[i]
            _invert(a, b, variance)
            # |values - fit|^2 expands into these, since A mean = rhs; then the mean's uncertainty.
            for i in range(d):
                fit += b[i] * (rhs[i] - precision[i] * b[i]) / scale - 2 * b[i] * loading[i]
                fit += (1 - precision[i] * variance[i]) / scale
                state[row, 0, i] = b[i]
                state[row, 1, i] = variance[i]
            loading[0] = 1.0
            errors[row] = squares + fit
    return errors
