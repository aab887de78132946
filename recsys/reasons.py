"""Why an item is recommended: what each of the user's items adds to its score."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from recsys.arrays import Floats, Rows
from recsys.columns import ITEM, RATING, TITLE
from recsys.dataset import Dataset
from recsys.served import History, ServedRanker

N_REASONS = 3
"""Reasons given for each recommended item, at most."""
NOISE = 1e-6
"""A contribution is rounding noise below this share of what it can be at most, the product of the two
vectors' lengths: a sum of up to 1024 float32 products is off by some 1e-7 to 2e-6 of that."""


def reasons(
    dataset: Dataset, ranker: ServedRanker, history: History, rows: Rows
) -> list[list[dict[str, Any]]]:
    """For each recommended item, the user's items that add most to its score.

    Parameters
    ----------
    ranker : ServedRanker
        What recommended the items.
    history : History
    rows : int64 array
        Item rows that are recommended.

    Returns
    -------
    list of list of dict
        For each row, up to `N_REASONS` of {item_id, title where known, rating, contribution} and,
        where the order counts, `age`: how many times ago the user rated it, 1 for the latest.
    """
    sizes = ranker.sizes(history)
    tops = [_top(dataset, ranker, sizes, history, int(row)) for row in rows]
    # All titles are looked up at once: one by one they would take most of the time of an answer.
    places = np.concatenate([np.empty(0, np.int64), *(places for places, _ in tops)])
    columns: dict[str, list[Any]] = {
        ITEM: dataset.items.ids(history.rows[places]),
        **dataset.catalog.columns_of(history.rows[places], (TITLE,)),
        RATING: history.ratings[places].tolist(),
        "contribution": [part for _, parts in tops for part in parts.tolist()],
    }
    if ranker.recency(history) is not None:
        columns["age"] = history.ages[places].tolist()
    flat = iter([dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)])
    return [list(islice(flat, len(places))) for places, _ in tops]


def contributions(dataset: Dataset, ranker: ServedRanker, history: History, target: int) -> pd.DataFrame:
    """What each of a user's items adds to the score of the item `target`, largest first.

    Columns: item_id, title (where known), rating, contribution, share (of the sum of absolute
    contributions, 0 to 1). Where the order counts, also age (1 for the latest item), recency (the
    weight of that age) and closeness (the contribution without it).
    """
    parts, rated = _clean(ranker, ranker.sizes(history), history, target), history.rows
    order = np.argsort(-parts, kind="stable")
    total = float(np.abs(parts).sum()) or 1.0
    return pd.DataFrame(
        {
            ITEM: dataset.items.ids(rated[order]),
            **dataset.catalog.columns_of(rated[order], (TITLE,)),
            RATING: history.ratings[order],
            "contribution": parts[order],
            "share": np.abs(parts[order]) / total,
            **_order_columns(ranker, history, parts, order),
        }
    )


def _order_columns(
    ranker: ServedRanker, history: History, parts: Floats, order: Rows
) -> dict[str, Rows | Floats]:
    recency = ranker.recency(history)
    if recency is None:
        return {}
    closeness: Floats = parts / recency
    return {"age": history.ages[order], "recency": recency[order], "closeness": closeness[order]}


def _clean(ranker: ServedRanker, sizes: Floats, history: History, target: int) -> Floats:
    """Contributions to the score of the item `target`, with 0 for rounding noise."""
    parts = ranker.contributions(history, target)
    noise = NOISE * sizes * np.float32(np.linalg.norm(ranker.item_vector(target)))
    clean: Floats = np.where(np.abs(parts) > noise, parts, np.float32(0))
    return clean


def _top(
    dataset: Dataset, ranker: ServedRanker, sizes: Floats, history: History, row: int
) -> tuple[Rows, Floats]:
    """The places in a history that add most to the score of the item `row`, and what they add."""
    parts, rated = _clean(ranker, sizes, history, row), history.rows
    top = np.argsort(-parts, kind="stable")[:N_REASONS]
    top = top[(parts[top] > 0) & history.liked[top] & (rated[top] != row)]
    top = top[dataset.item_groups[rated[top]] == dataset.item_groups[row]]
    return top, parts[top]
