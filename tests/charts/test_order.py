"""What order is worth, and how recency is shown in an explanation."""

from __future__ import annotations

import pandas as pd
import pytest

from recsys import charts
from recsys.charts import results
from recsys.charts.text import age_words, ranker_name
from recsys.charts.theme import Theme
from recsys.evaluation.results import Figure, TaskResult
from tests.charts.conftest import Check


def task(ours: float, theirs: float, gain: Figure, other: str = "static") -> TaskResult:
    names = ("hit_rate@10", "ndcg@10")
    return TaskResult(
        "ranking",
        "",
        dict.fromkeys(names, Figure(ours, ours, ours)),
        {other: dict.fromkeys(names, Figure(theirs, theirs, theirs))},
        ahead={other: dict.fromkeys(names, gain)},
    )


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_order_that_helps_is_told_with_numbers(check: Check, theme: Theme) -> None:
    table = results.order_worth_table(task(0.12, 0.06, Figure(0.06, 0.05, 0.07)))
    figure = charts.order_worth(table, theme)
    check(figure)
    assert list(figure.data[0].x) == [0.06, 0.06]
    assert "100% more Hit rate@10" in figure.layout.title.text
    said = charts.order_worth_sentence(table)
    assert said.startswith("The order helps here")
    assert all(number in said for number in ("0.1200", "0.0600", "2.00 times", "+0.0500 to +0.0700"))


@pytest.mark.parametrize("gain", [Figure(-0.01, -0.02, -0.005), Figure(0.001, -0.01, 0.012)])
def test_order_that_is_worth_nothing_is_said_plainly(check: Check, gain: Figure) -> None:
    table = results.order_worth_table(task(0.32, 0.33, gain))
    check(charts.order_worth(table))
    assert charts.order_worth_sentence(table).startswith("Order is worth nothing")


def test_the_difference_is_the_same_whichever_model_is_served() -> None:
    gain = Figure(0.06, 0.05, 0.08)
    sequential = results.order_worth_table(task(0.12, 0.06, gain))
    static = results.order_worth_table(task(0.06, 0.12, Figure(-0.06, -0.08, -0.05), other="sequential"))
    pd.testing.assert_frame_equal(sequential, static)


def test_models_that_were_not_both_measured_have_no_difference() -> None:
    table = results.order_worth_table(task(0.12, 0.06, Figure(0.06, 0.05, 0.07), other="popular"))
    assert table.empty
    assert "did not measure" in charts.order_worth_sentence(table)


def test_ages_and_rankers_have_names() -> None:
    assert [age_words(age) for age in (1, 2, 3, 4, 11, 21, 112)] == [
        "last", "2nd last", "3rd last", "4th last", "11th last", "21st last", "112th last"
    ]  # fmt: skip
    assert [ranker_name(name) for name in ("static", "sequential", "popular")] == [
        "Static model", "Sequential model", "popular"
    ]  # fmt: skip


def test_an_explanation_shows_recency_beside_closeness(check: Check, hostile: str) -> None:
    table = pd.DataFrame(
        {"item_id": ["a", "b"], "title": [hostile, "B"], "rating": 5.0, "contribution": [0.2, 0.1],
         "age": [1, 3], "recency": [1.0, 0.25], "closeness": [0.2, 0.4]}
    )  # fmt: skip
    figure = charts.contributions(table)
    check(figure)
    assert "rated 3rd last" in figure.layout.yaxis.ticktext[0]
    assert "rated last" in figure.layout.yaxis.ticktext[1]
    assert "recency 0.25 × closeness 0.4000" in figure.data[0].customdata[0]
    assert "(rated last)" in charts.contributions_sentence(table)
