"""Figures by segment."""

from __future__ import annotations

import numpy as np
import polars as pl

from recsys.data.interactions import Interactions, encode
from recsys.evaluation.segments import by_segment, popular_items


def interactions(rows: list[tuple[str, str]]) -> Interactions:
    frame = pl.DataFrame(rows, schema=["user_id", "item_id"], orient="row")
    return encode(frame.with_columns(pl.lit(4.0).cast(pl.Float32).alias("rating")))


def test_popular_items_are_the_fewest_that_make_up_the_share() -> None:
    degrees = np.array([1, 50, 30, 0, 19])
    assert popular_items(degrees, 0.8).tolist() == [False, True, True, False, False]
    assert popular_items(degrees, 0.81).tolist() == [False, True, True, False, True]


def test_segments_count_only_the_items_of_the_segment() -> None:
    # Training: a has 9 of 10 ratings. The user is held out one popular and one tail item, and gets a.
    train = interactions([*((f"u{n}", "a") for n in range(9)), ("u8", "b"), ("v", "c")])
    test = train.select(np.zeros(train.n_ratings, dtype=bool))
    held = interactions([("v", "a"), ("v", "b")])
    user = train.users.row("v")
    assert user is not None
    test = type(test)(
        train.users,
        train.items,
        np.where(np.arange(train.n_users + 1) > user, 2, 0).astype(np.int64),
        np.array([0, 1], dtype=np.int32),
        held.ratings,
    )
    entries = by_segment(train, test, np.array([user]), {"m": np.array([[0]], dtype=np.int32)}, 20)
    recalls = {e.segment: e.value for e in entries if e.metric == "recall@20"}
    assert recalls == {"users with 1 rating": 0.5, "popular items": 1.0, "tail items": 0.0}
