"""The lists of all rankers for the same users, side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from recsys.arrays import Rows
from recsys.config import SEED
from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.accuracy import find_hits
from recsys.evaluation.rankers import Ranker, rank_items
from recsys.evaluation.splits import sample_users

_COLUMNS = ("user_id", "model", "rank", "item_id", "hit")


def side_by_side(
    train: Interactions,
    test: Interactions,
    rankers: Mapping[str, Ranker],
    *,
    n_users: int = 200,
    k: int = 10,
    seed: int = SEED,
    among: Rows | None = None,
) -> pl.DataFrame:
    """Each ranker's top k for a sample of users, flagged where the item was held out.

    The users are drawn `among` some, by default all.

    Returns
    -------
    polars.DataFrame
        user_id, model, rank (from 1), item_id, hit (bool); by user, then in the order of `rankers`.
    """
    both = np.flatnonzero((test.user_degrees > 0) & (train.user_degrees > 0))
    if among is not None:
        both = among[(test.user_degrees[among] > 0) & (train.user_degrees[among] > 0)]
    user_rows = sample_users(both, n_users, np.random.default_rng(seed))
    tables = [
        _top(train, test, ranker, user_rows, k).with_columns(
            pl.lit(name).alias("model"), pl.lit(order).alias("order")
        )
        for order, (name, ranker) in enumerate(rankers.items())
    ]
    return pl.concat(tables).sort("user_id", "order", "rank").select(_COLUMNS)


def _top(train: Interactions, test: Interactions, ranker: Ranker, user_rows: Rows, k: int) -> pl.DataFrame:
    """user_id, rank, item_id, hit of one ranker; ended lists are shorter."""
    ranked = rank_items(ranker, train, user_rows, k)
    users, places = np.nonzero(ranked >= 0)
    return pl.DataFrame(
        {
            "user_id": pl.Series(train.users.ids(user_rows[users]), dtype=pl.String),
            "rank": places + 1,
            "item_id": pl.Series(train.items.ids(ranked[users, places]), dtype=pl.String),
            "hit": find_hits(ranked, test, user_rows)[users, places],
        }
    )
