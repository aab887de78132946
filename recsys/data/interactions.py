"""Clean, encoded ratings as a sparse matrix, by user and by item."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import polars as pl
from scipy import sparse

from recsys.arrays import Floats, Mask, Rows, Rows32
from recsys.columns import ITEM, RATING, TIMESTAMP, USER
from recsys.data.factorise import factorise, look_up
from recsys.data.ids import IdTable


@dataclass(frozen=True)
class ItemView:
    """Ratings by item (CSC order): `indptr` over items, users ascending within an item."""

    indptr: Rows
    user_rows: Rows32
    ratings: Floats
    timestamps: Rows | None
    places: Rows | None = None

    @property
    def order(self) -> Rows | None:
        """As `Interactions.order`."""
        return self.timestamps if self.places is None else self.places

    def raters_after(self, row: int, rows: Rows) -> Rows:
        """How many users rated each of the items `rows` later than the item `row`, int64 (len(rows),).

        Zeros where the order of time is not known.
        """
        after = np.zeros(len(rows), dtype=np.int64)
        if self.order is None:
            return after
        own = slice(int(self.indptr[row]), int(self.indptr[row + 1]))
        for position, other in enumerate(rows):
            theirs = slice(int(self.indptr[other]), int(self.indptr[other + 1]))
            _, first, second = np.intersect1d(
                self.user_rows[own], self.user_rows[theirs], assume_unique=True, return_indices=True
            )
            after[position] = np.count_nonzero(self.order[theirs][second] > self.order[own][first])
        return after


_FEW = 1_000
PART = 1 << 24
"""Ratings of a part, see `Interactions.parts`: 64 MB for each array of 32 bits."""


@dataclass(frozen=True)
class Interactions:
    """Clean, encoded ratings: one per (user, item), in CSR order.

    Parameters
    ----------
    users, items : IdTable
    indptr : int64 array, shape (n_users + 1,)
        User `u` has the ratings `indptr[u]` to `indptr[u + 1]`.
    item_rows : int32 array, shape (n_ratings,)
        Ascending within a user.
    ratings : float32 array, shape (n_ratings,)
    timestamps : int64 array, shape (n_ratings,), or None
        Unix seconds.
    places : int64 array, shape (n_ratings,), or None
        The row of the source that each rating stood in, where the source is in order of time.
    scale : (float, float)
        Lowest and highest rating a user can give.
    implicit : bool
        True where the source records that something happened, not how it was liked.
    """

    users: IdTable
    items: IdTable
    indptr: Rows
    item_rows: Rows32
    ratings: Floats
    timestamps: Rows | None = None
    scale: tuple[float, float] = (1.0, 5.0)
    implicit: bool = False
    places: Rows | None = None

    @cached_property
    def order(self) -> Rows | None:
        """What says which of a user's ratings came first: larger is later; None where nothing does.

        The places of an ordered source, which have no ties, or else the timestamps, unless all are
        the same.
        """
        if self.places is not None or self.timestamps is None:
            return self.places
        start, times = self.timestamps[:_FEW], self.timestamps
        differ = len(start) and (bool((start != start[0]).any()) or bool((times != times[0]).any()))
        return times if differ else None

    @property
    def n_users(self) -> int:
        return len(self.users)

    @property
    def n_items(self) -> int:
        return len(self.items)

    @property
    def n_ratings(self) -> int:
        return len(self.item_rows)

    @property
    def density(self) -> float:
        """Share of the user-item pairs that are rated, between 0 and 1."""
        return self.n_ratings / max(1, self.n_users * self.n_items)

    @cached_property
    def user_degrees(self) -> Rows:
        """Ratings per user."""
        return np.diff(self.indptr)

    @cached_property
    def item_degrees(self) -> Rows:
        """Ratings per item."""
        totals = np.zeros(self.n_items, dtype=np.int64)
        for part in self.parts():
            totals += np.bincount(part.item_rows, minlength=self.n_items)
        return totals

    @cached_property
    def user_rows(self) -> Rows32:
        """The user row of each rating, shape (n_ratings,)."""
        return np.repeat(np.arange(self.n_users, dtype=np.int32), self.user_degrees)

    def csr(self) -> sparse.csr_matrix:
        """Ratings as a users x items float32 matrix that shares these arrays."""
        shape = (self.n_users, self.n_items)
        return sparse.csr_matrix((self.ratings, self.item_rows, self.indptr), shape=shape, copy=False)

    def slice(self, user_row: int) -> slice:
        """The positions of this user's ratings in the rating arrays."""
        return slice(int(self.indptr[user_row]), int(self.indptr[user_row + 1]))

    def parts(self) -> Iterator[Interactions]:
        """Ranges of users one after the other, so that what is computed of each stays small.

        Each shares these arrays and has all items, and about `PART` ratings; all data in one where
        they are no more.
        """
        if self.n_ratings <= PART:
            yield self
            return
        ends = np.searchsorted(self.indptr, np.arange(PART, self.n_ratings, PART))
        bounds = np.unique(np.concatenate([[0], ends, [self.n_users]]))
        for start, stop in pairwise(bounds.tolist()):
            own = slice(int(self.indptr[start]), int(self.indptr[stop]))
            yield replace(
                self,
                users=IdTable(self.users.data, self.users.offsets[start : stop + 1]),
                indptr=self.indptr[start : stop + 1] - self.indptr[start],
                item_rows=self.item_rows[own],
                ratings=self.ratings[own],
                timestamps=None if self.timestamps is None else self.timestamps[own],
                places=None if self.places is None else self.places[own],
            )

    def select(self, keep: Mask) -> Interactions:
        """The ratings where `keep` is True, over the same users and items."""
        counts = np.bincount(self.user_rows[keep], minlength=self.n_users)
        return replace(
            self,
            indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            item_rows=self.item_rows[keep],
            ratings=self.ratings[keep],
            timestamps=None if self.timestamps is None else self.timestamps[keep],
            places=None if self.places is None else self.places[keep],
        )

    def without_users(self, rows: Rows) -> Interactions:
        """The ratings of all other users, who move up: nothing of these users is left. Items stay."""
        gone = np.zeros(self.n_users, dtype=bool)
        gone[rows] = True
        rest = self.select(~np.repeat(gone, self.user_degrees))
        kept = np.append(True, ~gone)
        return replace(rest, users=self.users.without(rows), indptr=rest.indptr[kept])

    def by_item(self) -> ItemView:
        """The ratings in item order; within an item, by user."""
        order = stable_order(self.item_rows, self.n_items)
        indptr = np.concatenate([[0], np.cumsum(self.item_degrees)]).astype(np.int64)
        times = None if self.timestamps is None else self.timestamps[order]
        places = None if self.places is None else self.places[order]
        return ItemView(indptr, self.user_rows[order], self.ratings[order], times, places)


def stable_order(rows: Rows32, n: int) -> Rows32:
    """Stable argsort of whole numbers from 0 to n - 1, by counting.

    A matrix with one entry in each column, at row `rows[column]`, gives it: read row by row, its
    column numbers are the order.
    """
    entries = sparse.csc_array(
        (np.ones(len(rows), np.int8), rows, np.arange(len(rows) + 1, dtype=np.int32)), shape=(n, len(rows))
    )
    order: Rows32 = entries.tocsr().indices
    return order


def encode(
    frame: pl.DataFrame,
    *,
    users: IdTable | None = None,
    items: IdTable | None = None,
    scale: tuple[float, float] = (1.0, 5.0),
    implicit: bool = False,
    in_order: bool = False,
) -> Interactions:
    """Turn a clean frame into interactions.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns user_id, item_id (String), rating (Float32) and, where known, timestamp
        (Int64). Of several rows for a (user, item) the latest is kept; of equally late ones the
        last in the frame.
    users, items : IdTable, optional
        Tables to encode against (they must hold every id of the frame); by default
        they are made from the frame.
    in_order : bool
        Whether the rows of each user stand in order of time, earliest first. Then the rows
        decide what came first, whatever the timestamps are.
    """
    with ThreadPoolExecutor(2) as pool:
        both = pool.map(_encode_column, (frame[USER], frame[ITEM]), (users, items))
        (users, user_rows), (items, item_rows) = both
    times = frame[TIMESTAMP].to_numpy() if TIMESTAMP in frame.columns else None
    late = None if in_order else times
    order, user_rows, item_rows = _matrix_order(user_rows, item_rows, len(users), len(items), late)
    counts = np.bincount(user_rows, minlength=len(users))
    return Interactions(
        users=users,
        items=items,
        indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        item_rows=item_rows,
        ratings=frame[RATING].to_numpy().astype(np.float32, copy=False)[order],
        timestamps=None if times is None else times[order],
        scale=scale,
        implicit=implicit,
        places=order.astype(np.int64) if in_order else None,
    )


def latest_rows(frame: pl.DataFrame) -> Rows:
    """Positions in a frame of the rows that `encode` keeps, ascending."""
    users, user_rows = _encode_column(frame[USER], None)
    items, item_rows = _encode_column(frame[ITEM], None)
    times = frame[TIMESTAMP].to_numpy() if TIMESTAMP in frame.columns else None
    order, _, _ = _matrix_order(user_rows, item_rows, len(users), len(items), times)
    return np.sort(order).astype(np.int64)


def _encode_column(ids: pl.Series, table: IdTable | None) -> tuple[IdTable, Rows32]:
    """A table of ids and the row of each id; by default the table is made from these ids."""
    if table is not None:
        return table, look_up(ids, table.to_series())
    unique, rows = factorise(ids)
    return IdTable.from_sorted(unique), rows


def _matrix_order(
    user_rows: Rows32,
    item_rows: Rows32,
    n_users: int,
    n_items: int,
    times: Rows | None,
) -> tuple[Rows32, Rows32, Rows32]:
    """Positions of the ratings to keep, by user and item, and their user and item rows.

    Of several ratings of one pair the latest is kept; of equally late ones the last.
    """
    order = stable_order(item_rows, n_items)
    order = order[stable_order(user_rows[order], n_users)]
    users, items = user_rows[order], item_rows[order]
    repeated = (users[1:] == users[:-1]) & (items[1:] == items[:-1])
    if not repeated.any():
        return order, users, items
    starts = np.flatnonzero(np.concatenate([[True], ~repeated]))
    last = np.append(starts[1:], len(order)) - 1
    if times is not None:
        ordered = times[order]
        latest = np.repeat(np.maximum.reduceat(ordered, starts), np.diff(np.append(starts, len(order))))
        last = np.maximum.reduceat(np.where(ordered == latest, np.arange(len(order)), -1), starts)
    kept = order[last]
    return kept, users[starts], items[starts]
