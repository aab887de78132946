"""Choose the settings of the item-kNN baseline, by the same validation as our model's."""

from __future__ import annotations

import numpy as np

from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baselines import ItemKnnConfig, ItemKnnRanker, nearest_items
from recsys.evaluation.tuning.holdouts import SEED, hold_outs
from recsys.progress import SILENT, Stage

NEIGHBOURS = (50, 100, 200)
SHRINKAGES = (0.0, 10.0)


def tune_item_knn(
    train: Interactions, *, latest: bool | None = None, progress: Stage = SILENT
) -> ItemKnnConfig:
    """Choose the number of neighbours and the shrinkage.

    Returns
    -------
    ItemKnnConfig
        The default if no user has two ratings, because then nothing can be held out.
    """
    candidates = [ItemKnnConfig(n, shrinkage) for n in NEIGHBOURS for shrinkage in SHRINKAGES]
    try:
        part = hold_outs(train, latest, SEED)[0]
    except EvaluationError:
        return ItemKnnConfig()
    learn = part.split.train
    progress(0.0, "tuning item-kNN: counting shared users")
    found = {shrinkage: nearest_items(learn, max(NEIGHBOURS), shrinkage) for shrinkage in SHRINKAGES}
    values = []
    for number, tried in enumerate(candidates):
        progress(
            number / len(candidates),
            f"tuning item-kNN: {tried.n_neighbours} neighbours, shrinkage {tried.shrinkage:g}",
        )
        ranker = ItemKnnRanker(learn, tried, found[tried.shrinkage])
        values.append(part.of_ranker(ranker)[:, 0].mean())
    return candidates[int(np.argmax(values))]
