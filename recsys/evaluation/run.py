"""Whole evaluations: of files, for the command line, and of the data of a build."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from recsys.config import SEED, BuildConfig, SvdConfig
from recsys.data.clean import Parts, load_interactions, load_parts
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baselines import ItemKnnConfig
from recsys.evaluation.choice import STATIC, ServedChoice, asked_for
from recsys.evaluation.choosing import evaluate_and_choose
from recsys.evaluation.dials import measure_dials, measured_users
from recsys.evaluation.fitted_rankers import FittedRankers, fit_rankers
from recsys.evaluation.metrics.figures import LARGE
from recsys.evaluation.ranking import LENGTHS, drawn_users, evaluate_ranking
from recsys.evaluation.rating import evaluate_rating
from recsys.evaluation.results import MODEL, Evaluation, TaskResult
from recsys.evaluation.side_by_side import side_by_side
from recsys.evaluation.splits import Split, leave_last_out, random_hold_out, sample_users, temporal
from recsys.evaluation.tuning.ranking import tune_ranking
from recsys.evaluation.tuning.rating import tune_rating
from recsys.evaluation.tuning.result import with_chosen
from recsys.linalg.svd import SVD
from recsys.model.cooccurrence_features import ITEM_EXPONENT, USER_EXPONENT
from recsys.model.ranking import RankingModel, default_rank
from recsys.model.sequential import default_rank as default_sequential_rank
from recsys.progress import SILENT, Stage

SPLITS: dict[str, Callable[[Interactions], Split]] = {
    "leave-last": leave_last_out,
    "temporal": temporal,
    "random": random_hold_out,
}

LARGE_RANK = 64
"""Factors of the models that a build measures on `LARGE` data; a sample of users is measured there."""
LARGE_SVD = SvdConfig(oversampling=0.5, min_extra=32)
_MOST_USERS, _MOST_RATERS = 5_000, 20_000
_QUICKER = (
    f"To save time the models that are measured have at most {LARGE_RANK} factors,"
    " fitted without what is held out; those in service have more."
)


@dataclass(frozen=True)
class HeldOut:
    """The hold-out of a build, and the ranking model that was fitted without it."""

    train: Interactions
    test: Interactions
    model: RankingModel


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
        To be stored with the version: "side_by_side", and those of `measure_dials`.
    served : ServedChoice
        The ranker to serve, and why.
    item_knn : ItemKnnConfig
        The settings of item-kNN that were measured.
    held_out : HeldOut or None
        For what is measured later: similar products, once it is known how much words count.
    """

    config: BuildConfig
    evaluation: Evaluation | None = None
    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    served: ServedChoice = field(default_factory=ServedChoice)
    item_knn: ItemKnnConfig = field(default_factory=ItemKnnConfig)
    held_out: HeldOut | None = None

    @classmethod
    def unmeasured(cls, config: BuildConfig) -> BuildEvaluation:
        """A build that measures nothing."""
        return cls(config, served=asked_for(config.ranker))

    def of_some_users(self, n_users: int) -> BuildEvaluation:
        """What was measured on the ratings of some of so many users: the protocols say so."""
        words = f"Models of the ratings of some users, drawn at random from {n_users:,}."
        return replace(self, evaluation=None if self.evaluation is None else self.evaluation.noted(words))


@dataclass(frozen=True)
class Comparison:
    """What a ranking evaluation compares, and at which lengths of the lists.

    Attributes
    ----------
    ks : tuple of int
    baselines : tuple of str or None
        Names from `recsys.config.BASELINES`; None: all.
    """

    ks: tuple[int, ...] = LENGTHS
    baselines: tuple[str, ...] | None = None


def evaluate_files(
    train: str | Path,
    test: str | Path,
    task: str,
    config: BuildConfig,
    progress: Stage = SILENT,
    *,
    history: str | Path | None = None,
    comparison: Comparison | None = None,
    **layout: Any,
) -> TaskResult:
    """Learn from one file and measure on another; `layout` as in `load_interactions`.

    With a history, users are folded in from train and history, while the models learn from train alone.
    """
    progress(0.0, "Reading the ratings")
    parts = load_parts(train, test, history, config=config.cleaning, **layout)
    known = None if history is None else parts.known
    result = _evaluate(
        Split(parts.train, parts.test), task, config, progress.part(0.05, 1.0), comparison, known=known
    )
    counts = counts_of_test(parts)
    return replace(result, test=counts, protocol=f"{result.protocol} {_counts_text(counts, task)}".rstrip())


def evaluate_ratings(
    ratings: str | Path,
    split: str | None,
    folds: int | None,
    task: str,
    config: BuildConfig,
    progress: Stage = SILENT,
    *,
    comparison: Comparison | None = None,
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
    comparison : Comparison, optional
        For the ranking task.
    """
    progress(0.0, "Reading the ratings")
    data, _ = load_interactions(ratings, config=config.cleaning, **layout)
    progress = progress.part(0.05, 1.0)
    if folds is None:
        name = split or natural_split(data)
        result = _evaluate(SPLITS[name](data), task, config, progress, comparison, apart=name == "temporal")
        return replace(result, split=name)
    if task != "rating" or split is not None:
        raise EvaluationError("Folds are for --task rating and take no --split.")
    _must_have_stars(data)
    result = evaluate_rating(data, None, config.rating, folds=folds, tune=config.tune, progress=progress)
    return replace(result, split=f"{folds} folds")


def evaluate_build(data: Interactions, config: BuildConfig, progress: Stage = SILENT) -> BuildEvaluation:
    """Measure the models on a hold-out of the data of a build.

    Every model is fitted once on the training part, and serves all tasks. With `config.tune`, settings
    are chosen on that training part. The config that comes back holds them, for the models that the
    build fits on all ratings.
    """
    name, tune, large = natural_split(data), config.tune, data.n_ratings > LARGE
    train, test = SPLITS[name](data)
    asked = quicker(config, train) if large else config
    users = drawn_users(train, test, _MOST_USERS) if large else None
    fitted = fit_rankers(
        train,
        asked.ranking,
        sequential=asked.sequential,
        ranker=STATIC if config.ranker == "auto" else config.ranker,
        tune=tune,
        progress=progress.part(0.0, 0.4),
        choose=tune or not large,
        users=users,
    )
    fitted, ranking, served = evaluate_and_choose(
        fitted, train, test, config.ranker, progress.part(0.4, 0.6), users
    )
    tables = {"side_by_side": side_by_side(train, test, fitted.rankers, among=users)}
    measured = measured_users(train, test, users)
    tables["dial_costs"], tables["held_out_lists"] = measure_dials(
        fitted.rankers[MODEL], fitted.model, train, test, measured
    )
    if fitted.sequential is not None and (tune or not large):
        config = replace(config, sequential=fitted.sequential.config)
    if tune or not large:
        config = replace(config, ranking=with_chosen(config.ranking, fitted.tuning.chosen))
    if large and not tune:
        ranking = replace(ranking, protocol=f"{ranking.protocol} {_QUICKER}")
    neighbours, held_out = ItemKnnConfig(**fitted.item_knn_chosen), HeldOut(train, test, fitted.model)
    rating = None
    if not data.implicit:
        shared, part = _shared(fitted), progress.part(0.6, 1.0)
        del fitted  # so that the rating model takes its memory
        some = _of_some_users(test) if large else test
        rating = evaluate_rating(train, some, config.rating, tune=tune, svd=shared, progress=part)
        if some is not test:
            drawn = f"Users drawn at random from {np.count_nonzero(test.user_degrees):,}."
            rating = replace(rating, protocol=f"{rating.protocol} {drawn}")
        if tune:
            config = replace(config, rating=with_chosen(config.rating, rating.chosen))
    return BuildEvaluation(config, Evaluation(name, ranking, rating), tables, served, neighbours, held_out)


def quicker(config: BuildConfig, train: Interactions) -> BuildConfig:
    """The settings that large data are measured with: fewer factors, found less exactly.

    With `config.tune` the settings are chosen and used as they are.
    """
    if config.tune:
        return config
    size = (train.n_users, train.n_items, train.n_ratings)
    static = min(LARGE_RANK, config.ranking.n_factors or default_rank(*size))
    ordered = min(LARGE_RANK, config.sequential.n_factors or default_sequential_rank(train))
    return replace(
        config,
        ranking=replace(config.ranking, n_factors=static, svd=LARGE_SVD),
        sequential=replace(config.sequential, n_factors=ordered, svd=LARGE_SVD),
    )


def _of_some_users(test: Interactions) -> Interactions:
    """The held-out ratings of a sample of users."""
    users = sample_users(np.flatnonzero(test.user_degrees), _MOST_RATERS, np.random.default_rng(SEED))
    drawn = np.zeros(test.n_users, dtype=bool)
    drawn[users] = True
    return test.select(drawn[test.user_rows])


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
    split: Split,
    task: str,
    config: BuildConfig,
    progress: Stage,
    comparison: Comparison | None = None,
    *,
    apart: bool = False,
    known: Interactions | None = None,
) -> TaskResult:
    if task == "ranking":
        comparison = comparison or Comparison()
        return evaluate_ranking(
            *split,
            config.ranking,
            sequential=config.sequential,
            ranker=config.ranker,
            tune=config.tune,
            progress=progress,
            apart=apart,
            ks=comparison.ks,
            baselines=comparison.baselines,
            known=known,
        )
    _must_have_stars(split.train)
    return evaluate_rating(*split, config.rating, tune=config.tune, progress=progress)


def counts_of_test(parts: Parts) -> dict[str, int]:
    """What became of the rows of a test file."""
    train, test, known, (_, report) = parts
    mine = known.csr()
    mine.data = np.ones(len(mine.data), dtype=np.float32)
    theirs = test.csr()
    theirs.data = np.ones(len(theirs.data), dtype=np.float32)
    new_user, new_item = known.user_degrees == 0, train.item_degrees == 0
    return {
        "rejected": report.n_rejected,
        "duplicates": report.duplicates,
        "in_train": int(mine.multiply(theirs).nnz),
        "of_new_users": int(np.count_nonzero(new_user[test.user_rows])),
        "of_new_items": int(np.count_nonzero(new_item[test.item_rows])),
    }


_COUNTED = {
    "rejected": "rejected as not valid",
    "duplicates": "duplicates",
    "in_train": "also in training",
    "of_new_users": "by users who are not in training",
    "of_new_items": "of items that are not in training",
}


def _counts_text(counts: Mapping[str, int], task: str) -> str:
    """The counts in a sentence; nothing where all are zero."""
    said = [f"{counts[name]:,} {words}" for name, words in _COUNTED.items() if counts[name]]
    if not said:
        return ""
    text = f"Of the rows of the test: {', '.join(said)}."
    if counts["in_train"] and task == "ranking":
        text += (
            " Lists leave out what users already have, so ratings that are also in training are never hit."
        )
    return text


def _must_have_stars(data: Interactions) -> None:
    if data.implicit:
        raise EvaluationError("These data say what was used, not how it was rated: use --task ranking.")
