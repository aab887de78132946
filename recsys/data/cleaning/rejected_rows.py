"""Say why rows were rejected, and on which lines they stand."""

from __future__ import annotations

import polars as pl

from recsys.columns import ITEM, RATING, USER
from recsys.data.cleaning.report import Rejection, SampleRow
from recsys.sources.ratings import RatingsTable
from recsys.sources.source import LINE, N_FIELDS, SURPLUS

UNPARSEABLE = "unparseable row"
EMPTY_ID = "empty id"
NOT_A_NUMBER = "rating not a number"
OUT_OF_SCALE = "rating outside the scale"
NOT_A_TIME = "time not a time"
REASONS = (UNPARSEABLE, EMPTY_ID, NOT_A_NUMBER, OUT_OF_SCALE, NOT_A_TIME)

_TEXT_WIDTH = 200


def describe_rejected(
    table: RatingsTable, rows: pl.DataFrame, n_rows: int, scale: tuple[float, float], n_samples: int
) -> tuple[dict[str, Rejection], int]:
    """Count the rejected rows by reason, with samples.

    Parameters
    ----------
    rows : polars.DataFrame
        The rejected rows, as `read_ratings` gives them.
    n_rows : int
        How many rows it gives in all.
    scale : (float, float)
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
    reason = pl.when(too_short).then(pl.lit(UNPARSEABLE)).otherwise(_reason(scale)).alias("reason")
    rows = rows.filter((n_fields > 0).fill_null(True)).with_columns(reason)
    counts = dict(rows["reason"].value_counts().iter_rows())
    samples = rows.group_by("reason", maintain_order=True).head(n_samples)
    texts = table.source.texts(set(samples[LINE].to_list()))
    rejected = {}
    for name in (name for name in REASONS if name in counts):
        lines = samples.filter(pl.col("reason") == name)[LINE]
        shown = tuple(SampleRow(line, texts.get(line, "")[:_TEXT_WIDTH]) for line in lines)
        rejected[name] = Rejection(counts[name], shown)
    return rejected, n_blank


def empty_id() -> pl.Expr:
    """True where the user's or the item's id is missing or blank."""
    lengths = (pl.col(name).str.strip_chars().str.len_bytes().fill_null(0) for name in (USER, ITEM))
    return pl.any_horizontal(length == 0 for length in lengths)


def _reason(scale: tuple[float, float]) -> pl.Expr:
    """The first fault of each row."""
    reason = (
        pl.when(pl.col(SURPLUS))
        .then(pl.lit(UNPARSEABLE))
        .when(empty_id())
        .then(pl.lit(EMPTY_ID))
        .when(pl.col(RATING).is_null())
        .then(pl.lit(NOT_A_NUMBER))
        .when(~pl.col(RATING).is_between(*scale))
        .then(pl.lit(OUT_OF_SCALE))
    )
    return reason.otherwise(pl.lit(NOT_A_TIME))
