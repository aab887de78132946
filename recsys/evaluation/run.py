"""Whole evaluations: of files, for the command line, and of the data of a build."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from recsys.config import BuildConfig
from recsys.data.clean import load_interactions, load_split
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.rankers import SvdRanker
from recsys.evaluation.ranking import evaluate_ranking, rankers_of, side_by_side
from recsys.evaluation.rating import evaluate_rating
from recsys.evaluation.rating_tuning import tune_rating
from recsys.evaluation.similar import evaluate_similar
from recsys.evaluation.splits import Split, leave_last_out, random_hold_out, temporal
from recsys.evaluation.tuning import tune_ranking, with_chosen
from recsys.model.ranking import fit_ranking

Progress = Callable[[str], None]

SPLITS: dict[str, Callable[[Interactions], Split]] = {
    "leave-last": leave_last_out,
    "temporal": temporal,
    "random": random_hold_out,
}


class BuildEvaluation(NamedTuple):
    """What a build measured: its results, its tables, and the settings it chose."""

    results: dict[str, Any] | None
    tables: dict[str, pl.DataFrame]
    config: BuildConfig


def evaluate_files(
    train: str | Path, test: str | Path, task: str, config: BuildConfig, progress: Progress, **layout: Any
) -> dict[str, Any]:
    """Learn from one file and be measured on another; `layout` as in `load_interactions`."""
    progress("Reading the ratings")
    learn, held_out, _ = load_split(train, test, config=config.cleaning, **layout)
    return _evaluate(Split(learn, held_out), task, config, progress)


def evaluate_ratings(
    ratings: str | Path,
    split: str | None,
    folds: int | None,
    task: str,
    config: BuildConfig,
    progress: Progress,
    **layout: Any,
) -> dict[str, Any]:
    """Split one file and be measured on what is held out.

    Parameters
    ----------
    ratings : path
    split : {"leave-last", "temporal", "random"} or None
        None: leave-last where there are timestamps, else random.
    folds : int or None
        Cross-validate instead; for ratings only.
    task : {"ranking", "rating"}
    """
    progress("Reading the ratings")
    data, _ = load_interactions(ratings, config=config.cleaning, **layout)
    if folds is None:
        name = split or natural_split(data)
        result = _evaluate(SPLITS[name](data), task, config, progress, apart=name == "temporal")
        return {**result, "split": name}
    if task != "rating" or split is not None:
        raise EvaluationError("Folds are for --task rating and take no --split.")
    _must_have_stars(data)
    result = evaluate_rating(data, None, config.rating, folds=folds, tune=config.tune, progress=progress)
    return {**result, "split": f"{folds} folds"}


def evaluate_build(data: Interactions, config: BuildConfig, progress: Progress) -> BuildEvaluation:
    """Measure both models on a hold-out of the data of a build.

    With `config.tune`, settings are chosen on the training part of that hold-out; the
    config that comes back holds them, for the models that are fitted on everything.
    """
    name = natural_split(data)
    train, test = SPLITS[name](data)
    ranking = evaluate_ranking(train, test, config.ranking, tune=config.tune, progress=progress)
    chosen = with_chosen(config.ranking, ranking["chosen"])
    model = fit_ranking(train, chosen)
    rankers = rankers_of(SvdRanker(model, train), train)
    similar = evaluate_similar(train, test, model)
    results: dict[str, Any] = {"split": name, "ranking": ranking, "similar": similar}
    if config.tune:
        config = replace(config, ranking=chosen)
    if not data.implicit:
        results["rating"] = evaluate_rating(train, test, config.rating, tune=config.tune, progress=progress)
        if config.tune:
            config = replace(config, rating=replace(config.rating, **results["rating"]["chosen"]))
    return BuildEvaluation(results, {"side_by_side": side_by_side(train, test, rankers)}, config)


def tune_build(data: Interactions, config: BuildConfig, progress: Progress) -> BuildConfig:
    """Choose the settings on validation splits of all the data, without measuring anything."""
    config = replace(config, ranking=tune_ranking(data, config.ranking, progress=progress).config)
    if not data.implicit:
        config = replace(config, rating=tune_rating(data, config.rating, progress=progress).config)
    return config


def natural_split(data: Interactions) -> str:
    """The split that is most like the question asked of a recommender: what comes next?"""
    return "random" if data.timestamps is None else "leave-last"


def _evaluate(
    split: Split, task: str, config: BuildConfig, progress: Progress, apart: bool = False
) -> dict[str, Any]:
    if task == "ranking":
        return evaluate_ranking(*split, config.ranking, tune=config.tune, progress=progress, apart=apart)
    _must_have_stars(split.train)
    return evaluate_rating(*split, config.rating, tune=config.tune, progress=progress)


def _must_have_stars(data: Interactions) -> None:
    if data.implicit:
        raise EvaluationError("These data say what was used, not how it was rated: use --task ranking.")
