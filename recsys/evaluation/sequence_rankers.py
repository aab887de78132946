"""Rankers that know the order of time: the sequential model, and the baselines it must beat.

References
----------
Ludewig, Jannach 2018, "Evaluation of session-based recommendation algorithms": next-item counts
and neighbours with recency are hard to beat.
"""

from __future__ import annotations

import numpy as np
from numba import prange

from recsys.arrays import Floats, Mask, Rows, Rows32
from recsys.data.interactions import Interactions, stable_order
from recsys.data.sequences import Sequences, ages
from recsys.evaluation.baselines import ItemKnnRanker
from recsys.evaluation.rankers import rows_of
from recsys.kernel_cache import jit
from recsys.model.sequential import SequentialModel

SPAN = 10
"""Places that next-item counts look ahead."""


class SequentialRanker:
    """The sequential model as a ranker: users are folded in from their training items, the latest first."""

    def __init__(self, model: SequentialModel, train: Interactions) -> None:
        self._model, self._train = model, train
        self._items = np.ascontiguousarray(model.item_vectors.T)
        self._usable = model.item_scales > 0

    def scores(self, user_rows: Rows) -> Floats:
        """Inner products; the popular list for users without a usable item."""
        indptr, items = rows_of(self._train, user_rows)
        vectors = self._model.user_vectors(indptr, items, ages(self._train, user_rows))
        out: Floats = vectors @ self._items
        out[:, ~self._usable] = -np.inf
        out[~vectors.any(axis=1)] = self._train.item_degrees
        return out


class NextItemRanker:
    """A first-order Markov chain: how often an item came soon after the user's latest items.

    A pair counts 1 / (places between), for up to `SPAN` places; each item of the user weighs
    1 / age.
    """

    def __init__(self, train: Interactions) -> None:
        self._train = train
        sequences = Sequences.of(train)
        pairs = _pairs(sequences.indptr, SPAN)
        first, second, weight = _following(sequences.indptr, sequences.items, sequences.fresh, SPAN, pairs)
        order = stable_order(first, train.n_items)
        counts = np.bincount(first, minlength=train.n_items)
        self._indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._targets, self._weights = second[order], weight[order]

    def scores(self, user_rows: Rows) -> Floats:
        """Weighted counts, at least 0; popular items break ties, so that no list ends early."""
        return _weighted_sums(self._train, user_rows, self._indptr, self._targets, self._weights)


class RecentKnnRanker:
    """Item-kNN whose sum weighs each of the user's items by 1 / age."""

    def __init__(self, train: Interactions, item_knn: ItemKnnRanker) -> None:
        self._train, self._knn = train, item_knn

    def scores(self, user_rows: Rows) -> Floats:
        """Weighted sums of similarities, at least 0; popular items break ties."""
        return _weighted_sums(self._train, user_rows, *self._knn.lists)


def _weighted_sums(
    train: Interactions, user_rows: Rows, starts: Rows, targets: Rows32, weights: Floats
) -> Floats:
    indptr, items = rows_of(train, user_rows)
    recency = (1.0 / ages(train, user_rows)).astype(np.float32)
    popular = train.item_degrees / (1e6 * max(1, train.item_degrees.max()))
    out = np.repeat(popular.astype(np.float32)[None, :], len(user_rows), axis=0)
    _add(indptr, items, recency, starts, targets, weights, out)
    return out


def _pairs(indptr: Rows, span: int) -> int:
    """Pairs of entries at most `span` apart."""
    lengths = np.diff(indptr)
    near = np.minimum(lengths - 1, span)
    return int((near * lengths - near * (near + 1) // 2).sum())


@jit()
def _following(
    indptr: Rows, items: Rows32, fresh: Mask, span: int, n_pairs: int
) -> tuple[Rows32, Rows32, Floats]:  # pragma: no cover - compiled
    """Pairs of earlier and later item, and their weights. Of one time, they count in both directions."""
    first = np.empty(2 * n_pairs, dtype=np.int32)
    second = np.empty(2 * n_pairs, dtype=np.int32)
    weight = np.empty(2 * n_pairs, dtype=np.float32)
    n = 0
    for u in range(len(indptr) - 1):
        for late in range(indptr[u] + 1, indptr[u + 1]):
            lag = 0
            for early in range(late - 1, max(indptr[u], late - span) - 1, -1):
                lag += fresh[early + 1]
                first[n], second[n], weight[n] = items[early], items[late], 1 / max(1, lag)
                n += 1
                if lag == 0:
                    first[n], second[n], weight[n] = items[late], items[early], 1
                    n += 1
    return first[:n], second[:n], weight[:n]


@jit(parallel=True)
def _add(
    indptr: Rows,
    items: Rows32,
    recency: Floats,
    starts: Rows,
    targets: Rows32,
    weights: Floats,
    out: Floats,
) -> None:  # pragma: no cover - compiled
    for user in prange(len(indptr) - 1):
        for entry in range(indptr[user], indptr[user + 1]):
            for place in range(starts[items[entry]], starts[items[entry] + 1]):
                out[user, targets[place]] += recency[entry] * weights[place]
