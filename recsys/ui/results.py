"""Evaluation results of a manifest: as the tidy tables that the charts take, and in words."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from recsys.charts import metric_name
from recsys.charts.quality import LOWER_IS_BETTER, OURS
from recsys.evaluation.results import TaskResult
from recsys.versions.manifest import Manifest

NAMES = {"popular": "best-sellers", "random": "a random choice", "item-kNN": "item-kNN"}
BEYOND = ("coverage", "novelty", "diversity", "gini", "popularity_lift")
"""What is said of lists beside how accurate they are."""
PLAIN_WORDS = {
    "recall": "Of the products held out from a user, the share that is in the list.",
    "hit_rate": "The share of users who find one of their held-out products in the list, or more.",
    "precision": "The share of the list that was held out from the user: small, as few were.",
    "ndcg": "As recall, but a product found high in the list counts for more than one at its end.",
    "mrr": "One over the place of the first held-out product: 1 if it leads the list, 0.1 at place ten.",
    "map": "The precision at the place of each held-out product that is found, averaged.",
    "coverage": "The share of all products that is in somebody's list.",
    "gini": "How unequally products are shown: 0 all alike, 1 always the same ones.",
    "novelty": "How surprising the products are, in bits: one that 1 in 1,000 users rated has 10.",
    "diversity": "How different the products of a list are from each other: 0 alike, 1 nothing in common.",
    "popularity_lift": "How much more popular the list is than what its user rated: 0 as popular as that.",
    "thin_share": "The share of the listed products that have at most two ratings: little to go by.",
    "rmse": "The typical error of a predicted rating, in stars; large errors count for more.",
    "mae": "The mean error of a predicted rating, in stars.",
}  # fmt: skip


def ranking_table(manifest: Manifest) -> pd.DataFrame | None:
    """model, metric, value, low, high of the ranking task; None where it was not measured."""
    return _tidy(manifest, "ranking")


def rating_table(manifest: Manifest) -> pd.DataFrame | None:
    """The same for the rating task."""
    return _tidy(manifest, "rating")


def similar_table(manifest: Manifest) -> pd.DataFrame | None:
    """The same for similar products."""
    return _tidy(manifest, "similar")


def part(manifest: Manifest, task: str, name: str) -> pd.DataFrame | None:
    """A list of records in a task's results, such as segments, as a frame."""
    found = _task(manifest, task)
    if found is None or not getattr(found, name):
        return None
    table = pd.DataFrame([asdict(entry) for entry in getattr(found, name)]).dropna(axis=1, how="all")
    if "model" in table:
        table["model"] = table["model"].replace("this model", OURS)
    return table


def wide(table: pd.DataFrame) -> pd.DataFrame:
    """All figures for the eye: a row a metric, a column a model, each with its interval."""
    words = [_figure_words(*row) for row in zip(table["value"], table["low"], table["high"], strict=True)]
    rows = table.assign(words=words, metric=table["metric"].map(metric_name))
    pivot = rows.pivot(index="metric", columns="model", values="words").fillna("")
    columns = [OURS, *(name for name in table["model"].unique() if name != OURS)]
    return (
        pivot.loc[rows["metric"].unique(), columns]
        .rename(columns={OURS: "Our model"})
        .rename_axis(None, axis=1)
        .reset_index(names="Metric")
    )


def against(results: TaskResult, baseline: str, metric: str) -> str:
    """Whether the model is better than a baseline, by how much, and how sure that is."""
    ours, theirs = results.model.get(metric), results.baselines.get(baseline, {}).get(metric)
    if ours is None or theirs is None:
        return "That was not measured in this build."
    own, other, name = ours.value, theirs.value, NAMES.get(baseline, baseline)
    ahead = results.ahead.get(baseline, {}).get(metric)
    lead = ahead.lead if ahead else 0
    verdict = {1: "Yes, clearly", -1: "No", 0: "Not clearly"}[lead]
    times = f", {own / other:.1f} times as much" if other > 0 and own / other >= 1.1 else ""
    return (
        f"{verdict}: of the products held out from a user, our first {metric.rsplit('@')[-1]} hold"
        f" {own:.1%}{times}, where {name} hold {other:.1%}."
    )


def leads(results: TaskResult, metric: str) -> pd.DataFrame:
    """How far the model is ahead of each baseline, paired by user: baseline, lead, low, high, verdict."""
    records = []
    for name, figures in results.ahead.items():
        gain = figures[metric]
        verdict = {1: "clearly ahead", -1: "clearly behind", 0: "no clear difference"}[gain.lead]
        records.append({"baseline": name, **asdict(gain), "verdict": verdict})
    return pd.DataFrame(records, columns=["baseline", "value", "low", "high", "verdict"])


def meaning(metric: str) -> str:
    """A metric in plain words."""
    name, _, cutoff = metric.partition("@")
    better = "Lower is better." if name in LOWER_IS_BETTER else "Higher is better."
    if name in BEYOND:
        better = "Neither high nor low is right for every shop."
    of_list = f" The list has {cutoff} products." if cutoff else ""
    return f"{PLAIN_WORDS.get(name, '')}{of_list} {better}".strip()


def _figure_words(value: float, low: float, high: float) -> str:
    return f"{value:.4g}" if low == high else f"{value:.4g}  ({low:.4g} to {high:.4g})"


def _task(manifest: Manifest, name: str) -> TaskResult | None:
    return None if manifest.evaluation is None else getattr(manifest.evaluation, name)


def _tidy(manifest: Manifest, task: str) -> pd.DataFrame | None:
    results = _task(manifest, task)
    if results is None:
        return None
    models = {OURS: results.model, **results.baselines}
    records = [
        {"model": model, "metric": metric, **asdict(figure)}
        for model, figures in models.items()
        for metric, figure in figures.items()
    ]
    return pd.DataFrame(records)
