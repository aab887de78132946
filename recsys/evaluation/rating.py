"""Measure the rating model on held-out ratings, beside its baselines, in one evaluation.

RMSE and MAE over all held-out ratings (Herlocker et al. 2004), each with a 95% interval by bootstrap
over users; the same by segment; and calibration: the mean true rating of each tenth of the predictions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Doubles, Mask
from recsys.config import RatingConfig
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.metrics.bootstrap import Figures, bootstrap_interval
from recsys.evaluation.results import MODEL, CalibrationPoint, Figure, SegmentFigure, TaskResult
from recsys.evaluation.segments import popular_items, users_by_activity
from recsys.evaluation.splits import Split, k_folds
from recsys.evaluation.stopwatch import Stopwatch
from recsys.evaluation.tuning.rating import RatingTuningResult, default_rating, tune_rating
from recsys.linalg.svd import SVD
from recsys.model.rating import fit_rating
from recsys.progress import SILENT, Stage

N_DECILES = 10


class Outcome(NamedTuple):
    """Held-out ratings of one or more splits, and what was predicted for them.

    Attributes
    ----------
    user_rows : int array, shape (n,)
    truth : float64 array, shape (n,)
    predicted : dict of float64 arrays, shape (n,)
        By model; the first is ours.
    user_counts : int array, shape (n,)
        How many training ratings the user has.
    popular, covered : bool arrays, shape (n,)
        Is the item popular in training? Are both user and item in training at all?
    """

    user_rows: NDArray[np.integer]
    truth: Doubles
    predicted: Mapping[str, Doubles]
    user_counts: NDArray[np.integer]
    popular: Mask
    covered: Mask

    def select(self, keep: Mask) -> Outcome:
        """The ratings where `keep` is True."""
        predicted = {name: values[keep] for name, values in self.predicted.items()}
        rest = (self.user_counts[keep], self.popular[keep], self.covered[keep])
        return Outcome(self.user_rows[keep], self.truth[keep], predicted, *rest)

    @classmethod
    def join(cls, outcomes: Sequence[Outcome]) -> Outcome:
        """The ratings of several splits as one."""
        predicted = {
            name: np.concatenate([outcome.predicted[name] for outcome in outcomes])
            for name in outcomes[0].predicted
        }
        users, truths, _, counts, popular, covered = zip(*outcomes, strict=True)
        rest = (np.concatenate(parts) for parts in (counts, popular, covered))
        return cls(np.concatenate(users), np.concatenate(truths), predicted, *rest)


def evaluate_rating(
    train: Interactions,
    test: Interactions | None,
    config: RatingConfig | None = None,
    *,
    tune: bool = False,
    folds: int | None = None,
    svd: SVD | None = None,
    progress: Stage = SILENT,
) -> TaskResult:
    """Fit on `train`, measure on `test`, against global mean, item mean and damped biases.

    Parameters
    ----------
    train : Interactions
    test : Interactions or None
        Over the same users and items, not read before the models are fitted; None with `folds`.
    config : RatingConfig, optional
        Used as it is without `tune`. With it, tuning begins there.
    tune : bool
        Choose the settings (and the baseline's damping) on validation folds of the training data.
    folds : int, optional
        Split `train` into this many folds instead, and measure each by a model of the others. With
        `tune`, each fold is tuned on its own training part.
    svd : SVD, optional
        Known factors of who rated what in `train`, such as the ranking model's. They are used if they
        are as many as the model wants; by default they are computed.
    progress : Stage, optional

    Returns
    -------
    TaskResult
        With `folds`, `by_fold` has the RMSE and the chosen settings of each.

    Raises
    ------
    EvaluationError
        If nothing is held out.
    """
    if folds is None and test is None:
        raise EvaluationError("A rating evaluation needs a test set, or a number of folds.")
    config, count, watch = config or RatingConfig(), folds or 1, Stopwatch({"tune": 0.0})
    splits = iter([Split(train, test)]) if test is not None else k_folds(train, count)
    outcomes, tunings = [], []
    for number, split in enumerate(splits):
        part = progress.part(0.9 * number / count, 0.9 * (number + 1) / count)
        outcome, tuning = _evaluate_split(split, config, tune, svd if test is not None else None, watch, part)
        outcomes.append(outcome)
        tunings.append(tuning)
    progress(0.9, "Intervals and segments")
    with watch.time("evaluate"):
        result = _result(Outcome.join(outcomes))
    return replace(
        result,
        chosen=tunings[0].chosen,
        baselines_chosen={"damped biases": {"damping": tunings[0].damping}},
        seconds=watch.rounded(),
        trail=tunings[0].trail,
        by_fold=() if folds is None else _by_fold(outcomes, tunings),
    )


def _evaluate_split(
    split: Split, config: RatingConfig, tune: bool, svd: SVD | None, watch: Stopwatch, progress: Stage
) -> tuple[Outcome, RatingTuningResult]:
    """Tune and fit on one training part, and predict its held-out ratings."""
    train, test = split
    if not test.n_ratings:
        raise EvaluationError("No rating is held out, so nothing can be measured.")
    tuning, fit = default_rating(train, config), progress
    if tune:
        fit = progress.part(0.8, 1.0)
        with watch.time("tune"):
            tuning = tune_rating(train, config, progress=progress.part(0.0, 0.8))
    with watch.time("fit"):
        fit(0.0, "Fitting the rating model on all training ratings")
        wide_enough = svd is not None and len(svd.singular_values) >= tuning.config.n_basis
        model = fit_rating(train, tuning.config, svd=svd if wide_enough else None)
    with watch.time("evaluate"):
        fit(0.9, f"Predicting {test.n_ratings:,} held-out ratings")
        users, items = test.user_rows, test.item_rows
        ours = model.predict_pairs(train, users, items).astype(np.float64)
        outcome = Outcome(
            user_rows=users,
            truth=test.ratings.astype(np.float64),
            predicted={MODEL: ours, **_baselines(train, users, items, tuning.damping)},
            user_counts=train.user_degrees[users],
            popular=popular_items(train.item_degrees)[items],
            covered=(train.user_degrees[users] > 0) & (train.item_degrees[items] > 0),
        )
    _must_be_finite(outcome)
    return outcome, tuning


def _must_be_finite(outcome: Outcome) -> None:
    """Refuse predictions that are not numbers: one of them would turn every figure into none."""
    for name, values in outcome.predicted.items():
        if wrong := int(np.count_nonzero(~np.isfinite(values))):
            raise EvaluationError(
                f"{wrong:,} of {len(values):,} ratings predicted by {name} are not finite numbers, so it"
                " cannot be measured. This is a fault of the program: please report it."
            )


def _baselines(
    train: Interactions,
    user_rows: NDArray[np.int32],
    item_rows: NDArray[np.int32],
    damping: tuple[float, float],
) -> dict[str, Doubles]:
    mean = float(train.ratings.mean(dtype=np.float64))
    totals = np.bincount(train.item_rows, train.ratings, minlength=train.n_items)
    means = np.where(train.item_degrees > 0, totals / np.maximum(1, train.item_degrees), mean)
    biases = fit_rating(train, RatingConfig(damping=damping))
    return {
        "global mean": np.full(len(item_rows), mean),
        "item mean": means[item_rows],
        "damped biases": biases.predict_pairs(train, user_rows, item_rows).astype(np.float64),
    }


def _result(outcome: Outcome) -> TaskResult:
    figures = error_figures(outcome)
    model = figures.pop(MODEL)
    low, high = _intervals(outcome.user_rows, outcome.covered.astype(np.float64)[:, None])
    model["coverage"] = Figure(float(outcome.covered.mean()), float(low[0]), float(high[0]))
    users = len(np.unique(outcome.user_rows))
    return TaskResult(
        task="rating",
        protocol=(
            f"{len(outcome.truth):,} held-out ratings by {users:,} users, all of them predicted;"
            " coverage is the share whose user and item are both in training;"
            " 95% intervals by bootstrap over users."
        ),
        model=model,
        baselines=figures,
        segments=tuple(_segments(outcome)),
        calibration=calibration(outcome.predicted[MODEL], outcome.truth),
    )


def error_figures(outcome: Outcome) -> dict[str, Figures]:
    """RMSE and MAE of each model, by model and metric."""
    errors = [values - outcome.truth for values in outcome.predicted.values()]
    columns = np.column_stack([part for error in errors for part in (error**2, np.abs(error))])
    table = np.stack([columns.mean(axis=0), *_intervals(outcome.user_rows, columns)])
    table[:, ::2] = np.sqrt(table[:, ::2])
    figures = [Figure(*map(float, column)) for column in table.T]
    return {
        name: {"rmse": figures[2 * n], "mae": figures[2 * n + 1]} for n, name in enumerate(outcome.predicted)
    }


def calibration(
    predicted: Doubles, truth: Doubles, n_groups: int = N_DECILES
) -> tuple[CalibrationPoint, ...]:
    """Mean prediction and mean true rating of each tenth of the predictions, lowest first."""
    groups = np.array_split(np.argsort(predicted, kind="stable"), n_groups)
    points = []
    for rows in (group for group in groups if len(group)):
        actual = float(truth[rows].mean())
        reach = float(1.96 * truth[rows].std() / np.sqrt(len(rows)))
        point = CalibrationPoint(
            float(predicted[rows].mean()), actual, actual - reach, actual + reach, len(rows)
        )
        points.append(point)
    return tuple(points)


def _segments(outcome: Outcome) -> Iterator[SegmentFigure]:
    masks = {
        "users new to training": outcome.user_counts == 0,
        **users_by_activity(outcome.user_counts),
        "popular items": outcome.popular,
        "tail items": ~outcome.popular,
    }
    for segment, mask in masks.items():
        if not mask.any():
            continue
        part = outcome.select(mask)
        users, ratings = len(np.unique(part.user_rows)), len(part.truth)
        for model, figures in error_figures(part).items():
            for metric, each in figures.items():
                yield SegmentFigure(segment, model, metric, each.value, each.low, each.high, users, ratings)


def _intervals(user_rows: NDArray[np.integer], columns: Doubles) -> tuple[Doubles, Doubles]:
    """95% intervals of the means over ratings; users are drawn, each with all their ratings."""
    _, owner, counts = np.unique(user_rows, return_inverse=True, return_counts=True)
    means = np.column_stack([np.bincount(owner, column) for column in columns.T]) / counts[:, None]
    low, high = bootstrap_interval(means, counts)
    return low, high


def _by_fold(
    outcomes: Sequence[Outcome], tunings: Sequence[RatingTuningResult]
) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "rmse": float(np.sqrt(np.mean((outcome.predicted[MODEL] - outcome.truth) ** 2))),
            "chosen": tuning.chosen,
        }
        for outcome, tuning in zip(outcomes, tunings, strict=True)
    )
