"""Truncated SVD of the matrix of ordered pairs, which is square but not symmetric."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.arrays import Floats
from recsys.config import SvdConfig
from recsys.linalg import blocked
from recsys.linalg.krylov import leading_eigenvectors
from recsys.linalg.operators import SequenceOperator
from recsys.linalg.svd import _fix_signs
from recsys.progress import SILENT, Stage


@dataclass(frozen=True)
class SequenceSVD:
    """The leading part of N ~ P S Q^T.

    Parameters
    ----------
    singular_values : float32 array, shape (k,)
        Descending, positive.
    left, right : float32 arrays, shape (n_items, k)
        P and Q, vectors in columns; the largest entry of each right vector is positive. Rows of
        zeros for items that are in no pair.
    """

    singular_values: Floats
    left: Floats
    right: Floats

    def cut(self, n_factors: int) -> SequenceSVD:
        """The first `n_factors` of these factors."""
        if n_factors >= len(self.singular_values):
            return self
        left, right = (np.ascontiguousarray(part[:, :n_factors]) for part in (self.left, self.right))
        return SequenceSVD(self.singular_values[:n_factors], left, right)


def sequence_svd(
    operator: SequenceOperator, n_factors: int, config: SvdConfig, progress: Stage = SILENT
) -> SequenceSVD:
    """The `n_factors` largest singular values of N and their vectors on both sides.

    Q are the leading eigenvectors of N^T N, by block Krylov iteration; P = N Q / S.

    Returns
    -------
    SequenceSVD
        The same bytes for the same operator and config. Fewer factors come back where N has a
        lower rank.
    """
    if n_factors < 1:
        raise ValueError(f"n_factors must be at least 1, not {n_factors}")
    with blocked.one_blas_thread():
        values, basis, rotation = leading_eigenvectors(operator, n_factors, config, progress)
        right = np.zeros((operator.n_items, len(values)), dtype=np.float32)
        blocked.place(basis, rotation, right, operator.item_rows)
        del basis  # several times as large as the vectors
        _fix_signs(right)
        singular_values = np.sqrt(values).astype(np.float32)
        left = np.zeros_like(right)
        left[operator.item_rows] = operator.times(right[operator.item_rows])
        left /= singular_values
    return SequenceSVD(singular_values, left, right)
