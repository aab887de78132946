"""Say why rows were rejected, and on which lines they stand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from recsys.columns import ITEM, RATING, USER
from recsys.data.cleaning.report import Rejection, SampleRow
from recsys.sources.ratings import RatingsTable
from recsys.sources.source import LINE, N_FIELDS, SURPLUS

UNPARSEABLE = "unparseable row"
EMPTY_ID = "empty id"
NOT_A_NUMBER = "rating not a number"
NOT_RATED = "not rated"
OUT_OF_SCALE = "rating outside the scale"
NOT_A_TIME = "time not a time"
LONG_ID = "id too long"
REASONS = (UNPARSEABLE, EMPTY_ID, LONG_ID, NOT_A_NUMBER, NOT_RATED, OUT_OF_SCALE, NOT_A_TIME)
STATED = (NOT_RATED, OUT_OF_SCALE)
"""Reasons that the user stated: however many rows they leave out, the build goes on."""

_TEXT_WIDTH = 200


@dataclass(frozen=True)
class Rules:
    """What a valid row is.

    Attributes
    ----------
    missing : mapping
        Column of ids → words in it that mean there is none.
    id_bytes : int
        Longest id.
    unrated : tuple of float
        Values that mean "not rated".
    scale : (float, float)
        Lowest and highest rating.
    """

    missing: Mapping[str, tuple[str, ...]]
    id_bytes: int
    unrated: tuple[float, ...] = ()
    scale: tuple[float, float] = (-math.inf, math.inf)


def describe_rejected(
    table: RatingsTable, rows: pl.DataFrame, n_rows: int, rules: Rules, n_samples: int
) -> tuple[dict[str, Rejection], int]:
    """Count the rejected rows by reason, with samples.

    Parameters
    ----------
    rows : polars.DataFrame
        The rejected rows, as `read_ratings` gives them.
    n_rows : int
        How many rows it gives in all.
    rules : Rules
    n_samples : int
        Sample rows for each reason.

    Returns
    -------
    rejected : dict of Rejection
        By reason, in the order of `REASONS`.
    n_blank : int
        Blank lines among `rows`: they are not rows.
    """
    rows = table.source.locate(rows, n_rows)
    n_fields = pl.col(N_FIELDS)
    n_blank: int = rows.select((n_fields == 0).sum()).item()
    too_short = (n_fields <= max(table.columns.values())).fill_null(False)
    reason = pl.when(too_short).then(pl.lit(UNPARSEABLE)).otherwise(_reason(rules)).alias("reason")
    rows = rows.filter((n_fields > 0).fill_null(True)).with_columns(reason)
    counts = dict(rows["reason"].value_counts().iter_rows())
    samples = rows.group_by("reason", maintain_order=True).head(n_samples)
    texts = table.source.texts(set(samples[LINE].to_list()))
    rejected = {}
    for name in (name for name in REASONS if name in counts):
        lines = samples.filter(pl.col("reason") == name)[LINE]
        # The line of one of several files stands in the lower bits.
        shown = tuple(SampleRow(line & 0xFFFFFFFF, texts.get(line, "")[:_TEXT_WIDTH]) for line in lines)
        rejected[name] = Rejection(counts[name], shown)
    return rejected, n_blank


def empty_id(missing: Mapping[str, tuple[str, ...]]) -> pl.Expr:
    """True where the user's or the item's id is blank, or a word that means there is none."""
    tests = []
    for name in (USER, ITEM):
        tests.append(pl.col(name).str.len_bytes().fill_null(0) == 0)
        tests.append(pl.col(name).is_in(list(missing[name])).fill_null(False))
    return pl.any_horizontal(tests)


def long_id(limit: int) -> pl.Expr:
    """True where an id is longer than any id should be."""
    return pl.any_horizontal((pl.col(name).str.len_bytes() > limit).fill_null(False) for name in (USER, ITEM))


def _reason(rules: Rules) -> pl.Expr:
    """The first fault of each row."""
    reason = (
        pl.when(pl.col(SURPLUS))
        .then(pl.lit(UNPARSEABLE))
        .when(empty_id(rules.missing))
        .then(pl.lit(EMPTY_ID))
        .when(long_id(rules.id_bytes))
        .then(pl.lit(LONG_ID))
        .when(pl.col(RATING).is_null())
        .then(pl.lit(NOT_A_NUMBER))
        .when(pl.col(RATING).is_in(pl.Series(rules.unrated, dtype=pl.Float32).implode()))
        .then(pl.lit(NOT_RATED))
        .when(~pl.col(RATING).is_between(*rules.scale))
        .then(pl.lit(OUT_OF_SCALE))
    )
    return reason.otherwise(pl.lit(NOT_A_TIME))
