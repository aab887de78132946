"""Measure the ranking model on held-out ratings, beside the baselines, in one evaluation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from recsys.arrays import Rows
from recsys.config import BASELINES, SEED, RankingConfig, SequentialConfig
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baseline_rankers import baseline_rankers
from recsys.evaluation.baselines import MOST_USER_ITEMS, ItemKnnConfig, heavy_users
from recsys.evaluation.choice import OURS, SEQUENTIAL, STATIC, best_of_ours
from recsys.evaluation.metrics.accuracy import Lists
from recsys.evaluation.metrics.figures import figures_of_lists
from recsys.evaluation.rankers import DENSE_ITEMS, Ranker, SvdRanker, rank_items
from recsys.evaluation.results import MODEL, TaskResult
from recsys.evaluation.segments import by_segment
from recsys.evaluation.sequence_rankers import SequentialRanker
from recsys.evaluation.splits import Split, known_only, sample_users
from recsys.evaluation.stopwatch import Stopwatch
from recsys.evaluation.tuning.item_knn import tune_item_knn
from recsys.evaluation.tuning.rank import choose_static
from recsys.evaluation.tuning.ranking import default_ranking, tune_ranking
from recsys.evaluation.tuning.result import TuningResult
from recsys.evaluation.tuning.sequential import choose_sequential
from recsys.model.ranking import RankingModel, fit_ranking
from recsys.model.sequential import default_rank as default_sequential_rank
from recsys.model.sequential import fit_sequential
from recsys.progress import SILENT, Stage

ORDERED = {"recent-item-knn", "next-item", "sequential"}
"""Baselines that need an order of time."""
LENGTHS = (10, 20)
"""Lengths of the lists that are measured."""
_MOST_SCORES = 10_000_000_000
"""Users x items that each ranker scores at most. With more, users are sampled."""


@dataclass(frozen=True)
class FittedRankers:
    """Our models and the baselines, each fitted once on the same training part.

    Attributes
    ----------
    model : RankingModel
        The static model, whether or not it is the one that is served.
    tuning : TuningResult
        The settings of the static model, and how they were found.
    sequential : TuningResult or None
        The settings of the sequential model; None where no order of time is known.
    served : {"sequential", "static"}
    item_knn_chosen : dict
        The tuned settings of item-kNN; empty without tuning.
    rankers : dict of Ranker
        The model that is served first, then the other one and the baselines.
    stopwatch : Stopwatch
    """

    model: RankingModel
    tuning: TuningResult[RankingConfig]
    sequential: TuningResult[SequentialConfig] | None
    served: str
    item_knn_chosen: Mapping[str, Any]
    rankers: Mapping[str, Ranker]
    stopwatch: Stopwatch

    @property
    def served_tuning(self) -> TuningResult[RankingConfig] | TuningResult[SequentialConfig]:
        """The settings of the model that is served."""
        return self.tuning if self.served == STATIC or self.sequential is None else self.sequential

    def serving(self, name: str) -> FittedRankers:
        """The same with another of our models as the one that is served."""
        if name == self.served:
            return self
        others = {key: ranker for key, ranker in self.rankers.items() if key not in (MODEL, name)}
        rankers = {MODEL: self.rankers[name], **others, self.served: self.rankers[MODEL]}
        return replace(self, served=name, rankers=rankers)


def fit_rankers(
    train: Interactions,
    config: RankingConfig | None = None,
    *,
    sequential: SequentialConfig | None = None,
    ranker: str = "auto",
    tune: bool = False,
    latest: bool | None = None,
    progress: Stage = SILENT,
    choose: bool = True,
    baselines: Collection[str] | None = None,
    known: Interactions | None = None,
    users: Rows | None = None,
) -> FittedRankers:
    """Fit the models and the baselines; most parameters are those of `evaluate_ranking`.

    Without `choose`, the models keep their default settings. With `users`, the baselines learn only
    what lists for these users need.
    """
    must_have_order(train, ranker)
    if baselines is not None and train.order is None and (late := ORDERED & set(baselines)):
        raise EvaluationError(
            f"{', '.join(sorted(late))}: these need an order; give timestamps or --in-order."
        )
    wanted = set(BASELINES.values()) if baselines is None else {BASELINES[name] for name in baselines}
    config, watch = config or RankingConfig(), Stopwatch({"tune": 0.0})
    item_knn = ItemKnnConfig()
    fit = progress.part(0.8 if tune else 0.3, 1.0)
    with watch.time("tune"):
        if tune:
            tuning = tune_ranking(train, config, latest=latest, progress=progress.part(0.0, 0.7))
            if not wanted.isdisjoint(("item-kNN", "recent item-kNN")):
                item_knn = tune_item_knn(train, latest=latest, progress=progress.part(0.7, 0.8))
        elif choose:
            compare = ranker not in OURS and train.order is not None
            tuning = choose_static(train, config, compare=compare, progress=progress.part(0.0, 0.3))
        else:
            tuning = default_ranking(train, config)
    with watch.time("fit"):
        fit(0.0, "Fitting the ranking model on all training ratings")
        model = fit_ranking(train, tuning.config)
        ours: dict[str, Ranker] = {STATIC: SvdRanker(model, train, known)}
    ordered = None
    if train.order is not None and (ranker in (SEQUENTIAL, "auto") or SEQUENTIAL in wanted):
        with watch.time("tune"):
            ordered = _sequential_settings(train, sequential, choose, fit.part(0.3, 0.5))
        with watch.time("fit"):
            fit(0.5, "Fitting the sequential model on all training ratings")
            ours[SEQUENTIAL] = SequentialRanker(fit_sequential(train, ordered.config), train, known)
    with watch.time("evaluate"):
        fit(0.6, "Fitting the baselines")
        served = _served_of_ours(ranker, tuning, ordered)
        first = ours.pop(served)
        compared = baseline_rankers(train, item_knn, wanted, known, users)
        other = {name: one for name, one in ours.items() if name in wanted}
        rankers = {MODEL: first, **compared, **other}
    return FittedRankers(
        model=model,
        tuning=tuning,
        sequential=ordered,
        served=served,
        item_knn_chosen=asdict(item_knn) if tune else {},
        rankers=rankers,
        stopwatch=watch,
    )


def _sequential_settings(
    train: Interactions, config: SequentialConfig | None, choose: bool, progress: Stage
) -> TuningResult[SequentialConfig]:
    if choose:
        return choose_sequential(train, config, progress)
    config = config or SequentialConfig()
    return TuningResult(replace(config, n_factors=config.n_factors or default_sequential_rank(train)))


def must_have_order(train: Interactions, ranker: str) -> None:
    """Refuse the sequential ranker where no order of time is known.

    Raises
    ------
    EvaluationError
    """
    if ranker == SEQUENTIAL and train.order is None:
        raise EvaluationError(
            "The sequential ranker needs an order: timestamps, or rows in order of time and --in-order."
        )


def _served_of_ours(
    ranker: str, static: TuningResult[RankingConfig], sequential: TuningResult[SequentialConfig] | None
) -> str:
    """The one of our models that is asked for, or that does better on the validation split."""
    if ranker in OURS:
        return ranker
    if sequential is None or static.per_user is None or sequential.per_user is None:
        return STATIC
    return best_of_ours({STATIC: static.per_user, SEQUENTIAL: sequential.per_user})


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
