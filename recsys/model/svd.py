"""Truncated SVD by randomised block Krylov iteration on the item side.

    K = [Q0, Q1, Q2, ...],  Q0 = orth(A^T A random),  Q_j+1 = orth(A^T A Q_j - K K^T A^T A Q_j)
    then Rayleigh-Ritz on the span of K; its matrix K^T A^T A K are the coefficients met on the way

`A` itself is never seen: anything that can apply A^T A to a block of columns can drive it,
so the rows of A (users) cost no dense memory. Compared with subspace iteration, every
product is kept and used: with 512 columns in all, 128 factors of a flat spectrum come out
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
from recsys.model import tall

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Progress = Callable[[str, float], None]

_NOISE = 1e-6
"""Eigenvalues of A^T A below this share of the largest are float32 rounding, not structure."""
_REPEAT = 0.01
"""What must be left of each direction, as a share, for one orthogonalisation to be enough."""
_STEPS = 16
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
    with tall.one_blas_thread():
        basis, projected = _krylov(operator, basis_width(n_factors, operator.n_columns, config), config, say)
        values, vectors = _largest(projected, n_factors)
        components = np.zeros((operator.n_items, len(values)), dtype=np.float32)
        tall.place(basis, vectors, components, operator.item_rows)
        _fix_signs(components)
    kept = float(values.sum() / operator.squared_norm) if len(values) else 0.0
    return SVD(np.sqrt(values).astype(np.float32), components, min(1.0, kept))


def basis_width(n_factors: int, n_columns: int, config: SvdConfig) -> int:
    """Columns of the Krylov basis for so many factors."""
    extra = min(max(config.oversampling * n_factors, config.min_extra), config.max_extra)
    return min(n_columns, n_factors + round(extra))


def _krylov(operator: GramOperator, width: int, config: SvdConfig, say: Progress) -> tuple[Floats, Doubles]:
    """An orthonormal basis K, float32 (n_columns, width), and K^T A^T A K."""
    step = -(-width // (_STEPS * _ROUND)) * _ROUND
    basis = np.empty((operator.n_columns, width), dtype=np.float32)
    projected = np.zeros((width, width))
    block = _start(operator, basis[:, :0], min(step, width), config.seed)
    done, scale = 0, 0.0
    while block.shape[1]:
        say(f"Krylov basis: {done} of {width} columns", done / width)
        own = slice(done, done + block.shape[1])
        tall.copy(block, basis[:, own])
        done = own.stop
        block = operator.gram(block)
        parts = tall.coefficients(basis[:, :done], block)
        projected[:done, own] = parts
        projected[own, :done] = parts.T
        if done == width:
            break
        scale = max(scale, float(np.sqrt((parts**2).sum(axis=0).max())))
        floor = _NOISE * scale
        block = _orthonormal(block, basis[:, :done], parts, floor)[:, : width - done]
        if block.shape[1] == 0:
            # An invariant subspace is found; others may be left, even of the same singular values.
            block = _start(operator, basis[:, :done], min(step, width - done), config.seed, floor)
    return basis[:, :done], projected[:done, :done]


def _start(operator: GramOperator, basis: Floats, width: int, seed: int, floor: float = 0.0) -> Floats:
    """An orthonormal block in the range of A^T A, orthogonal to the basis; empty where none is left."""
    draw = basis.shape[1]
    block = operator.gram(tall.random_block(operator.n_columns, width, seed, draw))
    return _orthonormal(block, basis, tall.coefficients(basis, block), floor)


def _orthonormal(block: Floats, basis: Floats, parts: Doubles, floor: float) -> Floats:
    """The block made orthogonal to the basis, of which it holds `parts`, and orthonormal in itself.

    Where little of a direction is left, what is left is rounding error in part: it is then made
    orthogonal once more, and dropped should it have been nothing else.
    """
    squares = tall.remove(block, basis, parts)
    weakest = tall.shortest(squares)
    block = tall.times(block, tall.whitening(squares, floor))
    if weakest > _REPEAT / _NOISE * floor:
        return tall.times(block, tall.whitening(tall.gram(block)))
    squares = tall.remove(block, basis, tall.coefficients(basis, block))
    return tall.times(block, tall.whitening(squares, floor=0.5))


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
    extremes = tall.over_blocks(vectors, lambda rows: (vectors[rows].max(0), vectors[rows].min(0)))
    highest = np.zeros(vectors.shape[1], dtype=np.float32)
    lowest = highest.copy()
    for high, low in extremes:
        highest, lowest = np.maximum(highest, high), np.minimum(lowest, low)
    signs = np.where(highest >= -lowest, np.float32(1), np.float32(-1))

    def flip(rows: slice) -> None:
        vectors[rows] *= signs

    for _ in tall.over_blocks(vectors, flip):
        pass
