"""Truncated SVD from the item side: eigenvectors of A^T A, the right singular vectors of A.

A itself is never seen: anything that multiplies A^T A with a block of columns can drive it (see
`recsys.linalg.operators`), so the rows of A (users) cost no dense memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.arrays import Floats
from recsys.config import SvdConfig
from recsys.linalg import blocked
from recsys.linalg.krylov import leading_eigenvectors
from recsys.linalg.operators import GramOperator
from recsys.progress import SILENT, Stage


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
    progress: Stage = SILENT,
    start: Floats | None = None,
) -> SVD:
    """The `n_factors` largest singular values of A and their right vectors.

    Parameters
    ----------
    operator : GramOperator
    n_factors : int
        At least 1. Fewer factors come back where A has a lower rank.
    config : SvdConfig, optional
    progress : Stage, optional
    start : float32 array, shape (n_items, m), optional
        The components of a matrix that is nearly the same, to begin with.

    Returns
    -------
    SVD
        The same bytes for the same operator, config and start.

    Raises
    ------
    ValueError
        Where `n_factors` is below 1.
    """
    if n_factors < 1:
        raise ValueError(f"n_factors must be at least 1, not {n_factors}")
    with blocked.one_blas_thread():
        begun = None if start is None else start[operator.item_rows]
        values, basis, rotation = leading_eigenvectors(
            operator, n_factors, config or SvdConfig(), progress, begun
        )
        components = np.zeros((operator.n_items, len(values)), dtype=np.float32)
        blocked.place(basis, rotation, components, operator.item_rows)
        _fix_signs(components)
    kept = float(values.sum() / operator.squared_norm) if len(values) else 0.0
    return SVD(np.sqrt(values).astype(np.float32), components, min(1.0, kept))


def _fix_signs(vectors: Floats) -> None:
    """Make the largest entry of each column positive, in place."""
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
