"""Baselines that any model must beat: popular items, random items, and nearest neighbours among items.

References
----------
Deshpande, Karypis 2004, "Item-based top-N recommendation algorithms".
Ferrari Dacrema, Cremonesi, Jannach 2019, "Are we really making much progress?": why
neighbours and the popular list belong in every comparison.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import prange
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from recsys.arrays import Floats, Rows
from recsys.config import SEED
from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.accuracy import Lists
from recsys.evaluation.rankers import rows_of
from recsys.kernel_cache import jit

MOST_USER_ITEMS = 5_000
"""Users with more items are left out of item-kNN's counts. A user's pairs grow with the square of their
items, and a till, a guest account or a bot with tens of thousands says little about what goes together."""
_CHUNKS = 64
"""Parts that the items are dealt into. Each part holds one row of counts at a time."""


@dataclass(frozen=True)
class PopularRanker:
    """Everyone gets the most-rated items."""

    train: Interactions

    def scores(self, user_rows: Rows) -> Floats:
        """The number of ratings of each item, the same for every user."""
        degrees = self.train.item_degrees.astype(np.float32)
        return np.repeat(degrees[None, :], len(user_rows), axis=0)


@dataclass(frozen=True)
class RandomRanker:
    """Everyone gets random items: a shuffled catalogue that starts at a random place for each user."""

    train: Interactions
    seed: int = SEED

    def scores(self, user_rows: Rows) -> Floats:
        """Uniform between 0 and 1; the same for the same user."""
        n_items, rng = self.train.n_items, np.random.default_rng(self.seed)
        chance = rng.random(n_items, dtype=np.float32)
        windows = sliding_window_view(np.concatenate([chance, chance]), n_items)
        return np.asarray(windows[rng.integers(0, n_items, self.train.n_users)[user_rows]])


@dataclass(frozen=True)
class ItemKnnConfig:
    """Settings of item-kNN."""

    n_neighbours: int = 100
    """Neighbours of an item whose similarities are summed."""
    shrinkage: float = 0.0
    """Draws similarities with little evidence towards zero; 0 is the plain cosine."""


@dataclass(frozen=True)
class Neighbours:
    """The most similar items of each item.

        similarity(i, j) = shared users / (sqrt(users of i * users of j) + shrinkage)

    Parameters
    ----------
    items : int32 array, shape (n_items, n)
        Item rows, most similar first; -1 where there are no more.
    similarities : float32 array, shape (n_items, n)
        0 where there are no more.
    """

    items: Lists
    similarities: Floats

    @classmethod
    def find(cls, train: Interactions, n: int, shrinkage: float = 0.0) -> Neighbours:
        """Count shared users, over the users of at most `MOST_USER_ITEMS` items."""
        if heavy_users(train):
            train = train.select(train.user_degrees[train.user_rows] <= MOST_USER_ITEMS)
        view = train.by_item()
        return cls(*_nearest(train.indptr, train.item_rows, view.indptr, view.user_rows, n, shrinkage))

    def first(self, n: int) -> Neighbours:
        """The `n` most similar items of each item."""
        return Neighbours(self.items[:, :n], self.similarities[:, :n])


def heavy_users(train: Interactions) -> int:
    """How many users item-kNN leaves out of its counts."""
    return int(np.count_nonzero(train.user_degrees > MOST_USER_ITEMS))


class ItemKnnRanker:
    """Item-kNN: an item's score is its similarity to the user's items.

    The sum goes over those of the user's items that are among the item's neighbours.

    Parameters
    ----------
    train : Interactions
    config : ItemKnnConfig, optional
    neighbours : Neighbours, optional
        At least `config.n_neighbours` of each item, with the same shrinkage; by default found here.
    """

    def __init__(
        self, train: Interactions, config: ItemKnnConfig | None = None, neighbours: Neighbours | None = None
    ) -> None:
        config = config or ItemKnnConfig()
        if neighbours is None:
            neighbours = Neighbours.find(train, config.n_neighbours, config.shrinkage)
        neighbours = neighbours.first(config.n_neighbours)
        self.train = train
        sources = neighbours.items.ravel()
        order = np.argsort(sources, kind="stable")
        order = order[np.count_nonzero(sources < 0) :]
        counts = np.bincount(sources[order], minlength=train.n_items)
        self._indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._targets = (order // config.n_neighbours).astype(np.int32)
        self._similarities = neighbours.similarities.ravel()[order]

    @property
    def lists(self) -> tuple[Rows, NDArray[np.int32], Floats]:
        """For each item, whose neighbour it is and how similar: indptr, item rows, similarities."""
        return self._indptr, self._targets, self._similarities

    def scores(self, user_rows: Rows) -> Floats:
        """Sums of similarities, at least 0; the popular list for users without training items."""
        indptr, items = rows_of(self.train, user_rows)
        out = np.zeros((len(user_rows), self.train.n_items), dtype=np.float32)
        _sum_similarities(indptr, items, self._indptr, self._targets, self._similarities, out)
        out[np.diff(indptr) == 0] = self.train.item_degrees
        return out


@jit(parallel=True)
def _nearest(
    indptr: Rows,
    items: NDArray[np.int32],
    by_item: Rows,
    users: NDArray[np.int32],
    n_neighbours: int,
    shrinkage: float,
) -> tuple[Lists, Floats]:
    """For each item its most similar items, best first, in the order they were met among equals."""
    n_items = len(by_item) - 1
    nearest = np.full((n_items, n_neighbours), -1, dtype=np.int32)
    similarity = np.zeros((n_items, n_neighbours), dtype=np.float32)
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
            own = by_item[item + 1] - by_item[item]
            values, kept = similarity[item], nearest[item]
            for other in touched[:n]:
                count, shared[other] = shared[other], 0
                if other == item:
                    continue
                theirs = by_item[other + 1] - by_item[other]
                value = np.float32(count / (np.sqrt(np.float64(own) * theirs) + shrinkage))
                rank = n_neighbours - 1
                if value > values[rank]:
                    while rank > 0 and values[rank - 1] < value:
                        values[rank], kept[rank] = values[rank - 1], kept[rank - 1]
                        rank -= 1
                    values[rank], kept[rank] = value, other
    return nearest, similarity


@jit(parallel=True)
def _sum_similarities(
    indptr: Rows,
    items: NDArray[np.int32],
    starts: Rows,
    targets: NDArray[np.int32],
    similarities: Floats,
    out: Floats,
) -> None:
    for user in prange(len(indptr) - 1):
        for item in items[indptr[user] : indptr[user + 1]]:
            for place in range(starts[item], starts[item + 1]):
                out[user, targets[place]] += similarities[place]
