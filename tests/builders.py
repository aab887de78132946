"""Small data that several tests are built from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from recsys.data.interactions import Interactions, encode


def interactions_of(lists: Sequence[Iterable[int]]) -> Interactions:
    """Ratings of 1: user `u0003` rated the items (`i017`, ...) whose numbers the fourth list holds."""
    pairs = [(f"u{user:04}", f"i{item:03}") for user, items in enumerate(lists) for item in items]
    frame = pl.DataFrame(pairs, schema={"user_id": pl.String, "item_id": pl.String}, orient="row")
    return encode(frame.with_columns(rating=pl.lit(1.0, dtype=pl.Float32)))


def sequences_of(
    lists: Sequence[Sequence[int]], times: Sequence[Sequence[int]] | None = None
) -> Interactions:
    """As `interactions_of`, with times: the place in the list, or those given."""
    rows = [
        (f"u{user:04}", f"i{item:03}", place if times is None else times[user][place])
        for user, items in enumerate(lists)
        for place, item in enumerate(items)
    ]
    schema = {"user_id": pl.String, "item_id": pl.String, "timestamp": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return encode(frame.with_columns(rating=pl.lit(1.0, dtype=pl.Float32)))
