"""Linear algebra of tall, thin float32 matrices, by blocks of rows.

Each block is one single-threaded BLAS call and the blocks run in parallel, so that BLAS's
threads do not compete with ours. Sums over blocks are taken in float64 in the order of the
blocks, so that the result does not depend on the number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from recsys.arrays import Doubles, Floats, Rows

S = TypeVar("S")
T = TypeVar("T")

_BLOCK_ELEMENTS = 1 << 19
"""Numbers in a block: 2 MB in float32, so that it stays in cache between two products."""
_DEPENDENT = 1e-10
"""Eigenvalue of a scaled Gram matrix below which its columns count as dependent."""


def n_threads() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """A context in which BLAS uses one thread: the parallelism is over blocks."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield


def over_blocks(matrix: Floats, task: Callable[[slice], T]) -> Iterator[T]:
    """Run `task` on slices of the matrix's rows, in parallel; results in order of the slices."""
    n_rows, n_columns = matrix.shape
    step = max(256, _BLOCK_ELEMENTS // max(1, n_columns))
    yield from in_threads(task, [slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step)])


def in_threads(task: Callable[[S], T], parts: Sequence[S]) -> Iterator[T]:
    """Run `task` on each part, in parallel; results in order of the parts."""
    with ThreadPoolExecutor(n_threads()) as pool:
        yield from pool.map(task, parts)


def random_block(n_rows: int, n_columns: int, seed: int, draw: int = 0) -> Floats:
    """Standard normal float32 (n_rows, n_columns); the same numbers for the same seed and draw."""
    rng = np.random.default_rng([seed, draw])
    return rng.standard_normal((n_rows, n_columns), dtype=np.float32)


def copy(block: Floats, out: Floats) -> None:
    """Copy the block into `out`, in parallel: the first touch of new memory takes most of the time."""

    def one(rows: slice) -> None:
        out[rows] = block[rows]

    for _ in over_blocks(block, one):
        pass


def coefficients(basis: Floats, block: Floats) -> Doubles:
    """basis^T block, float64 (basis columns, block columns): float32 products, float64 sums."""
    total = np.zeros((basis.shape[1], block.shape[1]))
    for part in over_blocks(basis, lambda rows: basis[rows].T @ block[rows]):
        total += part
    return total


def gram(block: Floats) -> Doubles:
    """block^T block in float64."""
    total = np.zeros((block.shape[1], block.shape[1]))
    for part in over_blocks(block, lambda rows: _square(block[rows])):
        total += part
    return total


def remove(block: Floats, basis: Floats, parts: Doubles) -> Doubles:
    """block -= basis @ parts, in place; returns the Gram matrix of the result."""
    factor = parts.astype(np.float32)

    def subtract(rows: slice) -> Doubles:
        block[rows] -= basis[rows] @ factor
        return _square(block[rows])

    total = np.zeros((block.shape[1], block.shape[1]))
    for part in over_blocks(basis if basis.shape[1] else block, subtract):
        total += part
    return total


def _square(rows: Floats) -> Doubles:
    doubles = rows.astype(np.float64)
    return doubles.T @ doubles


def times(block: Floats, small: Doubles) -> Floats:
    """block @ small in float32; overwrites and returns `block` where the shape stays the same."""
    n_columns = small.shape[1]
    out = block if n_columns == block.shape[1] else np.empty((len(block), n_columns), dtype=np.float32)
    place(block, small, out, None)
    return out


def place(block: Floats, small: Doubles, out: Floats, out_rows: Rows | None) -> None:
    """block @ small into `out`, or into its rows `out_rows`."""
    factor = small.astype(np.float32)

    def product(rows: slice) -> None:
        out[rows if out_rows is None else out_rows[rows]] = block[rows] @ factor

    for _ in over_blocks(block, product):
        pass


def whitening(squares: Doubles, floor: float = 0.0) -> Doubles:
    """W such that block @ W is orthonormal, for a block whose Gram matrix is `squares`.

    W is the inverse Cholesky factor (Cholesky QR). Where columns depend on each other, or
    directions are no longer than `floor`, it is made of the other eigenvectors and is narrower.

    Parameters
    ----------
    squares : float64 array, shape (w, w)
    floor : float
        Directions of a length up to this are rounding noise.

    References
    ----------
    Yamamoto, Nakatsukasa, Yanagisawa, Fukaya 2015, "Roundoff error analysis of the
    CholeskyQR2 algorithm".
    """
    if not len(squares):
        return squares
    values, vectors = np.linalg.eigh(squares)
    keep = values > max(floor**2, _DEPENDENT * values[-1])
    if keep.all():
        try:
            inverse: Doubles = np.linalg.inv(np.linalg.cholesky(squares))
            return inverse.T
        except np.linalg.LinAlgError:  # rounding; the eigenvectors below still exist
            pass
    kept: Doubles = vectors[:, keep] / np.sqrt(values[keep])
    return kept
