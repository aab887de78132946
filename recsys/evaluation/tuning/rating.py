"""Choose the rating model's settings on validation folds of the training data.

The model itself learns how strongly to shrink. Tuning chooses which parts to have (plain damped biases,
how many factors, how many co-occurrence features), and the curve from the model's deviation to stars:
near the top of the scale, a generous user has no room to like a good item even more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from recsys.arrays import Doubles, Floats
from recsys.config import RatingConfig
from recsys.data.interactions import Interactions
from recsys.evaluation.results import Trial
from recsys.evaluation.splits import Split, k_folds
from recsys.evaluation.tuning.result import TuningResult
from recsys.model.cooccurrence_features import who_rated_what
from recsys.model.rating import Curve, RatingModel, bend, default_size, fit_rating
from recsys.progress import SILENT, Stage

DAMPINGS = ((5.0, 1.0), (5.0, 3.0), (5.0, 5.0), (10.0, 10.0))
FACTORS = (0, 5, 10, 20)
BASES = (0, 16, 32, 64)
STRENGTHS = (30.0, 100.0, 1e9)
_CANDIDATES = len(FACTORS) + len(BASES) - 1 + len(STRENGTHS) - 1 + len(DAMPINGS) + 1
"""Candidates tried, less those that equal the best so far, and the curve. More where an edge is chosen."""
MOST_FACTORS, MOST_BASES = 160, 256
"""The largest that the grid grows to, while its largest is chosen."""
_LEAST_STRENGTH, _MOST_DAMPING = 3.0, 100.0

_FOLDS, _SEED = 5, 97
_TWO_ROUNDS_BELOW = 200_000
_FEWEST = 50
"""With fewer ratings there is too little to validate on."""
_BEND = 0.1
"""Prior deviation of the curve's coefficients from a straight line."""


@dataclass(frozen=True)
class RatingTuningResult(TuningResult[RatingConfig]):
    """Settings of the rating model, and of the baseline.

    Attributes
    ----------
    damping : (float, float)
        Of users and items, for the best plain damped biases: the baseline.
    """

    damping: tuple[float, float] = (5.0, 3.0)


def default_rating(train: Interactions, config: RatingConfig) -> RatingTuningResult:
    """The config as it is, with the default size if it names none."""
    n_factors = default_size(train)[0] if config.n_factors is None else config.n_factors
    return RatingTuningResult(replace(config, n_factors=n_factors))


def tune_rating(
    train: Interactions, config: RatingConfig | None = None, *, progress: Stage = SILENT
) -> RatingTuningResult:
    """Choose the settings for `train`, one after the other, on folds of it.

    Parameters
    ----------
    train : Interactions
    config : RatingConfig, optional
        Where tuning begins.
    progress : Stage, optional

    Returns
    -------
    RatingTuningResult
        The config as it was if there are fewer than 50 ratings.
    """
    tuned = default_rating(train, config or RatingConfig())
    if train.n_ratings < _FEWEST:
        return tuned
    trials = _RatingTrials(train, progress)
    best = trials.best("factors", ((f"{f} factors", replace(tuned.config, n_factors=f)) for f in FACTORS))
    most = min(train.n_users, train.n_items) // 2
    best = trials.grown("factors", best, "n_factors", max(FACTORS), min(MOST_FACTORS, most), "factors")
    others = (b for b in BASES if b != best.n_basis)
    best = trials.best(
        "who rated what", ((f"{b} coordinates", replace(best, n_basis=b)) for b in others), best
    )
    best = trials.grown("who rated what", best, "n_basis", max(BASES), min(MOST_BASES, most), "coordinates")
    strengths = ((s, replace(best, spread_strength=s)) for s in STRENGTHS if s != best.spread_strength)
    best = trials.best("consistency of users", ((_strength(s), config) for s, config in strengths), best)
    edge = min(STRENGTHS)
    while best.spread_strength == edge and edge >= _LEAST_STRENGTH:
        edge /= 3
        weaker = replace(best, spread_strength=edge)
        best = trials.best("consistency of users", [(_strength(edge), weaker)], best)
    plain = ((f"damping {u:g}, {i:g}", replace(tuned.config, damping=(u, i))) for u, i in DAMPINGS)
    biases = trials.best("damped biases only", plain)
    user, item = DAMPINGS[-1]
    while biases.damping == (user, item) and user < _MOST_DAMPING:
        user, item = 2 * user, 2 * item
        stronger = replace(tuned.config, damping=(user, item))
        biases = trials.best("damped biases only", [(f"damping {user:g}, {item:g}", stronger)], biases)
    best = min(best, biases, key=lambda candidate: trials.value[candidate])
    curve = trials.bend(best)
    return RatingTuningResult(
        replace(best, curve=curve), tuple(trials.trail), damping=biases.damping or DAMPINGS[0]
    )


def _strength(strength: float) -> str:
    return f"{strength:g} ratings' worth" if strength < 1e6 else "all alike"


class _RatingTrials:
    """Fits candidates on the folds, and keeps the validation RMSE of each."""

    def __init__(self, train: Interactions, progress: Stage) -> None:
        rounds = 2 if train.n_ratings < _TWO_ROUNDS_BELOW else 1
        self.splits: list[Split] = list(islice(k_folds(train, _FOLDS, _SEED), rounds))
        self.width = max(BASES)
        self.factors = [who_rated_what(train, self.width) for train, _ in self.splits]
        self.truth = np.concatenate([test.ratings for _, test in self.splits]).astype(np.float64)
        self.progress = progress
        self.trail: list[Trial] = []
        self.value: dict[RatingConfig, float] = {}

    def best(
        self,
        step: str,
        candidates: Iterable[tuple[str, RatingConfig]],
        incumbent: RatingConfig | None = None,
    ) -> RatingConfig:
        """The candidate, or the incumbent, with the lowest validation RMSE; the first among equals."""
        contest = [] if incumbent is None else [incumbent]
        for name, config in candidates:
            self._tell(name)
            predicted = [
                model.predict_pairs(train, test.user_rows, test.item_rows)
                for model, (train, test) in zip(self._fit(config), self.splits, strict=True)
            ]
            self.value[config] = _rmse(np.concatenate(predicted), self.truth)
            self._note(step, name, self.value[config])
            contest.append(config)
        return min(contest, key=lambda config: self.value[config])

    def grown(
        self, step: str, best: RatingConfig, field: str, edge: int, most: int, words: str
    ) -> RatingConfig:
        """Double a setting whose largest candidate was chosen, up to `most`, while that helps."""
        while getattr(best, field) == edge and 0 < edge <= most // 2:
            edge *= 2
            larger: dict[str, Any] = {field: edge}
            best = self.best(step, [(f"{edge} {words}", replace(best, **larger))], best)
        return best

    def bend(self, config: RatingConfig) -> Curve:
        """The curve, if it beats the straight line on ratings it was not fitted to."""
        self._tell("the last step")
        models = self._fit(config)
        parts = [
            model.deviations(train, test.user_rows, test.item_rows)
            for model, (train, test) in zip(models, self.splits, strict=True)
        ]
        x = np.concatenate(parts).astype(np.float64)
        means = np.repeat([model.mean for model in models], [len(part) for part in parts])
        half = np.random.default_rng(_SEED).permutation(len(x)) % 2 == 0
        stars = np.empty(len(x))
        for learn, rest in ((half, ~half), (~half, half)):
            stars[rest] = means[rest] + bend(x[rest], fit_curve(x[learn], (self.truth - means)[learn]))
        value = _rmse(np.clip(stars, *models[0].scale), self.truth)
        self._note("last step", "a curve", value)
        return fit_curve(x, self.truth - means) if value < self.value[config] else config.curve

    def _fit(self, config: RatingConfig) -> list[RatingModel]:
        if config.n_basis > self.width:
            self.width = config.n_basis
            self.factors = [who_rated_what(train, self.width) for train, _ in self.splits]
        pairs = zip(self.splits, self.factors, strict=True)
        return [fit_rating(train, config, svd=svd) for (train, _), svd in pairs]

    def _note(self, step: str, candidate: str, value: float) -> None:
        self.trail.append(Trial(step, candidate, round(value, 6)))

    def _tell(self, name: str) -> None:
        self.progress(min(0.99, len(self.trail) / _CANDIDATES), f"Tuning the rating model: {name}")


def fit_curve(deviations: Doubles, truth: Doubles) -> Curve:
    """Coefficients of 1, x, x^2 by ridge regression towards the straight line (0, 1, 0).

    Parameters
    ----------
    deviations : float64 array, shape (n,)
        x, what the model adds to the mean.
    truth : float64 array, shape (n,)
        What the true rating adds to the mean.
    """
    powers = np.column_stack([np.ones(len(deviations)), deviations, deviations**2])
    left = truth - deviations
    ridge = np.mean(left**2) / _BEND**2
    change = np.linalg.solve(powers.T @ powers + ridge * np.eye(3), powers.T @ left)
    return (float(change[0]), float(1 + change[1]), float(change[2]))


def _rmse(predicted: Floats, truth: Doubles) -> float:
    return float(np.sqrt(np.mean((predicted.astype(np.float64) - truth) ** 2)))
