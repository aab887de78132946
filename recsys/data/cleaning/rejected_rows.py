"""Say why rows were rejected, and on which lines of the file they stand."""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import Any

import polars as pl

from recsys.columns import ITEM, RATING, USER
from recsys.sources.files import lines_at, open_bytes
from recsys.sources.formats import Format
from recsys.sources.polars_scan import NUMBER, scan_lines, stated_errors
from recsys.sources.readers import LOOSE, SURPLUS, has_long_rows, scan_columnar

UNPARSEABLE = "unparseable row"
EMPTY_ID = "empty id"
NOT_A_NUMBER = "rating not a number"
OUT_OF_SCALE = "rating outside the scale"
NOT_A_TIME = "time not a time"
REASONS = (UNPARSEABLE, EMPTY_ID, NOT_A_NUMBER, OUT_OF_SCALE, NOT_A_TIME)

_TEXT_WIDTH = 200
_UNKNOWN = 1_000


def describe_rejects(
    fmt: Format, rows: pl.DataFrame, n_rows: int, scale: tuple[float, float], n_samples: int
) -> tuple[dict[str, dict[str, Any]], int]:
    """Reasons of rejection with counts and sample lines, and the number of blank lines.

    Parameters
    ----------
    rows : polars.DataFrame
        The rejected rows, as `read_rows` gives them.
    n_rows : int
        All rows it gives.
    """
    rows = rows.with_columns(_reason(scale).alias("reason"))
    n_blank = 0
    if fmt.kind == "delimited":
        rows = _with_lines(fmt, rows, n_rows)
        n_fields, last = pl.col("n_fields"), max(fmt.columns.values())
        n_blank = rows.select((n_fields == 0).sum()).item()
        short = pl.when(n_fields <= last).then(pl.lit(UNPARSEABLE)).otherwise(pl.col("reason"))
        rows = rows.filter(n_fields > 0).with_columns(short.alias("reason"))
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


def _with_lines(fmt: Format, rows: pl.DataFrame, n_rows: int) -> pl.DataFrame:
    """Add where each row starts in the file: `line`, its `text`, and its `n_fields` (0: blank).

    A row that is not found again, as broken quotes may have it, keeps its number and its reason.
    """
    with stated_errors(fmt.path):
        if LOOSE not in rows.columns and has_long_rows(fmt, n_rows):
            found = _find_long_rows(fmt, set(rows[NUMBER].to_list()))
        else:
            found = _find_rows(fmt, rows)
    rows = rows.join(found, on=NUMBER, how="left", maintain_order="left")
    return rows.with_columns(pl.col("line").fill_null(pl.col(NUMBER)), pl.col("n_fields").fill_null(_UNKNOWN))


def _find_rows(fmt: Format, rows: pl.DataFrame) -> pl.DataFrame:
    """Where each line is a row."""
    outside_quotes = pl.col("text").str.replace_all(r'"[^"]*"', "x")
    n_fields = outside_quotes.str.count_matches(fmt.delimiter or ",", literal=True) + 1
    blank = pl.col("text").fill_null("").str.strip_chars() == ""
    return (
        scan_lines(fmt.path)
        .with_columns(pl.col("line").alias(NUMBER))
        .join(rows.lazy().select(NUMBER), on=NUMBER, how="semi")
        .with_columns(pl.when(blank).then(0).otherwise(n_fields).alias("n_fields"))
        .collect()
    )


def _find_long_rows(fmt: Format, numbers: set[int]) -> pl.DataFrame:
    """Where rows take several lines: read once more, row by row, up to the last one asked for."""
    found: list[tuple[int, int, int]] = []
    with open_bytes(fmt.path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
        reader = csv.reader(islice(text, fmt.header_line, None), delimiter=fmt.delimiter or ",")
        start = fmt.header_line + 1
        for number, fields in enumerate(reader, fmt.header_line + 1):
            if number in numbers:
                found.append((number, start, len(fields)))
            if number >= max(numbers):
                break
            start = fmt.header_line + reader.line_num + 1
    lines = pl.DataFrame(
        found, schema={NUMBER: pl.UInt32, "line": pl.UInt32, "n_fields": pl.UInt32}, orient="row"
    )
    texts = lines_at(fmt.path, set(lines["line"].to_list()))
    return lines.with_columns(pl.Series("text", [texts[line] for line in lines["line"]], dtype=pl.String))


def _with_texts(fmt: Format, samples: pl.DataFrame) -> pl.DataFrame:
    """Add `text` to a few rows of a file that is not delimited text."""
    numbers = set(samples["line"].to_list())
    if fmt.kind in ("parquet", "feather"):
        found = scan_columnar(fmt).filter(pl.col(NUMBER).is_in(sorted(numbers))).collect()
        texts = {row[0]: ", ".join(map(str, row[1:])) for row in found.iter_rows()}
    else:
        texts = lines_at(fmt.path, numbers)
    return samples.with_columns(pl.Series("text", [texts.get(line, "") for line in samples["line"]]))
