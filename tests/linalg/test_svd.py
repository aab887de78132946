"""The truncated SVD finds what was planted, and agrees with other solvers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import random_array
from scipy.sparse.linalg import svds

from recsys.config import SvdConfig
from recsys.linalg import blocked
from recsys.linalg.krylov import basis_width
from recsys.linalg.svd import truncated_svd
from recsys.progress import Progress, Stage


class DenseGram:
    """A^T A of a small dense matrix: the least that drives `truncated_svd`."""

    def __init__(self, matrix: np.ndarray) -> None:
        self.matrix = matrix.astype(np.float32)
        self.n_items = self.n_columns = matrix.shape[1]
        self.item_rows = np.arange(self.n_items)
        self.squared_norm = float((matrix.astype(np.float64) ** 2).sum())

    def gram(self, block: np.ndarray) -> np.ndarray:
        product: np.ndarray = self.matrix.T @ (self.matrix @ block)
        return product


def planted(
    singular_values: np.ndarray, n_rows: int = 400, n_columns: int = 300
) -> tuple[DenseGram, np.ndarray]:
    """A matrix of these singular values, and its right singular vectors (n_columns, k)."""
    rng = np.random.default_rng(0)
    left, _ = np.linalg.qr(rng.normal(size=(n_rows, len(singular_values))))
    right, _ = np.linalg.qr(rng.normal(size=(n_columns, len(singular_values))))
    return DenseGram(left * singular_values @ right.T), right


def test_planted_values_and_vectors_are_recovered() -> None:
    values = np.geomspace(10, 0.1, 120)
    operator, right = planted(values)
    found = truncated_svd(operator, 20)
    np.testing.assert_allclose(found.singular_values, values[:20], rtol=1e-4)
    cosines = np.einsum("if,if->f", found.components, right[:, :20])
    np.testing.assert_allclose(np.abs(cosines), 1, atol=1e-4)
    assert found.energy == pytest.approx((values[:20] ** 2).sum() / (values**2).sum(), rel=1e-4)


def test_flat_spectrum_loses_little_energy() -> None:
    values = np.linspace(1.2, 1.0, 300)
    operator, _ = planted(values)
    found = truncated_svd(operator, 10, SvdConfig(min_extra=150))
    np.testing.assert_allclose(found.singular_values, values[:10], rtol=2e-3)
    assert (found.singular_values <= values[:10] * (1 + 1e-5)).all()


def test_agreement_with_scipy_on_a_sparse_matrix() -> None:
    matrix = random_array((500, 350), density=0.05, rng=np.random.default_rng(1), dtype=np.float32)
    _, expected, right = svds(matrix.astype(np.float64), k=15)
    found = truncated_svd(DenseGram(matrix.toarray()), 15, SvdConfig(min_extra=300))
    np.testing.assert_allclose(found.singular_values, expected[::-1], rtol=1e-5)
    overlap = np.linalg.svd(right @ found.components, compute_uv=False)
    np.testing.assert_allclose(overlap, 1, atol=1e-3)


def test_components_are_orthonormal_and_each_largest_entry_is_positive() -> None:
    operator, _ = planted(np.geomspace(100, 1e-2, 200))
    found = truncated_svd(operator, 60)
    np.testing.assert_allclose(found.components.T @ found.components, np.eye(60), atol=2e-5)
    largest = found.components[np.abs(found.components).argmax(axis=0), np.arange(60)]
    assert (largest > 0).all()


@pytest.mark.parametrize("n_factors", [30, 31, 500])
def test_rank_beyond_the_matrix_gives_all_there_is(n_factors: int) -> None:
    operator, _ = planted(np.linspace(3, 1, 30), n_rows=50, n_columns=30)
    found = truncated_svd(operator, n_factors)
    np.testing.assert_allclose(found.singular_values, np.linspace(3, 1, 30), rtol=1e-5)
    assert found.energy == pytest.approx(1, abs=1e-6)


def test_low_rank_gives_no_factors_of_noise() -> None:
    operator, _ = planted(np.array([5.0, 3.0, 2.0]))
    found = truncated_svd(operator, 50)
    np.testing.assert_allclose(found.singular_values, [5, 3, 2], rtol=1e-5)


def test_many_equal_singular_values_are_all_found() -> None:
    # A Krylov space of one block holds no more copies of a value than the block has columns.
    blocks = np.kron(np.eye(90), np.ones((3, 2)))
    found = truncated_svd(DenseGram(blocks), 80)
    np.testing.assert_allclose(found.singular_values, np.full(80, np.sqrt(6)), rtol=1e-5)


@pytest.mark.parametrize("matrix", [np.zeros((5, 4)), np.zeros((5, 0))])
def test_nothing_in_the_matrix_gives_no_factors(matrix: np.ndarray) -> None:
    found = truncated_svd(DenseGram(matrix), 3)
    assert found.components.shape == (matrix.shape[1], 0)
    assert found.energy == 0


def test_rank_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        truncated_svd(DenseGram(np.eye(3)), 0)


def test_same_seed_gives_the_same_bytes_and_another_seed_the_same_vectors() -> None:
    operator, _ = planted(np.geomspace(10, 0.1, 60))
    first, second = truncated_svd(operator, 8), truncated_svd(operator, 8)
    assert first.components.tobytes() == second.components.tobytes()
    other = truncated_svd(operator, 8, SvdConfig(seed=1))
    np.testing.assert_allclose(other.components, first.components, atol=1e-4)


def test_number_of_threads_does_not_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    operator, _ = planted(np.geomspace(10, 0.1, 60), n_rows=60, n_columns=5000)
    several = truncated_svd(operator, 8)
    monkeypatch.setattr(blocked, "n_threads", lambda: 1)
    assert truncated_svd(operator, 8).components.tobytes() == several.components.tobytes()


def test_cut_keeps_the_leading_factors_and_their_energy() -> None:
    operator, _ = planted(np.geomspace(10, 0.1, 60))
    wide = truncated_svd(operator, 30)
    cut = wide.cut(5)
    assert wide.cut(40) is wide
    np.testing.assert_array_equal(cut.components, wide.components[:, :5])
    assert cut.energy == pytest.approx(truncated_svd(operator, 5).energy, rel=1e-4)


def test_basis_width_is_bounded_by_the_config_and_by_the_matrix() -> None:
    config = SvdConfig(oversampling=3, min_extra=100, max_extra=500)
    assert [basis_width(k, 10_000, config) for k in (10, 100, 1000)] == [110, 400, 1500]
    assert basis_width(100, 250, config) == 250


def test_progress_is_reported_in_growing_shares() -> None:
    operator, _ = planted(np.geomspace(10, 0.1, 60))
    heard: list[Progress] = []
    truncated_svd(operator, 40, progress=Stage("SVD", heard.append, 0.5, 1.0))
    fractions = [one.fraction for one in heard if one.fraction is not None]
    assert len(fractions) == len(heard) > 3
    assert fractions == sorted(fractions)
    assert 0.5 <= fractions[0] < fractions[-1] <= 1
    assert {one.stage for one in heard} == {"SVD"}


@settings(max_examples=60, deadline=None)
@given(rows=st.integers(1, 12), columns=st.integers(1, 12), rank=st.integers(1, 12), seed=st.integers(0, 999))
def test_small_matrices_agree_with_numpy(rows: int, columns: int, rank: int, seed: int) -> None:
    matrix = np.random.default_rng(seed).normal(size=(rows, columns))
    found = truncated_svd(DenseGram(matrix), rank)
    left, expected, right = np.linalg.svd(matrix, full_matrices=False)
    # Values below a thousandth of the largest are lost in float32 products of A^T A.
    sure = int((expected[:rank] > 2e-3 * expected[0]).sum())
    assert sure <= len(found.singular_values) <= min(rank, rows, columns)
    np.testing.assert_allclose(found.singular_values[:sure], expected[:sure], rtol=5e-3)
    if sure == min(rank, rows, columns):
        approximation = matrix @ found.components @ found.components.T
        best = (left[:, :sure] * expected[:sure]) @ right[:sure]
        assert np.linalg.norm(matrix - approximation) <= np.linalg.norm(matrix - best) + 2e-3 * expected[0]
