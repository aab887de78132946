"""Charts over time."""

from __future__ import annotations

import pandas as pd
import pytest

from recsys import charts
from recsys.charts.theme import Theme
from tests.charts.conftest import Check, Tables


def months(ratings: list[int]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"month": pd.date_range("2020-01-01", periods=len(ratings), freq="MS"), "ratings": ratings}
    )
    return frame.assign(active_users=ratings, new_users=1, mean_rating=4.0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_engagement_of_the_sample_store_has_three_panels(tables: Tables, check: Check, theme: Theme) -> None:
    figure = charts.engagement(tables["monthly"], theme)
    check(figure)
    assert figure.layout.yaxis3.domain is not None
    assert charts.engagement_sentence(tables["monthly"]).startswith(
        "120,000 ratings over 72 months, January 2019"
    )


def test_busiest_month_is_named() -> None:
    assert charts.engagement(months([3, 9, 4])).layout.title.text == "Busiest month: February 2020, 9 ratings"


def test_growth_is_told_from_two_years_on() -> None:
    assert "3.0 times as many as the 12 before" in charts.engagement_sentence(months([10] * 12 + [30] * 12))
    assert "-50% against the 12 before" in charts.engagement_sentence(months([10] * 12 + [5] * 12))
    assert "12 before" not in charts.engagement_sentence(months([10] * 12))


def test_one_month_is_drawn_and_told(check: Check) -> None:
    check(charts.engagement(months([5])))
    assert "over 1 month," in charts.engagement_sentence(months([5]))


def test_product_history_fills_empty_months_and_runs_the_mean(check: Check) -> None:
    table = pd.DataFrame(
        {"month": pd.to_datetime(["2020-01-01", "2020-04-01"]).date, "count": [1, 3], "mean": [5.0, 1.0]}
    )
    figure = charts.item_history(table, "dark")
    check(figure)
    assert list(figure.data[0].y) == [1, 0, 0, 3]
    assert list(figure.data[1].y) == [5, 5, 5, 2]
    assert charts.item_history_sentence(table).endswith("is 2.00.")
