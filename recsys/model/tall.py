"""Linear algebra of tall, thin float32 matrices, by blocks of rows.

Each block is one single-threaded BLAS call and the blocks run in parallel, so that BLAS's
own threads never fight numba's; sums over blocks are taken in the order of the blocks, so
that the result does not depend on the number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
T = TypeVar("T")

_BLOCK_ELEMENTS = 1 << 19
"""Numbers in a block: 4 MB in float64, so that one block stays in cache."""
_NEGLIGIBLE = 1e-12
"""Share of the largest eigenvalue of a Gram matrix below which a direction is rounding noise."""


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Within it BLAS uses one thread: the parallelism is over blocks."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield


def over_blocks(matrix: Floats, task: Callable[[slice], T]) -> Iterator[T]:
    """Run `task` on slices of the matrix's rows, in parallel; results in order of the slices."""
    n_rows, n_columns = matrix.shape
    step = max(256, _BLOCK_ELEMENTS // max(1, n_columns))
    slices = [slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield from pool.map(task, slices)


def random_block(n_rows: int, n_columns: int, seed: int) -> Floats:
    """Standard normal float32 (n_rows, n_columns); the same numbers for the same seed."""
    out = np.empty((n_rows, n_columns), dtype=np.float32)

    def fill(rows: slice) -> None:
        np.random.default_rng([seed, rows.start]).standard_normal(dtype=np.float32, out=out[rows])

    for _ in over_blocks(out, fill):
        pass
    return out


def cross(left: Floats, right: Floats) -> Doubles:
    """left^T right in float64, shape (left columns, right columns)."""
    total = np.zeros((left.shape[1], right.shape[1]))

    def product(rows: slice) -> Doubles:
        first = left[rows].astype(np.float64)
        # The same object on both sides lets BLAS compute one triangle only.
        return first.T @ (first if right is left else right[rows].astype(np.float64))

    for part in over_blocks(left, product):
        total += part
    return total


def times(matrix: Floats, small: Doubles) -> Floats:
    """matrix @ small in float32; square `small` overwrites `matrix`, a narrower one does not."""
    factor = small.astype(np.float32)
    n_columns = factor.shape[1]
    out = matrix if n_columns == matrix.shape[1] else np.empty((len(matrix), n_columns), np.float32)

    def product(rows: slice) -> None:
        out[rows] = matrix[rows] @ factor

    for _ in over_blocks(matrix, product):
        pass
    return out


def orthonormal(matrix: Floats, passes: int = 1) -> Floats:
    """An orthonormal basis of the columns, by Cholesky QR; `matrix` may be overwritten.

    One pass leaves an error of about cond^2 in orthogonality, two leave rounding error.
    Columns that depend on the others are dropped, so the result can be narrower.

    References
    ----------
    Yamamoto, Nakatsukasa, Yanagisawa, Fukaya 2015, "Roundoff error analysis of the
    CholeskyQR2 algorithm".
    """
    for _ in range(passes):
        matrix = times(matrix, _whitening(cross(matrix, matrix)))
    return matrix


def _whitening(gram: Doubles) -> Doubles:
    """W with W^T gram W = I: the inverse Cholesky factor, or by eigenvectors where that fails."""
    scale = 1.0 / np.sqrt(np.maximum(np.diag(gram), np.finfo(np.float64).tiny))
    scaled = gram * scale * scale[:, None]
    try:
        lower = np.linalg.cholesky(scaled)
        inverse = np.linalg.inv(lower)
        if np.abs(np.diag(lower)).min() ** 2 > _NEGLIGIBLE:
            return scale[:, None] * np.tril(inverse).T
    except np.linalg.LinAlgError:
        pass  # dependent columns: the eigenvectors below tell which directions there are
    values, vectors = np.linalg.eigh(scaled)
    keep = values > _NEGLIGIBLE * max(values[-1], np.finfo(np.float64).tiny)
    return scale[:, None] * vectors[:, keep] / np.sqrt(values[keep])
