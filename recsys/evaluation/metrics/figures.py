"""The figures of ranked lists: every metric of the registry, with its interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.arrays import Doubles, Mask, Rows
from recsys.config import SEED
from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.accuracy import Counts, Lists, find_hits
from recsys.evaluation.metrics.bootstrap import Figures, intervals_by_model, with_intervals
from recsys.evaluation.metrics.registry import Family, Per, select
from recsys.evaluation.results import Figure

SAMPLED_USERS = 1_000
"""Users that a costly metric is measured on: enough for an interval of about a hundredth."""
FEW_USERS, LARGE = 300, 2_000_000
"""From so many ratings on, fewer users: best-sellers have many raters to compare."""
_DRAWS = 100


def accuracy_per_user(hits: Mask, relevant: Counts, ks: Iterable[int]) -> dict[str, Doubles]:
    """Every ranking metric at every k, such as "recall@20": one value for each user."""
    chosen = select(Family.RANKING)
    return {f"{metric.name}@{k}": metric(hits, relevant, k) for k in ks for metric in chosen}


def figures_of_lists(
    lists: Mapping[str, Lists],
    train: Interactions,
    test: Interactions,
    user_rows: Rows,
    ks: Iterable[int],
) -> tuple[dict[str, Figures], dict[str, Figures]]:
    """The figures of each model, and the lead of the first model over each other.

    Parameters
    ----------
    lists : dict of int32 arrays, shape (len(user_rows), n)
        Ranked item rows of each model. Ours is the first.
    train, test : Interactions
    user_rows : int64 array
        Users the lists belong to.
    ks : ints
        Lengths of the lists that accuracy is measured on.

    Returns
    -------
    figures : dict of dict of Figure
        By model, then by metric.
    ahead : dict of dict of Figure
        By other model: our figure less theirs, paired by user. Both sides have the same users, so
        these intervals are narrower than those of the two figures suggest.
    """
    relevant, ks = test.user_degrees[user_rows], list(ks)
    values = {
        name: accuracy_per_user(find_hits(lists[name], test, user_rows), relevant, ks) for name in lists
    }
    model, *others = lists
    gains = {
        name: {metric: values[model][metric] - values[name][metric] for metric in values[model]}
        for name in others
    }
    for name, ranked in lists.items():
        values[name] |= _per_user(ranked, train, user_rows, Per.USER)
    figures = intervals_by_model(values)
    sample = sampled_places(len(user_rows), FEW_USERS if train.n_ratings > LARGE else SAMPLED_USERS)
    for name, ranked in lists.items():
        figures[name] |= with_intervals(_per_user(ranked[sample], train, user_rows[sample], Per.SAMPLED_USER))
        figures[name] |= catalogue_figures(ranked, train)
    return figures, intervals_by_model(gains) if gains else {}


def sampled_places(n_users: int, most: int = SAMPLED_USERS, seed: int = SEED) -> Rows:
    """Sample `most` places among users without replacement, sorted; all if there are fewer."""
    if n_users <= most:
        return np.arange(n_users)
    return np.sort(np.random.default_rng(seed).choice(n_users, most, replace=False))


def catalogue_figures(ranked: Lists, train: Interactions, n: int = _DRAWS, seed: int = SEED) -> Figures:
    """Metrics of how often each item is shown, with 95% intervals over users.

    Only items with training ratings count. A resample repeats users and so covers less than the whole.
    The interval is that of the resamples, moved to the value (Efron, Tibshirani 1993, section 10.2: the
    bias estimate).
    """
    known, length = train.item_degrees > 0, ranked.shape[1]
    places = np.repeat(np.arange(len(ranked)), (ranked >= 0).sum(axis=1))
    # Only the items that are shown are counted.
    items, columns = np.unique(ranked[ranked >= 0], return_inverse=True)
    shape, n_items = (len(ranked), len(items)), int(np.count_nonzero(known))
    shown = sparse.csr_matrix((np.ones(len(places)), (places, columns)), shape=shape)[:, known[items]]
    rng, draws = np.random.default_rng(seed), []
    for _ in range(n):
        times = np.bincount(rng.integers(0, len(ranked), len(ranked)), minlength=len(ranked))
        draws.append(_of_counts(times.astype(np.float64) @ shown, len(ranked), n_items))
    values = _of_counts(showings(ranked, train.n_items)[known], len(ranked), n_items)
    low, high = np.quantile(draws, [0.025, 0.975], axis=0) + (values - np.mean(draws, axis=0))
    chosen = select(Family.LISTS, Per.CATALOGUE)
    most = np.where([metric.is_share for metric in chosen], 1.0, np.inf)
    low, high = np.maximum(0.0, low), np.minimum(most, high)
    return {
        f"{metric.name}@{length}": Figure(float(values[i]), float(low[i]), float(high[i]))
        for i, metric in enumerate(chosen)
    }


def showings(ranked: Lists, n_items: int) -> Rows:
    """In how many lists each item is, shape (n_items,)."""
    return np.bincount(ranked[ranked >= 0], minlength=n_items)


def _per_user(ranked: Lists, train: Interactions, user_rows: Rows, per: Per) -> dict[str, Doubles]:
    chosen, length = select(Family.LISTS, per), ranked.shape[1]
    return {f"{metric.name}@{length}": metric(ranked, train, user_rows) for metric in chosen}


def _of_counts(counts: NDArray[np.number], n_lists: int, n_items: int) -> Doubles:
    return np.array([metric(counts, n_lists, n_items) for metric in select(Family.LISTS, Per.CATALOGUE)])
