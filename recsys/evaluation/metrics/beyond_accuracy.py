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
from numba import njit, prange
from numpy.typing import NDArray
from scipy import sparse

from recsys.data.interactions import Interactions, ItemView
from recsys.evaluation.metrics.accuracy import Figures, with_intervals

Lists = NDArray[np.int32]
Rows = NDArray[np.int64]
Values = NDArray[np.float64]

_DIVERSITY_USERS = 1_000
"""Users whose lists are compared item by item: enough for an interval of a hundredth."""


def per_user(ranked: Lists, train: Interactions, user_rows: Rows) -> dict[str, Values]:
    """Novelty and popularity lift of each user's list, named `novelty@20`."""
    n = ranked.shape[1]
    return {
        f"novelty@{n}": novelty(ranked, train),
        f"popularity_lift@{n}": popularity_lift(ranked, train, user_rows),
    }


def of_lists(lists: dict[str, Lists], train: Interactions) -> dict[str, Figures]:
    """Diversity, coverage and Gini of each model's lists, with intervals."""
    by_item = train.by_item()
    figures = {}
    for name, ranked in lists.items():
        n, some = ranked.shape[1], diversity_sample(len(ranked))
        figures[name] = with_intervals({f"diversity@{n}": diversity(ranked[some], by_item)})
        figures[name] |= {f"{key}@{n}": value for key, value in catalogue_figures(ranked, train).items()}
    return figures


def coverage(counts: NDArray[np.number], n_items: int) -> float:
    """Share of the catalogue that is in anybody's list, 0 to 1.

    Parameters
    ----------
    counts : array, shape (n_items,)
        In how many lists each item is.
    n_items : int
        Items that could be listed.
    """
    return float(np.count_nonzero(counts) / max(1, n_items))


def gini(counts: NDArray[np.number]) -> float:
    """Inequality of the items' numbers of showings: 0 all alike, 1 all showings to one item."""
    ordered = np.sort(np.asarray(counts, dtype=np.float64))
    n, total = len(ordered), ordered.sum()
    if n < 2 or total == 0:
        return 0.0
    ranks = np.arange(1, n + 1)
    return float(((2 * ranks - n - 1) @ ordered) / ((n - 1) * total))


def novelty(ranked: Lists, train: Interactions) -> Values:
    """Mean self-information of each list, in bits: -log2 of the share of users who have the item."""
    users = max(1, np.count_nonzero(train.user_degrees))
    shares = np.maximum(1, train.item_degrees) / users
    return _mean_over_lists(-np.log2(shares), ranked)


def popularity_lift(ranked: Lists, train: Interactions, user_rows: Rows) -> Values:
    """Mean popularity of each list ÷ that of the user's training items, minus 1.

    0: as popular as what the user has; 1: twice as popular. 0 for users with no items.
    """
    degrees = train.item_degrees.astype(np.float64)
    sums = np.bincount(train.user_rows, degrees[train.item_rows], train.n_users)[user_rows]
    profile = sums / np.maximum(1, train.user_degrees[user_rows])
    lists = _mean_over_lists(degrees, ranked)
    return np.where(profile > 0, lists / np.maximum(profile, 1e-12) - 1, 0.0)


def diversity(ranked: Lists, by_item: ItemView) -> Values:
    """Intra-list diversity: mean over the pairs of a list of 1 - cosine of their raters.

    The cosine is of co-ratings, so that the yardstick is the same for all models. Lists of
    one item count 0.
    """
    out = np.zeros(len(ranked))
    _diversity(ranked, by_item.indptr, by_item.user_rows, out)
    return out


def diversity_sample(n_users: int, seed: int = 20_140_723) -> Rows:
    """Positions of the users whose lists `diversity` is measured on; all where they are few."""
    if n_users <= _DIVERSITY_USERS:
        return np.arange(n_users)
    return np.sort(np.random.default_rng(seed).choice(n_users, _DIVERSITY_USERS, replace=False))


def showings(ranked: Lists, n_items: int) -> NDArray[np.int64]:
    """In how many lists each item is, shape (n_items,)."""
    return np.bincount(ranked[ranked >= 0], minlength=n_items)


def catalogue_figures(ranked: Lists, train: Interactions, n: int = 100, seed: int = 20_140_723) -> Figures:
    """Coverage and Gini of the items that training knows, with 95% intervals over users.

    A resample repeats users and so covers less than the whole: the interval is that of the
    resamples moved to the value (Efron, Tibshirani 1993, section 10.2: the bias estimate).
    """
    known = train.item_degrees > 0
    places = np.repeat(np.arange(len(ranked)), (ranked >= 0).sum(axis=1))
    shape = (len(ranked), train.n_items)
    shown = sparse.csr_matrix((np.ones(len(places)), (places, ranked[ranked >= 0])), shape=shape)
    rng, draws = np.random.default_rng(seed), []
    for _ in range(n):
        times = np.bincount(rng.integers(0, len(ranked), len(ranked)), minlength=len(ranked))
        draws.append(_figures((times.astype(np.float64) @ shown)[known]))
    values = _figures(showings(ranked, train.n_items)[known])
    low, high = np.quantile(draws, [0.025, 0.975], axis=0) + (values - np.mean(draws, axis=0))
    return {
        name: {"value": float(values[i]), "low": float(max(0, low[i])), "high": float(min(1, high[i]))}
        for i, name in enumerate(("coverage", "gini"))
    }


def _figures(counts: NDArray[np.number]) -> Values:
    return np.array([coverage(counts, len(counts)), gini(counts)])


def _mean_over_lists(item_values: Values, ranked: Lists) -> Values:
    listed = ranked >= 0
    sums = np.where(listed, item_values[np.where(listed, ranked, 0)], 0.0).sum(axis=1)
    return sums / np.maximum(1, listed.sum(axis=1))


@njit(parallel=True, cache=True)
def _diversity(ranked, indptr, users, out):  # type: ignore[no-untyped-def]
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


@njit(cache=True)
def _cosine(first, second):  # type: ignore[no-untyped-def]
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
    return shared / np.sqrt(max(1.0, np.float64(len(first)) * len(second)))
