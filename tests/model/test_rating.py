"""The rating model: truths known by construction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recsys.config import RatingConfig
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions
from recsys.model.rating import RatingModel, bend, default_size, fit_rating

SMALL = RatingConfig(n_factors=2, n_basis=2, sweeps=12)


def interactions_of(matrix: np.ndarray) -> Interactions:
    """Ratings of a users x items matrix; NaN where there is none."""
    n_users, n_items = matrix.shape
    rated = ~np.isnan(matrix)
    return Interactions(
        users=IdTable.from_ids(f"u{n:05d}" for n in range(n_users)),
        items=IdTable.from_ids(f"i{n:05d}" for n in range(n_items)),
        indptr=np.concatenate([[0], np.cumsum(rated.sum(axis=1))]).astype(np.int64),
        item_rows=np.nonzero(rated)[1].astype(np.int32),
        ratings=matrix[rated].astype(np.float32),
    )


def planted(seed: int = 0, noise: float = 0.1) -> tuple[np.ndarray, Interactions, np.ndarray]:
    """A full matrix of biases and two factors, ratings of a third of it, and which those are."""
    rng = np.random.default_rng(seed)
    n_users, n_items = 150, 60
    truth = 3.0 + 0.3 * rng.normal(size=(n_users, 1)) + 0.3 * rng.normal(size=(1, n_items))
    truth += 0.5 * rng.normal(size=(n_users, 2)) @ rng.normal(size=(2, n_items))
    shown = rng.random(truth.shape) < 0.35
    ratings = np.clip(truth + noise * rng.normal(size=truth.shape), 1, 5)
    return np.clip(truth, 1, 5), interactions_of(np.where(shown, ratings, np.nan)), shown


def with_light_users() -> Interactions:
    """The planted ratings, and 100 users of one rating."""
    _, data, _ = planted()
    rng = np.random.default_rng(5)
    rows = np.concatenate([data.item_rows, rng.integers(0, data.n_items, 100).astype(np.int32)])
    stars = np.concatenate([data.ratings, rng.integers(1, 6, 100).astype(np.float32)])
    return Interactions(
        users=IdTable.from_ids(f"u{n:05d}" for n in range(data.n_users + 100)),
        items=data.items,
        indptr=np.concatenate([data.indptr, data.indptr[-1] + np.arange(1, 101)]),
        item_rows=rows,
        ratings=stars,
    )


def test_damped_biases_match_the_hand_computation() -> None:
    data = interactions_of(np.array([[5, 3, np.nan], [4, np.nan, 2], [np.nan, 1, np.nan]], dtype=float))
    model = fit_rating(data, RatingConfig(damping=(1.0, 1.0), bias_sweeps=1))
    # mean 3; user biases at first (2+0)/3, (1-1)/3, -2/2; then items over n + 1.
    users = np.array([2 / 3, 0.0, -1.0])
    items = [(2 - users[0] + 1 - users[1]) / 3, (0 - users[0] - 2 - users[2]) / 3, (-1 - users[1]) / 2]
    assert model.mean == pytest.approx(3.0)
    np.testing.assert_allclose(model.item_bias, items, atol=1e-6)
    state = model.fold_in(np.array([0, 1]), np.array([5.0, 3.0]))
    assert state.bias == pytest.approx((2 - items[0] + 0 - items[1]) / 3, abs=1e-6)
    assert model.predict(state, np.array([2]))[0] == pytest.approx(3 + state.bias + items[2], abs=1e-6)


def test_planted_low_rank_is_recovered() -> None:
    truth, data, shown = planted()
    users, items = np.nonzero(~shown)
    errors = {}
    for n_factors in (0, 2):
        model = fit_rating(data, RatingConfig(n_factors=n_factors, n_basis=0, sweeps=40))
        predicted = model.predict_pairs(data, users, items)
        errors[n_factors] = np.sqrt(np.mean((predicted - truth[users, items]) ** 2))
    assert errors[2] < 0.12
    assert errors[0] > 0.5


def test_factors_nothing_supports_are_shrunk_away() -> None:
    rng = np.random.default_rng(1)
    data = interactions_of(np.where(rng.random((200, 50)) < 0.3, rng.integers(1, 6, (200, 50)), np.nan))
    model = fit_rating(data, RatingConfig(n_factors=5, n_basis=0, sweeps=60))
    assert np.abs(model.factors).max() < 0.25
    assert np.std(model.predict_pairs(data, data.user_rows, data.item_rows)) < 0.35


@pytest.mark.parametrize("n_basis", [0, 4])
def test_fold_in_is_the_posterior_mean_of_the_users_ratings(n_basis: int) -> None:
    _, data, _ = planted()
    model = fit_rating(data, RatingConfig(n_factors=2, n_basis=n_basis, sweeps=12))
    rows, stars = data.item_rows[data.slice(7)], data.ratings[data.slice(7)]
    state = model.fold_in(rows, stars)
    prior, n = model.user_prior, len(rows)
    loadings = np.column_stack([np.ones(n), model.factors[rows]]).astype(float)
    e = stars.astype(float) - model.mean - model.item_bias[rows]
    q = np.sum(e**2) - np.sum(e) ** 2 / (n + prior.precision[0] / prior.noise_precision)
    weight = (prior.strength + n) / (prior.strength + q / prior.spread)
    expected = prior.shares[rows].sum(axis=0) * n**-0.35 + prior.constant + prior.slope * prior.degree(n)
    found = np.append(state.bias, state.factors)
    # The gradient of the log posterior vanishes there.
    unsure = np.append(0, model.variances[rows].sum(axis=0)) * found
    pull = prior.noise_precision * weight * (loadings.T @ (e - loadings @ found) - unsure)
    np.testing.assert_allclose(pull - prior.precision * (found - expected), 0, atol=2e-3)


def test_one_user_is_as_many_users() -> None:
    data = with_light_users()
    model = fit_rating(data, SMALL)
    items = np.arange(data.n_items)
    for user in (0, 3, 149, 150, 249):
        where = data.slice(user)
        state = model.fold_in(data.item_rows[where], data.ratings[where])
        many = model.predict_pairs(data, np.full(len(items), user), items)
        np.testing.assert_allclose(model.predict(state, items), many, atol=1e-4)


def test_users_of_one_rating_move_the_bias_of_their_item() -> None:
    data = with_light_users()
    light = np.arange(data.n_ratings) >= data.n_ratings - 100
    rows = np.where(light, 0, data.item_rows).astype(np.int32)
    models = [
        fit_rating(replace(data, item_rows=rows, ratings=np.where(light, stars, data.ratings)), SMALL)
        for stars in (np.float32(5), np.float32(1))
    ]
    level = [model.mean + model.item_bias for model in models]
    assert (level[0] - level[1])[0] > 0.5 + (level[0] - level[1])[1:].max()


def test_same_input_gives_the_same_bytes() -> None:
    data = with_light_users()
    first, second = (fit_rating(data, SMALL).to_arrays() for _ in range(2))
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)


def test_no_factors_is_biases_only() -> None:
    _, data, _ = planted()
    model = fit_rating(data, RatingConfig(n_factors=0))
    state = model.fold_in(data.item_rows[data.slice(0)], data.ratings[data.slice(0)])
    assert model.factors.shape == (data.n_items, 0)
    assert state.factors.shape == (0,)
    gap = model.predict(state, np.array([4])) - model.predict(state, np.array([9]))
    assert gap[0] == pytest.approx(model.item_bias[4] - model.item_bias[9], abs=1e-5)


@pytest.mark.parametrize("config", [SMALL, RatingConfig(damping=(5, 3))])
def test_unknown_users_and_items_get_finite_ratings(config: RatingConfig) -> None:
    _, data, _ = planted()
    model = fit_rating(data, config)
    nobody = model.fold_in(np.array([], dtype=int), np.array([]))
    items = np.append(np.arange(data.n_items), -1)
    predicted = model.predict(nobody, items)
    assert np.all((predicted >= 1) & (predicted <= 5))
    assert np.corrcoef(predicted[:-1], model.item_bias)[0, 1] > 0.9
    np.testing.assert_allclose(
        model.predict_pairs(data, np.full(len(items), -1), items), predicted, atol=1e-4
    )
    generous, strict = (model.fold_in(np.array([0, 1, 2]), np.full(3, stars)) for stars in (5.0, 1.0))
    assert model.predict(generous, np.array([-1])) > model.predict(strict, np.array([-1]))


def test_items_without_ratings_are_as_unknown_ones() -> None:
    matrix = np.random.default_rng(0).integers(1, 6, (30, 12)).astype(float)
    matrix[:, 11] = np.nan
    matrix[::2, :5] = np.nan
    data = interactions_of(matrix)
    model = fit_rating(data, SMALL)
    state = model.fold_in(np.array([0, 1, -1]), np.array([4.0, 2.0, 5.0]))
    known = model.fold_in(np.array([0, 1]), np.array([4.0, 2.0]))
    assert state.bias == known.bias
    np.testing.assert_allclose(
        model.predict(state, np.array([11])), model.predict(state, np.array([-1])), atol=0.02
    )


@pytest.mark.parametrize(
    "matrix",
    [
        np.array([[4.0, np.nan], [np.nan, 2.0]]),
        np.array([[5.0]]),
        np.full((3, 3), 4.0),
        np.array([[5.0, np.nan], [1.0, np.nan], [3.0, 4.0]]),
    ],
)
def test_tiny_data_are_fitted_without_nan(matrix: np.ndarray) -> None:
    data = interactions_of(matrix)
    model = fit_rating(data)
    users, items = (axis.ravel() for axis in np.indices(matrix.shape))
    predicted = model.predict_pairs(data, users, items)
    assert np.all(np.isfinite(predicted))
    assert predicted.min() >= 1
    assert predicted.max() <= 5


def test_saved_is_loaded() -> None:
    _, data, _ = planted()
    model = fit_rating(data, RatingConfig(n_factors=2, n_basis=2, sweeps=6, curve=(0.1, 0.9, -0.05)))
    again = RatingModel.from_arrays(
        {name: array.copy() for name, array in model.to_arrays().items()}, model.config
    )
    users, items = data.user_rows[::3], data.item_rows[::3]
    np.testing.assert_array_equal(
        model.predict_pairs(data, users, items), again.predict_pairs(data, users, items)
    )
    assert again.scale == model.scale


def test_read_only_arrays_are_good_enough() -> None:
    _, data, _ = planted()
    arrays = fit_rating(data, SMALL).to_arrays()
    for array in arrays.values():
        array.flags.writeable = False
    model = RatingModel.from_arrays(arrays, SMALL)
    state = model.fold_in(data.item_rows[:5], data.ratings[:5])
    assert np.isfinite(model.predict(state, np.arange(5))).all()


def test_predictions_stay_on_the_scale() -> None:
    data = interactions_of(np.array([[5.0, 5, 5, 1], [5, 5, 5, 1], [1, 1, np.nan, 1], [5, 4, 5, np.nan]]))
    model = fit_rating(data, RatingConfig(damping=(0.0, 0.0)))
    happy = model.fold_in(np.array([3]), np.array([5.0]))
    assert model.predict(happy, np.array([0]))[0] == 5.0
    assert model.predict(happy, np.array([0])).dtype == np.float32


def test_consistent_users_count_for_more() -> None:
    _, data, _ = planted()
    model = fit_rating(data, RatingConfig(n_factors=0, n_basis=0, spread_strength=5.0))
    rows = np.arange(20)
    level = model.mean + model.item_bias[rows] + 1
    steady = model.fold_in(rows, level)
    erratic = model.fold_in(rows, level + np.where(rows % 2, 2, -2))
    assert 0 < erratic.bias < steady.bias < 1


def test_curve_never_turns() -> None:
    x = np.linspace(-4, 4, 81)
    for curve in ((0.0, 1.0, -0.2), (0.1, 0.9, 0.2), (0.0, 1.0, 0.0)):
        assert np.all(np.diff(bend(x, curve)) >= 0)


def test_default_size_follows_the_data() -> None:
    _, data, _ = planted()
    assert default_size(data) == (10, 25)
