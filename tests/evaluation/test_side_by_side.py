"""The lists of all rankers for the same users."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from recsys.arrays import Floats, Rows
from recsys.data.interactions import Interactions, encode
from recsys.evaluation.baseline_rankers import with_baselines
from recsys.evaluation.results import MODEL
from recsys.evaluation.side_by_side import side_by_side
from recsys.evaluation.splits import Split, random_hold_out


@dataclass
class Oracle:
    """Knows the test."""

    test: Interactions

    def scores(self, user_rows: Rows) -> Floats:
        return np.asarray(self.test.csr()[user_rows].toarray())


def split() -> Split:
    rng = np.random.default_rng(5)
    rows = [(f"u{user:02}", f"i{item}") for user in range(40) for item in rng.choice(20, 6, replace=False)]
    frame = pl.DataFrame(rows, schema=["user_id", "item_id"], orient="row")
    return random_hold_out(encode(frame.with_columns(pl.lit(4.0).cast(pl.Float32).alias("rating"))))


def test_each_rankers_list_is_shown_with_its_hits() -> None:
    train, test = split()
    rankers = with_baselines(Oracle(test), train)
    table = side_by_side(train, test, rankers, n_users=7, k=4)
    assert table.columns == ["user_id", "model", "rank", "item_id", "hit"]
    assert table["user_id"].n_unique() == 7
    assert table["model"].unique(maintain_order=True).to_list() == list(rankers)
    oracle = table.filter(pl.col("model") == MODEL).partition_by("user_id")
    for mine in oracle:
        row = test.users.row(mine["user_id"][0])
        assert row is not None
        held = set(test.items.ids(test.item_rows[test.slice(row)]))
        assert mine["rank"].to_list() == [1, 2, 3, 4]
        assert set(mine.filter("hit")["item_id"]) == held
    assert table.equals(side_by_side(train, test, rankers, n_users=7, k=4))
