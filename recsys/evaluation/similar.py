"""Are similar products really alike? Ask by one product of a user for another that was held out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Rows
from recsys.config import SEED, IndexConfig
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baselines import N_LISTED, ItemKnnRanker
from recsys.evaluation.metrics.bootstrap import Figures, with_intervals
from recsys.evaluation.results import MODEL, Figure, TaskResult
from recsys.evaluation.splits import sample_users
from recsys.evaluation.stopwatch import Stopwatch
from recsys.model.popularity import Popularity
from recsys.model.ranking import RankingModel
from recsys.progress import SILENT, Stage
from recsys.search.indexes import SimilarIndex

LENGTH = N_LISTED
THIN = 2
"""Products with no more ratings than this have little evidence behind their similarity."""
_MOST_USERS = 5_000

Listed = Sequence[NDArray[Any]]
"""The item rows found for each item that is asked by."""


def evaluate_similar(
    train: Interactions,
    test: Interactions,
    model: RankingModel,
    item_knn: ItemKnnRanker,
    progress: Stage = SILENT,
) -> TaskResult:
    """Recall@20 of similar products, beside the neighbours of item-kNN and the popular list.

    Each user with both kinds of ratings asks once: by one of their training products, drawn at random,
    for the first of their held-out ones.

    Parameters
    ----------
    train, test : Interactions
        Over the same users and items.
    model : RankingModel
    item_knn : ItemKnnRanker
        Both fitted on `train`.
    progress : Stage, optional

    Returns
    -------
    TaskResult
        Of each model, `recall@20` with its 95% interval and `thin_share`, the share of the listed
        products that have at most two ratings.

    Raises
    ------
    EvaluationError
        If no user has both a training and a held-out rating.
    """
    watch = Stopwatch()
    with watch.time("evaluate"):
        queries, wanted = _questions(train, test)
        progress(0.0, f"Similar products: {len(queries):,} users ask")
        asked, inverse = np.unique(queries, return_inverse=True)
        lists = _lists(train, model, item_knn, asked)
        figures = {name: _figures(found, inverse, wanted, train) for name, found in lists.items()}
    return TaskResult(
        task="similar",
        protocol=f"{len(queries):,} users, each asking by one of their products for one held out.",
        model=figures.pop(MODEL),
        baselines=figures,
        seconds=watch.rounded(),
    )


def _lists(
    train: Interactions, model: RankingModel, item_knn: ItemKnnRanker, asked: Rows
) -> dict[str, Listed]:
    """What each model lists for the items asked by."""
    index = SimilarIndex.build(model, IndexConfig(exact_below=train.n_items))
    popular = Popularity(train.item_degrees).top(LENGTH + 1)
    return {
        MODEL: [index.search(int(row), LENGTH).rows for row in asked],
        "item-kNN": [rows[rows >= 0] for rows in item_knn.nearest[asked]],
        "popular": [popular[popular != row][:LENGTH] for row in asked],
    }


def _questions(train: Interactions, test: Interactions) -> tuple[Rows, Rows]:
    """(item asked by, item wanted) of each user who has both."""
    users = np.flatnonzero((train.user_degrees > 0) & (test.user_degrees > 0))
    if not len(users):
        raise EvaluationError("No user has both a training and a held-out rating to ask by.")
    rng = np.random.default_rng(SEED)
    users = sample_users(users, _MOST_USERS, rng)
    places = train.indptr[users] + rng.integers(0, train.user_degrees[users])
    return train.item_rows[places].astype(np.int64), test.item_rows[test.indptr[users]].astype(np.int64)


def _figures(found: Listed, inverse: Rows, wanted: Rows, train: Interactions) -> Figures:
    hits = np.array([item in found[at] for at, item in zip(inverse, wanted, strict=True)], dtype=np.float64)
    listed = np.concatenate([found[at] for at in inverse]).astype(np.int64)
    thin = float(np.mean(train.item_degrees[listed] <= THIN)) if len(listed) else 0.0
    return {**with_intervals({f"recall@{LENGTH}": hits}), "thin_share": Figure(thin, thin, thin)}
