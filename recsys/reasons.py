"""Why an item is recommended: what each of the user's items adds to its score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from recsys.arrays import Floats, Rows
from recsys.columns import ITEM, RATING, TITLE
from recsys.dataset import Dataset
from recsys.model.ranking import RankingModel

N_REASONS = 3
"""Reasons given for each recommended item, at most."""
NOISE = 1e-6
"""A contribution is rounding noise below this share of what it can be at most, the product of the two
vectors' lengths: a sum of up to 1024 float32 products is off by some 1e-7 to 2e-6 of that."""


def reasons(
    dataset: Dataset, ranking: RankingModel, rated: Rows, ratings: Floats, rows: Rows
) -> list[list[dict[str, Any]]]:
    """For each recommended item, the user's items that add most to its score.

    Parameters
    ----------
    rated : int64 array, shape (n,)
        Item rows the user rated.
    ratings : float32 array, shape (n,)
    rows : int64 array
        Item rows that are recommended.

    Returns
    -------
    list of list of dict
        For each row, up to `N_REASONS` of {item_id, title where known, rating, contribution}.
    """
    sizes = _sizes(ranking, rated)
    return [
        top_reasons(dataset, _clean(ranking, sizes, rated, int(row)), rated, ratings, int(row))
        for row in rows
    ]


def contributions(
    dataset: Dataset, ranking: RankingModel, rated: Rows, ratings: Floats, target: int
) -> pd.DataFrame:
    """What each of a user's items adds to the score of the item `target`, largest first.

    Columns: item_id, title (where known), rating, contribution, share (of the sum of absolute
    contributions, 0 to 1).
    """
    parts = _clean(ranking, _sizes(ranking, rated), rated, target)
    order = np.argsort(-parts, kind="stable")
    total = float(np.abs(parts).sum()) or 1.0
    return pd.DataFrame(
        {
            ITEM: dataset.items.ids(rated[order]),
            **dataset.catalog.columns_of(rated[order], (TITLE,)),
            RATING: ratings[order],
            "contribution": parts[order],
            "share": np.abs(parts[order]) / total,
        }
    )


def average_rating(ranking: RankingModel) -> Floats:
    """What a rating adds to a user's vector, averaged over all ratings, shape (n_factors,)."""
    weights = ranking.item_degrees * ranking.fold_in_weights / max(1, ranking.item_degrees.sum())
    mean: Floats = weights.astype(np.float32) @ ranking.components
    return mean


def expected_contribution(ranking: RankingModel, average: Floats, target: int) -> float:
    """What an average rating adds to the score of the item `target`."""
    return float(average @ ranking.item_vectors_of(target))


def _sizes(ranking: RankingModel, rated: Rows) -> Floats:
    """The length of what each rated item adds to the user's vector, shape (n,)."""
    vectors = ranking.components[rated]
    lengths: Floats = ranking.fold_in_weights[rated] * np.sqrt(np.einsum("nk,nk->n", vectors, vectors))
    return lengths


def _clean(ranking: RankingModel, sizes: Floats, rated: Rows, target: int) -> Floats:
    """Contributions to the score of the item `target`, with 0 for rounding noise."""
    parts = ranking.contributions(rated, target)
    noise = NOISE * sizes * np.float32(np.linalg.norm(ranking.item_vectors_of(target)))
    clean: Floats = np.where(np.abs(parts) > noise, parts, np.float32(0))
    return clean


def top_reasons(
    dataset: Dataset, parts: Floats, rated: Rows, ratings: Floats, row: int | None = None
) -> list[dict[str, Any]]:
    """The rated items that add most to the score of the item `row`, or of a product without ratings."""
    top = np.argsort(-parts, kind="stable")[:N_REASONS]
    top = top[(parts[top] > 0) & (rated[top] != row)]
    if row is not None:
        top = top[dataset.item_groups[rated[top]] == dataset.item_groups[row]]
    columns = {
        ITEM: dataset.items.ids(rated[top]),
        **dataset.catalog.columns_of(rated[top], (TITLE,)),
        RATING: ratings[top].tolist(),
        "contribution": parts[top].tolist(),
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
