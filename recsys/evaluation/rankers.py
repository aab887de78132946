"""Ranked lists for many users, by blocks of bounded memory.

A ranker gives the scores of every item for a block of users. The training items of a user are masked,
and the first n of the others are kept. No array of the size users x items ever exists.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np
from numba import prange
from numpy.typing import NDArray

from recsys.arrays import Floats, Mask, Rows
from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.accuracy import Lists
from recsys.evaluation.sparse_lists import Base, best_of_links
from recsys.kernel_cache import jit
from recsys.model.ranking import RankingModel
from recsys.progress import SILENT, Stage
from recsys.search.indexes import ItemVectors, UserIndex

_BLOCK_ELEMENTS = 1 << 25
"""Scores held at once: 128 MB."""
_BLOCK_USERS = 1024
DENSE_ITEMS = 50_000
"""Up to this many items, every ranker scores them all for each user."""
_HEAVY = 1_000
"""Users with more items are scored against the whole catalogue: one product of a vector and a matrix."""


class Ranker(Protocol):
    """Anything that can order the catalogue for a user."""

    def scores(self, user_rows: Rows) -> Floats:
        """Scores of all items, (len(user_rows), n_items) float32, higher is better.

        The caller may overwrite the array.
        """
        ...


@runtime_checkable
class SparseRanker(Protocol):
    """A ranker that lists the first items of a large catalogue without a score of every one."""

    def top(self, user_rows: Rows, n: int) -> Lists:
        """The lists of `rank_items`."""
        ...


class VectorRanker(ABC):
    """A model whose scores are inner products; the popular list for users without a usable item.

    Parameters
    ----------
    model : ItemVectors
    usable : bool array, shape (n_items,)
        Items that have a vector.
    train : Interactions
    known : Interactions, optional
        The items that users have, where that is more than `train` holds.
    """

    def __init__(
        self, model: ItemVectors, usable: Mask, train: Interactions, known: Interactions | None = None
    ) -> None:
        self._source, self._usable, self._train, self._known = model, usable, train, known or train

    @abstractmethod
    def vectors(self, user_rows: Rows) -> Floats:
        """The users folded in from their items, float32 (len(user_rows), k)."""

    def scores(self, user_rows: Rows) -> Floats:
        """Inner products with every item."""
        vectors = self.vectors(user_rows)
        out: Floats = vectors @ self._items
        out[:, ~self._usable] = -np.inf
        out[~vectors.any(axis=1)] = self._train.item_degrees
        return out

    def top(self, user_rows: Rows, n: int) -> Lists:
        """As `SparseRanker.top`: exact search that stops early; heavy users are scored against all items.

        A search looks for as many more items as the user has, so its cost would grow with them.
        """
        out = np.full((len(user_rows), n), -1, dtype=np.int32)
        for start in range(0, len(user_rows), _BLOCK_USERS):
            users = user_rows[start : start + _BLOCK_USERS]
            out[start : start + len(users)] = self._top(users, n)
        return out

    def _top(self, users: Rows, n: int) -> Lists:
        out = np.full((len(users), n), -1, dtype=np.int32)
        vectors, degrees = self.vectors(users), self._known.user_degrees[users]
        unusable = ~vectors.any(axis=1)
        heavy = (degrees > _HEAVY) & ~unusable
        light = np.flatnonzero(~heavy & ~unusable)
        hidden = [self._known.item_rows[self._known.slice(user)] for user in users[light]]
        for place, found in zip(light, self._index.search(vectors[light], n, exclude=hidden), strict=True):
            out[place, : len(found.rows)] = found.rows
        for place in np.flatnonzero(heavy):
            one = slice(place, place + 1)
            fill_best(
                self.scores(users[one]), _ones(self._train), self._train, users[one], out[one], self._known
            )
        if unusable.any():
            unseen = self._train.item_degrees == 0
            base = Base.of(self._train.item_degrees.astype(np.float32))
            out[unusable] = best_of_links(self._known, unseen, users[unusable], n, base)
        return out

    @cached_property
    def _items(self) -> Floats:
        return np.ascontiguousarray(self._source.item_vectors_of(slice(None)).T)

    @cached_property
    def _index(self) -> UserIndex:
        return UserIndex.build(self._source)


class SvdRanker(VectorRanker):
    """The ranking model as a ranker: users are folded in from their training items."""

    def __init__(self, model: RankingModel, train: Interactions, known: Interactions | None = None) -> None:
        usable: Mask = np.asarray(model.components.any(axis=1))
        super().__init__(model, usable, train, known)
        self._model = model

    def vectors(self, user_rows: Rows) -> Floats:
        return self._model.user_vectors(*rows_of(self._known, user_rows))


def rows_of(interactions: Interactions, user_rows: Rows) -> tuple[Rows, NDArray[np.int32]]:
    """The items of some users: (indptr of shape (n + 1,), item_rows)."""
    degrees = interactions.user_degrees[user_rows]
    indptr = np.concatenate([[0], np.cumsum(degrees)]).astype(np.int64)
    shift = np.repeat(interactions.indptr[user_rows] - indptr[:-1], degrees)
    return indptr, interactions.item_rows[np.arange(indptr[-1]) + shift]


def rank_items(
    ranker: Ranker,
    train: Interactions,
    user_rows: Rows,
    n: int,
    progress: Stage = SILENT,
    *,
    known: Interactions | None = None,
) -> Lists:
    """The first `n` items of each user, without those of training.

    Parameters
    ----------
    ranker : Ranker
    train : Interactions
        Its items are masked for each user. Items without training ratings are never listed.
        Rankers that can search a large catalogue do; others score every item.
    user_rows : int64 array
    n : int
    progress : Stage, optional
    known : Interactions, optional
        The items that are masked, where that is more than `train` holds.

    Returns
    -------
    int32 array, shape (len(user_rows), n)
        Item rows, best first, the lower row first among equals; -1 where a list has ended.
    """
    sparse = train.n_items > DENSE_ITEMS and isinstance(ranker, SparseRanker)
    width = 1 if sparse else train.n_items
    step = max(1, min(_BLOCK_USERS, _BLOCK_ELEMENTS // max(1, width)))
    out = np.full((len(user_rows), n), -1, dtype=np.int32)
    for start in range(0, len(user_rows), step):
        users = user_rows[start : start + step]
        if sparse and isinstance(ranker, SparseRanker):
            out[start : start + step] = ranker.top(users, n)
        else:
            fill_best(ranker.scores(users), _ones(train), train, users, out[start : start + step], known)
        done = start + len(users)
        progress(done / len(user_rows), f"ranked for {done:,} of {len(user_rows):,} users")
    return out


def fill_best(
    scores: Floats,
    scale: Floats,
    train: Interactions,
    user_rows: Rows,
    out: Lists,
    known: Interactions | None = None,
) -> None:
    """Fill `out` with each row's largest scores times `scale`, without the items that users have.

    Overwrites `scores`: the items of a user become minus infinity.
    """
    unseen, known = train.item_degrees == 0, known or train
    _fill_best(scores, scale, unseen, known.indptr, known.item_rows, user_rows, out)


def best_beside(scores: Floats, scale: Floats, own: Rows, n: int) -> Lists:
    """The `n` items of the largest scores times `scale` in each row, without the row's own item.

    Overwrites `scores`. Items that score nothing are not listed: -1 stands in their place.
    """
    out = np.full((len(scores), n), -1, dtype=np.int32)
    rows, nothing = np.arange(len(scores) + 1), np.zeros(scores.shape[1], dtype=bool)
    _fill_best(scores, scale, nothing, rows, own.astype(np.int32), rows[:-1], out)
    found = np.take_along_axis(scores, np.maximum(out, 0).astype(np.int64), axis=1)
    out[(found <= 0) | (scale[out] <= 0)] = -1
    return out


def _ones(train: Interactions) -> Floats:
    return np.ones(train.n_items, dtype=np.float32)


@jit(parallel=True)
def _fill_best(
    scores: Floats,
    scale: Floats,
    unseen: Mask,
    indptr: Rows,
    items: NDArray[np.int32],
    users: Rows,
    out: Lists,
) -> None:
    n = out.shape[1]
    for row in prange(len(users)):
        line = scores[row]
        for place in range(indptr[users[row]], indptr[users[row] + 1]):
            line[items[place]] = -np.inf
        values = np.full(n, -np.inf, dtype=np.float32)
        least = np.float32(-np.inf)
        for item in range(len(line)):
            score = line[item] * scale[item]
            if score > least and not unseen[item]:
                place = n - 1
                while place > 0 and values[place - 1] < score:
                    values[place] = values[place - 1]
                    out[row, place] = out[row, place - 1]
                    place -= 1
                values[place] = score
                out[row, place] = item
                least = values[n - 1]
