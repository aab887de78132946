"""The baselines of one comparison, fitted together: those that count neighbours share their counts."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from recsys.arrays import Mask, Rows
from recsys.config import BASELINES
from recsys.data.interactions import Interactions
from recsys.evaluation.baselines import ItemKnnConfig, ItemKnnRanker, PopularRanker, RandomRanker
from recsys.evaluation.rankers import Ranker, rows_of
from recsys.evaluation.results import MODEL
from recsys.evaluation.sequence_rankers import NextItemRanker, RecentKnnRanker


def with_baselines(
    model: Ranker, train: Interactions, item_knn: ItemKnnConfig | None = None
) -> dict[str, Ranker]:
    """The model and the baselines, by their names in a result; where it is known, some use the order."""
    return {MODEL: model, **baseline_rankers(train, item_knn, set(BASELINES.values()))}


def baseline_rankers(
    train: Interactions,
    item_knn: ItemKnnConfig | None,
    wanted: Collection[str],
    known: Interactions | None = None,
    users: Rows | None = None,
) -> dict[str, Ranker]:
    """The baselines that are wanted, by the names that results show; the parameters as in `fit_rankers`."""
    rankers: dict[str, Ranker] = {"popular": PopularRanker(train, known)}
    asked = None if users is None else _items_of(known or train, users)
    if not {"item-kNN", "recent item-kNN"}.isdisjoint(wanted):
        rankers["item-kNN"] = neighbours = ItemKnnRanker(train, item_knn, known=known, wanted=asked)
    rankers["random"] = RandomRanker(train, known=known)
    if train.order is not None and "recent item-kNN" in wanted:
        rankers["recent item-kNN"] = RecentKnnRanker(train, neighbours)
    if train.order is not None and "next item" in wanted:
        rankers["next item"] = NextItemRanker(train, known=known, wanted=asked)
    return {name: ranker for name, ranker in rankers.items() if name in wanted}


def _items_of(known: Interactions, users: Rows) -> Mask:
    """The items that these users have, as a mask."""
    mask = np.zeros(known.n_items, dtype=np.bool_)
    mask[rows_of(known, users)[1]] = True
    return mask
