"""The products with the normalised matrix equal those of the matrix written out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba.core.errors import LoweringError

from recsys.config import SvdConfig
from recsys.data.interactions import Interactions
from recsys.linalg import gram, tile_kernel, vector_kernel
from recsys.linalg.gram import NormalisedGram
from recsys.linalg.gram_kernels import AHEAD, NARROW, WIDE, plain_tile
from recsys.linalg.vector_kernel import vector_tile
from tests.builders import interactions_of

A, B = 0.35, 0.4


@pytest.fixture(scope="module")
def data() -> Interactions:
    """150 users of 1 to 20 of 90 items, the first items far more popular; items 88 and 89 have
    only users of their own, and nobody else."""
    rng = np.random.default_rng(0)
    law = 1 / np.arange(1, 89)
    sizes = np.minimum(20, rng.geometric(0.3, 150))
    lists = [rng.choice(88, size, replace=False, p=law / law.sum()).tolist() for size in sizes]
    return interactions_of([*lists, [88], [88], [89]])


def written_out(data: Interactions, least: int) -> np.ndarray:
    """A = Du^-a R Di^-b, dense, of the users with `least` items or more."""
    matrix = data.csr().toarray().astype(np.float64)
    weighted = data.user_degrees[:, None] ** -A * matrix * np.maximum(1, data.item_degrees) ** -B
    kept: np.ndarray = weighted[data.user_degrees >= least]
    return kept


@pytest.mark.parametrize("least", [1, 2, 4])
@pytest.mark.parametrize("width", [1, 16, 33, 100])
def test_gram_equals_the_matrix_written_out(data: Interactions, least: int, width: int) -> None:
    operator = NormalisedGram(data, A, B, SvdConfig(min_user_items=least))
    matrix = written_out(data, least)[:, operator.item_rows]
    block = np.random.default_rng(1).normal(size=(operator.n_columns, width)).astype(np.float32)
    expected = matrix.T @ (matrix @ block)
    np.testing.assert_allclose(operator.gram(block.copy()), expected, rtol=1e-4, atol=1e-5)
    assert operator.squared_norm == pytest.approx((matrix**2).sum(), rel=1e-6)


def test_columns_are_the_items_in_company_most_popular_first(data: Interactions) -> None:
    operator = NormalisedGram(data, A, B)
    entries = (written_out(data, 2) > 0).sum(axis=0)
    np.testing.assert_array_equal(np.sort(operator.item_rows), np.flatnonzero(entries))
    assert (np.diff(entries[operator.item_rows]) <= 0).all()
    assert operator.n_entries == entries.sum()


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_number_of_threads_does_not_change_a_bit(
    data: Interactions, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = NormalisedGram(data, A, B)
    block = np.random.default_rng(1).normal(size=(operator.n_columns, 90)).astype(np.float32)
    expected = operator.gram(block.copy())
    monkeypatch.setattr(gram, "n_threads", lambda: threads)
    np.testing.assert_array_equal(operator.gram(block.copy()), expected)


def test_products_of_other_widths_in_between_leave_no_trace(data: Interactions) -> None:
    operator = NormalisedGram(data, A, B)
    block = np.random.default_rng(1).normal(size=(operator.n_columns, 40)).astype(np.float32)
    before = operator.gram(block.copy())
    operator.gram(np.ones((operator.n_columns, 200), np.float32))
    operator.gram(np.ones((operator.n_columns, 3), np.float32))
    np.testing.assert_array_equal(operator.gram(block.copy()), before)


def test_users_of_one_item_alone_make_no_columns() -> None:
    operator = NormalisedGram(interactions_of([[0], [0], [1]]), A, B)
    assert (operator.n_columns, operator.squared_norm, operator.n_entries) == (0, 0.0, 0)
    with_them = NormalisedGram(interactions_of([[0], [0], [1]]), A, B, SvdConfig(min_user_items=1))
    np.testing.assert_allclose(with_them.gram(np.eye(2, dtype=np.float32)), np.diag([2 * 2**-0.8, 1]))


@pytest.mark.parametrize(("width", "threads"), [(1, 2), (24, 2), (160, 2), (100, 3), (1280, 8)])
def test_tiles_cover_every_column_once(width: int, threads: int) -> None:
    shares = gram._tiles(width, threads)
    starts = [tile for own in shares for tile in own]
    assert len(shares) <= threads
    assert starts[0][0] == 0
    assert all(first + size == following for (first, size), (following, _) in pairwise(starts))
    assert starts[-1][0] < width <= sum(starts[-1])


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_vector_kernel_adds_up_what_the_plain_loop_does(width: int) -> None:
    rng = np.random.default_rng(4)
    sizes = rng.integers(0, 9, 200)
    indptr = np.concatenate([[0], np.cumsum(sizes)])
    items = np.append(rng.integers(0, 50, indptr[-1]), np.zeros(AHEAD)).astype(np.int32)
    scale = rng.random(200, dtype=np.float32)
    work = rng.standard_normal((50, 2 * width), dtype=np.float32)
    plain = work.copy()
    vector_tile(indptr, items, scale, work)
    plain_tile(indptr, items, scale, plain)
    np.testing.assert_allclose(plain, work, rtol=1e-5, atol=1e-5)


@pytest.fixture
def forget_choice() -> Iterator[None]:
    tile_kernel.tile_kernel.cache_clear()
    yield
    tile_kernel.tile_kernel.cache_clear()


def test_the_vector_kernel_is_chosen_with_this_numba(forget_choice: None) -> None:
    assert tile_kernel.tile_kernel() is vector_tile


def does_not_compile(*_: object) -> None:
    raise LoweringError("no such intrinsic")


def adds_nothing(*_: object) -> None:
    pass


@pytest.mark.parametrize("kernel", [does_not_compile, adds_nothing, None])
def test_the_plain_loop_takes_over_where_vectors_fail(
    data: Interactions, kernel: object, forget_choice: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = NormalisedGram(data, A, B)
    block = np.random.default_rng(1).normal(size=(operator.n_columns, 40)).astype(np.float32)
    expected = operator.gram(block.copy())
    tile_kernel.tile_kernel.cache_clear()
    if kernel is None:  # the import itself fails
        monkeypatch.setitem(sys.modules, "recsys.linalg.vector_kernel", None)
    else:
        monkeypatch.setattr(vector_kernel, "vector_tile", kernel)
    with pytest.warns(RuntimeWarning, match="vector kernel"):
        np.testing.assert_allclose(operator.gram(block.copy()), expected, rtol=1e-5, atol=1e-6)
    assert tile_kernel.tile_kernel() is plain_tile


@settings(max_examples=40, deadline=None)
@given(
    lists=st.lists(st.sets(st.integers(0, 12), min_size=1, max_size=8), min_size=1, max_size=25),
    a=st.floats(0, 1),
    b=st.floats(0, 1),
    width=st.integers(1, 40),
    least=st.integers(1, 3),
)
def test_gram_equals_the_dense_product_on_any_data(
    lists: list[set[int]], a: float, b: float, width: int, least: int
) -> None:
    data = interactions_of([sorted(items) for items in lists])
    operator = NormalisedGram(data, a, b, SvdConfig(min_user_items=least))
    dense = data.user_degrees[:, None] ** -a * data.csr().toarray() * data.item_degrees**-b
    dense = dense[data.user_degrees >= least][:, operator.item_rows]
    block = np.random.default_rng(0).normal(size=(operator.n_columns, width)).astype(np.float32)
    np.testing.assert_allclose(operator.gram(block.copy()), dense.T @ (dense @ block), rtol=1e-3, atol=1e-4)
    assert operator.squared_norm == pytest.approx((dense**2).sum(), rel=1e-5)
