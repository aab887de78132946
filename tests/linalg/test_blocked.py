"""Blocks of rows change nothing but the speed."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.linalg import blocked


@pytest.fixture
def block() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(9_000, 12)).astype(np.float32)


def test_products_over_blocks_equal_whole_products(block: np.ndarray) -> None:
    basis = np.random.default_rng(1).normal(size=(9_000, 70)).astype(np.float32)
    parts = blocked.coefficients(basis, block)
    np.testing.assert_allclose(parts, basis.T @ block.astype(np.float64), atol=1e-2)
    np.testing.assert_allclose(blocked.gram(block), block.T.astype(np.float64) @ block, rtol=1e-12)
    expected = block - basis @ parts.astype(np.float32)
    squares = blocked.remove(block, basis, parts)
    np.testing.assert_allclose(block, expected, rtol=1e-3, atol=1e-2)
    np.testing.assert_allclose(squares, blocked.gram(block), rtol=1e-12)


def test_whitening_makes_columns_orthonormal(block: np.ndarray) -> None:
    skewed = block * np.geomspace(1, 1e-3, 12, dtype=np.float32)
    white = blocked.times(skewed, blocked.whitening(blocked.gram(skewed)))
    np.testing.assert_allclose(blocked.gram(white), np.eye(12), atol=1e-5)


def test_whitening_drops_columns_that_depend_on_others(block: np.ndarray) -> None:
    block[:, 5] = 2 * block[:, 1] - block[:, 0]
    block[:, 7] = 0
    white = blocked.times(block, blocked.whitening(blocked.gram(block)))
    assert white.shape == (9_000, 10)
    np.testing.assert_allclose(blocked.gram(white), np.eye(10), atol=1e-4)


def test_whitening_drops_directions_up_to_the_floor() -> None:
    squares = np.diag([4.0, 1.0, 0.01])
    assert blocked.whitening(squares, floor=0.2).shape == (3, 2)
    assert blocked.whitening(squares, floor=0.05).shape == (3, 3)
    assert blocked.whitening(np.zeros((2, 2))).shape == (2, 0)


def test_place_writes_the_rows_it_is_given(block: np.ndarray) -> None:
    out = np.zeros((20_000, 3), dtype=np.float32)
    rows = np.random.default_rng(2).permutation(20_000)[:9_000]
    small = np.random.default_rng(3).normal(size=(12, 3))
    blocked.place(block, small, out, rows)
    np.testing.assert_allclose(out[rows], block @ small, rtol=1e-3, atol=1e-4)
    assert not np.delete(out, rows, axis=0).any()


def test_random_blocks_repeat_by_seed_and_differ_by_draw() -> None:
    first = blocked.random_block(50, 4, seed=1)
    np.testing.assert_array_equal(first, blocked.random_block(50, 4, seed=1))
    assert not np.array_equal(first, blocked.random_block(50, 4, seed=1, draw=1))
