"""Ranked lists for many users, by blocks of bounded memory.

A ranker gives the scores of every item for a block of users. The training items of a user are masked,
and the first n of the others are kept. No array of the size users x items ever exists.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numba import prange
from numpy.typing import NDArray

from recsys.arrays import Floats, Mask, Rows
from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.accuracy import Lists
from recsys.kernel_cache import jit
from recsys.model.ranking import RankingModel
from recsys.progress import SILENT, Stage

_BLOCK_ELEMENTS = 1 << 25
"""Scores held at once: 128 MB."""
_BLOCK_USERS = 1024


class Ranker(Protocol):
    """Anything that can order the catalogue for a user."""

    def scores(self, user_rows: Rows) -> Floats:
        """Scores of all items, (len(user_rows), n_items) float32, higher is better.

        The caller may overwrite the array.
        """
        ...


class SvdRanker:
    """The ranking model as a ranker: users are folded in from their training items."""

    def __init__(self, model: RankingModel, train: Interactions) -> None:
        self._model, self._train = model, train
        self._items = np.ascontiguousarray(model.item_vectors.T)
        self._usable = model.components.any(axis=1)

    def scores(self, user_rows: Rows) -> Floats:
        """Inner products; the popular list for users without a usable item."""
        vectors = self._model.user_vectors(*rows_of(self._train, user_rows))
        out: Floats = vectors @ self._items
        out[:, ~self._usable] = -np.inf
        out[~vectors.any(axis=1)] = self._train.item_degrees
        return out


def rows_of(interactions: Interactions, user_rows: Rows) -> tuple[Rows, NDArray[np.int32]]:
    """The items of some users: (indptr of shape (n + 1,), item_rows)."""
    degrees = interactions.user_degrees[user_rows]
    indptr = np.concatenate([[0], np.cumsum(degrees)]).astype(np.int64)
    shift = np.repeat(interactions.indptr[user_rows] - indptr[:-1], degrees)
    return indptr, interactions.item_rows[np.arange(indptr[-1]) + shift]


def rank_items(
    ranker: Ranker, train: Interactions, user_rows: Rows, n: int, progress: Stage = SILENT
) -> Lists:
    """The first `n` items of each user, without those of training.

    Parameters
    ----------
    ranker : Ranker
    train : Interactions
        Its items are masked for each user. Items without training ratings are never listed.
    user_rows : int64 array
    n : int
    progress : Stage, optional

    Returns
    -------
    int32 array, shape (len(user_rows), n)
        Item rows, best first, the lower row first among equals; -1 where a list has ended.
    """
    out = np.full((len(user_rows), n), -1, dtype=np.int32)
    step = max(1, min(_BLOCK_USERS, _BLOCK_ELEMENTS // max(1, train.n_items)))
    ones = np.ones(train.n_items, dtype=np.float32)
    for start in range(0, len(user_rows), step):
        users = user_rows[start : start + step]
        fill_best(ranker.scores(users), ones, train, users, out[start : start + step])
        done = start + len(users)
        progress(done / len(user_rows), f"ranked for {done:,} of {len(user_rows):,} users")
    return out


def fill_best(scores: Floats, scale: Floats, train: Interactions, user_rows: Rows, out: Lists) -> None:
    """Fill `out` with each row's largest scores times `scale`, without training items.

    Overwrites `scores`: its training items become minus infinity.
    """
    unseen = train.item_degrees == 0
    _fill_best(scores, scale, unseen, train.indptr, train.item_rows, user_rows, out)


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
