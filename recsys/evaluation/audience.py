"""Are tomorrow's raters of a product among the users that it is said to be for?

For some products with held-out ratings, all users who have not rated the product are ranked, by closeness, by
how many ratings they gave, and at random. A product's figure is the share of its held-out raters among the
first hundredth of the users, at least 100.
"""

from __future__ import annotations

import numpy as np

from recsys.arrays import Floats, Rows
from recsys.config import SEED
from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.bootstrap import with_intervals
from recsys.evaluation.results import MODEL, TaskResult
from recsys.evaluation.stopwatch import Stopwatch
from recsys.model.audience import audience_weights, closeness_of
from recsys.model.ranking import RankingModel
from recsys.progress import SILENT, Stage

SHARE, LEAST = 100, 100
"""The first 1 / SHARE of the users count, at least LEAST of them."""
_MOST, _FEWEST, _MOST_RATINGS = 300, 30, 200_000_000
"""Products that are asked about; fewer where each means a pass over many ratings."""


_MOST_WANTED = 20
"""Held-out raters of one product that are looked for."""


def evaluate_audience(
    train: Interactions, test: Interactions, model: RankingModel, progress: Stage = SILENT
) -> TaskResult | None:
    """Measure audiences, beside the most active users and random ones.

    Parameters
    ----------
    train, test : Interactions
        Over the same users and items.
    model : RankingModel
        Fitted on `train`.

    Returns
    -------
    TaskResult or None
        Of each way to choose users: `raters_found@n`. None where no product has a held-out rater who has a
        training rating.
    """
    watch = Stopwatch()
    users = np.flatnonzero(train.user_degrees)
    n = max(LEAST, len(users) // SHARE)
    wanted = _wanted(train, test)
    rng = np.random.default_rng(SEED)
    items = np.array(list(wanted), dtype=np.int64)
    items = rng.permutation(items)[: min(_MOST, max(_FEWEST, _MOST_RATINGS // max(1, train.n_ratings)))]
    if not len(items) or n >= len(users):
        return None
    by_item = train.by_item()
    active = train.user_degrees.astype(np.float32)
    found: dict[str, list[float]] = {MODEL: [], "most active": [], "random": []}
    with watch.time("evaluate"):
        for place, item in enumerate(items):
            progress(place / len(items), f"Audience of product {place + 1} of {len(items)}")
            asked = np.zeros(train.n_items, dtype=bool)
            asked[item] = True
            weights = audience_weights(model, asked)
            closeness = closeness_of(train, weights, model.config.user_exponent)
            own = slice(int(by_item.indptr[item]), int(by_item.indptr[item + 1]))
            seen = by_item.user_rows[own].astype(np.int64)
            for name, scores in ((MODEL, closeness), ("most active", active)):
                found[name].append(_share(scores, seen, wanted[int(item)], n))
            found["random"].append(min(1.0, n / max(1, len(users) - len(seen))))
    name = f"raters_found@{n}"
    figures = {who: with_intervals({name: np.array(values)}) for who, values in found.items()}
    return TaskResult(
        task="audience",
        protocol=f"{len(items):,} products drawn at random from those with held-out raters; of all users who"
        f" have not rated the product, the first {n:,}.",
        model=figures.pop(MODEL),
        baselines=figures,
        seconds=watch.rounded(),
    )


def _wanted(train: Interactions, test: Interactions) -> dict[int, Rows]:
    """The held-out raters of each item who have a training rating."""
    known = train.user_degrees[test.user_rows] > 0
    items, users = test.item_rows[known], test.user_rows[known].astype(np.int64)
    order = np.argsort(items, kind="stable")
    distinct, starts = np.unique(items[order], return_index=True)
    return dict(zip(distinct.tolist(), np.split(users[order], starts[1:]), strict=True))


def _share(scores: Floats, seen: Rows, wanted: Rows, n: int) -> float:
    """The share of the wanted users among the n highest of those who have not rated it; ties in part."""
    others = scores[seen]
    shares = []
    for score in scores[wanted[:_MOST_WANTED]]:
        above = int(np.count_nonzero(scores > score) - np.count_nonzero(others > score))
        tied = int(np.count_nonzero(scores == score) - np.count_nonzero(others == score))
        shares.append(min(1.0, max(0.0, (n - above) / max(1, tied))))
    return float(np.mean(shares))
