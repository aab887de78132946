"""The normalised interaction matrix and its Gram products, in numba.

    A = Du^-a R Di^-b        R: users x items, 1 where there is an interaction

A is never stored: its entries are products of a user's and an item's weight, so a product
is a plain sum over a user's items, scaled before and after. For each tile of 16 columns

    z_u = du^-2a  sum over u's items j of (dj^-b q_j);    y_j += z_u  for each of them

in one pass over the users: `q_j` and `y_j` stand side by side (128 bytes), so the second
sum finds in cache what the first has fetched, and no users x columns array ever exists.
Tiles are independent, so threads share nothing and the result does not depend on their
number. Items stand by popularity, so that the busy ones share pages and stay in cache, and
users by their rarest item, so that the rare ones are read in order.
"""

from __future__ import annotations

import numba
import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from recsys.config import SvdConfig
from recsys.data.interactions import Interactions

Floats = NDArray[np.float32]

TILE = 16
"""Columns of a tile: 64 bytes, one cache line and one AVX-512 register."""


class NormalisedGram:
    """A^T A of the degree-normalised interactions; a `GramOperator`.

    Parameters
    ----------
    interactions : Interactions
    a, b : float
        Exponents of the user and item degrees. Degrees count every interaction.
    config : SvdConfig, optional
        `min_user_items`: users with fewer items are left out of the products.

    Attributes
    ----------
    n_columns : int
        Items that share a user with another: the rows of a block, most popular first.
    squared_norm : float
    item_rows : int64 array, shape (n_columns,)
        The item row of each row of a block.
    """

    def __init__(
        self, interactions: Interactions, a: float, b: float, config: SvdConfig | None = None
    ) -> None:
        least = (config or SvdConfig()).min_user_items
        self.n_items = interactions.n_items
        users = np.flatnonzero(interactions.user_degrees >= max(1, least))
        degrees = interactions.user_degrees[users]
        starts = interactions.indptr[users]
        counts = _count_items(starts, degrees, interactions.item_rows, self.n_items)
        self.n_columns = int(np.count_nonzero(counts))
        self.item_rows = np.argsort(-counts, kind="stable")[: self.n_columns]
        rank = np.empty(self.n_items, dtype=np.int32)
        rank[self.item_rows] = np.arange(self.n_columns, dtype=np.int32)
        rarest = _rarest(starts, degrees, interactions.item_rows, rank)
        order = np.argsort(rarest, kind="stable")
        self._indptr = np.concatenate([[0], np.cumsum(degrees[order])]).astype(np.int64)
        self._items = _gather(starts[order], self._indptr, interactions.item_rows, rank)
        self._user_scale = (degrees[order] ** (-2.0 * a)).astype(np.float32)
        item_degrees = interactions.item_degrees[self.item_rows].astype(np.float64)
        self._item_scale = (item_degrees**-b).astype(np.float32)
        self.squared_norm = float(
            _squared_norm(self._indptr, self._items, self._user_scale, self._item_scale)
        )
        self._work: Floats | None = None

    def gram(self, block: Floats) -> Floats:
        """A^T (A block), float32 (n_columns, w), written over `block`."""
        n_threads = numba.get_num_threads()
        if self._work is None or len(self._work) != n_threads:
            self._work = np.zeros((n_threads, self.n_columns, 2 * TILE), dtype=np.float32)
        _gram_tiles(self._indptr, self._items, self._user_scale, self._item_scale, block, self._work)
        return block

    def expand(self, components: Floats) -> Floats:
        """From rows by popularity to all item rows; zeros for items without co-occurrence."""
        out = np.zeros((self.n_items, components.shape[1]), dtype=np.float32)
        out[self.item_rows] = components
        return out


@njit(cache=True)
def _count_items(starts, degrees, items, n_items):  # type: ignore[no-untyped-def]
    counts = np.zeros(n_items, dtype=np.int64)
    for u in range(len(starts)):
        for n in range(starts[u], starts[u] + degrees[u]):
            counts[items[n]] += 1
    return counts


@njit(cache=True)
def _rarest(starts, degrees, items, rank):  # type: ignore[no-untyped-def]
    out = np.zeros(len(starts), dtype=np.int32)
    for u in range(len(starts)):
        for n in range(starts[u], starts[u] + degrees[u]):
            out[u] = max(out[u], rank[items[n]])
    return out


@njit(cache=True)
def _gather(starts, indptr, items, rank):  # type: ignore[no-untyped-def]
    out = np.empty(indptr[-1], dtype=np.int32)
    for u in range(len(starts)):
        for n in range(indptr[u + 1] - indptr[u]):
            out[indptr[u] + n] = rank[items[starts[u] + n]]
    return out


@njit(cache=True)
def _squared_norm(indptr, items, user_scale, item_scale):  # type: ignore[no-untyped-def]
    total = 0.0
    for u in range(len(indptr) - 1):
        part = 0.0
        for n in range(indptr[u], indptr[u + 1]):
            part += np.float64(item_scale[items[n]]) ** 2
        total += part * user_scale[u]
    return total


@njit(parallel=True, cache=True)
def _gram_tiles(indptr, items, user_scale, item_scale, block, work):  # type: ignore[no-untyped-def]
    width = block.shape[1]
    n_threads = len(work)
    n_tiles = (width + TILE - 1) // TILE
    for thread in prange(n_threads):
        for tile in range(thread, n_tiles, n_threads):
            first = tile * TILE
            size = min(TILE, width - first)
            _load(block, item_scale, first, size, work[thread])
            _gram_tile(indptr, items, user_scale, work[thread])
            _store(block, item_scale, first, size, work[thread])


@njit(cache=True)
def _load(block, item_scale, first, size, work):  # type: ignore[no-untyped-def]
    for row in range(len(block)):
        for f in range(size):
            work[row, f] = block[row, first + f] * item_scale[row]
        for f in range(size, 2 * TILE):
            work[row, f] = 0


@njit(cache=True)
def _store(block, item_scale, first, size, work):  # type: ignore[no-untyped-def]
    for row in range(len(block)):
        for f in range(size):
            block[row, first + f] = work[row, TILE + f] * item_scale[row]


@njit(cache=True)
def _gram_tile(indptr, items, user_scale, work):  # type: ignore[no-untyped-def]
    z = np.empty(TILE, dtype=np.float32)
    for u in range(len(indptr) - 1):
        for f in range(TILE):
            z[f] = 0
        for n in range(indptr[u], indptr[u + 1]):
            row = items[n]
            for f in range(TILE):
                z[f] += work[row, f]
        for f in range(TILE):
            z[f] *= user_scale[u]
        for n in range(indptr[u], indptr[u + 1]):
            row = items[n]
            for f in range(TILE):
                work[row, TILE + f] += z[f]
