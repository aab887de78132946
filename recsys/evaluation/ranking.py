"""Measure the ranking model on held-out ratings, beside the baselines, in one evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from recsys.arrays import Rows
from recsys.config import SEED, RankingConfig
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baselines import (
    MOST_USER_ITEMS,
    ItemKnnConfig,
    ItemKnnRanker,
    PopularRanker,
    RandomRanker,
    heavy_users,
)
from recsys.evaluation.metrics.figures import figures_of_lists
from recsys.evaluation.rankers import Ranker, SvdRanker, rank_items
from recsys.evaluation.results import MODEL, TaskResult
from recsys.evaluation.segments import by_segment
from recsys.evaluation.splits import Split, known_only, sample_users
from recsys.evaluation.stopwatch import Stopwatch
from recsys.evaluation.tuning.item_knn import tune_item_knn
from recsys.evaluation.tuning.ranking import default_ranking, tune_ranking
from recsys.evaluation.tuning.result import TuningResult
from recsys.model.ranking import RankingModel, fit_ranking
from recsys.progress import SILENT, Stage

LENGTHS = (10, 20)
"""Lengths of the lists that are measured."""
_MOST_SCORES = 10_000_000_000
"""Users x items that each ranker scores at most. With more, users are sampled."""


@dataclass(frozen=True)
class FittedRankers:
    """Our model and the baselines, each fitted once on the same training part.

    Attributes
    ----------
    model : RankingModel
    tuning : TuningResult
        The settings of the model, and how they were found.
    item_knn : ItemKnnRanker
    item_knn_chosen : dict
        The tuned settings of item-kNN; empty without tuning.
    rankers : dict of Ranker
        Our model first, then the baselines.
    stopwatch : Stopwatch
    """

    model: RankingModel
    tuning: TuningResult[RankingConfig]
    item_knn: ItemKnnRanker
    item_knn_chosen: Mapping[str, Any]
    rankers: Mapping[str, Ranker]
    stopwatch: Stopwatch


def fit_rankers(
    train: Interactions,
    config: RankingConfig | None = None,
    *,
    tune: bool = False,
    latest: bool | None = None,
    progress: Stage = SILENT,
) -> FittedRankers:
    """Fit the model and the baselines; the parameters are those of `evaluate_ranking`."""
    config, watch = config or RankingConfig(), Stopwatch({"tune": 0.0})
    item_knn = ItemKnnConfig()
    tuning = default_ranking(train, config)
    fit = progress
    if tune:
        fit = progress.part(0.8, 1.0)
        with watch.time("tune"):
            tuning = tune_ranking(train, config, latest=latest, progress=progress.part(0.0, 0.7))
            item_knn = tune_item_knn(train, latest=latest, progress=progress.part(0.7, 0.8))
    with watch.time("fit"):
        fit(0.0, "Fitting the ranking model on all training ratings")
        model = fit_ranking(train, tuning.config)
    with watch.time("evaluate"):
        fit(0.6, "Fitting the baselines")
        neighbours = ItemKnnRanker(train, item_knn)
        rankers = with_baselines(SvdRanker(model, train), train, neighbours)
    return FittedRankers(model, tuning, neighbours, asdict(item_knn) if tune else {}, rankers, watch)


def with_baselines(
    model: Ranker, train: Interactions, item_knn: ItemKnnRanker | None = None
) -> dict[str, Ranker]:
    """The model and the baselines, by their names in a result."""
    return {
        MODEL: model,
        "popular": PopularRanker(train),
        "item-kNN": item_knn or ItemKnnRanker(train),
        "random": RandomRanker(train),
    }


def evaluate_ranking(
    train: Interactions,
    test: Interactions,
    config: RankingConfig | None = None,
    *,
    tune: bool = False,
    ks: Sequence[int] = LENGTHS,
    progress: Stage = SILENT,
    apart: bool = False,
    latest: bool | None = None,
) -> TaskResult:
    """Fit on `train`, measure on `test`, against popular, random and item-kNN.

    Parameters
    ----------
    train, test : Interactions
        Over the same users and items. `test` is not read before the model is fitted.
    config : RankingConfig, optional
        Used as it is without `tune`. With it, tuning begins there.
    tune : bool
        Choose the settings (and those of item-kNN) on a validation split of `train`.
    ks : ints
        Lengths of the lists that are measured.
    progress : Stage, optional
    apart : bool
        Leave users and items that are not in `train` out of the figures, and count them in `new`: for
        a temporal split. Otherwise they count, as hits that nobody can make.
    latest : bool, optional
        Tune on each user's latest ratings rather than random ones; by default if there are timestamps.

    Raises
    ------
    EvaluationError
        If no user of the test can be measured.
    """
    half = 0.7 if tune else 0.2
    fitted = fit_rankers(train, config, tune=tune, latest=latest, progress=progress.part(0.0, half))
    return evaluate_rankers(fitted, train, test, ks, apart=apart, progress=progress.part(half, 1.0))


def evaluate_rankers(
    fitted: FittedRankers,
    train: Interactions,
    test: Interactions,
    ks: Sequence[int] = LENGTHS,
    *,
    apart: bool = False,
    progress: Stage = SILENT,
) -> TaskResult:
    """Measure fitted rankers; the parameters are those of `evaluate_ranking`."""
    new = None
    with fitted.stopwatch.time("evaluate"):
        if apart:
            (_, test), new = known_only(Split(train, test))
        result = measure(fitted.rankers, train, test, ks, progress)
    return replace(
        result,
        chosen=fitted.tuning.chosen,
        baselines_chosen={"item-kNN": fitted.item_knn_chosen},
        seconds=fitted.stopwatch.rounded(),
        trail=fitted.tuning.trail,
        new=new,
    )


def measure(
    rankers: Mapping[str, Ranker],
    train: Interactions,
    test: Interactions,
    ks: Sequence[int] = LENGTHS,
    progress: Stage = SILENT,
) -> TaskResult:
    """The figures of several rankers, the first of which is the model.

    Every user of the test is measured, or a sample of users if there are more than ten billion scores.
    The protocol says which.

    Raises
    ------
    EvaluationError
        If no user has a held-out rating.
    """
    everyone = np.flatnonzero(test.user_degrees > 0)
    if not len(everyone):
        raise EvaluationError("No held-out rating can be measured: the test has no user in common.")
    user_rows = sample_users(everyone, max(1, _MOST_SCORES // train.n_items), np.random.default_rng(SEED))
    n, lists = max(ks), {}
    for number, (name, ranker) in enumerate(rankers.items()):
        part = progress.part(0.9 * number / len(rankers), 0.9 * (number + 1) / len(rankers))
        part(0.0, f"Ranking {train.n_items:,} items for {len(user_rows):,} users: {name}")
        lists[name] = rank_items(ranker, train, user_rows, n, part)
    progress(0.9, "Intervals and segments")
    figures, ahead = figures_of_lists(lists, train, test, user_rows, ks)
    return TaskResult(
        task="ranking",
        protocol=_protocol(train, test, user_rows, len(everyone)),
        model=figures.pop(next(iter(rankers))),
        baselines=figures,
        ahead=ahead,
        segments=by_segment(train, test, user_rows, lists, n),
    )


def _protocol(train: Interactions, test: Interactions, user_rows: Rows, everyone: int) -> str:
    n_users, n_held = len(user_rows), int(test.user_degrees[user_rows].sum())
    drawn = f", drawn at random from {everyone:,}" if n_users < everyone else ""
    text = (
        f"{n_users:,} {'user' if n_users == 1 else 'users'} with at least one held-out item{drawn};"
        f" all {train.n_items:,} items ranked,"
        f" those of training masked; {n_held:,} held-out ratings;"
        " 95% intervals by bootstrap over users."
    )
    if left_out := heavy_users(train):
        text += (
            f" Item-kNN learns from the users with at most {MOST_USER_ITEMS:,} items"
            f" ({left_out:,} {'has' if left_out == 1 else 'have'} more)."
        )
    return text
