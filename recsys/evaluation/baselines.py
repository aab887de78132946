"""Baselines that any model must beat: popular items, random items, and nearest neighbours among items.

References
----------
Deshpande, Karypis 2004, "Item-based top-N recommendation algorithms".
Ferrari Dacrema, Cremonesi, Jannach 2019, "Are we really making much progress?": why
neighbours and the popular list belong in every comparison.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import prange
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from recsys.arrays import Floats, Mask, Rows, Rows32
from recsys.config import SEED
from recsys.data.interactions import Interactions, stable_order
from recsys.evaluation.metrics.accuracy import Lists
from recsys.evaluation.rankers import rows_of
from recsys.evaluation.sparse_lists import Base, Links, best_of_links
from recsys.kernel_cache import jit

MOST_USER_ITEMS = 5_000
"""Users with more items are left out of item-kNN's counts. A user's pairs grow with the square of their
items, and a till, a guest account or a bot with tens of thousands says little about what goes together."""
_CHUNKS = 64
"""The number of parts that the items are split into. Each part holds one row of counts at a time."""
_BLOCK_ITEMS = 65_536
"""Items whose neighbours are found at once."""


@dataclass(frozen=True)
class PopularRanker:
    """Everyone gets the most-rated items.

    Parameters
    ----------
    train : Interactions
    known : Interactions, optional
        The items that users have, where that is more than `train` holds.
    """

    train: Interactions
    known: Interactions | None = None

    def scores(self, user_rows: Rows) -> Floats:
        """The number of ratings of each item, the same for every user."""
        return np.repeat(self._base.values[None, :], len(user_rows), axis=0)

    def top(self, user_rows: Rows, n: int) -> Lists:
        """As `rankers.SparseRanker.top`."""
        return best_of_links(self.known or self.train, self.train.item_degrees == 0, user_rows, n, self._base)

    @cached_property
    def _base(self) -> Base:
        return Base.of(self.train.item_degrees.astype(np.float32))


@dataclass(frozen=True)
class RandomRanker:
    """Everyone gets random items: a shuffled catalogue that starts at a random place for each user."""

    train: Interactions
    seed: int = SEED
    known: Interactions | None = None

    def scores(self, user_rows: Rows) -> Floats:
        """Uniform between 0 and 1; the same for the same user."""
        base, shifts = self._drawn
        windows = sliding_window_view(np.concatenate([base.values, base.values]), self.train.n_items)
        return np.asarray(windows[shifts[user_rows]])

    def top(self, user_rows: Rows, n: int) -> Lists:
        """As `rankers.SparseRanker.top`."""
        base, shifts = self._drawn
        unseen = self.train.item_degrees == 0
        known = self.known or self.train
        return best_of_links(known, unseen, user_rows, n, base, shifts=shifts[user_rows])

    @cached_property
    def _drawn(self) -> tuple[Base, Rows]:
        """A number for each place, and where the list of each user starts."""
        rng = np.random.default_rng(self.seed)
        chance = rng.random(self.train.n_items, dtype=np.float32)
        return Base.of(chance), rng.integers(0, self.train.n_items, self.train.n_users)


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

    def first(self, n: int) -> Neighbours:
        """The `n` most similar items of each item."""
        return Neighbours(self.items[:, :n], self.similarities[:, :n])


def nearest_items(train: Interactions, n: int, shrinkage: float = 0.0) -> Neighbours:
    """The `n` most similar items of each item, by the users of at most `MOST_USER_ITEMS` items."""
    blocks = list(_blocks(train, n, shrinkage))
    return Neighbours(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))


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
    known : Interactions, optional
        The items that users have, where that is more than `train` holds.
    wanted : bool array, shape (n_items,), optional
        Only users whose items are all among these will be asked for; by default, all users.
    """

    def __init__(
        self,
        train: Interactions,
        config: ItemKnnConfig | None = None,
        neighbours: Neighbours | None = None,
        *,
        known: Interactions | None = None,
        wanted: Mask | None = None,
    ) -> None:
        config = config or ItemKnnConfig()
        self.train, self.known = train, known or train
        if neighbours is None:
            blocks = _blocks(train, config.n_neighbours, config.shrinkage)
        else:
            neighbours = neighbours.first(config.n_neighbours)
            blocks = iter([(neighbours.items, neighbours.similarities)])
        self._links = _by_neighbour(blocks, train.n_items, wanted)

    @property
    def lists(self) -> Links:
        """For each item, whose neighbour it is and how similar: indptr, item rows, similarities."""
        return self._links

    def scores(self, user_rows: Rows) -> Floats:
        """Sums of similarities, at least 0; the popular list for users without training items."""
        indptr, items = rows_of(self.known, user_rows)
        out = np.zeros((len(user_rows), self.train.n_items), dtype=np.float32)
        _sum_similarities(indptr, items, *self._links, out)
        out[np.diff(indptr) == 0] = self.train.item_degrees
        return out

    def top(self, user_rows: Rows, n: int) -> Lists:
        """As `rankers.SparseRanker.top`."""
        n_items = self.train.n_items
        base = Base(np.zeros(n_items, np.float32), np.arange(n_items))
        unseen = self.train.item_degrees == 0
        out = best_of_links(self.known, unseen, user_rows, n, base, self._links)
        nobody = self.known.user_degrees[user_rows] == 0
        if nobody.any():
            out[nobody] = PopularRanker(self.train, self.known).top(user_rows[nobody], n)
        return out


def _blocks(train: Interactions, n: int, shrinkage: float) -> Iterator[tuple[Lists, Floats]]:
    """The neighbours of some items after the other: rows and similarities."""
    if heavy_users(train):
        train = train.select(train.user_degrees[train.user_rows] <= MOST_USER_ITEMS)
    view = train.by_item()
    for start in range(0, train.n_items, _BLOCK_ITEMS):
        stop = min(train.n_items, start + _BLOCK_ITEMS)
        yield _nearest(train.indptr, train.item_rows, view.indptr, view.user_rows, start, stop, n, shrinkage)


def _by_neighbour(blocks: Iterator[tuple[Lists, Floats]], n_items: int, wanted: Mask | None) -> Links:
    """Neighbours read the other way: the items that each item is a neighbour of."""
    parts, start = [], 0
    for items, similarities in blocks:
        listed = items >= 0 if wanted is None else (items >= 0) & wanted[items]
        targets = np.nonzero(listed)[0].astype(np.int32) + np.int32(start)
        parts.append((items[listed], targets, similarities[listed]))
        start += len(items)
    sources, targets, weights = (np.concatenate(one) for one in zip(*parts, strict=True))
    return by_source(sources, targets, weights, n_items)


def by_source(sources: Rows32, targets: Rows32, weights: Floats, n_items: int) -> Links:
    """Weighted pairs of items, by the first of each pair; in their order within an item."""
    order = stable_order(sources, n_items)
    counts = np.bincount(sources, minlength=n_items)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Links(starts, targets[order], weights[order])


@jit(parallel=True)
def _nearest(
    indptr: Rows,
    items: NDArray[np.int32],
    by_item: Rows,
    users: NDArray[np.int32],
    first: int,
    stop: int,
    n_neighbours: int,
    shrinkage: float,
) -> tuple[Lists, Floats]:
    """The most similar items of items `first` to `stop`, best first, as they were met among equals."""
    n_items = len(by_item) - 1
    nearest = np.full((stop - first, n_neighbours), -1, dtype=np.int32)
    similarity = np.zeros((stop - first, n_neighbours), dtype=np.float32)
    for chunk in prange(_CHUNKS):
        shared = np.zeros(n_items, dtype=np.int32)
        touched = np.empty(n_items, dtype=np.int32)
        for item in range(first + chunk, stop, _CHUNKS):
            n = 0
            for place in range(by_item[item], by_item[item + 1]):
                user = users[place]
                for other in items[indptr[user] : indptr[user + 1]]:
                    if shared[other] == 0:
                        touched[n] = other
                        n += 1
                    shared[other] += 1
            own = by_item[item + 1] - by_item[item]
            values, kept = similarity[item - first], nearest[item - first]
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
