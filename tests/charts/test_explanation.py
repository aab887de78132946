"""Why a product was recommended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from recsys import Recommender, charts
from recsys.served import History
from tests.charts.conftest import Check


def reasons(n: int) -> pd.DataFrame:
    parts = np.arange(1, n + 1) / 10
    return pd.DataFrame({"item_id": [f"i{k}" for k in range(n)], "rating": 5.0, "contribution": parts})


def many(n: int = 300, categories: Sequence[str | None] | None = None) -> pd.DataFrame:
    """Many reasons of about the same weight, with what an average rating adds."""
    parts = np.linspace(0.5, 9.5, n)
    parts[:20] = -0.1
    frame = pd.DataFrame({"item_id": [f"i{k}" for k in range(n)], "rating": 5.0, "contribution": parts})
    if categories is not None:
        frame["category"] = list(categories)
    return frame.assign(expected=2.0)


def test_bars_sum_to_the_score_whatever_is_folded_together(check: Check) -> None:
    table = reasons(20)
    figure = charts.contributions(table)
    check(figure)
    assert len(figure.data[0].x) == 9
    assert sum(figure.data[0].x) == pytest.approx(table["contribution"].sum())
    assert "Other: 12 products" in figure.layout.yaxis.ticktext[0]


def test_few_reasons_are_all_named() -> None:
    figure = charts.contributions(reasons(3))
    assert list(figure.layout.yaxis.ticktext) == ["i0", "i1", "i2"]
    assert charts.contributions_sentence(reasons(3)) == (
        "The score 0.6000 is the sum over 3 rated products; i2 alone gives 50%."
    )


def test_titles_are_shown_as_text_and_ids_where_there_is_none(check: Check, hostile: str) -> None:
    table = reasons(2).assign(title=pd.Series([hostile, None], dtype=object))
    figure = charts.contributions(table, "dark")
    check(figure)
    assert figure.layout.yaxis.ticktext[1] == "i1"


def test_a_reason_that_speaks_against_is_drawn(check: Check) -> None:
    table = reasons(2).assign(contribution=[0.5, -0.1])
    figure = charts.contributions(table)
    check(figure)
    assert figure.layout.xaxis.range[0] < 0
    assert figure.layout.annotations[0].text.startswith("−")


def test_no_reasons_are_told_as_such(check: Check) -> None:
    check(charts.contributions(reasons(0)))
    assert charts.contributions_sentence(reasons(0)) == "None of this user's ratings contribute."


def test_a_user_of_many_ratings_has_the_categories_that_stand_out(check: Check) -> None:
    paths = [f"Shop > Department {k % 3} > Shelf {k % 60}" for k in range(300)]
    table = many(categories=paths)
    bars = charts.explanation_bars(table)
    check(charts.contributions(table))
    assert bars["name"].str.startswith("Department").sum() == 3
    assert bars["contribution"].sum() == pytest.approx(table["contribution"].sum())
    assert bars["n"].sum() == len(table)
    assert bars["share"].sum() == pytest.approx(1)
    below = bars.iloc[-1]
    assert below["rest"]
    assert below["n"] == (table["contribution"] <= 2.0).sum()


@pytest.mark.parametrize("categories", [None, [None] * 300])
def test_without_categories_they_are_grouped_by_multiples_of_the_average(
    categories: list[None] | None,
) -> None:
    table = many(categories=categories)
    bars = charts.explanation_bars(table)
    assert bars["name"].str.contains("times average").sum() == 3
    assert bars["contribution"].sum() == pytest.approx(table["contribution"].sum())
    assert bars["n"].sum() == len(table)
    assert f"{table['contribution'].sum():.4f} is the sum over 300" in charts.contributions_sentence(table)


def test_products_without_category_are_a_bar_of_their_own() -> None:
    table = many(categories=["Shop > A" if k % 4 else None for k in range(300)])
    bars = charts.explanation_bars(table)
    assert any(bars["name"].str.startswith("No category: "))
    assert bars["contribution"].sum() == pytest.approx(table["contribution"].sum())


def test_the_bars_of_every_kind_of_user_sum_to_the_score_shown(sample_artifacts: Path) -> None:
    recommender = Recommender.open(sample_artifacts)
    for user_id in recommender.example_users()["user_id"]:
        answer = recommender.recommend(user_id, 2)
        if answer.attrs["kind"] != "personal":
            continue
        for item_id, score in zip(answer["item_id"], answer["score"], strict=True):
            bars = charts.explanation_bars(recommender.stand_out(user_id, item_id))
            assert bars["contribution"].sum() == pytest.approx(score, rel=1e-4)


def test_the_expected_contribution_is_the_mean_over_all_ratings(sample_artifacts: Path) -> None:
    recommender = Recommender.open(sample_artifacts)
    item_id = recommender.popular(1)["item_id"][0]
    data, ranker = recommender.interactions, recommender.ranker()
    histories = [History.of_user(data, row) for row in range(data.n_users)]
    scores = ranker.vectors(histories) @ ranker.item_vector(recommender.dataset.item_row(item_id))
    user_id = recommender.example_users()["user_id"][0]
    expected = recommender.stand_out(user_id, item_id)["expected"].iloc[0]
    assert expected == pytest.approx(scores.sum(dtype=np.float64) / data.n_ratings, rel=1e-3)
