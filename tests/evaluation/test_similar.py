"""Similar products are measured by asking with one product for another."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from recsys.config import RankingConfig
from recsys.data.encode import encode
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baselines import ItemKnnRanker
from recsys.evaluation.similar import evaluate_similar
from recsys.evaluation.splits import random_hold_out
from recsys.model.ranking import fit_ranking


def circles(n_circles: int = 10, each: int = 10, n_users: int = 200) -> Interactions:
    """Users who rate eight of the ten items of their own circle, and nothing else."""
    rng = np.random.default_rng(0)
    rows = [
        (f"u{user:03}", f"c{user % n_circles}i{item}")
        for user in range(n_users)
        for item in rng.choice(each, 8, replace=False)
    ]
    users, items = zip(*rows, strict=True)
    ratings = pl.Series([5.0] * len(rows), dtype=pl.Float32)
    return encode(pl.DataFrame({"user_id": users, "item_id": items, "rating": ratings}))


def test_items_of_one_circle_find_each_other_and_the_popular_list_does_not() -> None:
    train, test = random_hold_out(circles())
    result = evaluate_similar(
        train, test, fit_ranking(train, RankingConfig(n_factors=10)), ItemKnnRanker(train)
    )
    assert result.model["recall@20"].value == 1
    assert result.baselines["item-kNN"]["recall@20"].value == 1
    # 100 items, equally popular: a list of 20 finds about a fifth.
    assert 0.1 < result.baselines["popular"]["recall@20"].value < 0.5
    assert result.model["thin_share"].value == 0
    json.dumps(result.to_json(), allow_nan=False)


def test_nobody_to_ask_is_said() -> None:
    whole = circles()
    nothing = whole.select(np.zeros(whole.n_ratings, dtype=bool))
    model = fit_ranking(whole, RankingConfig(n_factors=10))
    with pytest.raises(EvaluationError, match="No user has both"):
        evaluate_similar(whole, nothing, model, ItemKnnRanker(whole))
