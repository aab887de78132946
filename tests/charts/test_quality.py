"""Charts of models side by side."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from recsys import charts
from recsys.charts.theme import Theme
from recsys.evaluation.results import MODEL
from tests.charts.conftest import Check

RECALL = pd.DataFrame(
    {
        "model": ["popular", MODEL, "item-kNN"],
        "metric": "recall@20",
        "value": [0.1, 0.3, 0.2],
        "low": [0.09, 0.28, 0.19],
        "high": [0.11, 0.32, 0.21],
    }
)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_models_stand_best_on_top(check: Check, theme: Theme) -> None:
    figure = charts.metric_bars(RECALL, "recall@20", theme)
    check(figure)
    assert list(figure.layout.yaxis.ticktext) == ["popular", "item-kNN", "Our model"]
    assert figure.layout.title.text == "Recall@20: 0.3, 50.0% above item-kNN"
    assert figure.data[0].type == "bar"


def test_errors_are_best_when_low() -> None:
    table = RECALL.assign(metric="rmse", value=[0.94, 0.88, 0.9], low=float("nan"), high=float("nan"))
    figure = charts.metric_bars(table, "rmse")
    assert list(figure.layout.yaxis.ticktext) == ["popular", "item-kNN", "Our model"]
    assert figure.layout.title.text == "RMSE: 0.88, 2.2% below item-kNN"
    assert figure.data[0].type == "scatter", "bars from zero would look all alike"


def test_sentence_says_whether_intervals_overlap() -> None:
    assert charts.metric_bars_sentence(RECALL, "recall@20").endswith("do not overlap.")
    assert charts.metric_bars_sentence(RECALL.assign(high=0.4), "recall@20").endswith("They overlap.")


def test_figures_without_intervals_are_drawn(check: Check) -> None:
    table = RECALL.drop(columns=["low", "high"])
    check(charts.metric_bars(table, "recall@20"))
    assert charts.metric_bars_sentence(table, "recall@20") == "Recall@20: 0.3, 50.0% above item-kNN."


def test_hostile_model_names_stay_text(check: Check, hostile: str) -> None:
    table = RECALL.assign(model=[hostile, MODEL, "x"])
    check(charts.metric_bars(table, "recall@20"))


def segment_table() -> pd.DataFrame:
    parts = [("1", MODEL, 0.2), ("1", "popular", 0.3), ("2–5", MODEL, 0.5), ("2–5", "popular", 0.1)]
    table = pd.DataFrame(parts, columns=["segment", "model", "value"]).assign(metric="recall@20")
    return table.assign(low=table["value"] - 0.05, high=table["value"] + 0.05)


def test_segments_count_where_we_are_ahead(check: Check) -> None:
    figure = charts.segments(segment_table(), "recall@20", "dark")
    check(figure)
    assert figure.layout.title.text == "Recall@20: our model is ahead in 1 of 2 segments"
    assert [trace.name for trace in figure.data] == ["Our model", "popular"]
    said = charts.segments_sentence(segment_table(), "recall@20")
    assert "best for 2–5 (0.5)" in said


def test_tradeoff_has_a_point_a_model(check: Check) -> None:
    table = pd.concat([RECALL, RECALL.assign(metric="coverage@20", value=[0.01, 0.6, 0.9])])
    figure = charts.tradeoff(table, "coverage@20", "recall@20")
    check(figure)
    assert len(figure.data[0].x) == 3
    assert re.findall(r"number (\d)", figure.layout.title.text) == ["1", "2"]
    assert charts.tradeoff_sentence(table, "coverage@20", "recall@20").startswith(
        "Our model has the best Recall@20"
    )
