"""Are similar products really alike? Ask by one product of a user for another that was held out."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.config import IndexConfig
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baselines import nearest_items
from recsys.evaluation.metrics.accuracy import with_intervals
from recsys.evaluation.splits import SEED, draw_users
from recsys.model.popularity import Popularity
from recsys.model.ranking import RankingModel
from recsys.search.indexes import SimilarIndex

LENGTH = 20
THIN = 2
"""Products with no more ratings than this have little evidence behind their similarity."""
_MOST_USERS = 5_000


def evaluate_similar(train: Interactions, test: Interactions, model: RankingModel) -> dict[str, Any]:
    """Recall@20 of similar products, beside the cosine of co-ratings and the popular list.

    Each user with both asks once: by one of their training products, drawn at random, for the
    first of their held-out ones.

    Parameters
    ----------
    train, test : Interactions
        Over the same users and items.
    model : RankingModel
        Fitted on `train`.

    Returns
    -------
    dict
        task, protocol, seconds, model and baselines: for each `recall@20` with its 95% interval and
        `thin_share`, the share of the listed products that have at most two ratings. JSON-able.
    """
    started = time.perf_counter()
    queries, wanted = _questions(train, test)
    asked, inverse = np.unique(queries, return_inverse=True)
    index = SimilarIndex.build(model, IndexConfig(exact_below=train.n_items))
    popular = Popularity(train.item_degrees).top(LENGTH + 1)[0]
    lists = {
        "this model": [index.search(int(row), LENGTH).rows for row in asked],
        "co-rating cosine": [rows[rows >= 0] for rows in nearest_items(train, LENGTH)[0][asked]],
        "popular": [popular[popular != row][:LENGTH] for row in asked],
    }
    figures = {name: _figures(found, inverse, wanted, train) for name, found in lists.items()}
    return {
        "task": "similar",
        "protocol": f"{len(queries):,} users, each asking by one of their products for one held out.",
        "model": figures.pop("this model"),
        "baselines": figures,
        "seconds": {"evaluate": round(time.perf_counter() - started, 3)},
    }


def _questions(train: Interactions, test: Interactions) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(item asked by, item wanted) of each user who has both."""
    users = np.flatnonzero((train.user_degrees > 0) & (test.user_degrees > 0))
    if not len(users):
        raise EvaluationError("No user has both a training and a held-out rating to ask by.")
    rng = np.random.default_rng(SEED)
    users = draw_users(users, _MOST_USERS, rng)
    places = train.indptr[users] + rng.integers(0, train.user_degrees[users])
    return train.item_rows[places].astype(np.int64), test.item_rows[test.indptr[users]].astype(np.int64)


def _figures(
    found: list[NDArray[Any]], inverse: NDArray[np.int64], wanted: NDArray[np.int64], train: Interactions
) -> dict[str, Any]:
    hits = np.array([item in found[at] for at, item in zip(inverse, wanted, strict=True)], dtype=np.float64)
    listed = np.concatenate([found[at] for at in inverse]).astype(np.int64)
    thin = float(np.mean(train.item_degrees[listed] <= THIN)) if len(listed) else 0.0
    return {**with_intervals({f"recall@{LENGTH}": hits}), "thin_share": thin}
