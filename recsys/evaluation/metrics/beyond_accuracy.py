"""Beyond accuracy: how much of the catalogue is shown, how evenly, how novel, how varied.

References
----------
Ge, Delgado-Battenfeld, Jannach 2010, "Beyond accuracy" (catalogue coverage).
Castells, Hurley, Vargas 2022, "Novelty and diversity in recommender systems" (self-
information, intra-list distance, Gini).
Abdollahpouri et al. 2019, "The unfairness of popularity bias" (lift over the profile).
"""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from recsys.arrays import Doubles, Rows
from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.accuracy import Lists
from recsys.kernel_cache import jit


def coverage(counts: NDArray[np.number], n_lists: int, n_items: int | None = None) -> float:
    """Share of the catalogue that is in at least one list, 0 to 1.

    Parameters
    ----------
    counts : array, shape (n_items,)
        In how many lists each item is.
    n_lists : int
    n_items : int, optional
        Size of the catalogue, where the counts leave out items that are in no list.
    """
    return float(np.count_nonzero(counts) / max(1, n_items or len(counts)))


def most_listed(counts: NDArray[np.number], n_lists: int, n_items: int | None = None) -> float:
    """Share of the lists that hold the product that is in the most lists, 0 to 1."""
    return float(counts.max() / n_lists) if len(counts) and n_lists else 0.0


def products_shown(counts: NDArray[np.number], n_lists: int, n_items: int | None = None) -> float:
    """How many different products are in at least one list."""
    return float(np.count_nonzero(counts))


def gini(counts: NDArray[np.number], n_lists: int, n_items: int | None = None) -> float:
    """Inequality of how often items are shown: 0 all equally often, 1 only one item.

    Parameters
    ----------
    counts : array, shape (n_items,)
        In how many lists each item is.
    n_lists : int
    n_items : int, optional
        As in `coverage`.
    """
    # Items that are never shown come first and add nothing: only the others are sorted.
    values = np.asarray(counts, dtype=np.float64)
    ordered = np.sort(values[values > 0])
    n, total = n_items or len(values), ordered.sum()
    if n < 2 or total == 0:
        return 0.0
    ranks = np.arange(n - len(ordered) + 1, n + 1)
    return float(((2 * ranks - n - 1) @ ordered) / ((n - 1) * total))


def novelty(ranked: Lists, train: Interactions, user_rows: Rows) -> Doubles:
    """Mean self-information of each list, in bits: -log2 of the share of users who have the item."""
    users = max(1, np.count_nonzero(train.user_degrees))
    shares = np.maximum(1, train.item_degrees) / users
    return _mean_over_lists(-np.log2(shares), ranked)


def popularity_lift(ranked: Lists, train: Interactions, user_rows: Rows) -> Doubles:
    """Mean popularity of each list ÷ that of the user's training items, minus 1.

    0: as popular as the user's items; 1: twice as popular. 0 for users without items.
    """
    degrees = train.item_degrees.astype(np.float64)
    sums = np.bincount(train.user_rows, degrees[train.item_rows], train.n_users)[user_rows]
    profile = sums / np.maximum(1, train.user_degrees[user_rows])
    lists = _mean_over_lists(degrees, ranked)
    return np.where(profile > 0, lists / np.maximum(profile, 1e-12) - 1, 0.0)


def diversity(ranked: Lists, train: Interactions, user_rows: Rows) -> Doubles:
    """Intra-list diversity: 1 - cosine of the raters of two items, averaged over the pairs of a list.

    The cosine is that of co-ratings for every model, so that models compare. A list of one item has 0.
    """
    listed = np.zeros(train.n_items, dtype=bool)
    listed[ranked[ranked >= 0]] = True
    by_item = train.select(listed[train.item_rows]).by_item()
    pairs, places = _pairs(ranked, train.n_items)
    distances = np.zeros(len(pairs) + 1)  # the last: of a pair that a list does not have
    _distances(*np.divmod(pairs, train.n_items), by_item.indptr, by_item.user_rows, distances)
    n_pairs = np.maximum(1, (places >= 0).sum(axis=1))
    return np.asarray(distances[places].sum(axis=1) / n_pairs)


def _pairs(ranked: Lists, n_items: int) -> tuple[Rows, Rows]:
    """The different pairs of items that share a list, and where each pair of each list is among them.

    A pair is lower row * n_items + higher row; -1 where a list has ended. Lists share many pairs.
    """
    first, second = np.triu_indices(ranked.shape[1], 1)
    one, other = ranked[:, first].astype(np.int64), ranked[:, second].astype(np.int64)
    keys = np.minimum(one, other) * n_items + np.maximum(one, other)
    keys[(one < 0) | (other < 0)] = -1
    pairs, places = np.unique(keys, return_inverse=True)
    ended = int(len(pairs) > 0 and pairs[0] < 0)
    return pairs[ended:], places.reshape(keys.shape) - ended


def _mean_over_lists(item_values: Doubles, ranked: Lists) -> Doubles:
    listed = ranked >= 0
    sums = np.where(listed, item_values[np.where(listed, ranked, 0)], 0.0).sum(axis=1)
    return np.asarray(sums / np.maximum(1, listed.sum(axis=1)), dtype=np.float64)


@jit(parallel=True)
def _distances(
    first: Rows, second: Rows, indptr: Rows, users: NDArray[np.int32], out: Doubles
) -> None:  # pragma: no cover - compiled
    for pair in prange(len(first)):
        one = users[indptr[first[pair]] : indptr[first[pair] + 1]]
        other = users[indptr[second[pair]] : indptr[second[pair] + 1]]
        fewer, more = (one, other) if len(one) < len(other) else (other, one)
        out[pair] = 1 - _cosine(fewer, more)


@jit()
def _cosine(fewer: NDArray[np.int32], more: NDArray[np.int32]) -> float:  # pragma: no cover - compiled
    """Each of the fewer users is searched for among the more: a best-seller costs little beside a rarity."""
    start, shared = 0, 0
    for user in fewer:
        # Steps that double, then halves: the search costs the logarithm of how far it gets.
        step = 1
        while start + step < len(more) and more[start + step] < user:
            step *= 2
        start += np.searchsorted(more[start : min(len(more), start + step + 1)], user)
        if start == len(more):
            break
        shared += more[start] == user
    return shared / np.sqrt(max(1.0, np.float64(len(fewer)) * len(more)))  # type: ignore[no-any-return]
