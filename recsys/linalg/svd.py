"""Truncated SVD by randomised block Krylov iteration on the item side.

    K = [Q0, Q1, Q2, ...],  Q0 = orth(A^T A random),  Q_j+1 = orth(A^T A Q_j - K K^T A^T A Q_j)
    then Rayleigh-Ritz on the span of K; its matrix K^T A^T A K are the coefficients met on the way

`A` itself is never seen: anything that can apply A^T A to a block of columns can drive it,
so the rows of A (users) cost no dense memory. Compared with subspace iteration, every
product is kept and used: with 576 columns in all, 128 factors of a flat spectrum come out
at .993 of the attainable energy, against .79 after 4 iterations on 160 columns (800 in all).

References
----------
Musco, Musco 2015, "Randomized block Krylov methods for stronger and faster approximate
singular value decomposition"; Halko, Martinsson, Tropp 2011, "Finding structure with
randomness"; Golub, Underwood 1977, "The block Lanczos method for computing eigenvalues".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from recsys.config import SvdConfig
from recsys.linalg import blocked

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Progress = Callable[[str, float], None]

_NOISE = 1e-6
"""Eigenvalues of A^T A below this share of the largest are float32 rounding, not structure."""
_ROUNDING, _MAX_ERROR = 6e-8, 1e-4
"""Error of a float32 product, and how far from orthogonal a basis may become."""
_STEPS = 18
"""Blocks of a Krylov basis: more are more accurate a column, fewer make better products."""
_ROUND = 16
"""Block widths are multiples of this: the width of a tile of the products."""


class GramOperator(Protocol):
    """What `truncated_svd` needs to know of a matrix A.

    Attributes
    ----------
    n_items : int
        Columns of A.
    n_columns : int
        Those of them that hold anything: the rows of the blocks.
    item_rows : int64 array, shape (n_columns,)
        Which column of A each row of a block stands for.
    squared_norm : float
        Sum of the squares of A's entries.
    """

    n_items: int
    n_columns: int
    item_rows: NDArray[np.int64]
    squared_norm: float

    def gram(self, block: Floats) -> Floats:
        """A^T (A block), float32 (n_columns, w); may overwrite and return `block`."""
        ...


@dataclass(frozen=True)
class SVD:
    """The leading part of a singular value decomposition.

    Parameters
    ----------
    singular_values : float32 array, shape (k,)
        Descending, positive.
    components : float32 array, shape (n_items, k)
        Right singular vectors in columns; the largest entry of each is positive. A row of
        zeros for each column of A that holds nothing.
    energy : float
        Share of the squared norm of A that these factors keep, 0 to 1.
    """

    singular_values: Floats
    components: Floats
    energy: float

    def cut(self, n_factors: int) -> SVD:
        """The first `n_factors` of these factors."""
        if n_factors >= len(self.singular_values):
            return self
        squares = self.singular_values.astype(np.float64) ** 2
        share = float(squares[:n_factors].sum() / squares.sum())
        components = np.ascontiguousarray(self.components[:, :n_factors])
        return SVD(self.singular_values[:n_factors], components, self.energy * share)


def truncated_svd(
    operator: GramOperator,
    n_factors: int,
    config: SvdConfig | None = None,
    progress: Progress | None = None,
) -> SVD:
    """The `n_factors` largest singular values of A and their right vectors.

    Parameters
    ----------
    operator : GramOperator
    n_factors : int
        At least 1. Fewer factors come back where A has a lower rank.
    config : SvdConfig, optional
    progress : callable, optional
        Told what is being done, and which share of it is done.

    Returns
    -------
    SVD
        The same bytes for the same operator and config.
    """
    if n_factors < 1:
        raise ValueError(f"n_factors must be at least 1, not {n_factors}")
    config = config or SvdConfig()
    say = progress or (lambda _text, _share: None)
    with blocked.one_blas_thread():
        basis, projected = _krylov(operator, basis_width(n_factors, operator.n_columns, config), config, say)
        values, vectors = _largest(projected, n_factors)
        components = np.zeros((operator.n_items, len(values)), dtype=np.float32)
        blocked.place(basis, vectors, components, operator.item_rows)
        _fix_signs(components)
    kept = float(values.sum() / operator.squared_norm) if len(values) else 0.0
    return SVD(np.sqrt(values).astype(np.float32), components, min(1.0, kept))


def basis_width(n_factors: int, n_columns: int, config: SvdConfig) -> int:
    """Columns of the Krylov basis for so many factors."""
    extra = min(max(config.oversampling * n_factors, config.min_extra), config.max_extra)
    return min(n_columns, n_factors + round(extra))


def block_width(width: int) -> int:
    """Columns that each step adds to a basis of `width` columns."""
    return -(-width // (_STEPS * _ROUND)) * _ROUND


def _krylov(operator: GramOperator, width: int, config: SvdConfig, say: Progress) -> tuple[Floats, Doubles]:
    """An orthonormal basis K, float32 (n_columns, width), and K^T A^T A K."""
    step = block_width(width)
    basis = _Basis(np.empty((operator.n_columns, width), dtype=np.float32))
    projected = np.zeros((width, width))
    block = _start(operator, basis, min(step, width), config.seed)
    while block.shape[1]:
        say(f"Krylov basis: {basis.done} of {width} columns", basis.done / width)
        own = basis.add(block)
        block = operator.gram(block)
        parts = blocked.coefficients(basis.columns, block)
        projected[: basis.done, own] = parts
        projected[own, : basis.done] = parts.T
        if basis.done == width:
            break
        block = basis.complement(block, parts)[:, : width - basis.done]
        if block.shape[1] == 0:
            # An invariant subspace is found; others may be left, even of the same singular values.
            block = _start(operator, basis, min(step, width - basis.done), config.seed)
    return basis.columns, projected[: basis.done, : basis.done]


def _start(operator: GramOperator, basis: _Basis, width: int, seed: int) -> Floats:
    """An orthonormal block in the range of A^T A, orthogonal to the basis; empty where none is left."""
    block = operator.gram(blocked.random_block(operator.n_columns, width, seed, basis.done))
    return basis.complement(block, blocked.coefficients(basis.columns, block))


class _Basis:
    """Orthonormal columns, growing by blocks, in an array that is there from the start."""

    def __init__(self, array: Floats) -> None:
        self._array = array
        self.done = 0
        self._scale = 0.0
        self._errors = np.zeros(array.shape[1])
        self._error = _ROUNDING

    @property
    def columns(self) -> Floats:
        return self._array[:, : self.done]

    def add(self, block: Floats) -> slice:
        """Append a block; returns its columns."""
        own = slice(self.done, self.done + block.shape[1])
        blocked.copy(block, self._array[:, own])
        self._errors[own] = self._error
        self.done = own.stop
        return own

    def complement(self, block: Floats, parts: Doubles) -> Floats:
        """An orthonormal basis of what of `block` is outside this basis, of which it holds `parts`.

        Where little of a direction is left, its rounding error and the basis's own grow as it
        is scaled to length 1. When that may have added up to too much, the block is made
        orthogonal a second time; what then turns out to have been nothing but error is dropped.
        """
        squares = blocked.remove(block, self.columns, parts)
        lengths = np.sqrt((parts**2).sum(axis=0) + np.diag(squares))
        self._scale = max(self._scale, float(lengths.max(initial=0.0)))
        small = blocked.whitening(squares, _NOISE * self._scale)
        # What a column is off from being orthogonal to those after it, times what it removed.
        errors = np.maximum.accumulate(self._errors[: self.done][::-1])[::-1, None]
        self._error = _longest(errors * (parts @ small)) + _ROUNDING * _longest(lengths[:, None] * small)
        block = blocked.times(block, small)
        if self._error < _MAX_ERROR:
            return blocked.times(block, blocked.whitening(blocked.gram(block)))
        self._error = _ROUNDING
        squares = blocked.remove(block, self.columns, blocked.coefficients(self.columns, block))
        return blocked.times(block, blocked.whitening(squares, floor=0.5))


def _longest(columns: Doubles) -> float:
    return float(np.sqrt((columns**2).sum(axis=0).max(initial=0.0)))


def _largest(projected: Doubles, n_factors: int) -> tuple[Doubles, Doubles]:
    """The largest eigenvalues, descending, and their vectors, without those that are noise."""
    width = len(projected)
    if width == 0:
        return np.zeros(0), np.zeros((0, 0))
    values, vectors = eigh(projected, subset_by_index=(max(0, width - n_factors), width - 1))
    values, vectors = values[::-1], vectors[:, ::-1]
    real = values > _NOISE * values[0]
    return values[real], vectors[:, real]


def _fix_signs(vectors: Floats) -> None:
    """The largest entry of each column made positive, in place."""
    extremes = blocked.over_blocks(vectors, lambda rows: (vectors[rows].max(0), vectors[rows].min(0)))
    highest = np.zeros(vectors.shape[1], dtype=np.float32)
    lowest = highest.copy()
    for high, low in extremes:
        highest, lowest = np.maximum(highest, high), np.minimum(lowest, low)
    signs = np.where(highest >= -lowest, np.float32(1), np.float32(-1))

    def flip(rows: slice) -> None:
        vectors[rows] *= signs

    for _ in blocked.over_blocks(vectors, flip):
        pass
