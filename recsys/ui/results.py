"""Evaluation results of a manifest as the tidy tables that the charts take."""

from __future__ import annotations

from typing import Any

import pandas as pd

from recsys.charts.quality import OURS

Manifest = dict[str, Any]


def ranking_table(manifest: Manifest) -> pd.DataFrame | None:
    """model, metric, value, low, high of the ranking task; None where it was not measured."""
    return _tidy(manifest, "ranking")


def rating_table(manifest: Manifest) -> pd.DataFrame | None:
    """The same for the rating task."""
    return _tidy(manifest, "rating")


def part(manifest: Manifest, task: str, name: str) -> pd.DataFrame | None:
    """A list of records in a task's results, such as segments, as a frame."""
    records = ((manifest["evaluation"] or {}).get(task) or {}).get(name)
    return pd.DataFrame(records) if records else None


def _tidy(manifest: Manifest, task: str) -> pd.DataFrame | None:
    results = (manifest["evaluation"] or {}).get(task)
    if not results:
        return None
    models = {OURS: results["model"], **results["baselines"]}
    records = [
        {"model": model, "metric": metric, **_interval(figure)}
        for model, figures in models.items()
        for metric, figure in figures.items()
    ]
    return pd.DataFrame(records)


def _interval(figure: float | dict[str, float]) -> dict[str, float]:
    if isinstance(figure, dict):
        return {name: figure[name] for name in ("value", "low", "high")}
    return {"value": figure, "low": figure, "high": figure}
