"""Evaluation results as the tidy tables that the charts take, and in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pandas as pd

from recsys.charts.text import decimals, plain, ranker_name
from recsys.evaluation.metrics import registry
from recsys.evaluation.metrics.registry import Family, label
from recsys.evaluation.results import MODEL, Evaluation, Figure, TaskResult
from recsys.versions.manifest import Manifest

OURS = "Our model"
"""What people read for MODEL."""
NAMES = {"popular": "best-sellers", "random": "a random choice"}
LEAD, BASELINE = "recall@20", "popular"
"""The figure and the baseline that answer the first questions."""
NOT_MEASURED = "This build did not measure that."
UNMEASURED = (
    "This version was built with --no-evaluate, so its quality is unknown. Build again without that"
    " option to measure it."
)
TOO_LITTLE = (
    "Too little could be held out to measure this version, so its quality is unknown. Users with two ratings"
    " or more are needed."
)
SEQUENTIAL, STATIC = "sequential", "static"
SPLITS = {
    "leave-last": "Each user's latest rating was held out",
    "random": "Ratings were held out at random",
}
_ORDER_METRICS = ("hit_rate@10", "ndcg@10", "hit_rate@20", "ndcg@20")


def model_name(model: str) -> str:
    """A model as people read it: "Our model", "Static model", and others as they are called."""
    return OURS if model == MODEL else ranker_name(model)


def served(task: TaskResult) -> str:
    """Which of our two models is the one measured as ours; "" if it is neither."""
    if STATIC in task.baselines:
        return "" if SEQUENTIAL in task.baselines else SEQUENTIAL
    return STATIC


def order_worth_table(task: TaskResult) -> pd.DataFrame:
    """The sequential model less the static one: metric, sequential, static, value, low, high.

    Empty where not both were measured, or none of them as ours: then no difference is paired.
    """
    ours = served(task)
    other = STATIC if ours == SEQUENTIAL else SEQUENTIAL
    gains = task.ahead.get(other, {}) if ours else {}
    rows = []
    for metric in _ORDER_METRICS:
        if metric not in gains:
            continue
        gain, pair = gains[metric], (task.model[metric].value, task.baselines[other][metric].value)
        if ours == STATIC:
            gain, pair = Figure(-gain.value, -gain.high, -gain.low), pair[::-1]
        rows.append((metric, *pair, gain.value, gain.low, gain.high))
    return pd.DataFrame(rows, columns=["metric", SEQUENTIAL, STATIC, "value", "low", "high"])


def figures_table(task: TaskResult) -> pd.DataFrame:
    """All figures of a task: model, metric, value, low, high."""
    rows = [
        {"model": model, "metric": metric, **asdict(figure)}
        for model, figures in task.models().items()
        for metric, figure in figures.items()
    ]
    return pd.DataFrame(rows, columns=["model", "metric", "value", "low", "high"])


def table(entries: Iterable[Any]) -> pd.DataFrame:
    """Results of one kind, such as segments or trials, as a table with a row each."""
    return pd.DataFrame([asdict(entry) for entry in entries])


def wide(figures: pd.DataFrame) -> pd.DataFrame:
    """All figures to read: a row a metric, a column a model, each figure with its interval."""
    words = [_interval(*row) for row in zip(figures["value"], figures["low"], figures["high"], strict=True)]
    rows = figures.assign(words=words, metric=figures["metric"].map(label))
    models = [MODEL, *(name for name in figures["model"].unique() if name != MODEL)]
    pivot = rows.pivot(index="metric", columns="model", values="words").fillna("")
    return (
        pivot.loc[rows["metric"].unique(), models]
        .rename(columns=model_name)
        .rename_axis(None, axis=1)
        .reset_index(names="Metric")
    )


def leads(task: TaskResult, metric: str) -> pd.DataFrame:
    """How far the model is ahead of each baseline, paired by user: baseline, value, low, high, verdict."""
    verdicts = {1: "clearly ahead", -1: "clearly behind", 0: "no clear difference"}
    rows = [
        {"baseline": model_name(name), **asdict(gains[metric]), "verdict": verdicts[gains[metric].lead]}
        for name, gains in task.ahead.items()
        if metric in gains
    ]
    return pd.DataFrame(rows, columns=["baseline", "value", "low", "high", "verdict"])


def comparison_sentence(task: TaskResult, baseline: str, metric: str) -> str:
    """Whether the model beats a baseline, by how much, and how sure that is. For recall-like metrics."""
    ours, theirs = task.model.get(metric), task.baselines.get(baseline, {}).get(metric)
    if ours is None or theirs is None:
        return NOT_MEASURED
    lead = task.ahead.get(baseline, {}).get(metric)
    verdict = {1: "Yes, clearly", -1: "No", 0: "Not clearly"}[lead.lead if lead else 0]
    name, length = NAMES.get(baseline, baseline), metric.partition("@")[2]
    return (
        f"{verdict}. Our first {length} products contain {ours.value:.1%} of what was held out from a"
        f" user{_times(ours, theirs)}; {name} contain {theirs.value:.1%}."
    )


def for_whom_sentence(task: TaskResult, baseline: str, metric: str) -> str:
    """In which segments of users and products the model is ahead of a baseline."""
    rows = [entry for entry in task.segments if entry.metric == metric]
    ours = {entry.segment: entry.value for entry in rows if entry.model == MODEL}
    theirs = {entry.segment: entry.value for entry in rows if entry.model == baseline}
    if not ours:
        return NOT_MEASURED
    behind = [segment for segment, value in ours.items() if segment in theirs and value <= theirs[segment]]
    words = f"Ahead of {NAMES.get(baseline, baseline)} in {len(ours) - len(behind)} of {len(ours)} segments."
    return words + (f" Not ahead for: {', '.join(behind)}." if behind else "")


def certainty_sentence(task: TaskResult, baseline: str, metric: str) -> str:
    """The interval of the lead over a baseline."""
    lead = task.ahead.get(baseline, {}).get(metric)
    if lead is None:
        return NOT_MEASURED
    low, high = (decimals(end, 3, sign=True) for end in (lead.low, lead.high))
    return f"95% interval for the lead in {label(metric)}: {low} to {high}."


def why_unmeasured(manifest: Manifest) -> str:
    """Why a version has no figures."""
    return UNMEASURED if manifest.config.evaluate is False else TOO_LITTLE


def answers(task: TaskResult) -> dict[str, str]:
    """The three questions that are asked first, each with its answer; none where they cannot be answered."""
    if LEAD not in task.model:
        return {}
    return {
        "Better than best-sellers?": comparison_sentence(task, BASELINE, LEAD),
        "For whom?": for_whom_sentence(task, BASELINE, LEAD),
        "How sure are we?": certainty_sentence(task, BASELINE, LEAD),
    }


def how_measured(evaluation: Evaluation, task: TaskResult) -> str:
    """How the figures came about: what was held out, who was measured, and how long it took."""
    seconds = sum(sum(each.seconds.values()) for each in evaluation.tasks())
    split = SPLITS.get(evaluation.split, "Ratings were held out")
    return (
        f"{_which(task)}{split}. The models learned from the rest and had to find what was held out."
        f" {plain(task.protocol, 400)} This took {seconds:.1f} s of the build."
    )


def _which(task: TaskResult) -> str:
    """Which of our models is meant by "our model", where there are two."""
    ours = served(task) if len(order_worth_table(task)) else ""
    other = next((name for name in (STATIC, SEQUENTIAL) if name in task.baselines), "")
    if not ours or not other:
        return ""
    return (
        f"Our model is the {ranker_name(ours).lower()}, which is served;"
        f" the {ranker_name(other).lower()} is measured beside it. "
    )


def longest_lists(task: TaskResult) -> list[str]:
    """The accuracy metrics of the longest lists."""
    names = [name for name in task.model if registry.of(name).family is Family.RANKING]
    longest = max(int(name.rpartition("@")[2]) for name in names)
    return [name for name in names if name.endswith(f"@{longest}")]


def _times(ours: Figure, theirs: Figure) -> str:
    ratio = ours.value / theirs.value if theirs.value > 0 else 0.0
    return f", {ratio:.1f} times as much" if ratio >= 1.1 else ""


def _interval(value: float, low: float, high: float) -> str:
    return f"{value:.4g}" if low == high else f"{value:.4g}  ({low:.4g} to {high:.4g})"
