"""Our models and the baselines, fitted together on one training part."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from recsys.arrays import Rows
from recsys.config import BASELINES, RankingConfig, SequentialConfig
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baseline_rankers import baseline_rankers
from recsys.evaluation.baselines import ItemKnnConfig
from recsys.evaluation.choice import OURS, SEQUENTIAL, STATIC, best_of_ours
from recsys.evaluation.rankers import Ranker, SvdRanker
from recsys.evaluation.results import MODEL
from recsys.evaluation.sequence_rankers import SequentialRanker
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
