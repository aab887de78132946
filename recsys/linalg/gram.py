"""The normalised interaction matrix and its Gram products.

    A = Du^-a R Di^-b        R: users x items, 1 where there is an interaction

A is never stored: its entries are products of a user's and an item's weight, so a product
is a plain sum over a user's items, scaled before and after. For each tile of columns

    z_u = du^-2a  sum over u's items j of (dj^-b q_j);    y_j += z_u  for each of them

in one pass over the users: `q_j` and `y_j` are neighbours in memory, so that the second sum
finds in cache what the first has fetched, and no users x columns array ever exists. Each thread
works on its own tiles: threads share nothing, and the result does not depend on their number.
Items are sorted by popularity, so that the busy ones share pages and stay in cache, and users
by their rarest item, so that the rare ones are read in order.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from recsys.arrays import Floats, Rows, Rows32
from recsys.config import SvdConfig
from recsys.data.interactions import Interactions
from recsys.linalg import gram_kernels
from recsys.linalg.blocked import n_threads
from recsys.linalg.tile_kernel import tile_kernel


class ScaledGram:
    """A^T A of a matrix of ones with scaled rows and columns; a `GramOperator`.

    Parameters
    ----------
    indptr : int64 array, shape (n_rows + 1,)
    columns : int32 array
        Row `u` has ones at `columns[indptr[u]:indptr[u + 1]]`; ends with `gram_kernels.AHEAD` zeros.
    row_scale : float32 array, shape (n_rows,)
        The square of what each row is multiplied by.
    column_scale : float32 array, shape (n_columns,)
    item_rows : int64 array, shape (n_columns,)
        Which of `n_items` columns of A each column stands for; the others are empty.
    n_items : int
    diagonal : float32 array, shape (n_columns,), optional
        Added to the diagonal of A^T A.

    Attributes
    ----------
    squared_norm : float
    """

    def __init__(
        self,
        indptr: Rows,
        columns: Rows32,
        row_scale: Floats,
        column_scale: Floats,
        item_rows: Rows,
        n_items: int,
        diagonal: Floats | None = None,
    ) -> None:
        self.n_items, self.item_rows, self.n_columns = n_items, item_rows, len(item_rows)
        self._indptr, self._items = indptr, columns
        self._user_scale, self._item_scale = row_scale, column_scale
        self._diagonal = np.zeros(self.n_columns, np.float32) if diagonal is None else diagonal
        shared = gram_kernels.squared_norm(indptr, columns, row_scale, column_scale)
        self.squared_norm = float(shared + self._diagonal.sum(dtype=np.float64))
        self._work: list[Floats] = []

    @property
    def n_entries(self) -> int:
        """Interactions that enter the products (those of single users are in the diagonal)."""
        return int(self._indptr[-1])

    def gram(self, block: Floats) -> Floats:
        """A^T (A block), float32 (n_columns, w), written over `block` (C order)."""
        tiles = _tiles(block.shape[1], n_threads())
        self._reserve(len(tiles), max((width for share in tiles for _, width in share), default=0))
        add_tile = tile_kernel()

        def run(thread: int) -> None:
            for first, width in tiles[thread]:
                size = self.n_columns * 2 * width
                work = self._work[thread][:size].reshape(self.n_columns, 2 * width)
                gram_kernels.load_tile(block, self._item_scale, first, work)
                add_tile(self._indptr, self._items, self._user_scale, work)
                gram_kernels.store_tile(block, self._item_scale, self._diagonal, first, work)

        with ThreadPoolExecutor(max(1, len(tiles))) as pool:
            list(pool.map(run, range(len(tiles))))
        return block

    def _reserve(self, n_arrays: int, width: int) -> None:
        """Keep working space between products: allocating it each time costs page faults."""
        size = self.n_columns * 2 * width
        if len(self._work) < n_arrays or any(len(work) < size for work in self._work):
            self._work = [np.empty(size, dtype=np.float32) for _ in range(n_arrays)]


class NormalisedGram(ScaledGram):
    """A^T A of the degree-normalised interactions; a `GramOperator`.

    Parameters
    ----------
    interactions : Interactions
    a, b : float
        Exponents of the user and item degrees. Degrees count every interaction.
    config : SvdConfig, optional
        `min_user_items`: users with fewer items are left out. With 1, users of a single
        item are included, as the diagonal that they add to A^T A.

    Attributes
    ----------
    n_columns : int
        Items with any entry: the rows of a block, most popular first.
    squared_norm : float
    item_rows : int64 array, shape (n_columns,)
        The item row of each row of a block.
    """

    def __init__(
        self, interactions: Interactions, a: float, b: float, config: SvdConfig | None = None
    ) -> None:
        least = (config or SvdConfig()).min_user_items
        n_items, degrees = interactions.n_items, interactions.user_degrees
        alone = _items_of_single_users(interactions) if least < 2 else np.zeros(n_items, np.int64)
        counts = interactions.item_degrees
        if least > 1 and np.any(degrees < least):
            kept = interactions.item_rows[np.repeat(degrees >= least, degrees)]
            counts = np.bincount(kept, minlength=n_items)
        item_rows, rank = popularity_order(counts, alone)
        layout = user_layout(interactions.indptr, interactions.item_rows, rank, a, least)
        weights = interactions.item_degrees[item_rows].astype(np.float64) ** -b
        # A single user's row is one entry of d_j^-b: it adds its square to the diagonal.
        diagonal = (alone[item_rows] * weights**2).astype(np.float32)
        super().__init__(*layout, weights.astype(np.float32), item_rows, n_items, diagonal)


def popularity_order(counts: Rows, alone: Rows) -> tuple[Rows, Rows32]:
    """Item rows with any entry, most entries first, and the position of each item among them.

    Parameters
    ----------
    counts : int64 array, shape (n_items,)
        Interactions of each item.
    alone : int64 array, shape (n_items,)
        Those of them that enter the diagonal only.
    """
    rows = np.argsort(-(counts - alone), kind="stable")
    rows = rows[counts[rows] > 0]
    rank = np.zeros(len(counts), dtype=np.int32)
    rank[rows] = np.arange(len(rows), dtype=np.int32)
    return rows, rank


def user_layout(
    indptr: Rows, item_rows: Rows32, rank: Rows32, a: float, least: int
) -> tuple[Rows, Rows32, Floats]:
    """What `ScaledGram` takes of users with 2 or `least` items and more: indptr, columns, row_scale.

    Parameters
    ----------
    indptr, item_rows
        The items of each user, as of `Interactions`.
    rank : int32 array, shape (n_items,)
        The column of each item.
    a : float
        Exponent of the user degrees.
    least : int
    """
    degrees = np.diff(indptr)
    users = np.flatnonzero(degrees >= max(2, least))
    degrees, starts = degrees[users], indptr[users]
    order = np.argsort(gram_kernels.rarest_item(starts, degrees, item_rows, rank), kind="stable")
    ordered = np.concatenate([[0], np.cumsum(degrees[order])]).astype(np.int64)
    columns = gram_kernels.gather_ranks(starts[order], ordered, item_rows, rank)
    return ordered, columns, (degrees[order] ** (-2.0 * a)).astype(np.float32)


def _items_of_single_users(interactions: Interactions) -> Rows:
    """Interactions of each item that are their user's only one, shape (n_items,)."""
    single = interactions.indptr[:-1][interactions.user_degrees == 1]
    return np.bincount(interactions.item_rows[single], minlength=interactions.n_items)


def _tiles(width: int, threads: int) -> list[list[tuple[int, int]]]:
    """(first column, tile width) for each thread: equal shares, wide tiles where they fit."""
    share = -(-width // (threads * gram_kernels.NARROW)) * gram_kernels.NARROW
    shares = []
    for start in range(0, width, share or 1):
        stop, tiles = min(start + share, width), []
        while start < stop:
            size = gram_kernels.WIDE if stop - start > gram_kernels.NARROW else gram_kernels.NARROW
            tiles.append((start, size))
            start += size
        shares.append(tiles)
    return shares
