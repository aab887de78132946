"""The inner loops of the rating model against plain linear algebra."""

from __future__ import annotations

import numpy as np

from recsys.model.gaussian_updates import Prior, Singles, SparseRows, Weights, by_item, no_singles, update

RNG = np.random.default_rng(8)
D = 4


def a_side(n: int) -> np.ndarray:
    side = RNG.normal(0, 0.3, (n, 2, D)).astype(np.float32)
    side[:, 1] = np.abs(side[:, 1])
    return side


def test_by_item_is_the_transposition() -> None:
    shown = RNG.random((30, 12)) < 0.3
    users, items = np.nonzero(shown)
    values = RNG.normal(size=len(users)).astype(np.float32)
    indptr = np.concatenate([[0], np.cumsum(shown.sum(axis=1))]).astype(np.int64)
    starts, rows, moved = by_item(indptr, items.astype(np.int32), values, 12)
    order = np.argsort(items, kind="stable")
    np.testing.assert_array_equal(starts, np.concatenate([[0], np.cumsum(shown.sum(axis=0))]))
    np.testing.assert_array_equal(rows, users[order])
    np.testing.assert_array_equal(moved, values[order])


def test_update_is_the_gaussian_posterior() -> None:
    n, columns = 9, np.arange(9, dtype=np.int32)
    other, values = a_side(n), RNG.normal(size=n).astype(np.float32)
    weights = RNG.uniform(0.5, 2, n).astype(np.float32)
    prior_mean, precision = RNG.normal(size=(1, D)).astype(np.float32), RNG.uniform(1, 3, D)
    state = np.zeros((1, 2, D), dtype=np.float32)
    errors = update(
        SparseRows(np.array([0, n]), columns, values),
        Weights(np.array([0.7], np.float32), weights),
        other,
        Prior(prior_mean, precision),
        1.3,
        no_singles(D),
        state,
    )
    loadings = np.column_stack([np.ones(n), other[:, 0, 1:]]).astype(float)
    e = values - other[:, 0, 0]
    unsure = np.append(0, (weights[:, None] * other[:, 1, 1:]).sum(axis=0))
    data = loadings.T @ (weights[:, None] * loadings) + np.diag(unsure)
    covariance = np.linalg.inv(1.3 * 0.7 * data + np.diag(precision))
    pull = 1.3 * 0.7 * loadings.T @ (weights * e) + precision * prior_mean[0]
    mean = covariance @ pull
    np.testing.assert_allclose(state[0, 0], mean, rtol=1e-4)
    np.testing.assert_allclose(state[0, 1], np.diag(covariance), rtol=1e-4)
    residual = np.sum(weights * (e - loadings @ mean) ** 2) + mean @ np.diag(unsure) @ mean
    expected = residual + np.sum(data * covariance) + np.sum(weights * other[:, 1, 0])
    np.testing.assert_allclose(errors[0], expected, rtol=1e-4)


def test_single_users_count_as_if_each_had_been_kept() -> None:
    n_items, n_single, tau = 3, 12, 0.8
    items, user_precision = a_side(n_items), RNG.uniform(1, 3, D)
    means = RNG.normal(size=(n_items, D)).astype(np.float32)
    item_means, item_precision = np.zeros((n_items, D), np.float32), RNG.uniform(2, 4, D)
    rated = RNG.integers(0, n_items, n_single).astype(np.int32)
    values = RNG.normal(size=n_single).astype(np.float32)
    ones = np.ones(n_single, dtype=np.float32)
    users = np.zeros((n_single, 2, D), dtype=np.float32)
    each = np.arange(n_single + 1)
    weights, item_prior = Weights(ones, ones), Prior(item_means, item_precision)
    ratings = SparseRows(each, rated, values)
    update(ratings, weights, items, Prior(means[rated], user_precision), tau, no_singles(D), users)
    kept, summed = items.copy(), items.copy()
    turned = SparseRows(*by_item(*ratings, n_items))
    update(turned, weights, users, item_prior, tau, no_singles(D), kept)
    stats = np.column_stack([np.bincount(rated, values.astype(float) ** p, minlength=3) for p in range(3)])
    nobody = np.zeros((0, 2, D), dtype=np.float32)
    no_ratings = SparseRows(np.zeros(n_items + 1, np.int64), rated[:0], values[:0])
    singles = Singles(stats.astype(float), means, user_precision)
    update(no_ratings, weights, nobody, item_prior, tau, singles, summed)
    np.testing.assert_allclose(summed, kept, rtol=1e-4, atol=1e-5)
