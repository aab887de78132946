"""What any model must beat: popular items, random items, and nearest neighbours among items.

References
----------
Deshpande, Karypis 2004, "Item-based top-N recommendation algorithms".
Ferrari Dacrema, Cremonesi, Jannach 2019, "Are we really making much progress?": why
neighbours and the popular list belong in every comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit, prange
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from recsys.data.interactions import Interactions
from recsys.evaluation.rankers import Rows, rows_of

Floats = NDArray[np.float32]

_CHUNKS = 64
"""Parts that the items are dealt into: each holds one row of counts at a time."""


@dataclass(frozen=True)
class PopularRanker:
    """Everyone gets the most-rated items."""

    train: Interactions

    def scores(self, user_rows: Rows) -> Floats:
        """The number of ratings of each item, for every user alike."""
        degrees = self.train.item_degrees.astype(np.float32)
        return np.repeat(degrees[None, :], len(user_rows), axis=0)


@dataclass(frozen=True)
class RandomRanker:
    """Everyone gets items by chance: a shuffled catalogue, begun at a random place."""

    train: Interactions
    seed: int = 20_140_723

    def scores(self, user_rows: Rows) -> Floats:
        """Uniform between 0 and 1; the same for the same user."""
        n_items, rng = self.train.n_items, np.random.default_rng(self.seed)
        chance = rng.random(n_items, dtype=np.float32)
        windows = sliding_window_view(np.concatenate([chance, chance]), n_items)
        return windows[rng.integers(0, n_items, self.train.n_users)[user_rows]]


class ItemKnnRanker:
    """Item-kNN: an item's score is its likeness to what the user has.

        likeness(i, j) = shared users / (sqrt(users of i * users of j) + shrinkage)

    summed over those of the user's items that are among the `n_neighbours` most like i.

    Parameters
    ----------
    train : Interactions
    n_neighbours : int
    shrinkage : float
        Draws likenesses with little evidence towards zero; 0 is the plain cosine.
    """

    def __init__(self, train: Interactions, n_neighbours: int = 100, shrinkage: float = 0.0) -> None:
        self.train, self.n_neighbours, self.shrinkage = train, n_neighbours, shrinkage
        neighbours, likeness = nearest_items(train, n_neighbours, shrinkage)
        sources = neighbours.ravel()
        order = np.argsort(sources, kind="stable")
        order = order[np.count_nonzero(sources < 0) :]
        counts = np.bincount(sources[order], minlength=train.n_items)
        self._indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._targets = (order // n_neighbours).astype(np.int32)
        self._likeness = likeness.ravel()[order]

    def scores(self, user_rows: Rows) -> Floats:
        """Sums of likenesses, at least 0; the popular list for users without training items."""
        indptr, items = rows_of(self.train, user_rows)
        out = np.zeros((len(user_rows), self.train.n_items), dtype=np.float32)
        _sum_likeness(indptr, items, self._indptr, self._targets, self._likeness, out)
        out[np.diff(indptr) == 0] = self.train.item_degrees
        return out


def nearest_items(train: Interactions, n: int, shrinkage: float = 0.0) -> tuple[NDArray[np.int32], Floats]:
    """The `n` items that share most users with each, as a share: (rows, -1 where none; likenesses)."""
    view = train.by_item()
    return _nearest(train.indptr, train.item_rows, view.indptr, view.user_rows, n, shrinkage)


@njit(parallel=True, cache=True)
def _nearest(indptr, items, by_item, users, n_neighbours, shrinkage):  # type: ignore[no-untyped-def]
    """For each item the items most like it, best first: (rows, -1 where none; likenesses)."""
    n_items = len(by_item) - 1
    nearest = np.full((n_items, n_neighbours), -1, dtype=np.int32)
    likeness = np.zeros((n_items, n_neighbours), dtype=np.float32)
    for chunk in prange(_CHUNKS):
        shared = np.zeros(n_items, dtype=np.int32)
        touched = np.empty(n_items, dtype=np.int32)
        for item in range(chunk, n_items, _CHUNKS):
            n = 0
            for place in range(by_item[item], by_item[item + 1]):
                user = users[place]
                for other in items[indptr[user] : indptr[user + 1]]:
                    if shared[other] == 0:
                        touched[n] = other
                        n += 1
                    shared[other] += 1
            values = np.zeros(n, dtype=np.float32)
            own = by_item[item + 1] - by_item[item]
            for m in range(n):
                other = touched[m]
                if other != item:
                    theirs = by_item[other + 1] - by_item[other]
                    values[m] = shared[other] / (np.sqrt(np.float64(own) * theirs) + shrinkage)
                shared[other] = 0
            order = np.argsort(-values, kind="mergesort")[:n_neighbours]
            for rank in range(len(order)):
                if values[order[rank]] > 0:
                    nearest[item, rank] = touched[order[rank]]
                    likeness[item, rank] = values[order[rank]]
    return nearest, likeness


@njit(parallel=True, cache=True)
def _sum_likeness(indptr, items, starts, targets, likeness, out):  # type: ignore[no-untyped-def]
    for user in prange(len(indptr) - 1):
        for item in items[indptr[user] : indptr[user + 1]]:
            for place in range(starts[item], starts[item + 1]):
                out[user, targets[place]] += likeness[place]
