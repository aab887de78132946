"""Evaluation results as tables and in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recsys.charts import results
from recsys.evaluation.results import MODEL, Figure, SegmentFigure, TaskResult


def figure(value: float, half: float = 0.01) -> Figure:
    return Figure(value, value - half, value + half)


@pytest.fixture
def ranking() -> TaskResult:
    segments = [
        SegmentFigure(segment, model, "recall@20", value, value, value, 10)
        for segment, model, value in (("new", MODEL, 0.1), ("new", "popular", 0.2), ("old", MODEL, 0.4),
                                      ("old", "popular", 0.1))
    ]  # fmt: skip
    return TaskResult(
        "ranking",
        "",
        {"recall@20": figure(0.4), "coverage@20": figure(0.5, 0)},
        {"popular": {"recall@20": figure(0.1), "coverage@20": figure(0.1, 0)}},
        ahead={"popular": {"recall@20": figure(0.3)}, "item-kNN": {"recall@20": figure(0.001)}},
        segments=tuple(segments),
    )


def test_the_figures_of_all_models_are_one_table(ranking: TaskResult) -> None:
    table = results.figures_table(ranking)
    assert table["model"].tolist() == [MODEL, MODEL, "popular", "popular"]
    assert results.wide(table)["Our model"].tolist() == ["0.4  (0.39 to 0.41)", "0.5"]


@pytest.mark.parametrize(("gain", "verdict"), [(0.3, "Yes, clearly"), (0.005, "Not clearly"), (-0.3, "No")])
def test_the_verdict_follows_the_interval_of_the_difference(
    ranking: TaskResult, gain: float, verdict: str
) -> None:
    task = replace(ranking, ahead={"popular": {"recall@20": figure(gain)}})
    said = results.comparison_sentence(task, "popular", "recall@20")
    assert said.startswith(f"{verdict}. ")
    assert all(number in said for number in ("40.0%", "10.0%", "4.0 times"))


def test_leads_are_told_from_ties(ranking: TaskResult) -> None:
    table = results.leads(ranking, "recall@20")
    assert table["verdict"].tolist() == ["clearly ahead", "no clear difference"]


def test_segments_that_are_behind_are_named(ranking: TaskResult) -> None:
    said = results.for_whom_sentence(ranking, "popular", "recall@20")
    assert "1 of 2" in said
    assert "new" in said
    assert "old" not in said


def test_the_interval_of_the_lead_is_stated(ranking: TaskResult) -> None:
    said = results.certainty_sentence(ranking, "popular", "recall@20")
    assert "+0.290" in said
    assert "+0.310" in said


def test_what_was_not_measured_is_said_to_be(ranking: TaskResult) -> None:
    bare = TaskResult("ranking", "", {}, {})
    for sentence in (results.comparison_sentence, results.for_whom_sentence, results.certainty_sentence):
        assert sentence(bare, "popular", "recall@20") == results.NOT_MEASURED
