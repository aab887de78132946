"""Measure the rating model on held-out ratings, beside its baselines, in one evaluation.

RMSE and MAE over all held-out ratings (Herlocker et al. 2004), each with a 95% interval by
bootstrap over users; by segment; and calibration: what is really given where a tenth of the
predictions says so much.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.config import RatingConfig
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.metrics.accuracy import bootstrap_interval
from recsys.evaluation.rating_tuning import TunedRating, default_rating, tune_rating
from recsys.evaluation.segments import USER_SEGMENTS, popular_items
from recsys.evaluation.splits import Split, k_folds
from recsys.model.rating import fit_rating

Doubles = NDArray[np.float64]
Mask = NDArray[np.bool_]
Figures = dict[str, dict[str, float]]
Progress = Callable[[str], None]

MODEL = "this model"
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

    user_rows: NDArray[Any]
    truth: Doubles
    predicted: dict[str, Doubles]
    user_counts: NDArray[Any]
    popular: Mask
    covered: Mask

    def where(self, keep: Mask) -> Outcome:
        """The part of it where `keep` is True."""
        predicted = {name: values[keep] for name, values in self.predicted.items()}
        rest = (self.user_counts[keep], self.popular[keep], self.covered[keep])
        return Outcome(self.user_rows[keep], self.truth[keep], predicted, *rest)


def evaluate_rating(
    train: Interactions,
    test: Interactions | None,
    config: RatingConfig | None = None,
    *,
    tune: bool = False,
    folds: int | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Fit on `train`, measure on `test`, against global mean, item mean and damped biases.

    Parameters
    ----------
    train : Interactions
    test : Interactions or None
        Over the same users and items, not read before the models are fitted; None with `folds`.
    config : RatingConfig, optional
        Used as it is without `tune`; with it, the point where tuning begins.
    tune : bool
        Choose the settings (and the baseline's damping) on validation folds of the training data.
    folds : int, optional
        Split `train` into so many folds instead, each measured by a model of the others. With
        `tune`, each fold is tuned afresh on its own training part.
    progress : callable, optional
        Told in words what is being done.

    Returns
    -------
    dict
        task, protocol, model, baselines, segments, calibration, chosen, seconds, trail; with
        `folds` also by_fold (RMSE and chosen settings of each). JSON-able.

    Raises
    ------
    EvaluationError
        Where nothing is held out.
    """
    say, config = progress or (lambda _text: None), config or RatingConfig()
    if folds is None and test is None:
        raise EvaluationError("A rating evaluation needs a test set, or a number of folds.")
    splits = iter([Split(train, test)]) if test is not None else k_folds(train, folds or 0)
    seconds = {"tune": 0.0, "fit": 0.0, "evaluate": 0.0}
    outcomes, tunings = [], []
    for split in splits:
        outcome, tuned = _run(split, config, tune, seconds, say)
        outcomes.append(outcome)
        tunings.append(tuned)
    started = time.perf_counter()
    result = _report(_joined(outcomes), say)
    seconds["evaluate"] += time.perf_counter() - started
    result |= {
        "chosen": tunings[0].chosen,
        "baselines_chosen": {"damped biases": {"damping": tunings[0].damping}},
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "trail": tunings[0].trail,
    }
    return result if folds is None else {**result, "by_fold": _by_fold(outcomes, tunings)}


def _run(
    split: Split, config: RatingConfig, tune: bool, seconds: dict[str, float], say: Progress
) -> tuple[Outcome, TunedRating]:
    train, test = split
    if not test.n_ratings:
        raise EvaluationError("No rating is held out, so nothing can be measured.")
    started = time.perf_counter()
    tuned = tune_rating(train, config, progress=say) if tune else default_rating(train, config)
    tuning = time.perf_counter()
    say("Fitting the rating model on all training ratings")
    model = fit_rating(train, tuned.config)
    fitting = time.perf_counter()
    say(f"Predicting {test.n_ratings:,} held-out ratings")
    user_rows, item_rows = test.user_rows, test.item_rows
    predicted = {MODEL: model.predict_pairs(train, user_rows, item_rows).astype(np.float64)}
    predicted |= _baselines(train, user_rows, item_rows, tuned.damping)
    outcome = Outcome(
        user_rows=user_rows,
        truth=test.ratings.astype(np.float64),
        predicted=predicted,
        user_counts=train.user_degrees[user_rows],
        popular=popular_items(train.item_degrees)[item_rows],
        covered=(train.user_degrees[user_rows] > 0) & (train.item_degrees[item_rows] > 0),
    )
    seconds["tune"] += tuning - started if tune else 0.0
    seconds["fit"] += fitting - tuning
    seconds["evaluate"] += time.perf_counter() - fitting
    return outcome, tuned


def _baselines(
    train: Interactions, user_rows: NDArray[Any], item_rows: NDArray[Any], damping: tuple[float, float]
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


def _report(outcome: Outcome, say: Progress) -> dict[str, Any]:
    say("Intervals and segments")
    figures = error_figures(outcome)
    model = figures.pop(MODEL)
    low, high = _interval(outcome.user_rows, outcome.covered.astype(np.float64))
    model["coverage"] = {"value": float(outcome.covered.mean()), "low": low, "high": high}
    users = len(np.unique(outcome.user_rows))
    return {
        "task": "rating",
        "protocol": (
            f"{len(outcome.truth):,} held-out ratings by {users:,} users, all of them predicted;"
            " coverage is the share whose user and item are both in training;"
            " 95% intervals by bootstrap over users."
        ),
        "model": model,
        "baselines": figures,
        "segments": list(_segments(outcome)),
        "calibration": calibration(outcome.predicted[MODEL], outcome.truth),
    }


def error_figures(outcome: Outcome) -> dict[str, Figures]:
    """RMSE and MAE of each model, {model: {metric: {"value", "low", "high"}}}."""
    errors = [values - outcome.truth for values in outcome.predicted.values()]
    columns = np.column_stack([part for error in errors for part in (error**2, np.abs(error))])
    low, high = _interval(outcome.user_rows, columns)
    table = np.stack([columns.mean(axis=0), low, high])
    table[:, ::2] = np.sqrt(table[:, ::2])
    figures = [dict(zip(("value", "low", "high"), map(float, column), strict=True)) for column in table.T]
    return {
        name: {"rmse": figures[2 * n], "mae": figures[2 * n + 1]} for n, name in enumerate(outcome.predicted)
    }


def calibration(predicted: Doubles, truth: Doubles, n_groups: int = N_DECILES) -> list[dict[str, float]]:
    """Mean prediction and mean true rating of each tenth of the predictions, lowest first.

    Returns
    -------
    list of dict
        predicted, actual, low, high (the 95% interval of actual), count.
    """
    groups = np.array_split(np.argsort(predicted, kind="stable"), n_groups)
    entries = []
    for rows in groups:
        if not len(rows):
            continue
        actual = float(truth[rows].mean())
        reach = float(1.96 * truth[rows].std() / np.sqrt(len(rows)))
        entries.append(
            {
                "predicted": float(predicted[rows].mean()),
                "actual": actual,
                "low": actual - reach,
                "high": actual + reach,
                "count": len(rows),
            }
        )
    return entries


def _segments(outcome: Outcome) -> Iterator[dict[str, Any]]:
    counts = outcome.user_counts
    masks = {name: (counts >= least) & (counts <= most) for name, (least, most) in USER_SEGMENTS.items()}
    masks = {"users new to training": counts == 0, **masks}
    masks |= {"popular items": outcome.popular, "tail items": ~outcome.popular}
    for segment, mask in masks.items():
        if not mask.any():
            continue
        part = outcome.where(mask)
        size = {"users": len(np.unique(part.user_rows)), "ratings": len(part.truth)}
        for model, figures in error_figures(part).items():
            for metric, figure in figures.items():
                yield {"segment": segment, "model": model, "metric": metric, **figure, **size}


def _interval(user_rows: NDArray[Any], columns: Doubles) -> tuple[Any, Any]:
    """95% interval of the mean over ratings, users being drawn with all that is theirs."""
    _, owner, counts = np.unique(user_rows, return_inverse=True, return_counts=True)
    table = columns.reshape(len(columns), -1)
    means = np.column_stack([np.bincount(owner, column) for column in table.T]) / counts[:, None]
    low, high = bootstrap_interval(means, counts)
    return (low, high) if columns.ndim > 1 else (float(low[0]), float(high[0]))


def _joined(outcomes: list[Outcome]) -> Outcome:
    predicted = {
        name: np.concatenate([outcome.predicted[name] for outcome in outcomes])
        for name in outcomes[0].predicted
    }

    def all_of(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(outcome, name) for outcome in outcomes])

    rest = (all_of(name) for name in ("user_counts", "popular", "covered"))
    return Outcome(all_of("user_rows"), all_of("truth"), predicted, *rest)


def _by_fold(outcomes: list[Outcome], tunings: list[TunedRating]) -> list[dict[str, Any]]:
    return [
        {
            "rmse": float(np.sqrt(np.mean((outcome.predicted[MODEL] - outcome.truth) ** 2))),
            "chosen": tuned.chosen,
        }
        for outcome, tuned in zip(outcomes, tunings, strict=True)
    ]
