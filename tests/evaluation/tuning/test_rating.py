"""Tuning of the rating model: on training data only, and all of it told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from recsys.config import RatingConfig
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions
from recsys.evaluation.rating import evaluate_rating
from recsys.evaluation.splits import k_folds
from recsys.evaluation.tuning import rating as rating_tuning
from recsys.evaluation.tuning.rating import fit_curve, tune_rating
from recsys.model.rating import bend
from recsys.progress import Progress, Stage

QUICK = RatingConfig(sweeps=6)


@pytest.fixture(autouse=True)
def few_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer candidates: what is tested does not depend on how many there are."""
    monkeypatch.setattr(rating_tuning, "FACTORS", (0, 2))
    monkeypatch.setattr(rating_tuning, "BASES", (0, 4))
    monkeypatch.setattr(rating_tuning, "STRENGTHS", (100.0, 1e9))


def ratings_of(truth: np.ndarray, shown: np.ndarray) -> Interactions:
    users, items = np.nonzero(shown)
    return Interactions(
        users=IdTable.from_ids(f"u{n:03d}" for n in range(truth.shape[0])),
        items=IdTable.from_ids(f"i{n:03d}" for n in range(truth.shape[1])),
        indptr=np.concatenate([[0], np.cumsum(shown.sum(axis=1))]).astype(np.int64),
        item_rows=items.astype(np.int32),
        ratings=np.clip(truth, 1, 5)[users, items].astype(np.float32),
    )


def tastes(factors: float) -> Interactions:
    rng = np.random.default_rng(11)
    truth = 3 + rng.normal(0, 0.3, (100, 1)) + rng.normal(0, 0.3, (1, 40)) + rng.normal(0, 0.2, (100, 40))
    truth += factors * rng.normal(size=(100, 2)) @ rng.normal(size=(2, 40))
    return ratings_of(truth, rng.random(truth.shape) < 0.4)


def test_factors_are_chosen_where_there_are_some() -> None:
    assert tune_rating(tastes(0.6), RatingConfig(sweeps=20)).config.n_factors == 2


def test_lowest_validation_figure_is_chosen() -> None:
    tuned = tune_rating(tastes(0.0), QUICK)
    best = min(tuned.trail[:-1], key=lambda trial: trial.value).candidate
    names = {f"{tuned.config.n_factors} factors", f"{tuned.config.n_basis} coordinates", "all alike"}
    if (strength := tuned.config.spread_strength) is not None:
        names.add(rating_tuning._strength(strength))
    if tuned.config.damping is not None:
        names = {"damping {:g}, {:g}".format(*tuned.config.damping)}
    assert best in names
    assert (tuned.config.curve != (0.0, 1.0, 0.0)) == (
        tuned.trail[-1].value < min(trial.value for trial in tuned.trail[:-1])
    )


def test_trail_holds_every_candidate_and_its_figure() -> None:
    heard: list[Progress] = []
    tuned = tune_rating(tastes(0.3), QUICK, progress=Stage("Tuning", heard.append))
    steps = Counter(trial.step for trial in tuned.trail)
    fewest = {"factors": 2, "who rated what": 2, "consistency of users": 1, "damped biases only": 4}
    assert all(steps[step] >= number for step, number in fewest.items())
    assert steps["last step"] == 1
    assert all(0 < trial.value < 2 and trial.candidate for trial in tuned.trail)
    assert any("2 factors" in report.detail for report in heard)
    fractions = [report.fraction for report in heard if report.fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[-1] <= 1
    assert replace(QUICK, **tuned.chosen) == tuned.config


def test_poisoned_test_data_do_not_change_what_is_chosen() -> None:
    train, test = next(k_folds(tastes(0.3), 5))
    poisoned = replace(test, ratings=(6 - test.ratings).astype(np.float32))
    first, second = (evaluate_rating(train, held, QUICK, tune=True) for held in (test, poisoned))
    assert first.chosen == second.chosen
    assert first.trail == second.trail
    assert first.model["rmse"].value < second.model["rmse"].value


def test_curve_recovers_a_planted_bend() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(0, 0.5, 20_000)
    curve = fit_curve(x, bend(x, (0.05, 0.9, -0.2)) + rng.normal(0, 0.5, len(x)))
    np.testing.assert_allclose(curve, (0.05, 0.9, -0.2), atol=0.03)


def test_too_few_ratings_are_not_tuned() -> None:
    data = tastes(0.3)
    few = data.select(np.arange(data.n_ratings) < 20)
    tuned = tune_rating(few, QUICK)
    assert tuned.trail == ()
    assert tuned.config.n_factors == 10


def test_the_grid_grows_while_its_edge_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rating_tuning, "FACTORS", (0, 1))
    tuned = tune_rating(tastes(0.8), RatingConfig(sweeps=20))
    tried = [trial.candidate for trial in tuned.trail if trial.step == "factors"]
    assert tried[:3] == ["0 factors", "1 factors", "2 factors"]
    assert (tuned.config.n_factors or 0) >= 2
    monkeypatch.setattr(rating_tuning, "MOST_FACTORS", 1)
    bounded = tune_rating(tastes(0.8), RatingConfig(sweeps=20))
    assert bounded.config.n_factors == 1
