"""A clean table of ratings becomes interactions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys.columns import ITEM, RATING, TIMESTAMP, USER
from recsys.data.factorise import factorise, look_up
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions, stable_order


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
    order = stable_order(item_rows, n_items)
    order = order[stable_order(user_rows[order], n_users)]
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
