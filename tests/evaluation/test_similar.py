"""Similar products are measured by asking with one product for another."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from recsys.config import ContentConfig, RankingConfig
from recsys.data.interactions import Interactions, encode
from recsys.errors import EvaluationError
from recsys.evaluation.similar import BY_RATINGS, evaluate_similar
from recsys.evaluation.splits import random_hold_out
from recsys.model.content import describe
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
    circle = np.array([int(item[1]) for item in train.items.to_series()])
    model = fit_ranking(train, RankingConfig(n_factors=10))
    result = evaluate_similar(train, test, model, circle)
    assert result.model["recall@20"].value == 1
    assert result.model["debiased_recall@20"].value == 1
    assert result.baselines["co-rating cosine"]["recall@20"].value == 1
    # 100 items, equally popular: a list of 20 finds about a fifth.
    assert 0.1 < result.baselines["popular"]["recall@20"].value < 0.5
    assert result.model["thin_share"].value == 0
    # Each circle has ten items, so nine are alike, and the tenth place is another's.
    assert result.model["category_agreement@10"].value >= 0.9
    assert result.baselines["co-rating count"]["category_agreement@10"].value == 1
    assert result.model["coverage@10"].value == 1
    assert result.model["most_listed@10"].value < 0.3
    assert result.baselines["popular"]["most_listed@10"].value >= 0.99
    json.dumps(result.to_json(), allow_nan=False)


def test_agreement_counts_only_products_whose_category_is_known() -> None:
    train, test = random_hold_out(circles())
    circle = np.array([int(item[1]) for item in train.items.to_series()])
    circle[::3] = -1
    model = fit_ranking(train, RankingConfig(n_factors=10))
    result = evaluate_similar(train, test, model, circle)
    assert result.baselines["co-rating cosine"]["category_agreement@10"].value == 1
    unknown = evaluate_similar(train, test, model, np.full(train.n_items, -1))
    assert "category_agreement@10" not in unknown.model
    assert "category_agreement@10" not in evaluate_similar(train, test, model).model


def test_recall_with_each_hit_weighted_by_its_ratings() -> None:
    train, test = random_hold_out(circles(n_circles=2))
    model = fit_ranking(train, RankingConfig(n_factors=4))
    popular = evaluate_similar(train, test, model).baselines["popular"]
    assert popular["debiased_recall@20"].value <= popular["recall@20"].value


def test_words_count_in_what_is_measured_and_ratings_alone_stand_beside_it() -> None:
    train, test = random_hold_out(circles())
    circle = np.array([int(item[1]) for item in train.items.to_series()])
    title = pl.Series("title", [f"word{number}" for number in circle], dtype=pl.String)
    none = pl.Series([None] * len(circle), dtype=pl.String)
    descriptions = describe(pl.DataFrame({"title": title, "category": none, "brand": none}))
    model = fit_ranking(train, RankingConfig(n_factors=10))
    content = ContentConfig(evidence=50.0, min_products=10)
    result = evaluate_similar(train, test, model, circle, descriptions, content)
    assert result.model["category_agreement@10"].value >= 0.9
    assert BY_RATINGS in result.baselines
    alone = evaluate_similar(train, test, model, circle)
    assert BY_RATINGS not in alone.baselines
    assert result.baselines[BY_RATINGS] == alone.model


def test_nobody_to_ask_is_said() -> None:
    whole = circles()
    nothing = whole.select(np.zeros(whole.n_ratings, dtype=bool))
    model = fit_ranking(whole, RankingConfig(n_factors=10))
    with pytest.raises(EvaluationError, match="No user has both"):
        evaluate_similar(whole, nothing, model)
