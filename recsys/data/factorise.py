"""Columns of ids to rows of a sorted table, for millions of ids.

Ids are compared by polars' 64-bit hashes: sorting and joining numbers costs a third of sorting
and joining text. A second hash checks the result. If two ids share a hash, which has not been
seen yet, the ids themselves are compared instead.
"""

from __future__ import annotations

from itertools import takewhile

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys.arrays import Mask, Rows32


def factorise(ids: pl.Series) -> tuple[pl.Series, Rows32]:
    """The distinct ids in byte order, and the position of each row's id among them.

    Parameters
    ----------
    ids : polars.Series
        String, without nulls, shape (n,).

    Returns
    -------
    (polars.Series, int32 array of shape (n,))
    """
    hashes = ids.hash()
    order = hashes.arg_sort().to_numpy()
    starts = _changes(hashes.to_numpy()[order])
    first = np.zeros(len(ids), dtype=bool)
    first[order[starts]] = True
    unique = sort_ids(ids.filter(pl.Series(first)))
    # `order` has equal ids next to each other, sorted by hash; `by_hash` has the same order.
    by_hash = unique.hash().arg_sort().to_numpy().astype(np.int32)
    rows = np.empty(len(ids), dtype=np.int32)
    rows[order] = by_hash[np.cumsum(starts, dtype=np.int32) - 1]
    if np.array_equal(unique.hash(seed=1).to_numpy()[rows], ids.hash(seed=1).to_numpy()):
        return unique, rows
    unique = ids.unique().sort()
    return unique, _look_up_by_id(ids, unique)


def look_up(ids: pl.Series, unique: pl.Series) -> Rows32:
    """Position of each id in a series of distinct ids; -1 where it is missing."""
    table = pl.DataFrame({"hash": unique.hash(), "check": unique.hash(seed=1)}).with_row_index("row")
    asked = pl.DataFrame({"hash": ids.hash(), "check": ids.hash(seed=1)})
    found = asked.join(table, on="hash", how="left", maintain_order="left")
    if len(found) != len(ids) or (found["check"] != found["check_right"]).any():
        return _look_up_by_id(ids, unique)
    return _as_rows(found["row"])


def _look_up_by_id(ids: pl.Series, unique: pl.Series) -> Rows32:
    table = pl.DataFrame({"id": unique}).with_row_index("row")
    return _as_rows(pl.DataFrame({"id": ids}).join(table, on="id", how="left", maintain_order="left")["row"])


def _as_rows(found: pl.Series) -> Rows32:
    return found.cast(pl.Int32).fill_null(-1).to_numpy()


def _changes(values: NDArray[np.uint64]) -> Mask:
    """True where a value differs from the one before it, and at the first."""
    changes = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=changes[1:])
    return changes


def sort_ids(unique: pl.Series) -> pl.Series:
    """Distinct ids in byte order: by the 8 bytes after their common beginning, then by the rest."""
    if len(unique) < 2:
        return unique
    ends = zip(str(unique.min()).encode(), str(unique.max()).encode(), strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], ends))
    keys = _eight_bytes(unique, common)
    order = keys.arg_sort().to_numpy()
    ordered = unique.gather(order)
    starts = _changes(keys.to_numpy()[order])
    tied = ~starts
    tied[:-1] |= ~starts[1:]
    if tied.any():
        # Tied ids are neighbours already, so sorting all of them orders each group in its place.
        rest = pl.DataFrame({"place": np.flatnonzero(tied), "id": ordered.filter(pl.Series(tied)).sort()})
        ordered = ordered.scatter(rest["place"], rest["id"])
    return ordered


def _eight_bytes(ids: pl.Series, start: int) -> pl.Series:
    """Bytes start to start + 8 of each id as a big-endian number, zeros beyond its end."""
    arrow = ids.to_arrow()
    offsets = np.frombuffer(arrow.buffers()[1], dtype=np.int64)[arrow.offset :][: len(ids) + 1]
    data = np.append(np.frombuffer(arrow.buffers()[2] or b"", dtype=np.uint8), np.zeros(start + 8, np.uint8))
    first, lengths = offsets[:-1] + start, np.diff(offsets) - start
    keys = np.zeros(len(ids), dtype=np.uint64)
    for place in range(8):
        keys <<= np.uint64(8)
        keys |= np.where(lengths > place, data[first + place], 0).astype(np.uint64)
    return pl.Series(keys)
