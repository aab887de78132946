"""Whole evaluations: of files, for the command line, and of the data of a build."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from recsys.arrays import Rows
from recsys.config import BuildConfig
from recsys.data.clean import load_interactions, load_split
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baselines import ItemKnnConfig
from recsys.evaluation.choice import STATIC, ServedChoice, asked_for
from recsys.evaluation.choosing import evaluate_and_choose
from recsys.evaluation.ranking import FittedRankers, evaluate_ranking, fit_rankers
from recsys.evaluation.rating import evaluate_rating
from recsys.evaluation.results import Evaluation, TaskResult
from recsys.evaluation.side_by_side import side_by_side
from recsys.evaluation.similar import evaluate_similar
from recsys.evaluation.splits import Split, leave_last_out, random_hold_out, temporal
from recsys.evaluation.tuning.ranking import tune_ranking
from recsys.evaluation.tuning.rating import tune_rating
from recsys.evaluation.tuning.result import with_chosen
from recsys.linalg.svd import SVD
from recsys.model.cooccurrence_features import ITEM_EXPONENT, USER_EXPONENT
from recsys.progress import SILENT, Stage

SPLITS: dict[str, Callable[[Interactions], Split]] = {
    "leave-last": leave_last_out,
    "temporal": temporal,
    "random": random_hold_out,
}


@dataclass(frozen=True)
class BuildEvaluation:
    """What a build measured.

    Attributes
    ----------
    config : BuildConfig
        With the settings that tuning chose.
    evaluation : Evaluation or None
        None if nothing was measured.
    tables : dict of polars.DataFrame
        To be stored with the version: "side_by_side".
    served : ServedChoice
        The ranker to serve, and why.
    item_knn : ItemKnnConfig
        The settings of item-kNN that were measured.
    """

    config: BuildConfig
    evaluation: Evaluation | None = None
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    served: ServedChoice = field(default_factory=ServedChoice)
    item_knn: ItemKnnConfig = field(default_factory=ItemKnnConfig)

    @classmethod
    def unmeasured(cls, config: BuildConfig) -> BuildEvaluation:
        """A build that measures nothing."""
        return cls(config, served=asked_for(config.ranker))


def evaluate_files(
    train: str | Path,
    test: str | Path,
    task: str,
    config: BuildConfig,
    progress: Stage = SILENT,
    **layout: Any,
) -> TaskResult:
    """Learn from one file and measure on another; `layout` as in `load_interactions`."""
    progress(0.0, "Reading the ratings")
    learn, held_out, _ = load_split(train, test, config=config.cleaning, **layout)
    return _evaluate(Split(learn, held_out), task, config, progress.part(0.05, 1.0))


def evaluate_ratings(
    ratings: str | Path,
    split: str | None,
    folds: int | None,
    task: str,
    config: BuildConfig,
    progress: Stage = SILENT,
    **layout: Any,
) -> TaskResult:
    """Split one file and measure on what is held out.

    Parameters
    ----------
    ratings : path
    split : {"leave-last", "temporal", "random"} or None
        None: leave-last if the order of time is known, else random.
    folds : int or None
        Cross-validate instead; for the rating task only.
    task : {"ranking", "rating"}
    """
    progress(0.0, "Reading the ratings")
    data, _ = load_interactions(ratings, config=config.cleaning, **layout)
    progress = progress.part(0.05, 1.0)
    if folds is None:
        name = split or natural_split(data)
        result = _evaluate(SPLITS[name](data), task, config, progress, apart=name == "temporal")
        return replace(result, split=name)
    if task != "rating" or split is not None:
        raise EvaluationError("Folds are for --task rating and take no --split.")
    _must_have_stars(data)
    result = evaluate_rating(data, None, config.rating, folds=folds, tune=config.tune, progress=progress)
    return replace(result, split=f"{folds} folds")


def evaluate_build(
    data: Interactions, config: BuildConfig, progress: Stage = SILENT, *, categories: Rows | None = None
) -> BuildEvaluation:
    """Measure the models on a hold-out of the data of a build.

    Every model is fitted once on the training part, and serves all tasks. With `config.tune`, settings
    are chosen on that training part. The config that comes back holds them, for the models that the
    build fits on all ratings. `categories` are as in `evaluate_similar`.
    """
    name, tune = natural_split(data), config.tune
    train, test = SPLITS[name](data)
    fitted = fit_rankers(
        train,
        config.ranking,
        sequential=config.sequential,
        ranker=STATIC if config.ranker == "auto" else config.ranker,
        tune=tune,
        progress=progress.part(0.0, 0.4),
    )
    fitted, ranking, served = evaluate_and_choose(fitted, train, test, config.ranker, progress.part(0.4, 0.6))
    similar = evaluate_similar(train, test, fitted.model, categories, progress.part(0.6, 0.65))
    tables = {"side_by_side": side_by_side(train, test, fitted.rankers)}
    if fitted.sequential is not None:
        config = replace(config, sequential=fitted.sequential.config)
    config = replace(config, ranking=with_chosen(config.ranking, fitted.tuning.chosen))
    neighbours = ItemKnnConfig(**fitted.item_knn_chosen)
    rating = None
    if not data.implicit:
        rating = evaluate_rating(
            train, test, config.rating, tune=tune, svd=_shared(fitted), progress=progress.part(0.65, 1.0)
        )
        if tune:
            config = replace(config, rating=with_chosen(config.rating, rating.chosen))
    return BuildEvaluation(config, Evaluation(name, ranking, rating, similar), tables, served, neighbours)


def tune_build(data: Interactions, config: BuildConfig, progress: Stage = SILENT) -> BuildConfig:
    """Choose the settings on validation splits of all the data, without measuring anything."""
    ranking = tune_ranking(data, config.ranking, progress=progress.part(0.0, 0.6))
    config = replace(config, ranking=ranking.config)
    if not data.implicit:
        rating = tune_rating(data, config.rating, progress=progress.part(0.6, 1.0))
        config = replace(config, rating=rating.config)
    return config


def natural_split(data: Interactions) -> str:
    """The split that is most like a recommender's task, to say what comes next."""
    return "random" if data.order is None else "leave-last"


def _shared(fitted: FittedRankers) -> SVD | None:
    """The ranking model's SVD, if the rating model would compute the same one."""
    model = fitted.model
    if (model.config.user_exponent, model.config.item_exponent) != (USER_EXPONENT, ITEM_EXPONENT):
        return None
    return SVD(model.singular_values, model.components, model.energy)


def _evaluate(
    split: Split, task: str, config: BuildConfig, progress: Stage, apart: bool = False
) -> TaskResult:
    if task == "ranking":
        return evaluate_ranking(
            *split,
            config.ranking,
            sequential=config.sequential,
            ranker=config.ranker,
            tune=config.tune,
            progress=progress,
            apart=apart,
        )
    _must_have_stars(split.train)
    return evaluate_rating(*split, config.rating, tune=config.tune, progress=progress)


def _must_have_stars(data: Interactions) -> None:
    if data.implicit:
        raise EvaluationError("These data say what was used, not how it was rated: use --task ranking.")
