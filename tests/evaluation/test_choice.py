"""Which ranker is served, and what is said of it."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.evaluation.choice import ServedChoice, asked_for, choose_served


def values(**means: float) -> dict[str, np.ndarray]:
    """NDCG of a thousand users: the same users are hard for all rankers."""
    rng = np.random.default_rng(5)
    hard = rng.random(1000) * 0.2
    return {name.replace("_", "-"): hard + mean + rng.normal(0, 0.03, 1000) for name, mean in means.items()}


def test_the_best_is_served_where_its_lead_is_sure() -> None:
    found = choose_served(values(popular=0.1, item_kNN=0.2, static=0.3, sequential=0.4))
    assert found.ranker == "sequential"
    assert found.measured["sequential"].value > found.measured["static"].value
    assert all(lead.lead == 1 for lead in found.leads.values())
    assert found.behind == []
    assert "static" in found.reason


@pytest.mark.parametrize(
    ("means", "served"),
    [
        ({"popular": 0.1, "item_kNN": 0.2, "static": 0.3, "sequential": 0.3001}, "static"),
        ({"popular": 0.1, "item_kNN": 0.3, "static": 0.3001, "sequential": 0.2}, "item-knn"),
        ({"popular": 0.3, "item_kNN": 0.2, "static": 0.3, "sequential": 0.2999}, "popular"),
        ({"popular": 0.1, "item_kNN": 0.4, "static": 0.3}, "item-knn"),
    ],
)
def test_a_simpler_ranker_is_served_where_the_lead_is_not_sure(means: dict[str, float], served: str) -> None:
    assert choose_served(values(**means)).ranker == served


def test_a_baseline_that_cannot_be_served_and_is_ahead_is_named() -> None:
    found = choose_served({**values(static=0.2, popular=0.1), "next item": np.full(1000, 0.9)})
    assert found.ranker == "static"
    assert found.behind == ["next item"]
    assert "next item" in found.sentence()
    assert "better" in found.sentence()


def test_what_was_asked_for_is_served_and_what_is_better_is_said() -> None:
    found = choose_served(values(popular=0.1, item_kNN=0.2, static=0.3), "popular")
    assert found.ranker == "popular"
    assert found.behind == ["static", "item-kNN"]


def test_few_users_decide_nothing() -> None:
    few = {name: each[:50] for name, each in values(popular=0.3, static=0.1).items()}
    assert choose_served(few).ranker == "static"
    assert choose_served(few).behind == ["popular"]


def test_without_measuring_the_static_model_is_served() -> None:
    assert asked_for("auto") == ServedChoice()
    assert asked_for("auto").ranker == "static"
    assert asked_for("item-knn").name == "item-kNN"
    assert asked_for("auto").behind == []
