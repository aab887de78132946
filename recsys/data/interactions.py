"""Ids, matrix rows, and the ratings between them.

`user_id` and `item_id` are the caller's own strings; `user_row` and `item_row` are
positions in the matrix. A row is the rank of its id in byte order, so one sorted
table serves lookup, prefix search and the way back from rows to ids, straight from
memory-mapped arrays and without one Python string held per id.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from recsys.data.encoding import factorise, look_up

USER, ITEM, RATING, TIMESTAMP = "user_id", "item_id", "rating", "timestamp"


@dataclass(frozen=True)
class IdTable:
    """Unique ids in byte order; the row of an id is its position.

    Parameters
    ----------
    data : uint8 array
        The UTF-8 bytes of all ids, one after the other.
    offsets : int64 array, shape (n + 1,)
        Id `row` is `data[offsets[row]:offsets[row + 1]]`.
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    _bytes: memoryview = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_bytes", memoryview(self.data))  # type: ignore[arg-type]

    @classmethod
    def from_series(cls, ids: pl.Series) -> IdTable:
        """Build from a polars String series in any order, with or without repeats."""
        return cls.from_sorted(factorise(ids)[0])

    @classmethod
    def from_sorted(cls, ids: pl.Series) -> IdTable:
        """Build from a polars String series of different ids in byte order."""
        arrow = ids.to_arrow()
        offsets = np.frombuffer(arrow.buffers()[1], dtype=np.int64)
        offsets = offsets[arrow.offset : arrow.offset + len(arrow) + 1]
        raw = arrow.buffers()[2]
        data = np.frombuffer(raw, dtype=np.uint8) if raw is not None else np.empty(0, np.uint8)
        return cls(data[offsets[0] : offsets[-1]].copy(), offsets - offsets[0])

    @classmethod
    def from_ids(cls, ids: Iterable[str]) -> IdTable:
        """Build from Python strings, in any order."""
        return cls.from_series(pl.Series(list(ids), dtype=pl.String))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __contains__(self, one_id: str) -> bool:
        return self.row(one_id) is not None

    def _key(self, row: int) -> bytes:
        return bytes(self._bytes[self.offsets[row] : self.offsets[row + 1]])

    def id(self, row: int) -> str:
        """The id at `row`."""
        return self._key(int(row)).decode("utf-8")

    def ids(self, rows: Iterable[int]) -> list[str]:
        """The ids at `rows`, in their order."""
        return [self.id(row) for row in rows]

    def row(self, one_id: str) -> int | None:
        """The row of an id, or None where it is unknown."""
        key = one_id.encode("utf-8")
        row = self._first_at_least(key)
        return row if row < len(self) and self._key(row) == key else None

    def rows(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """The rows of several ids; -1 where an id is unknown."""
        found = (self.row(one_id) for one_id in ids)
        return np.array([-1 if row is None else row for row in found], dtype=np.int64)

    def encode(self, ids: pl.Series) -> NDArray[np.int64]:
        """The rows of a whole column at once; -1 where an id is unknown."""
        return look_up(ids, self.to_series()).astype(np.int64)

    def to_series(self) -> pl.Series:
        """All ids in row order, as a polars String series."""
        import pyarrow as pa

        buffers = [None, pa.py_buffer(np.asarray(self.offsets)), pa.py_buffer(np.asarray(self.data))]
        arrow = pa.LargeStringArray.from_buffers(len(self), buffers[1], buffers[2])
        return pl.Series("id", arrow)

    def prefix(self, text: str, limit: int = 50) -> tuple[range, int]:
        """Rows of the ids that start with `text`: the first `limit`, and how many there are."""
        key = text.encode("utf-8")
        start, stop = self._first_at_least(key), self._first_at_least(key + b"\xff")
        return range(start, min(stop, start + limit)), stop - start

    def near(self, text: str, limit: int = 5) -> list[str]:
        """Ids that share the longest possible prefix with `text`."""
        for end in range(len(text), 0, -1):
            rows, total = self.prefix(text[:end], limit)
            if total:
                return self.ids(rows)
        return self.ids(range(min(limit, len(self))))

    def _first_at_least(self, key: bytes) -> int:
        return bisect_left(range(len(self)), key, key=self._key)


@dataclass(frozen=True)
class ItemView:
    """The same ratings by item (CSC order): `indptr` over items, users ascending."""

    indptr: NDArray[np.int64]
    user_rows: NDArray[np.int32]
    ratings: NDArray[np.float32]
    timestamps: NDArray[np.int64] | None


@dataclass(frozen=True)
class Interactions:
    """Clean, encoded ratings: one per (user, item), in CSR order.

    Parameters
    ----------
    users, items : IdTable
    indptr : int64 array, shape (n_users + 1,)
        Where each user's ratings start.
    item_rows : int32 array, shape (n_ratings,)
        Ascending within a user.
    ratings : float32 array, shape (n_ratings,)
    timestamps : int64 array, shape (n_ratings,), or None
        Unix seconds.
    scale : (float, float)
        Lowest and highest rating a user can give.
    implicit : bool
        True where the source records that something happened, not how it was liked.
    """

    users: IdTable
    items: IdTable
    indptr: NDArray[np.int64]
    item_rows: NDArray[np.int32]
    ratings: NDArray[np.float32]
    timestamps: NDArray[np.int64] | None = None
    scale: tuple[float, float] = (1.0, 5.0)
    implicit: bool = False

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
    def user_degrees(self) -> NDArray[np.int64]:
        """Ratings per user."""
        return np.diff(self.indptr)

    @cached_property
    def item_degrees(self) -> NDArray[np.int64]:
        """Ratings per item."""
        return np.bincount(self.item_rows, minlength=self.n_items)

    @cached_property
    def user_rows(self) -> NDArray[np.int32]:
        """The user row of each rating, shape (n_ratings,)."""
        return np.repeat(np.arange(self.n_users, dtype=np.int32), self.user_degrees)

    def csr(self) -> sparse.csr_matrix:
        """Ratings as a users x items float32 matrix that shares these arrays."""
        shape = (self.n_users, self.n_items)
        return sparse.csr_matrix((self.ratings, self.item_rows, self.indptr), shape=shape, copy=False)

    def slice(self, user_row: int) -> slice:
        """Where this user's ratings stand in the rating arrays."""
        return slice(int(self.indptr[user_row]), int(self.indptr[user_row + 1]))

    def select(self, keep: NDArray[np.bool_]) -> Interactions:
        """The ratings where `keep` is True, over the same users and items."""
        counts = np.bincount(self.user_rows[keep], minlength=self.n_users)
        return replace(
            self,
            indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            item_rows=self.item_rows[keep],
            ratings=self.ratings[keep],
            timestamps=None if self.timestamps is None else self.timestamps[keep],
        )

    def by_item(self) -> ItemView:
        """The ratings in item order; within an item, by user."""
        order = _stable_order(self.item_rows, self.n_items)
        indptr = np.concatenate([[0], np.cumsum(self.item_degrees)]).astype(np.int64)
        times = None if self.timestamps is None else self.timestamps[order]
        return ItemView(indptr, self.user_rows[order], self.ratings[order], times)


def encode(
    frame: pl.DataFrame,
    *,
    users: IdTable | None = None,
    items: IdTable | None = None,
    scale: tuple[float, float] = (1.0, 5.0),
    implicit: bool = False,
) -> Interactions:
    """Turn a clean frame into interactions.

    Parameters
    ----------
    frame : polars.DataFrame
        Columns user_id, item_id (String), rating (Float32) and, where known, timestamp
        (Int64). Of several rows for a (user, item) the latest is kept, or else the last.
    users, items : IdTable, optional
        Tables to encode against (they must hold every id of the frame); by default
        those of the frame itself.
    """
    with ThreadPoolExecutor(2) as pool:
        both = pool.map(_encode_column, (frame[USER], frame[ITEM]), (users, items))
        (users, user_rows), (items, item_rows) = both
    times = frame[TIMESTAMP].to_numpy() if TIMESTAMP in frame.columns else None
    order, user_rows, item_rows = _matrix_order(user_rows, item_rows, len(users), len(items), times)
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
    )


def latest_rows(frame: pl.DataFrame) -> NDArray[np.int64]:
    """Positions in a frame of the rows that `encode` keeps, ascending."""
    users, user_rows = _encode_column(frame[USER], None)
    items, item_rows = _encode_column(frame[ITEM], None)
    times = frame[TIMESTAMP].to_numpy() if TIMESTAMP in frame.columns else None
    order, _, _ = _matrix_order(user_rows, item_rows, len(users), len(items), times)
    return np.sort(order).astype(np.int64)


def _encode_column(ids: pl.Series, table: IdTable | None) -> tuple[IdTable, NDArray[np.int32]]:
    """Ids to rows of a table, by default the one of these ids."""
    if table is not None:
        return table, look_up(ids, table.to_series())
    unique, rows = factorise(ids)
    return IdTable.from_sorted(unique), rows


def _matrix_order(
    user_rows: NDArray[np.int32],
    item_rows: NDArray[np.int32],
    n_users: int,
    n_items: int,
    times: NDArray[np.int64] | None,
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Positions of the ratings by user, then item, and their rows; of several for a pair the latest."""
    order = _stable_order(item_rows, n_items)
    order = order[_stable_order(user_rows[order], n_users)]
    users, items = user_rows[order], item_rows[order]
    again = (users[1:] == users[:-1]) & (items[1:] == items[:-1])
    if not again.any():
        return order, users, items
    starts = np.flatnonzero(np.concatenate([[True], ~again]))
    last = np.append(starts[1:], len(order)) - 1
    if times is not None:
        ordered = times[order]
        latest = np.repeat(np.maximum.reduceat(ordered, starts), np.diff(np.append(starts, len(order))))
        last = np.maximum.reduceat(np.where(ordered == latest, np.arange(len(order)), -1), starts)
    kept = order[last]
    return kept, users[starts], items[starts]


def _stable_order(rows: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    """Stable argsort of small whole numbers, by counting.

    A matrix with one entry in each column has that order as the columns of its rows.
    """
    entries = sparse.csc_array(
        (np.ones(len(rows), np.int8), rows, np.arange(len(rows) + 1, dtype=np.int32)), shape=(n, len(rows))
    )
    return entries.tocsr().indices
