"""Say why rows were rejected, and on which lines of the file they stand."""

from __future__ import annotations

from typing import Any

import polars as pl

from recsys.data.files import lines_at
from recsys.data.formats import Format
from recsys.data.interactions import ITEM, RATING, USER
from recsys.data.readers import LOOSE, SURPLUS, scan_columnar
from recsys.data.scans import NUMBER, Fields, scan_lines, stated_errors

UNPARSEABLE = "unparseable row"
EMPTY_ID = "empty id"
NOT_A_NUMBER = "rating not a number"
OUT_OF_SCALE = "rating outside the scale"
NOT_A_TIME = "time not a time"
REASONS = (UNPARSEABLE, EMPTY_ID, NOT_A_NUMBER, OUT_OF_SCALE, NOT_A_TIME)

_TEXT_WIDTH = 200


def describe_rejects(
    fmt: Format, rows: pl.DataFrame, scale: tuple[float, float], n_samples: int
) -> tuple[dict[str, dict[str, Any]], int]:
    """Reasons of rejection with counts and sample lines, and the number of blank lines.

    Parameters
    ----------
    rows : polars.DataFrame
        The rejected rows, as `read_rows` gives them.
    """
    rows = rows.with_columns(_reason(scale).alias("reason"))
    n_blank = 0
    if fmt.kind == "delimited":
        rows = _with_lines(fmt, rows)
        blank = rows["text"].fill_null("").str.strip_chars() == ""
        n_blank = int(blank.sum())
        rows = rows.filter(~blank).with_columns(
            pl.when(_too_short(fmt)).then(pl.lit(UNPARSEABLE)).otherwise(pl.col("reason")).alias("reason")
        )
    else:
        rows = rows.with_columns(pl.col(NUMBER).alias("line"))
    counts = dict(rows["reason"].value_counts().iter_rows())
    samples = rows.group_by("reason", maintain_order=True).head(n_samples)
    if "text" not in samples.columns:
        samples = _with_texts(fmt, samples)
    rejected = {}
    for reason in (reason for reason in REASONS if reason in counts):
        shown = samples.filter(pl.col("reason") == reason).select("line", "text")
        rejected[reason] = {
            "count": counts[reason],
            "samples": [
                {"line": line, "text": (text or "")[:_TEXT_WIDTH]} for line, text in shown.iter_rows()
            ],
        }
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


def _with_lines(fmt: Format, rows: pl.DataFrame) -> pl.DataFrame:
    """Add `line` and `text`: where each row starts in the file.

    A double quote opens or closes a field, so a line that starts after an odd number of
    them goes on with the row above.
    """
    fields = Fields(fmt.path, fmt.delimiter or ",", fmt.n_columns, fmt.header_line)
    lines = scan_lines(fmt.path).filter(pl.col("line") > fmt.header_line)
    if fields.uses_quotes and LOOSE not in rows.columns:
        n_quotes = pl.col("text").str.count_matches('"', literal=True).fill_null(0)
        lines = lines.filter(n_quotes.cum_sum().shift(1, fill_value=0) % 2 == 0)
    lines = lines.with_row_index(NUMBER, fmt.header_line + 1)
    with stated_errors(fmt.path):
        found = lines.join(rows.lazy().select(NUMBER), on=NUMBER, how="semi").collect()
    return rows.join(found, on=NUMBER, how="left", maintain_order="left")


def _too_short(fmt: Format) -> pl.Expr:
    """True where a line has too few fields to reach the columns that are read.

    A line that ends inside quotes goes on below, and is not judged.
    """
    outside_quotes = pl.col("text").str.replace_all(r'"[^"]*"', "")
    n_fields = outside_quotes.str.count_matches(fmt.delimiter or ",", literal=True) + 1
    whole = pl.col("text").str.count_matches('"', literal=True) % 2 == 0
    return whole & (n_fields <= max(fmt.columns.values()))


def _with_texts(fmt: Format, samples: pl.DataFrame) -> pl.DataFrame:
    """Add `text` to a few rows of a file that is not delimited text."""
    numbers = set(samples["line"].to_list())
    if fmt.kind in ("parquet", "feather"):
        found = scan_columnar(fmt).filter(pl.col(NUMBER).is_in(sorted(numbers))).collect()
        texts = {row[0]: ", ".join(map(str, row[1:])) for row in found.iter_rows()}
    else:
        texts = lines_at(fmt.path, numbers)
    return samples.with_columns(pl.Series("text", [texts.get(line, "") for line in samples["line"]]))
