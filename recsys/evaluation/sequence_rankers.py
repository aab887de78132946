"""Rankers that know the order of time: the sequential model, and the baselines it must beat.

References
----------
Ludewig, Jannach 2018, "Evaluation of session-based recommendation algorithms": next-item counts
and neighbours with recency are hard to beat.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numba import prange

from recsys.arrays import Floats, Mask, Rows, Rows32
from recsys.data.interactions import Interactions
from recsys.data.sequences import Sequences, ages
from recsys.evaluation.baselines import ItemKnnRanker, by_source
from recsys.evaluation.metrics.accuracy import Lists
from recsys.evaluation.rankers import VectorRanker, rows_of
from recsys.evaluation.sparse_lists import Base, Links, best_of_links
from recsys.kernel_cache import jit
from recsys.model.sequential import SequentialModel

SPAN = 10
"""Places that next-item counts look ahead."""


class SequentialRanker(VectorRanker):
    """The sequential model as a ranker: users are folded in from their training items, the latest first."""

    def __init__(
        self, model: SequentialModel, train: Interactions, known: Interactions | None = None
    ) -> None:
        super().__init__(model, model.item_scales > 0, train, known)
        self._model = model

    def vectors(self, user_rows: Rows) -> Floats:
        indptr, items = rows_of(self._known, user_rows)
        return self._model.user_vectors(indptr, items, ages(self._known, user_rows))


class NextItemRanker:
    """A first-order Markov chain: how often an item came soon after the user's latest items.

    A pair counts 1 / (places between), for up to `SPAN` places; each item of the user weighs
    1 / age. `known` and `wanted` are as in `ItemKnnRanker`.
    """

    def __init__(
        self, train: Interactions, *, known: Interactions | None = None, wanted: Mask | None = None
    ) -> None:
        self._train, self._known = train, known or train
        sequences = Sequences.of(train)
        pairs = _pairs(sequences.indptr, SPAN)
        wanted = np.ones(train.n_items, dtype=np.bool_) if wanted is None else wanted
        found = _following(sequences.indptr, sequences.items, sequences.fresh, wanted, SPAN, pairs)
        self._links = by_source(*found, train.n_items)

    @cached_property
    def _base(self) -> Base:
        return Base.of(_small_popularity(self._train))

    def scores(self, user_rows: Rows) -> Floats:
        """Weighted counts, at least 0; popular items break ties, so that no list ends early."""
        return _weighted_sums(self._train, self._known, user_rows, self._links)

    def top(self, user_rows: Rows, n: int) -> Lists:
        """As `rankers.SparseRanker.top`."""
        return _best_sums(self._train, self._known, user_rows, n, self._base, self._links)


class RecentKnnRanker:
    """Item-kNN whose sum weighs each of the user's items by 1 / age."""

    def __init__(self, train: Interactions, item_knn: ItemKnnRanker) -> None:
        self._train, self._knn = train, item_knn

    @cached_property
    def _base(self) -> Base:
        return Base.of(_small_popularity(self._train))

    def scores(self, user_rows: Rows) -> Floats:
        """Weighted sums of similarities, at least 0; popular items break ties."""
        return _weighted_sums(self._train, self._knn.known, user_rows, self._knn.lists)

    def top(self, user_rows: Rows, n: int) -> Lists:
        """As `rankers.SparseRanker.top`."""
        return _best_sums(self._train, self._knn.known, user_rows, n, self._base, self._knn.lists)


def _weighted_sums(train: Interactions, known: Interactions, user_rows: Rows, links: Links) -> Floats:
    indptr, items = rows_of(known, user_rows)
    out = np.repeat(_small_popularity(train)[None, :], len(user_rows), axis=0)
    _add(indptr, items, _recency(known, user_rows), *links, out)
    return out


def _best_sums(
    train: Interactions, known: Interactions, user_rows: Rows, n: int, base: Base, links: Links
) -> Lists:
    unseen = train.item_degrees == 0
    return best_of_links(known, unseen, user_rows, n, base, links, _recency(known, user_rows))


def _small_popularity(train: Interactions) -> Floats:
    """Popularity below any sum, to break ties."""
    degrees = train.item_degrees
    small: Floats = (degrees / (1e6 * max(1, degrees.max()))).astype(np.float32)
    return small


def _recency(known: Interactions, user_rows: Rows) -> Floats:
    recency: Floats = (1.0 / ages(known, user_rows)).astype(np.float32)
    return recency


def _pairs(indptr: Rows, span: int) -> int:
    """Pairs of entries at most `span` apart."""
    lengths = np.diff(indptr)
    near = np.minimum(lengths - 1, span)
    return int((near * lengths - near * (near + 1) // 2).sum())


@jit()
def _following(
    indptr: Rows, items: Rows32, fresh: Mask, wanted: Mask, span: int, n_pairs: int
) -> tuple[Rows32, Rows32, Floats]:  # pragma: no cover - compiled
    """Pairs of earlier and later item, and their weights. Of one time, they count in both directions.

    Only pairs whose first item is wanted.
    """
    first = np.empty(2 * n_pairs, dtype=np.int32)
    second = np.empty(2 * n_pairs, dtype=np.int32)
    weight = np.empty(2 * n_pairs, dtype=np.float32)
    n = 0
    for u in range(len(indptr) - 1):
        for late in range(indptr[u] + 1, indptr[u + 1]):
            lag = 0
            for early in range(late - 1, max(indptr[u], late - span) - 1, -1):
                lag += fresh[early + 1]
                if wanted[items[early]]:
                    first[n], second[n], weight[n] = items[early], items[late], 1 / max(1, lag)
                    n += 1
                if lag == 0 and wanted[items[late]]:
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
