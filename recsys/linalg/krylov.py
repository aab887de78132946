"""The leading eigenvectors of a symmetric matrix, by randomised block Krylov iteration.

    K = [Q0, Q1, Q2, ...],  Q0 = orth(G random),  Q_j+1 = orth(G Q_j - K K^T G Q_j)

followed by Rayleigh-Ritz on the span of K, whose matrix K^T G K consists of the coefficients
computed on the way. G is only ever multiplied with blocks of columns. Compared with subspace
iteration, every product is kept and used: with 576 columns in all, 128 factors of a flat
spectrum reach .993 of the attainable energy, against .79 after 4 iterations on 160 columns
(800 in all).

References
----------
Musco, Musco 2015, "Randomized block Krylov methods for stronger and faster approximate
singular value decomposition"; Halko, Martinsson, Tropp 2011, "Finding structure with
randomness"; Golub, Underwood 1977, "The block Lanczos method for computing eigenvalues".
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh

from recsys.arrays import Doubles, Floats
from recsys.config import SvdConfig
from recsys.linalg import blocked
from recsys.linalg.operators import SymmetricOperator
from recsys.progress import SILENT, Stage

_NOISE = 1e-6
"""Eigenvalues below this share of the largest are float32 rounding, not structure."""
_ROUNDING, _MAX_ERROR = 6e-8, 1e-4
"""Error of a float32 product, and how far from orthogonal a basis may become."""
_STEPS = 18
"""Blocks of a Krylov basis: more are more accurate a column, fewer make better products."""
_ROUND = 16
"""Block widths are multiples of this: the width of a tile of the products."""


def leading_eigenvectors(
    operator: SymmetricOperator,
    n: int,
    config: SvdConfig,
    progress: Stage = SILENT,
    start: Floats | None = None,
) -> tuple[Doubles, Floats, Doubles]:
    """The `n` largest eigenvalues and their vectors; fewer where the matrix has a lower rank.

    Parameters
    ----------
    operator : SymmetricOperator
    n : int
    config : SvdConfig
    progress : Stage, optional
    start : float32 array, shape (n_columns, m), optional
        About the vectors that are looked for, such as those of a matrix that is nearly the same: the
        basis then begins with them instead of random columns.

    Returns
    -------
    values : float64 array, shape (m,), m <= n
        Descending; those that are rounding noise are left out.
    basis : float32 array, shape (n_columns, width)
        Orthonormal columns.
    rotation : float64 array, shape (width, m)
        The eigenvectors are `basis @ rotation`.
    """
    width = basis_width(n, operator.n_columns, config)
    basis, projected = _krylov(operator, width, config, progress, start)
    values, rotation = _largest(projected, n)
    return values, basis, rotation


def basis_width(n: int, n_columns: int, config: SvdConfig) -> int:
    """Columns of the Krylov basis for `n` eigenvectors."""
    extra = min(max(config.oversampling * n, config.min_extra), config.max_extra)
    return min(n_columns, n + round(extra))


def block_width(width: int) -> int:
    """Columns that each step adds to a basis of `width` columns."""
    return -(-width // (_STEPS * _ROUND)) * _ROUND


def _krylov(
    operator: SymmetricOperator, width: int, config: SvdConfig, progress: Stage, start: Floats | None = None
) -> tuple[Floats, Doubles]:
    """An orthonormal basis K, float32 (n_columns, width), and K^T G K."""
    step = block_width(width)
    basis = _Basis(np.empty((operator.n_columns, width), dtype=np.float32))
    projected = np.zeros((width, width))
    block = np.empty((operator.n_columns, 0), dtype=np.float32)
    if start is not None and start.any():
        block = np.ascontiguousarray(start[:, :width])
        block = basis.complement(block, blocked.coefficients(basis.columns, block))
    if not block.shape[1]:
        block = _start(operator, basis, min(step, width), config.seed)
    while block.shape[1]:
        progress(basis.done / width, f"{basis.done} of {width} columns of the Krylov basis")
        added = basis.add(block)
        block = operator.gram(block)
        parts = blocked.coefficients(basis.columns, block)
        projected[: basis.done, added] = parts
        projected[added, : basis.done] = parts.T
        if basis.done == width:
            break
        block = basis.complement(block, parts)[:, : width - basis.done]
        if block.shape[1] == 0:
            # An invariant subspace is found; others may be left, even of the same eigenvalues.
            block = _start(operator, basis, min(step, width - basis.done), config.seed)
    return basis.columns, projected[: basis.done, : basis.done]


def _start(operator: SymmetricOperator, basis: _Basis, width: int, seed: int) -> Floats:
    """An orthonormal block in the range of G, orthogonal to the basis; empty where none is left."""
    block = operator.gram(blocked.random_block(operator.n_columns, width, seed, basis.done))
    return basis.complement(block, blocked.coefficients(basis.columns, block))


class _Basis:
    """Orthonormal columns that grow by blocks within an array of the final size."""

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
        added = slice(self.done, self.done + block.shape[1])
        blocked.copy(block, self._array[:, added])
        self._errors[added] = self._error
        self.done = added.stop
        return added

    def complement(self, block: Floats, parts: Doubles) -> Floats:
        """An orthonormal basis of the part of `block` outside this basis; overwrites `block`.

        Parameters
        ----------
        block : float32 array, shape (n_columns, w)
        parts : float64 array, shape (columns of the basis, w)
            basis^T block: the part of it inside this basis.

        Notes
        -----
        Where little of a direction is left, scaling it to length 1 magnifies its rounding error
        and the basis's. When these errors may have become too large, the block is made orthogonal
        a second time, and directions that consist of nothing but error are dropped.
        """
        squares = blocked.remove(block, self.columns, parts)
        lengths = np.sqrt((parts**2).sum(axis=0) + np.diag(squares))
        self._scale = max(self._scale, float(lengths.max(initial=0.0)))
        small = blocked.whitening(squares, _NOISE * self._scale)
        # Each column's error of orthogonality towards later ones, times the length that it removed.
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
