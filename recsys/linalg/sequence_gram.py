"""The matrix of ordered pairs of items, normalised, and its products.

    M = sum_u d_u^-2a sum_{s before t} kappa(t - s) (e_s e_t^T + rho e_t e_s^T)
    N = D_i^-b M D_i^-b                                   kappa(d) ~ d^-g

over the items of each user in order of time, d_u of them. Two items of the same time have no
order: the pair counts in both directions, as if they were one place apart.

M is never formed. kappa is a sum of a few exponentials, so that a product with M or its
transpose is a recursion along each user's sequence: its cost is linear in the ratings, however
long a sequence is. Tiles, threads and the order of items and users are those of
`recsys.linalg.gram`.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from scipy.optimize import nnls

from recsys.arrays import Doubles, Floats, Rows, Rows32
from recsys.data.sequences import Sequences
from recsys.linalg import gram_kernels, sequence_kernels
from recsys.linalg.blocked import n_threads
from recsys.linalg.gram import _tiles, popularity_order
from recsys.linalg.sequence_tile import sequence_tile

DECAYS = (0.45, 0.9, 0.99)
"""The exponentials that d^-g is made of."""
LONGEST_LAG = 60
"""Lags up to this are fitted; beyond it the weights fall exponentially."""


class OrderedPairs:
    """M with scaled columns on both sides: D M D, of some sequences.

    Parameters
    ----------
    sequences : Sequences
    rank : int32 array, shape (n_items,)
        The column of each item.
    a : float
        Exponent of the length of a sequence.
    item_scale : float32 array, shape (n_columns,)
        D.
    """

    def __init__(self, sequences: Sequences, rank: Rows32, a: float, item_scale: Floats) -> None:
        lengths, starts = sequences.lengths, sequences.indptr[:-1]
        order = np.argsort(gram_kernels.rarest_item(starts, lengths, sequences.items, rank), kind="stable")
        self._indptr = np.concatenate([[0], np.cumsum(lengths[order])]).astype(np.int64)
        self._items, self._fresh = sequence_kernels.gather(
            starts[order], self._indptr, sequences.items, sequences.fresh, rank
        )
        self._user_scale = (lengths[order] ** (-2.0 * a)).astype(np.float32)
        self._item_scale, self._n_columns = item_scale, len(item_scale)
        self._work: list[Floats] = []

    def products(self, block: Floats, passes: Sequence[Floats]) -> Floats:
        """The block times the matrix of each pass, one after the other, written over `block` (C order).

        Parameters
        ----------
        block : float32 array, shape (n_columns, w)
        passes : sequence of float32 arrays
            Of `pair_weights`.
        """
        tiles = _tiles(block.shape[1], n_threads())
        self._reserve(len(tiles), max((width for share in tiles for _, width in share), default=0))
        add_tile, no_diagonal = sequence_tile(), np.zeros(self._n_columns, dtype=np.float32)

        def run(thread: int) -> None:
            for first, width in tiles[thread]:
                size = self._n_columns * 2 * width
                work = self._work[thread][:size].reshape(self._n_columns, 2 * width)
                gram_kernels.load_tile(block, self._item_scale, first, work)
                for number, weights in enumerate(passes):
                    if number:
                        sequence_kernels.turn_tile(self._item_scale**2, work)
                    add_tile(self._indptr, self._items, self._fresh, self._user_scale, weights, work)
                gram_kernels.store_tile(block, self._item_scale, no_diagonal, first, work)

        with ThreadPoolExecutor(max(1, len(tiles))) as pool:
            list(pool.map(run, range(len(tiles))))
        return block

    def _reserve(self, n_arrays: int, width: int) -> None:
        """Keep working space between products: allocating it each time costs page faults."""
        size = self._n_columns * 2 * width
        if len(self._work) < n_arrays or any(len(work) < size for work in self._work):
            self._work = [np.empty(size, dtype=np.float32) for _ in range(n_arrays)]


class SequenceGram:
    """N^T N of the ordered pairs, a `SequenceOperator`.

    Parameters
    ----------
    sequences : Sequences
    item_degrees : int64 array, shape (n_items,)
        Interactions of each item.
    a, b : float
        Exponents of the length of a sequence and of the item degrees.
    lag_exponent : float
        g: how fast the weight of a pair falls with its distance.
    backward : float
        rho: the weight of a pair against the order of time.
    """

    def __init__(
        self,
        sequences: Sequences,
        item_degrees: Rows,
        a: float,
        b: float,
        lag_exponent: float,
        backward: float,
    ) -> None:
        self.n_items = len(item_degrees)
        counts = np.bincount(sequences.items, minlength=self.n_items)
        self.item_rows, rank = popularity_order(counts, np.zeros_like(counts))
        self.n_columns = len(self.item_rows)
        scale = (item_degrees[self.item_rows].astype(np.float64) ** -b).astype(np.float32)
        self._pairs = OrderedPairs(sequences, rank, a, scale)
        self._forward, self._backward = pair_weights(lag_exponent, backward)

    def gram(self, block: Floats) -> Floats:
        """N^T (N block), float32 (n_columns, w), written over `block` (C order)."""
        return self._pairs.products(block, (self._backward, self._forward))

    def times(self, block: Floats) -> Floats:
        """N block, float32 (n_columns, w), written over `block` (C order)."""
        return self._pairs.products(block, (self._backward,))


def lag_weights(lag_exponent: float) -> Doubles:
    """c with sum_k c_k DECAYS_k^d near d^-g: within 9% for g from .5 to 1 and d up to `LONGEST_LAG`."""
    lags = np.arange(1.0, LONGEST_LAG + 1)
    relative = np.array(DECAYS) ** lags[:, None] * lags[:, None] ** lag_exponent
    found: Doubles = nnls(relative, np.ones(LONGEST_LAG))[0]
    return found


def pair_weights(lag_exponent: float, backward: float) -> tuple[Floats, Floats]:
    """What the kernel multiplies earlier, later and simultaneous items with, for M^T and for M."""
    factors = lag_weights(lag_exponent)
    both = (1 + backward) * float(factors @ DECAYS)
    rest = [both, *DECAYS, *factors]
    transposed = np.array([1.0, backward, *rest], dtype=np.float32)
    return transposed, np.array([backward, 1.0, *rest], dtype=np.float32)
