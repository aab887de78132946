"""How good ranked lists are: figures for each user, and their means with intervals.

Every function takes `hits`, a bool array of shape (n_users, n): was the item at that rank
held out? and `relevant`, an int array of shape (n_users,): how many items were. All return
one float64 for each user, between 0 and 1. The whole catalogue is ranked, never a sample
of negatives, and relevance is binary.

References
----------
Herlocker et al. 2004, "Evaluating collaborative filtering recommender systems".
Järvelin, Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques".
Krichene, Rendle 2020, "On sampled metrics for item recommendation".
Efron, Tibshirani 1993, "An introduction to the bootstrap", chapter 13 (percentiles).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from recsys.data.interactions import Interactions

Hits = NDArray[np.bool_]
Counts = NDArray[np.integer]
Values = NDArray[np.float64]
Figures = dict[str, dict[str, float]]
"""By metric: value, low and high."""

_BLOCK_ELEMENTS = 1 << 22
"""Draws of the bootstrap held at once: 32 MB."""


def find_hits(ranked: NDArray[np.int32], test: Interactions, user_rows: NDArray[np.integer]) -> Hits:
    """Which places of the lists hold an item that the user has in `test`.

    Parameters
    ----------
    ranked : int32 array, shape (len(user_rows), n)
        Item rows, best first; -1 where a list has ended.
    test : Interactions
    user_rows : int array
    """
    hits = np.zeros(ranked.shape, dtype=np.bool_)
    _find_hits(ranked, test.indptr, test.item_rows, np.asarray(user_rows, dtype=np.int64), hits)
    return hits


def recall(hits: Hits, relevant: Counts, k: int) -> Values:
    """Hits in the first k ÷ the user's held-out items."""
    return hits[:, :k].sum(axis=1) / np.maximum(1, relevant)


def precision(hits: Hits, relevant: Counts, k: int) -> Values:
    """Hits in the first k ÷ k."""
    return hits[:, :k].sum(axis=1) / k


def hit_rate(hits: Hits, relevant: Counts, k: int) -> Values:
    """1 where the first k hold at least one hit."""
    return np.asarray(hits[:, :k].any(axis=1), dtype=np.float64)


def ndcg(hits: Hits, relevant: Counts, k: int) -> Values:
    """Normalised discounted cumulative gain: gain 1 ÷ log2(rank + 1) for a hit.

    The ideal list has min(held-out items, k) hits at its head, as in the code of LightGCN
    (He et al. 2020) and the BARS benchmark (Zhu et al. 2022), so that figures compare.
    """
    gains = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(gains)])[np.minimum(relevant, k)]
    return hits[:, :k] @ gains[: hits.shape[1]] / np.maximum(ideal, gains[0])


def average_precision(hits: Hits, relevant: Counts, k: int) -> Values:
    """Sum of the precision at each hit of the first k ÷ the user's held-out items.

    As `map_cut` of trec_eval; its mean over users is MAP@k.
    """
    head = hits[:, :k]
    precisions = np.cumsum(head, axis=1) / np.arange(1, head.shape[1] + 1)
    return (precisions * head).sum(axis=1) / np.maximum(1, relevant)


def reciprocal_rank(hits: Hits, relevant: Counts, k: int) -> Values:
    """1 ÷ the rank of the first hit, 0 where the first k hold none; its mean is MRR@k."""
    head = hits[:, :k]
    return np.where(head.any(axis=1), 1 / (head.argmax(axis=1) + 1), 0.0)


METRICS: dict[str, Callable[[Hits, Counts, int], Values]] = {
    "recall": recall,
    "ndcg": ndcg,
    "precision": precision,
    "map": average_precision,
    "mrr": reciprocal_rank,
    "hit_rate": hit_rate,
}


def per_user(hits: Hits, relevant: Counts, ks: Iterable[int] = (10, 20)) -> dict[str, Values]:
    """Every metric at every k, named `recall@20`: one value for each user."""
    return {f"{name}@{k}": metric(hits, relevant, k) for k in ks for name, metric in METRICS.items()}


def bootstrap_interval(
    per_user_values: NDArray[Any],
    weights: NDArray[Any] | None = None,
    n: int = 1000,
    seed: int = 20_140_723,
    level: float = 0.95,
) -> tuple[Any, Any]:
    """Percentile interval of the mean over users, by drawing users with replacement.

    Parameters
    ----------
    per_user_values : float array, shape (n_users,) or (n_users, n_figures)
        Figures in columns share their draws.
    weights : float array, shape (n_users,), optional
        The mean is sum(weight * value) / sum(weight) over the users drawn. With squared errors
        averaged by user and the numbers of their ratings, the square roots of the bounds are
        an RMSE's.
    n : int
        Draws.
    seed : int
    level : float

    Returns
    -------
    (low, high) : floats, or float64 arrays of shape (n_figures,)
    """
    values = np.asarray(per_user_values, dtype=np.float64)
    columns = values.reshape(len(values), -1)
    if not len(values):
        raise ValueError("There are no users to draw from.")
    weight = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    means = _bootstrap_means(columns * weight[:, None], weight, n, seed)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return (low, high) if values.ndim > 1 else (float(low[0]), float(high[0]))


def with_intervals(values: dict[str, Values], weights: Values | None = None) -> Figures:
    """The mean of each figure with its 95% interval: {name: {"value", "low", "high"}}."""
    columns = np.column_stack(list(values.values()))
    low, high = bootstrap_interval(columns, weights)
    means = np.average(columns, axis=0, weights=weights)
    return {
        name: {"value": float(means[i]), "low": float(low[i]), "high": float(high[i])}
        for i, name in enumerate(values)
    }


def intervals_by_model(values: dict[str, dict[str, Values]]) -> dict[str, Figures]:
    """`with_intervals` of several models over the same users, from the same draws."""
    flat = {f"{m}/{name}": each for m, model in enumerate(values.values()) for name, each in model.items()}
    figures = with_intervals(flat)
    return {
        model: {name: figures[f"{m}/{name}"] for name in names}
        for m, (model, names) in enumerate(values.items())
    }


def _bootstrap_means(sums: Values, weight: Values, n: int, seed: int) -> Values:
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


def _times_drawn(drawn: NDArray[np.int32], n_users: int) -> Values:
    offsets = np.arange(len(drawn), dtype=np.int64)[:, None] * n_users
    counts = np.bincount((drawn + offsets).ravel(), minlength=drawn.shape[0] * n_users)
    return counts.reshape(-1, n_users).astype(np.float64)


@njit(parallel=True, cache=True)
def _find_hits(ranked, indptr, items, users, hits):  # type: ignore[no-untyped-def]
    for n in prange(len(users)):
        mine = items[indptr[users[n]] : indptr[users[n] + 1]]
        for r in range(ranked.shape[1]):
            place = np.searchsorted(mine, ranked[n, r])
            hits[n, r] = place < len(mine) and mine[place] == ranked[n, r]
