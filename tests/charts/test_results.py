"""Evaluation results in words."""

from __future__ import annotations

from typing import Any

import pytest

from recsys.charts.quality import OURS
from recsys.ui.results import against, leads, meaning, part, ranking_table, wide


def figure(value: float, half: float = 0.01) -> dict[str, float]:
    return {"value": value, "low": value - half, "high": value + half}


@pytest.fixture
def manifest() -> dict[str, Any]:
    ranking = {
        "model": {"recall@20": figure(0.4), "coverage@20": 0.5},
        "baselines": {"popular": {"recall@20": figure(0.1), "coverage@20": 0.1}},
        "ahead": {"popular": {"recall@20": figure(0.3)}, "item-kNN": {"recall@20": figure(0.001)}},
        "segments": [{"segment": "all", "model": "this model", "metric": "recall@20", **figure(0.4)}],
        "trail": [],
    }
    return {"evaluation": {"split": "leave-last", "ranking": ranking}}


def test_the_figures_of_all_models_are_one_table(manifest: dict[str, Any]) -> None:
    table = ranking_table(manifest)
    assert table is not None
    assert table.model.tolist() == [OURS, OURS, "popular", "popular"]
    assert wide(table)["Our model"].tolist() == ["0.4  (0.39 to 0.41)", "0.5"]


def test_what_was_not_measured_is_no_table(manifest: dict[str, Any]) -> None:
    assert ranking_table({"evaluation": None}) is None
    assert part(manifest, "ranking", "trail") is None
    assert part(manifest, "rating", "calibration") is None


def test_our_model_has_the_same_name_everywhere(manifest: dict[str, Any]) -> None:
    segments = part(manifest, "ranking", "segments")
    assert segments is not None
    assert segments.model.tolist() == [OURS]


@pytest.mark.parametrize(("gain", "verdict"), [(0.3, "Yes, clearly"), (0.005, "Not clearly"), (-0.3, "No")])
def test_the_verdict_follows_the_interval_of_the_difference(
    manifest: dict[str, Any], gain: float, verdict: str
) -> None:
    results = manifest["evaluation"]["ranking"]
    results["ahead"]["popular"]["recall@20"] = figure(gain)
    assert against(results, "popular", "recall@20").startswith(f"{verdict}: ")


def test_leads_are_told_from_ties(manifest: dict[str, Any]) -> None:
    table = leads(manifest["evaluation"]["ranking"], "recall@20")
    assert table.verdict.tolist() == ["clearly ahead", "no clear difference"]


def test_every_metric_has_plain_words() -> None:
    for metric in ("recall@20", "ndcg@10", "rmse", "novelty@20", "hit_rate@10", "popularity_lift@20"):
        assert len(meaning(metric)) > 40
    assert "Lower is better" in meaning("rmse")
