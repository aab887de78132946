"""Evaluation results in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recsys.charts.quality import OURS
from recsys.evaluation.results import Evaluation, Figure, SegmentFigure, TaskResult
from recsys.ui.results import against, leads, meaning, part, ranking_table, wide
from recsys.versions.manifest import Manifest
from tests.versions.examples import example


def figure(value: float, half: float = 0.01) -> Figure:
    return Figure(value, value - half, value + half)


@pytest.fixture
def manifest() -> Manifest:
    ranking = TaskResult(
        "ranking",
        "",
        model={"recall@20": figure(0.4), "coverage@20": figure(0.5, 0)},
        baselines={"popular": {"recall@20": figure(0.1), "coverage@20": figure(0.1, 0)}},
        ahead={"popular": {"recall@20": figure(0.3)}, "item-kNN": {"recall@20": figure(0.001)}},
        segments=(SegmentFigure("all", "this model", "recall@20", 0.4, 0.39, 0.41, 10),),
    )
    return replace(example(), evaluation=Evaluation("leave-last", ranking))


def ranking(manifest: Manifest) -> TaskResult:
    assert manifest.evaluation is not None
    assert manifest.evaluation.ranking is not None
    return manifest.evaluation.ranking


def test_the_figures_of_all_models_are_one_table(manifest: Manifest) -> None:
    table = ranking_table(manifest)
    assert table is not None
    assert table.model.tolist() == [OURS, OURS, "popular", "popular"]
    assert wide(table)["Our model"].tolist() == ["0.4  (0.39 to 0.41)", "0.5"]


def test_what_was_not_measured_is_no_table(manifest: Manifest) -> None:
    assert ranking_table(replace(manifest, evaluation=None)) is None
    assert part(manifest, "ranking", "trail") is None
    assert part(manifest, "rating", "calibration") is None


def test_our_model_has_the_same_name_everywhere(manifest: Manifest) -> None:
    segments = part(manifest, "ranking", "segments")
    assert segments is not None
    assert segments.model.tolist() == [OURS]


@pytest.mark.parametrize(("gain", "verdict"), [(0.3, "Yes, clearly"), (0.005, "Not clearly"), (-0.3, "No")])
def test_the_verdict_follows_the_interval_of_the_difference(
    manifest: Manifest, gain: float, verdict: str
) -> None:
    results = replace(ranking(manifest), ahead={"popular": {"recall@20": figure(gain)}})
    assert against(results, "popular", "recall@20").startswith(f"{verdict}: ")


def test_leads_are_told_from_ties(manifest: Manifest) -> None:
    table = leads(ranking(manifest), "recall@20")
    assert table.verdict.tolist() == ["clearly ahead", "no clear difference"]


def test_every_metric_has_plain_words() -> None:
    for metric in ("recall@20", "ndcg@10", "rmse", "novelty@20", "hit_rate@10", "popularity_lift@20"):
        assert len(meaning(metric)) > 40
    assert "Lower is better" in meaning("rmse")
