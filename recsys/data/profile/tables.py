"""The small tables behind the exploration charts, and the plain numbers of a data set.

Each takes one or two passes over the rating arrays, which count and never sort ids, and has at
most a few hundred rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys.data.cleaning.catalog_report import CatalogReport
from recsys.data.interactions import Interactions
from recsys.data.profile.findings import findings
from recsys.data.profile.items import item_tables
from recsys.data.profile.summary import Summary

HEAD = 0.8
"""The long tail begins behind the items that make up this share of the ratings."""
BANDS = (0.001, 0.01, 0.05, 0.2, 0.5, 1.0)
"""Cumulative shares of users and of items, busiest first, that bound the sparsity grid."""


def profile(
    interactions: Interactions,
    catalog: pl.DataFrame | None = None,
    catalog_report: CatalogReport | None = None,
) -> dict[str, pl.DataFrame]:
    """Aggregate the ratings for the exploration charts.

    Parameters
    ----------
    interactions : Interactions
    catalog : polars.DataFrame, optional
        One row per item row, as `recsys.data.catalog.align_catalog` gives it.
    catalog_report : CatalogReport, optional
        How it was read and joined.

    Returns
    -------
    dict of polars.DataFrame
        `rating_distribution`: rating, count, share.
        `ratings_per_user`, `ratings_per_item`: ratings, at_least (how many have that many or
        more), share_at_least, head_from and head_share (the busiest that make 80%).
        `long_tail`: share_items, share_ratings (cumulative, most rated first), head (where
        80% is reached).
        `sparsity`: users_from, users_to, items_from, items_to (shares of users and items,
        busiest first), cells, ratings, density.
        `monthly` (with timestamps): month, ratings, active_users, new_users, mean_rating.
        `most_rated`, `best_rated`: item_id, what the catalogue knows, n_ratings,
        mean_rating, bayesian_mean; at most 100 rows.
        `generosity`: low, high, users, min_ratings (who is counted).
        `categories` (with a catalogue): category, n_items, n_ratings, mean_rating.
        `findings`: see `recsys.data.profile.findings`.
    """
    tables = {
        "rating_distribution": rating_distribution(interactions),
        "ratings_per_user": count_table(interactions.user_degrees),
        "ratings_per_item": count_table(interactions.item_degrees),
        "long_tail": long_tail(interactions.item_degrees),
        "sparsity": sparsity(interactions),
        "findings": findings(interactions, catalog, catalog_report),
        **item_tables(interactions, catalog),
    }
    if not interactions.implicit:
        tables["generosity"] = generosity(interactions)
    if interactions.timestamps is not None and interactions.n_ratings:
        tables["monthly"] = monthly(interactions)
    return tables


def summary(interactions: Interactions) -> Summary:
    """The data set in plain numbers."""
    users, items = interactions.user_degrees, interactions.item_degrees
    times = interactions.timestamps if interactions.n_ratings else None
    return Summary(
        n_ratings=interactions.n_ratings,
        n_users=interactions.n_users,
        n_items=interactions.n_items,
        density=interactions.density,
        mean_rating=float(interactions.ratings.mean(dtype=np.float64)) if interactions.n_ratings else None,
        scale=interactions.scale,
        implicit=interactions.implicit,
        first_timestamp=None if times is None else int(times.min()),
        last_timestamp=None if times is None else int(times.max()),
        median_ratings_per_user=float(np.median(users)) if len(users) else 0.0,
        median_ratings_per_item=float(np.median(items)) if len(items) else 0.0,
        max_ratings_per_user=int(users.max(initial=0)),
        max_ratings_per_item=int(items.max(initial=0)),
        one_rating_users=float(np.mean(users == 1)) if len(users) else 0.0,
        one_rating_items=float(np.mean(items == 1)) if len(items) else 0.0,
    )


def rating_distribution(interactions: Interactions) -> pl.DataFrame:
    """How often each rating was given; ratings of more than 20 values fall into 20 bins."""
    found = [pl.DataFrame(_value_counts(part.ratings)) for part in interactions.parts()]
    merged = pl.concat(found).group_by("value").agg(pl.col("count").sum()).sort("value")
    values, counts = merged["value"].to_numpy(), merged["count"].to_numpy()
    if len(values) > 20:
        counts, edges = np.histogram(values, bins=20, weights=counts, range=interactions.scale)
        values = ((edges[1:] + edges[:-1]) / 2).astype(np.float32)
    count = counts.astype(np.int64)
    return pl.DataFrame({"rating": values, "count": count, "share": count / max(1, count.sum())})


def count_table(degrees: NDArray[np.int64]) -> pl.DataFrame:
    """How many have at least n ratings, for n spaced evenly on a logarithmic axis."""
    values, counts = _descending(degrees[degrees > 0])
    if not len(values):
        values, counts = np.array([1]), np.array([0])
    grid = np.unique(np.round(np.geomspace(1, values[0], 120)).astype(np.int64))
    reached = np.searchsorted(-values, -grid, side="right")
    at_least = np.concatenate([[0], np.cumsum(counts)])[reached]
    head_from, head_share = _head(degrees)
    return pl.DataFrame(
        {"ratings": grid, "at_least": at_least, "share_at_least": at_least / max(1, counts.sum())}
    ).with_columns(head_from=pl.lit(head_from, dtype=pl.Int64), head_share=pl.lit(head_share))


def long_tail(degrees: NDArray[np.int64]) -> pl.DataFrame:
    """Cumulative share of the ratings against the share of the items, most rated first."""
    values, counts = _descending(degrees)
    ranks = np.concatenate([[0], np.cumsum(counts)])
    covered = np.concatenate([[0.0], np.cumsum(values * counts)])
    total, n = max(1.0, covered[-1]), max(1, len(degrees))
    head = _head(degrees)[1]
    points = np.concatenate([np.linspace(0, 1, 200), np.geomspace(1 / n, 1, 200), [head]])
    share = np.unique(np.round(points * n).clip(0, n)) / n
    cumulative = np.interp(share * n, ranks, covered) / total
    return pl.DataFrame({"share_items": share, "share_ratings": cumulative, "head": np.isclose(share, head)})


def sparsity(interactions: Interactions) -> pl.DataFrame:
    """Share of the user-item pairs that are rated, from the busiest corner outwards."""
    user_band, user_sizes = _bands(interactions.user_degrees)
    item_band, item_sizes = _bands(interactions.item_degrees)
    n = len(BANDS)
    ratings, first = np.zeros(n * n, dtype=np.int64), 0
    for part in interactions.parts():
        band = user_band[first : first + part.n_users] * np.uint8(n)
        key = np.repeat(band, part.user_degrees) + item_band[part.item_rows]
        ratings += np.bincount(key, minlength=n * n)
        first += part.n_users
    edges = np.array([0.0, *BANDS])
    grid = pl.DataFrame(
        {
            "users_from": np.repeat(edges[:-1], n),
            "users_to": np.repeat(edges[1:], n),
            "items_from": np.tile(edges[:-1], n),
            "items_to": np.tile(edges[1:], n),
            "cells": np.outer(user_sizes, item_sizes).ravel(),
            "ratings": ratings,
        }
    )
    return grid.with_columns(density=pl.col("ratings") / pl.col("cells")).filter(pl.col("cells") > 0)


def monthly(interactions: Interactions) -> pl.DataFrame:
    """Ratings, users who rated, users who rated for the first time, and the mean, by calendar month."""
    times = interactions.timestamps
    assert times is not None
    first_day = int(times.min()) // 86_400
    days = np.arange(first_day, int(times.max()) // 86_400 + 1).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    month_of_day = (months - months[0]).astype(np.int64)
    n = int(month_of_day[-1]) + 1
    ratings, active, new, total = np.zeros((4, n))
    for part in interactions.parts():
        assert part.timestamps is not None
        month = month_of_day[part.timestamps // 86_400 - first_day]
        rated = np.flatnonzero(part.user_degrees)
        first = np.minimum.reduceat(month, part.indptr[:-1][rated])
        ratings += np.bincount(month, minlength=n)
        active += _active_users(part, month, n)
        new += np.bincount(first, minlength=n)
        total += np.bincount(month, weights=part.ratings, minlength=n)
    return pl.DataFrame(
        {
            "month": (months[0] + np.arange(n)).astype("datetime64[D]"),
            "ratings": ratings.astype(np.int64),
            "active_users": active.astype(np.int64),
            "new_users": new.astype(np.int64),
            "mean_rating": np.where(ratings > 0, total / np.maximum(1, ratings), np.nan),
        }
    ).with_columns(pl.col("mean_rating").fill_nan(None))


def generosity(interactions: Interactions) -> pl.DataFrame:
    """How many users have which mean rating, among users with 5 ratings or more.

    Where fewer than 50 users have 5, those with 3, 2 or 1.
    """
    degrees = interactions.user_degrees
    least = next((m for m in (5, 3, 2) if np.count_nonzero(degrees >= m) >= 50), 1)
    means = []
    for part in interactions.parts():
        chosen = np.flatnonzero(part.user_degrees >= max(1, least))
        sums = np.zeros(part.n_users)
        rated = np.flatnonzero(part.user_degrees)
        if len(rated):
            sums[rated] = np.add.reduceat(part.ratings, part.indptr[:-1][rated], dtype=np.float64)
        means.append(sums[chosen] / part.user_degrees[chosen])
    low, high = interactions.scale
    count, edges = np.histogram(np.concatenate(means), bins=16, range=(low, high))
    return pl.DataFrame({"low": edges[:-1], "high": edges[1:], "users": count}).with_columns(
        min_ratings=pl.lit(least, dtype=pl.Int64)
    )


def _value_counts(ratings: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Distinct ratings and their counts; whole and half stars are counted, not sorted."""
    doubled = ratings * 2
    small = doubled.astype(np.int16)
    if len(ratings) and np.array_equal(small, doubled) and small.min() >= 0:
        counts = np.bincount(small)
        values = np.float32(0.5) * np.flatnonzero(counts).astype(np.float32)
        return {"value": values, "count": counts[counts > 0]}
    values, counts = np.unique(ratings, return_counts=True)
    return {"value": values, "count": counts}


def _descending(degrees: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Distinct degrees, largest first, and how many have each."""
    counts = np.bincount(degrees)
    values = np.flatnonzero(counts)[::-1]
    return values, counts[values]


def _head(degrees: NDArray[np.int64]) -> tuple[int, float]:
    """Least degree, and share, of the busiest that together make 80% of the ratings."""
    values, counts = _descending(degrees)
    covered = np.cumsum(values * counts)
    if not len(covered) or covered[-1] == 0:
        return 0, 0.0
    at = int(np.searchsorted(covered, HEAD * covered[-1]))
    before = covered[at - 1] if at else 0
    needed = int(np.ceil((HEAD * covered[-1] - before) / values[at]))
    return int(values[at]), (int(counts[:at].sum()) + needed) / len(degrees)


def _bands(degrees: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The band of `BANDS` that each one falls in, busiest first, and the bands' sizes."""
    order = np.argsort(np.minimum(degrees, 65_535).astype(np.uint16), kind="stable")[::-1]
    ends = np.ceil(np.array(BANDS) * len(degrees)).astype(np.int64)
    sizes = np.diff(np.concatenate([[0], ends]))
    band = np.empty(len(degrees), dtype=np.uint8)
    band[order] = np.repeat(np.arange(len(BANDS), dtype=np.uint8), sizes)
    return band, sizes


def _active_users(interactions: Interactions, month: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Distinct users in each month. Keys are distinct already for users with one rating."""
    several = np.repeat(interactions.user_degrees > 1, interactions.user_degrees)
    once = np.bincount(month[~several], minlength=n)
    keys = np.sort(interactions.user_rows[several] * np.int64(n) + month[several])
    distinct = keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if len(keys) else keys
    return once + np.bincount(distinct % n, minlength=n)
