"""From a clean table of ratings to interactions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

from recsys.arrays import Rows, Rows32
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
