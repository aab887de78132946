"""Truncated SVD by randomised subspace iteration on the item side.

    Y <- A^T (A Q),  Q <- orth(Y),  a few times;  then Rayleigh-Ritz on the span of Q

`A` itself is never seen: anything that can apply A^T A to a block of columns can drive it,
so the rows of A (users) cost no dense memory at all.

References
----------
Halko, Martinsson, Tropp 2011, "Finding structure with randomness", algorithms 4.4 and 5.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recsys.config import SvdConfig
from recsys.model.tall import cross, one_blas_thread, orthonormal, random_block, times

Floats = NDArray[np.float32]
Progress = Callable[[str, float], None]

_NOISE = 1e-6
"""Eigenvalues of A^T A below this share of the largest are float32 rounding, not structure."""
_MIN_EXTRA = 8
"""Extra columns carried at the least: small ranks need them most."""


class GramOperator(Protocol):
    """What `truncated_svd` needs to know of a matrix A.

    Attributes
    ----------
    n_columns : int
        Columns of A that hold anything.
    squared_norm : float
        Sum of the squares of A's entries.
    """

    n_columns: int
    squared_norm: float

    def gram(self, block: Floats) -> Floats:
        """A^T (A block), float32 (n_columns, w); may overwrite and return `block`."""
        ...

    def expand(self, components: Floats) -> Floats:
        """Rows in the operator's order to rows in the caller's, zero where A holds nothing."""
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
    with one_blas_thread():
        basis = _range(operator, n_factors, config, say)
        say("Rayleigh-Ritz", config.n_iter / (config.n_iter + 1))
        values, vectors = _rayleigh_ritz(operator, basis, n_factors)
    kept = float(values.sum() / operator.squared_norm) if len(values) else 0.0
    components = operator.expand(_with_fixed_signs(vectors))
    return SVD(np.sqrt(values).astype(np.float32), components, min(1.0, kept))


def _range(operator: GramOperator, n_factors: int, config: SvdConfig, say: Progress) -> Floats:
    """An orthonormal basis that holds the leading right singular vectors."""
    extra = max(_MIN_EXTRA, int(np.ceil(config.oversampling * n_factors)))
    width = min(operator.n_columns, n_factors + extra)
    basis = random_block(operator.n_columns, width, config.seed)
    for iteration in range(config.n_iter):
        say(f"power iteration {iteration + 1} of {config.n_iter}", iteration / (config.n_iter + 1))
        last = iteration + 1 == config.n_iter
        basis = orthonormal(operator.gram(basis), passes=2 if last else 1)
    return basis if config.n_iter else orthonormal(basis, passes=2)


def _rayleigh_ritz(
    operator: GramOperator, basis: Floats, n_factors: int
) -> tuple[NDArray[np.float64], Floats]:
    """Eigenvalues of A^T A within the basis, descending, and their vectors."""
    projected = cross(basis, operator.gram(basis.copy()))
    values, vectors = np.linalg.eigh((projected + projected.T) / 2)
    values, vectors = values[::-1][:n_factors], vectors[:, ::-1][:, :n_factors]
    real = values > _NOISE * values[0] if len(values) else np.zeros(0, dtype=bool)
    return values[real], times(basis, vectors[:, real])


def _with_fixed_signs(vectors: Floats) -> Floats:
    """The largest entry of each column made positive, in place."""
    if vectors.size:
        largest = np.maximum(vectors.max(axis=0), 0) >= np.maximum(-vectors.min(axis=0), 0)
        vectors *= np.where(largest, np.float32(1), np.float32(-1))
    return vectors
