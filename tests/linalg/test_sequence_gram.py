"""The products with the matrix of ordered pairs equal those of the matrix written out."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recsys.config import SvdConfig
from recsys.data.interactions import Interactions
from recsys.data.sequences import Sequences
from recsys.linalg import blocked, sequence_gram, sequence_kernels, sequence_tile
from recsys.linalg.gram_kernels import NARROW, WIDE
from recsys.linalg.sequence_gram import DECAYS, LONGEST_LAG, SequenceGram, lag_weights
from recsys.linalg.sequence_svd import sequence_svd
from tests.builders import sequences_of

A, B, G, RHO = 0.1, 0.3, 0.75, 0.2


def operator_of(data: Interactions) -> SequenceGram:
    return SequenceGram(Sequences.of(data), data.item_degrees, A, B, G, RHO)


def written_out(data: Interactions) -> np.ndarray:
    """N, dense, over the rows of a block."""
    matrix = np.zeros((data.n_items, data.n_items))
    factors = lag_weights(G)
    order = data.order
    assert order is not None
    for user in range(data.n_users):
        own = data.slice(user)
        items, times = data.item_rows[own], order[own]
        places = np.unique(times, return_inverse=True)[1]
        for i, at in zip(items, places, strict=True):
            for j, then in zip(items, places, strict=True):
                weight = len(items) ** (-2 * A) * (factors @ np.array(DECAYS) ** max(1, abs(then - at)))
                if i != j and then >= at:
                    matrix[i, j] += weight
                    matrix[j, i] += RHO * weight
    scale = np.maximum(1, data.item_degrees) ** -B
    return np.asarray(scale[:, None] * matrix * scale)


def random_data(seed: int, n_users: int = 60, n_items: int = 40, longest: int = 12) -> Interactions:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, longest, n_users)
    lists = [rng.choice(n_items, size, replace=False).tolist() for size in sizes]
    times = [np.sort(rng.integers(0, 2 * len(one), len(one))).tolist() for one in lists]
    return sequences_of(lists, times)


@pytest.mark.parametrize("width", [1, 16, 33, 100])
def test_products_equal_the_matrix_written_out(width: int) -> None:
    data = random_data(0)
    operator = operator_of(data)
    matrix = written_out(data)[np.ix_(operator.item_rows, operator.item_rows)]
    block = np.random.default_rng(1).normal(size=(operator.n_columns, width)).astype(np.float32)
    np.testing.assert_allclose(operator.times(block.copy()), matrix @ block, rtol=1e-4, atol=1e-5)
    expected = matrix.T @ (matrix @ block)
    np.testing.assert_allclose(operator.gram(block.copy()), expected, rtol=1e-4, atol=1e-4)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(4, 13))
def test_products_equal_the_definition_whatever_the_data(seed: int, n_users: int, longest: int) -> None:
    data = random_data(seed, n_users, 15, longest)
    assume(data.order is not None)  # chance may give all ratings one time
    operator = operator_of(data)
    matrix = written_out(data)
    outside = np.setdiff1d(np.arange(data.n_items), operator.item_rows)
    assert not matrix[outside].any()
    matrix = matrix[np.ix_(operator.item_rows, operator.item_rows)]
    block = np.eye(operator.n_columns, dtype=np.float32)
    np.testing.assert_allclose(operator.times(block), matrix, rtol=1e-4, atol=1e-5)


def test_vector_kernel_equals_the_plain_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    operator = operator_of(random_data(3))
    block = blocked.random_block(operator.n_columns, WIDE + NARROW, 0)
    fast = operator.gram(block.copy())
    monkeypatch.setattr(sequence_gram, "sequence_tile", lambda: sequence_kernels.plain_tile)
    np.testing.assert_allclose(fast, operator.gram(block.copy()), rtol=1e-5, atol=1e-5)


def test_a_kernel_that_computes_wrong_sums_is_not_used() -> None:
    assert sequence_tile._adds_up(sequence_kernels.plain_tile)
    assert not sequence_tile._adds_up(lambda *_: None)


@pytest.mark.parametrize("exponent", [0.5, 0.75, 1.0])
def test_exponentials_are_near_the_power_they_stand_for(exponent: float) -> None:
    lags = np.arange(1.0, LONGEST_LAG + 1)
    weights = (np.array(DECAYS) ** lags[:, None]) @ lag_weights(exponent)
    np.testing.assert_allclose(weights, lags**-exponent, rtol=0.09)


def test_one_user_of_100_000_items_costs_their_share() -> None:
    n, rng = 100_000, np.random.default_rng(0)
    heavy = Sequences(np.array([0, n]), rng.permutation(n).astype(np.int32), np.ones(n, dtype=bool))
    many = Sequences(np.arange(0, n + 1, 4), heavy.items, heavy.fresh)
    seconds = {}
    for name, sequences in (("many", many), ("heavy", heavy)):
        operator = SequenceGram(sequences, np.ones(n, dtype=np.int64), A, B, G, RHO)
        block = blocked.random_block(n, WIDE, 0)
        operator.gram(block)
        started = time.process_time()
        operator.gram(block)
        seconds[name] = time.process_time() - started
    assert seconds["heavy"] < 5 * seconds["many"] + 0.1


def test_svd_equals_the_dense_one_and_has_the_same_bytes_each_time() -> None:
    data = random_data(7, n_users=300, n_items=40)
    first, again = (sequence_svd(operator_of(data), 6, SvdConfig()) for _ in range(2))
    left, values, right = np.linalg.svd(written_out(data))
    np.testing.assert_allclose(first.singular_values, values[:6], rtol=1e-4)
    np.testing.assert_allclose(
        first.left * first.singular_values @ first.right.T,
        left[:, :6] * values[:6] @ right[:6],
        atol=1e-3 * values[0],
    )
    np.testing.assert_array_equal(first.left, again.left)
    np.testing.assert_array_equal(first.right, again.right)
    assert first.cut(3).left.shape == (data.n_items, 3)


def test_data_without_a_pair_have_no_factors() -> None:
    data = sequences_of([[0], [1], [2]])
    found = sequence_svd(operator_of(data), 2, SvdConfig())
    assert found.left.shape == found.right.shape == (3, 0)


def test_rank_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        sequence_svd(operator_of(random_data(1)), 0, SvdConfig())
