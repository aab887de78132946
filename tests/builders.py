"""Small data that several tests are built from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from recsys.data.encode import encode
from recsys.data.interactions import Interactions


def interactions_of(lists: Sequence[Iterable[int]]) -> Interactions:
    """Ratings of 1: user `u0003` rated the items (`i017`, ...) whose numbers the fourth list holds."""
    pairs = [(f"u{user:04}", f"i{item:03}") for user, items in enumerate(lists) for item in items]
    frame = pl.DataFrame(pairs, schema={"user_id": pl.String, "item_id": pl.String}, orient="row")
    return encode(frame.with_columns(rating=pl.lit(1.0, dtype=pl.Float32)))
