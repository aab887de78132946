"""The most and the best rated items, and what each category is worth."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys.arrays import Doubles, Rows
from recsys.columns import CATEGORY, ITEM, PATH
from recsys.data.interactions import Interactions

TOP = 100
"""Rows of each table, at most."""


def item_tables(interactions: Interactions, catalog: pl.DataFrame | None) -> dict[str, pl.DataFrame]:
    """The most and the best rated items, and the categories where a catalogue knows them."""
    counts = interactions.item_degrees
    sums = np.zeros(len(counts))
    for part in interactions.parts():
        sums += np.bincount(part.item_rows, part.ratings, len(counts))
    mean = sums / np.maximum(1, counts)
    bayesian = bayesian_means(interactions, sums, counts)
    columns = {"n_ratings": counts, "mean_rating": mean, "bayesian_mean": bayesian}

    def table(score: NDArray[Any]) -> pl.DataFrame:
        rows = _best(score, counts)
        ids = pl.DataFrame({ITEM: interactions.items.ids(rows)})
        numbers = pl.DataFrame({name: values[rows] for name, values in columns.items()})
        return pl.concat([ids, _known(catalog, rows), numbers], how="horizontal")

    tables = {"most_rated": table(counts)}
    if not interactions.implicit:
        tables["best_rated"] = table(bayesian)
    if catalog is not None and (found := categories(catalog, counts, sums)) is not None:
        tables["categories"] = found
    return tables


def bayesian_means(interactions: Interactions, sums: Doubles, counts: NDArray[np.int64]) -> Doubles:
    """Item means drawn towards the mean of all ratings, by as much as their spread warrants.

    (sum + c m) / (n + c) with c the variance within items over the variance between them
    (the empirical Bayes estimate under one-way analysis of variance), kept within 5 to 200.
    """
    n, n_items = max(1, interactions.n_ratings), max(1, int((counts > 0).sum()))
    mean = sums.sum() / n
    squares = sum(float(np.square(part.ratings, dtype=np.float64).sum()) for part in interactions.parts())
    explained = float(np.sum(np.square(sums) / np.maximum(1, counts)))
    within = (squares - explained) / max(1, n - n_items)
    spread = n - float(np.square(counts, dtype=np.float64).sum()) / n
    between = (explained - n * mean**2 - (n_items - 1) * within) / max(1.0, spread)
    prior = float(np.clip(within / max(between, 1e-9), 5.0, 200.0))
    means: Doubles = (sums + prior * mean) / (counts + prior)
    return means


def categories(catalog: pl.DataFrame, counts: NDArray[np.int64], sums: Doubles) -> pl.DataFrame | None:
    """Ratings by category, at the first level of the tree that tells three or more apart."""
    if CATEGORY not in catalog.columns:
        return None
    frame = pl.DataFrame({"path": catalog[CATEGORY], "n": counts, "sum": sums}).drop_nulls("path")
    depth = category_depth(frame["path"])
    if depth is None:
        return None
    parts = frame["path"].str.split(PATH)
    return (
        frame.with_columns(parts.list.head(depth).list.join(PATH).alias(CATEGORY))
        .group_by(CATEGORY)
        .agg(
            n_items=pl.len(), n_ratings=pl.col("n").sum(), mean_rating=pl.col("sum").sum() / pl.col("n").sum()
        )
        .sort(["n_ratings", CATEGORY], descending=[True, False])
        .head(TOP)
    )


def category_depth(paths: pl.Series) -> int | None:
    """The first level of the tree of categories that tells three or more apart; None where none does."""
    parts = paths.drop_nulls().str.split(PATH)
    return next((d for d in range(1, 7) if parts.list.head(d).list.join(PATH).n_unique() >= 3), None)


def _best(score: NDArray[Any], counts: NDArray[np.int64]) -> Rows:
    """Rows of the items with the highest scores; ties go to the more rated, then to the first."""
    least = np.partition(score, -TOP)[-TOP] if len(score) > TOP else -np.inf
    rows = np.flatnonzero((score >= least) & (counts > 0))
    return rows[np.lexsort((rows, -counts[rows], -score[rows]))][:TOP]


def _known(catalog: pl.DataFrame | None, rows: Rows) -> pl.DataFrame:
    if catalog is None:
        return pl.DataFrame()
    columns = [name for name in catalog.columns if name != ITEM and catalog[name].null_count() < len(catalog)]
    return catalog[rows].select(columns)
