"""What to know about a data set before trusting a model of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from recsys.columns import TITLE
from recsys.data.cleaning.catalog_report import CatalogReport
from recsys.data.interactions import Interactions

SCHEMA = {"severity": pl.String, "subject": pl.String, "finding": pl.String, "share": pl.Float64}
Finding = tuple[str, str, str, float | None]

_DAY = 86_400


def findings(
    interactions: Interactions,
    catalog: pl.DataFrame | None = None,
    catalog_report: CatalogReport | None = None,
) -> pl.DataFrame:
    """Data-quality findings, each a sentence with its figure.

    Returns
    -------
    polars.DataFrame
        severity ("note" or "warning"), subject ("users", "items", "ratings", "times",
        "catalogue"), finding (a sentence), share (between 0 and 1, or null).
    """
    if not interactions.n_ratings:
        return pl.DataFrame([], schema=SCHEMA, orient="row")
    found = [
        *_of_users(interactions),
        *_of_items(interactions),
        *_of_times(interactions),
        *_of_catalog(interactions, catalog),
        *_of_join(catalog_report),
    ]
    return pl.DataFrame(found, schema=SCHEMA, orient="row")


def _finding(subject: str, text: str, share: float, worrying_from: float = 2.0) -> Finding:
    return ("warning" if share >= worrying_from else "note", subject, text, share)


def _of_users(interactions: Interactions) -> Iterator[Finding]:
    degrees = interactions.user_degrees
    once = float(np.mean(degrees == 1))
    if once > 0:
        text = f"{once:.0%} of users rated one item only: nothing is known of what goes with it."
        yield _finding("users", text, once, 0.5)
    busiest = int(degrees.max())
    share = busiest / interactions.n_ratings
    yield _finding("users", f"The busiest user gave {busiest:,} ratings, {share:.2%} of all.", share, 0.02)
    if interactions.implicit:
        return
    several = np.count_nonzero(degrees >= 5)
    if several:
        same = sum(_with_one_rating(part) for part in interactions.parts()) / several
        text = f"{same:.0%} of users with 5 ratings or more always give the same one."
        yield _finding("users", text, same, 0.25)


def _with_one_rating(interactions: Interactions) -> int:
    """How many of the users with 5 ratings or more always give the same one."""
    users = np.flatnonzero(interactions.user_degrees >= 5)
    bounds = np.column_stack([interactions.indptr[users], interactions.indptr[users + 1]]).ravel()
    padded = np.append(interactions.ratings, np.float32(0))
    low, high = np.minimum.reduceat(padded, bounds)[::2], np.maximum.reduceat(padded, bounds)[::2]
    return int(np.count_nonzero(low == high))


def _of_items(interactions: Interactions) -> Iterator[Finding]:
    degrees = interactions.item_degrees
    once = float(np.mean(degrees == 1))
    if once > 0:
        text = f"{once:.0%} of items have one rating: their averages are single opinions."
        yield _finding("items", text, once, 0.5)
    share = float(degrees.max()) / interactions.n_ratings
    yield _finding(
        "items", f"The most rated item has {int(degrees.max()):,} ratings, {share:.2%} of all.", share, 0.05
    )
    if not interactions.implicit:
        highest = interactions.scale[1]
        n_highest = sum(int(np.count_nonzero(part.ratings == highest)) for part in interactions.parts())
        top = n_highest / interactions.n_ratings
        text = f"{top:.0%} of ratings are the highest there is: averages tell items apart only a little."
        yield _finding("ratings", text, top, 0.5)


def _of_times(interactions: Interactions) -> Iterator[Finding]:
    times = interactions.timestamps
    if times is None:
        yield ("note", "times", "No times: engagement over time cannot be shown, nor a split by time.", None)
        return
    parts = [part.timestamps for part in interactions.parts() if part.timestamps is not None]
    if not any(np.any(part % _DAY) for part in parts):
        yield ("note", "times", "Times are whole days: the order within a day is unknown.", None)
    first, last = int(times.min()) // _DAY, int(times.max()) // _DAY
    per_day = np.zeros(last - first + 1, dtype=np.int64)
    for part in parts:
        per_day += np.bincount(part // _DAY - first, minlength=len(per_day))
    share = float(per_day.max()) / len(times)
    date = np.datetime64(first + int(per_day.argmax()), "D")
    yield _finding("times", f"The busiest day, {date}, has {share:.2%} of the ratings.", share, 0.05)


def _of_join(report: CatalogReport | None) -> Iterator[Finding]:
    if report is None:
        return
    missing = 1 - report.matched / max(1, report.of)
    yield _finding("catalogue", report.describe()[0], 1 - missing)
    if report.unreadable:
        share = report.unreadable / max(1, report.rows)
        yield _finding("catalogue", report.describe()[1], share, 0.0)


def _of_catalog(interactions: Interactions, catalog: pl.DataFrame | None) -> Iterator[Finding]:
    if catalog is None or TITLE not in catalog.columns or not catalog[TITLE].count():
        yield ("note", "catalogue", "No titles: items are shown by their ids.", None)
        return
    titled = catalog[TITLE].is_not_null().to_numpy()
    rated = float(interactions.item_degrees[titled].sum()) / interactions.n_ratings
    text = f"{titled.mean():.0%} of items have a title; they hold {rated:.0%} of the ratings."
    yield ("warning" if rated < 0.5 else "note", "catalogue", text, float(titled.mean()))
