"""The rating evaluation: figures that can be computed by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.config import RatingConfig
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation import rating
from recsys.evaluation.rating import Outcome, calibration, error_figures, evaluate_rating
from recsys.evaluation.results import MODEL
from recsys.evaluation.splits import k_folds, random_hold_out

QUICK = RatingConfig(n_factors=2, n_basis=4, sweeps=8)


def shop(seed: int = 3) -> Interactions:
    """120 users, 40 items, biases and one taste."""
    rng = np.random.default_rng(seed)
    users, items = np.nonzero(rng.random((120, 40)) < 0.3)
    truth = 3.5 + rng.normal(0, 0.4, 120)[users] + rng.normal(0, 0.5, 40)[items]
    truth += rng.normal(0, 0.6, 120)[users] * rng.normal(0, 1, 40)[items]
    return Interactions(
        users=IdTable.from_ids(f"u{n:03d}" for n in range(120)),
        items=IdTable.from_ids(f"i{n:03d}" for n in range(40)),
        indptr=np.concatenate([[0], np.cumsum(np.bincount(users, minlength=120))]).astype(np.int64),
        item_rows=items.astype(np.int32),
        ratings=np.clip(np.rint(truth + rng.normal(0, 0.3, len(users))), 1, 5).astype(np.float32),
    )


def test_errors_match_the_hand_computation() -> None:
    flags = np.ones(4, dtype=bool)
    outcome = Outcome(
        user_rows=np.array([0, 0, 1, 2]),
        truth=np.array([5.0, 3.0, 1.0, 4.0]),
        predicted={MODEL: np.array([4.0, 3.0, 3.0, 4.0]), "other": np.full(4, 3.0)},
        user_counts=np.ones(4, dtype=np.int64),
        popular=flags,
        covered=flags,
    )
    figures = error_figures(outcome)
    assert figures[MODEL]["rmse"].value == pytest.approx(np.sqrt((1 + 0 + 4 + 0) / 4))
    assert figures[MODEL]["mae"].value == pytest.approx(3 / 4)
    assert figures["other"]["mae"].value == pytest.approx((2 + 0 + 2 + 1) / 4)
    for figure in figures[MODEL].values():
        assert figure.low <= figure.value <= figure.high


def test_calibration_groups_by_prediction() -> None:
    predicted = np.repeat(np.arange(10), 10) / 10
    truth = predicted + np.tile([0.5, 1.5], 50)
    table = calibration(np.roll(predicted, 7), np.roll(truth, 7))
    assert [point.count for point in table] == [10] * 10
    for n, point in enumerate(table):
        assert point.predicted == pytest.approx(n / 10)
        assert point.actual == pytest.approx(n / 10 + 1)
        assert point.high - point.actual == pytest.approx(1.96 * 0.5 / np.sqrt(10))


def test_report_has_every_part_and_is_json() -> None:
    data = shop()
    train, test = next(k_folds(data, 5))
    result = json.loads(json.dumps(evaluate_rating(train, test, QUICK).to_json(), allow_nan=False))
    assert result["task"] == "rating"
    assert set(result["baselines"]) == {"global mean", "item mean", "damped biases"}
    assert set(result["model"]) == {"rmse", "mae", "coverage"}
    assert set(result["seconds"]) == {"tune", "fit", "evaluate"}
    assert result["model"]["rmse"]["value"] < result["baselines"]["global mean"]["rmse"]["value"]
    assert sum(entry["count"] for entry in result["calibration"]) == test.n_ratings
    segments = {entry["segment"] for entry in result["segments"]}
    assert {"users with 6–20 ratings", "popular items", "tail items"} <= segments
    replace(QUICK, **result["chosen"])


def test_baseline_means_match_the_hand_computation() -> None:
    data = shop()
    train, test = next(k_folds(data, 5))
    result = evaluate_rating(train, test, QUICK)
    mean = train.ratings.mean(dtype=float)
    expected = np.sqrt(np.mean((test.ratings - mean) ** 2))
    assert result.baselines["global mean"]["rmse"].value == pytest.approx(expected, rel=1e-6)


def test_coverage_counts_what_training_knows() -> None:
    data = shop()
    keep = data.user_rows >= 30
    result = evaluate_rating(data.select(keep), data.select(~keep | (data.item_rows < 20)), QUICK)
    held = ~keep | (data.item_rows < 20)
    known = np.count_nonzero(held & keep) / np.count_nonzero(held)
    assert result.model["coverage"].value == pytest.approx(known)
    assert "users new to training" in {entry.segment for entry in result.segments}


def test_folds_test_every_rating_once() -> None:
    data = shop()
    result = evaluate_rating(data, None, QUICK, folds=4)
    assert sum(point.count for point in result.calibration) == data.n_ratings
    rmse = [fold["rmse"] for fold in result.by_fold]
    assert len(rmse) == 4
    assert min(rmse) < result.model["rmse"].value < max(rmse)


def test_nothing_held_out_is_an_error() -> None:
    data = shop()
    with pytest.raises(EvaluationError, match="held out"):
        evaluate_rating(data, data.select(np.zeros(data.n_ratings, dtype=bool)), QUICK)
    with pytest.raises(EvaluationError, match="test set"):
        evaluate_rating(data, None, QUICK)


def test_predictions_that_are_not_numbers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = random_hold_out(shop())
    damped = rating._baselines

    def broken(*arguments: Any) -> Any:
        found = damped(*arguments)
        found["damped biases"][0] = np.nan
        return found

    monkeypatch.setattr(rating, "_baselines", broken)
    with pytest.raises(EvaluationError, match="damped biases"):
        evaluate_rating(train, test, QUICK)
