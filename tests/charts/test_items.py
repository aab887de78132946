"""Charts of one product and of a recommendation's reasons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys import charts
from recsys.charts.theme import Theme
from tests.charts.conftest import Check

STORE = pd.DataFrame({"rating": [1.0, 3.0, 5.0], "count": [10, 10, 80], "share": [0.1, 0.1, 0.8]})


def reasons(n: int) -> pd.DataFrame:
    parts = np.arange(1, n + 1) / 10
    return pd.DataFrame({"item_id": [f"i{k}" for k in range(n)], "rating": 5.0, "contribution": parts})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_product_stands_beside_the_store(check: Check, theme: Theme) -> None:
    histogram = pd.DataFrame({"rating": np.array([1, 5], dtype=np.float32), "count": [1, 1]})
    figure = charts.item_ratings(histogram, STORE, theme)
    check(figure)
    assert figure.layout.title.text == "3.00 ★ on average, the store 4.40 ★"
    assert list(figure.data[0].y) == [0.5, 0, 0.5]
    assert "1.40 below the store's" in charts.item_ratings_sentence(histogram, STORE)


def test_bars_sum_to_the_score_whatever_is_folded_together(check: Check) -> None:
    table = reasons(20)
    figure = charts.contributions(table)
    check(figure)
    assert len(figure.data[0].x) == 9
    assert sum(figure.data[0].x) == pytest.approx(table["contribution"].sum())
    assert "12 other products" in figure.layout.yaxis.ticktext[0]


def test_few_reasons_are_all_named() -> None:
    figure = charts.contributions(reasons(3))
    assert list(figure.layout.yaxis.ticktext) == ["i0", "i1", "i2"]
    assert charts.contributions_sentence(reasons(3)) == (
        "The score 0.6000 is the sum over 3 rated products; i2 alone gives 50%."
    )


def test_titles_are_shown_as_text_and_ids_where_there_is_none(check: Check, hostile: str) -> None:
    table = reasons(2).assign(title=pd.Series([hostile, None], dtype="str"))
    figure = charts.contributions(table, "dark")
    check(figure)
    assert figure.layout.yaxis.ticktext[1] == "i1"


def test_a_reason_that_speaks_against_is_drawn(check: Check) -> None:
    table = reasons(2).assign(contribution=[0.5, -0.1])
    figure = charts.contributions(table)
    check(figure)
    assert figure.layout.xaxis.range[0] < 0
    assert figure.data[0].text[0].startswith("−")


def test_no_reasons_are_told_as_such(check: Check) -> None:
    check(charts.contributions(reasons(0)))
    assert charts.contributions_sentence(reasons(0)) == "Nothing this user rated speaks for it."
