"""The first items of many users without a score of every item: only what their own items lead to.

A ranker whose scores are a base that all users share, plus sums over neighbours of the user's items,
touches few items of a large catalogue. The others follow in the order of their base. The lists are
those of the dense scores, to the bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import prange

from recsys.arrays import Floats, Mask, Rows, Rows32
from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.accuracy import Lists
from recsys.kernel_cache import jit

_CHUNKS = 16
"""Parts that the users are dealt into. Each part holds one row of scores at a time."""


class Base(NamedTuple):
    """The scores that items have before a user's own items count.

    Attributes
    ----------
    values : float32 array, shape (n_items,)
    order : int64 array, shape (n_items,)
        Places of `values`, the largest first, the lower place first among equals.
    """

    values: Floats
    order: Rows

    @classmethod
    def of(cls, values: Floats) -> Base:
        return cls(values, np.argsort(-values, kind="stable"))


class Links(NamedTuple):
    """What the items of a user add to the scores of others.

    Attributes
    ----------
    starts : int64 array, shape (n_items + 1,)
        Item `j` adds to `targets[starts[j]:starts[j + 1]]`.
    targets : int32 array
    weights : float32 array
    """

    starts: Rows
    targets: Rows32
    weights: Floats

    @classmethod
    def none(cls, n_items: int) -> Links:
        """Nothing is added: the base alone says the order."""
        return cls(np.zeros(n_items + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))


def best_of_links(
    known: Interactions,
    unseen: Mask,
    user_rows: Rows,
    n: int,
    base: Base,
    links: Links | None = None,
    recency: Floats | None = None,
    shifts: Rows | None = None,
) -> Lists:
    """The `n` items with the largest base plus links, without the user's own.

    Parameters
    ----------
    known : Interactions
        The items that each user has.
    unseen : bool array, shape (n_items,)
        Items that are never listed.
    user_rows : int64 array
    n : int
    base : Base
    links : Links, optional
    recency : float32 array, optional
        Weights of the users' items, one user after the other; by default 1.
    shifts : int64 array, shape (len(user_rows),), optional
        Item `i` has the base of place `i + shift`, counted round the catalogue.

    Returns
    -------
    int32 array, shape (len(user_rows), n)
        As `rankers.rank_items`.
    """
    out = np.full((len(user_rows), n), -1, dtype=np.int32)
    links = links or Links.none(known.n_items)
    starts = np.concatenate([[0], np.cumsum(known.user_degrees[user_rows])]).astype(np.int64)
    _best(
        known.indptr[user_rows],
        starts,
        known.item_rows,
        np.ones(starts[-1], np.float32) if recency is None else recency,
        np.zeros(len(user_rows), np.int64) if shifts is None else shifts,
        base.values,
        base.order,
        links.starts,
        links.targets,
        links.weights,
        unseen,
        out,
    )
    return out


@jit(parallel=True)
def _best(
    first: Rows,
    starts: Rows,
    items: Rows32,
    recency: Floats,
    shifts: Rows,
    base: Floats,
    order: Rows,
    links: Rows,
    targets: Rows32,
    weights: Floats,
    unseen: Mask,
    out: Lists,
) -> None:  # pragma: no cover - compiled
    n_items, n = len(base), out.shape[1]
    for chunk in prange(_CHUNKS):
        scores = np.zeros(n_items, dtype=np.float32)
        # 0: untouched, 1: scored, 2: the user's own.
        state = np.zeros(n_items, dtype=np.int8)
        touched = np.empty(n_items, dtype=np.int32)
        values = np.empty(n, dtype=np.float32)
        for user in range(chunk, len(first), _CHUNKS):
            count, kept = 0, 0
            own = items[first[user] : first[user] + starts[user + 1] - starts[user]]
            for place in range(len(own)):
                weight = recency[starts[user] + place]
                for link in range(links[own[place]], links[own[place] + 1]):
                    item = targets[link]
                    if state[item] == 0:
                        state[item] = 1
                        scores[item] = base[item]
                        touched[count] = item
                        count += 1
                    scores[item] += weight * weights[link]
            for item in own:
                state[item] = 2
            for item in touched[:count]:
                if state[item] == 1 and not unseen[item]:
                    kept = _insert(scores[item], item, values, out[user], kept)
            for place in order:
                value = base[place]
                if kept == n and value < values[n - 1]:
                    break
                item = (place - shifts[user]) % n_items
                if state[item] == 0 and not unseen[item]:
                    # In an order without a shift the first that does not fit ends the list.
                    before = kept
                    fits = kept < n or value > values[n - 1] or item < out[user, n - 1]
                    if fits:
                        kept = _insert(value, item, values, out[user], before)
                    elif shifts[user] == 0:
                        break
            for item in touched[:count]:
                state[item] = 0
            for item in own:
                state[item] = 0


@jit()
def _insert(
    value: float, item: int, values: Floats, listed: Rows32, kept: int
) -> int:  # pragma: no cover - compiled
    """Put an item where it belongs in a list of `kept` items; the new number of items."""
    n = len(listed)
    if kept == n and (value < values[n - 1] or (value == values[n - 1] and item > listed[n - 1])):
        return kept
    place = kept if kept < n else n - 1
    while place > 0 and (
        values[place - 1] < value or (values[place - 1] == value and listed[place - 1] > item)
    ):
        values[place], listed[place] = values[place - 1], listed[place - 1]
        place -= 1
    values[place], listed[place] = value, item
    return min(n, kept + 1)
