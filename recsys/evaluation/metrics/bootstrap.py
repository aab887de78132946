"""Means over users with their 95% intervals, by the bootstrap.

References
----------
Efron, Tibshirani 1993, "An introduction to the bootstrap", chapter 13 (percentiles).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Doubles
from recsys.config import SEED
from recsys.evaluation.results import Figure

Figures = dict[str, Figure]
"""By metric."""

_BLOCK_ELEMENTS = 1 << 22
"""Draws held at once: 32 MB."""


def bootstrap_interval(
    per_user_values: NDArray[Any],
    weights: NDArray[Any] | None = None,
    n: int = 1000,
    seed: int = SEED,
    level: float = 0.95,
) -> tuple[Any, Any]:
    """Percentile interval of the mean over users. Users are drawn with replacement.

    Parameters
    ----------
    per_user_values : float array, shape (n_users,) or (n_users, n_figures)
        All columns use the same draws.
    weights : float array, shape (n_users,), optional
        The mean is sum(weight * value) / sum(weight) over the users drawn. To bound an RMSE, give
        each user's mean squared error and number of ratings, and take the roots of the bounds.
    n : int
        Number of draws.
    seed : int
    level : float
        Coverage of the interval, 0 to 1.

    Returns
    -------
    (low, high) : floats, or float64 arrays of shape (n_figures,)

    Raises
    ------
    ValueError
        If there are no users.
    """
    values = np.asarray(per_user_values, dtype=np.float64)
    columns = values.reshape(len(values), -1)
    if not len(values):
        raise ValueError("There are no users to draw from.")
    weight = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    means = _bootstrap_means(columns * weight[:, None], weight, n, seed)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return (low, high) if values.ndim > 1 else (float(low[0]), float(high[0]))


def with_intervals(values: dict[str, Doubles], weights: Doubles | None = None) -> Figures:
    """The mean of each figure over users, with its 95% interval."""
    columns = np.column_stack(list(values.values()))
    low, high = bootstrap_interval(columns, weights)
    means = np.average(columns, axis=0, weights=weights)
    return {name: Figure(float(means[i]), float(low[i]), float(high[i])) for i, name in enumerate(values)}


def intervals_by_model(values: dict[str, dict[str, Doubles]]) -> dict[str, Figures]:
    """`with_intervals` of several models over the same users, from the same draws."""
    flat = {f"{m}/{name}": each for m, model in enumerate(values.values()) for name, each in model.items()}
    figures = with_intervals(flat)
    return {
        model: {name: figures[f"{m}/{name}"] for name in names}
        for m, (model, names) in enumerate(values.items())
    }


def _bootstrap_means(sums: Doubles, weight: Doubles, n: int, seed: int) -> Doubles:
    rng, n_users = np.random.default_rng(seed), len(weight)
    table = np.column_stack([sums, weight])
    step = max(1, _BLOCK_ELEMENTS // n_users)
    parts = []
    for start in range(0, n, step):
        size = min(step, n - start)
        drawn = rng.integers(0, n_users, (size, n_users), dtype=np.int32)
        totals = _times_drawn(drawn, n_users) @ table
        parts.append(totals[:, :-1] / np.where(totals[:, -1:] > 0, totals[:, -1:], 1))
    return np.concatenate(parts)


def _times_drawn(drawn: NDArray[np.int32], n_users: int) -> Doubles:
    offsets = np.arange(len(drawn), dtype=np.int64)[:, None] * n_users
    counts = np.bincount((drawn + offsets).ravel(), minlength=drawn.shape[0] * n_users)
    return counts.reshape(-1, n_users).astype(np.float64)
