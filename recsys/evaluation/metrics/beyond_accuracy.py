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


def coverage(counts: NDArray[np.number], n_lists: int) -> float:
    """Share of the catalogue that is in at least one list, 0 to 1.

    Parameters
    ----------
    counts : array, shape (n_items,)
        In how many lists each item is.
    n_lists : int
    """
    return float(np.count_nonzero(counts) / max(1, len(counts)))


def most_listed(counts: NDArray[np.number], n_lists: int) -> float:
    """Share of the lists that hold the product that is in the most lists, 0 to 1."""
    return float(counts.max() / n_lists) if len(counts) and n_lists else 0.0


def products_shown(counts: NDArray[np.number], n_lists: int) -> float:
    """How many different products are in at least one list."""
    return float(np.count_nonzero(counts))


def gini(counts: NDArray[np.number], n_lists: int) -> float:
    """Inequality of how often items are shown: 0 all equally often, 1 only one item.

    Parameters
    ----------
    counts : array, shape (n_items,)
        In how many lists each item is.
    n_lists : int
    """
    ordered = np.sort(np.asarray(counts, dtype=np.float64))
    n, total = len(ordered), ordered.sum()
    if n < 2 or total == 0:
        return 0.0
    ranks = np.arange(1, n + 1)
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
    by_item = train.by_item()
    out = np.zeros(len(ranked))
    _diversity(ranked, by_item.indptr, by_item.user_rows, out)
    return out


def _mean_over_lists(item_values: Doubles, ranked: Lists) -> Doubles:
    listed = ranked >= 0
    sums = np.where(listed, item_values[np.where(listed, ranked, 0)], 0.0).sum(axis=1)
    return np.asarray(sums / np.maximum(1, listed.sum(axis=1)), dtype=np.float64)


@jit(parallel=True)
def _diversity(ranked: Lists, indptr: Rows, users: NDArray[np.int32], out: Doubles) -> None:
    for row in prange(len(ranked)):
        total, pairs = 0.0, 0
        for m in range(ranked.shape[1]):
            for n in range(m):
                if ranked[row, m] >= 0 and ranked[row, n] >= 0:
                    first = users[indptr[ranked[row, m]] : indptr[ranked[row, m] + 1]]
                    second = users[indptr[ranked[row, n]] : indptr[ranked[row, n] + 1]]
                    total += 1 - _cosine(first, second)
                    pairs += 1
        out[row] = total / max(1, pairs)


@jit()
def _cosine(first: NDArray[np.int32], second: NDArray[np.int32]) -> float:
    m, n, shared = 0, 0, 0
    while m < len(first) and n < len(second):
        if first[m] == second[n]:
            shared += 1
            m += 1
            n += 1
        elif first[m] < second[n]:
            m += 1
        else:
            n += 1
    return shared / np.sqrt(max(1.0, np.float64(len(first)) * len(second)))  # type: ignore[no-any-return]
