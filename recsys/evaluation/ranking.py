"""Measure the ranking model on held-out ratings, beside the baselines, in one evaluation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from recsys.arrays import Rows
from recsys.config import SEED, RankingConfig, SequentialConfig
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baselines import MOST_USER_ITEMS, heavy_users
from recsys.evaluation.fitted_rankers import FittedRankers, fit_rankers
from recsys.evaluation.metrics.accuracy import Lists
from recsys.evaluation.metrics.figures import figures_of_lists
from recsys.evaluation.rankers import DENSE_ITEMS, Ranker, rank_items
from recsys.evaluation.results import TaskResult
from recsys.evaluation.segments import by_segment
from recsys.evaluation.splits import Split, known_only, sample_users
from recsys.progress import SILENT, Stage

LENGTHS = (10, 20)
"""Lengths of the lists that are measured."""
_MOST_SCORES = 10_000_000_000
"""Users x items that each ranker scores at most. With more, users are sampled."""


def evaluate_ranking(
    train: Interactions,
    test: Interactions,
    config: RankingConfig | None = None,
    *,
    sequential: SequentialConfig | None = None,
    ranker: str = "auto",
    tune: bool = False,
    ks: Sequence[int] = LENGTHS,
    progress: Stage = SILENT,
    apart: bool = False,
    latest: bool | None = None,
    baselines: Collection[str] | None = None,
    known: Interactions | None = None,
) -> TaskResult:
    """Fit on `train`, measure on `test`, against popular, random and item-kNN.

    Parameters
    ----------
    train, test : Interactions
        Over the same users and items. `test` is not read before the model is fitted.
    config : RankingConfig, optional
        Used as it is without `tune`. With it, tuning begins there.
    sequential : SequentialConfig, optional
    ranker : {"auto", "sequential", "static"}
        The model that is measured; the other stands among the baselines. auto: the one that does
        better on a validation split of `train`, the static one where the lead is not sure.
    tune : bool
        Choose the settings (and those of item-kNN) on a validation split of `train`.
    ks : ints
        Lengths of the lists that are measured.
    progress : Stage, optional
    apart : bool
        Leave users and items that are not in `train` out of the figures, and count them in `new`: for
        a temporal split. Otherwise they count, as hits that nobody can make.
    latest : bool, optional
        Tune on each user's latest ratings rather than random ones; by default if there is an order.
    baselines : collection of str, optional
        Names from `recsys.config.BASELINES`; by default all.
    known : Interactions, optional
        What users are folded in from, and what is masked, where it is more than `train`.

    Raises
    ------
    EvaluationError
        If no user of the test can be measured.
    """
    half = 0.7 if tune else 0.2
    fitted = fit_rankers(
        train,
        config,
        sequential=sequential,
        ranker=ranker,
        tune=tune,
        latest=latest,
        progress=progress.part(0.0, half),
        baselines=baselines,
        known=known,
        users=drawn_users(train, test) if train.n_items > DENSE_ITEMS and not apart else None,
    )
    return evaluate_rankers(
        fitted, train, test, ks, apart=apart, progress=progress.part(half, 1.0), known=known
    )


def evaluate_rankers(
    fitted: FittedRankers,
    train: Interactions,
    test: Interactions,
    ks: Sequence[int] = LENGTHS,
    *,
    apart: bool = False,
    progress: Stage = SILENT,
    known: Interactions | None = None,
    users: Rows | None = None,
) -> TaskResult:
    """Measure fitted rankers; the parameters are those of `evaluate_ranking` and `measure`."""
    new = None
    with fitted.stopwatch.time("evaluate"):
        if apart:
            (_, test), new = known_only(Split(train, test))
        result = measure(fitted.rankers, train, test, ks, progress, known=known, users=users)
    return replace(with_settings(result, fitted), new=new)


def with_settings(result: TaskResult, fitted: FittedRankers) -> TaskResult:
    """The result with the settings that were measured, and how they were found."""
    return replace(
        result,
        chosen=fitted.served_tuning.chosen,
        baselines_chosen={"item-kNN": fitted.item_knn_chosen},
        seconds=fitted.stopwatch.rounded(),
        trail=fitted.served_tuning.trail,
    )


def measure(
    rankers: Mapping[str, Ranker],
    train: Interactions,
    test: Interactions,
    ks: Sequence[int] = LENGTHS,
    progress: Stage = SILENT,
    *,
    known: Interactions | None = None,
    users: Rows | None = None,
) -> TaskResult:
    """The figures of several rankers, the first of which is the model.

    The users are those of `drawn_users` where none are given. The protocol says how many of how many.

    Raises
    ------
    EvaluationError
        If no user has a held-out rating.
    """
    user_rows, lists = rank_all(rankers, train, test, ks, progress, known=known, users=users)
    progress(0.9, "Intervals and segments")
    return result_of_lists(lists, train, test, user_rows, ks, known=known)


def rank_all(
    rankers: Mapping[str, Ranker],
    train: Interactions,
    test: Interactions,
    ks: Sequence[int],
    progress: Stage = SILENT,
    *,
    known: Interactions | None = None,
    users: Rows | None = None,
) -> tuple[Rows, dict[str, Lists]]:
    """The users that are measured, and the list of each by every ranker. Parameters as in `measure`."""
    if not np.any(test.user_degrees):
        raise EvaluationError("No held-out rating can be measured: the test has no user in common.")
    user_rows = drawn_users(train, test) if users is None else users
    n, lists = max(ks), {}
    for number, (name, ranker) in enumerate(rankers.items()):
        part = progress.part(0.9 * number / len(rankers), 0.9 * (number + 1) / len(rankers))
        part(0.0, f"Ranking {train.n_items:,} items for {len(user_rows):,} users: {name}")
        lists[name] = rank_items(ranker, train, user_rows, n, part, known=known)
    return user_rows, lists


def result_of_lists(
    lists: Mapping[str, Lists],
    train: Interactions,
    test: Interactions,
    user_rows: Rows,
    ks: Sequence[int] = LENGTHS,
    *,
    known: Interactions | None = None,
) -> TaskResult:
    """The figures of ranked lists, the first of which are the model's."""
    figures, ahead = figures_of_lists(lists, train, test, user_rows, ks)
    return TaskResult(
        task="ranking",
        protocol=_protocol(train, test, user_rows, int(np.count_nonzero(test.user_degrees))),
        model=figures.pop(next(iter(lists))),
        baselines=figures,
        ahead=ahead,
        segments=by_segment(train, test, user_rows, lists, max(ks), known),
    )


def drawn_users(train: Interactions, test: Interactions, most: int | None = None) -> Rows:
    """The users of the test that are measured: all, or a sample if they are many.

    Parameters
    ----------
    train, test : Interactions
    most : int, optional
        By default, so many that a score of every item for each is ten billion scores.
    """
    everyone = np.flatnonzero(test.user_degrees > 0)
    most = max(1, _MOST_SCORES // train.n_items) if most is None else most
    return sample_users(everyone, most, np.random.default_rng(SEED))


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
