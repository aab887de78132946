"""Read rows as they stand, in polars, for whatever a `Format` says.

Every reader gives the same columns, with null where a field is not what it should be:

========= ======= ==========================================================
number    UInt32  of the row in the file (the line, where no field holds a line end)
surplus   Boolean the row has more fields than the others, or broken quotes
user_id   String
item_id   String
rating    Float32 1 where the file records none
timestamp Int64   unix seconds; only where the file has times
loose     Boolean only where quotes are broken and every line was read by itself
========= ======= ==========================================================
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import polars as pl

from recsys.columns import ITEM, RATING, TIMESTAMP, USER
from recsys.sources.json_lines import read_objects
from recsys.sources.polars_scan import NUMBER, Fields, scan_lines, stated_errors

if TYPE_CHECKING:
    from recsys.sources.formats import Format

SURPLUS, LOOSE = "surplus", "loose"

_LAST_SECOND = 100_000_000_000
_DATE_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f")
_OFFSET = r"(:\d\d(?:\.\d+)?)\s*(?:Z|UTC|[+-]\d\d:?\d\d)$"


def read_rows(fmt: Format, n_rows: int | None = None) -> pl.DataFrame:
    """Read a ratings file as it stands; see the table above for the columns.

    Parameters
    ----------
    n_rows : int, optional
        About how many rows are wanted; by default all.

    Raises
    ------
    DataFormatError
        Where the file breaks off or is not UTF-8.
    """
    with stated_errors(fmt.path):
        if fmt.kind == "jsonlines":
            return _read_json(fmt, n_rows)
        if fmt.kind == "adjacency":
            return _read_adjacency(fmt, n_rows)
        if fmt.kind == "delimited":
            return _read_delimited(fmt, n_rows)
        return _read_columnar(fmt, n_rows)


# Delimited text ---------------------------------------------------------------------


def fields_of(fmt: Format) -> Fields:
    """How polars is to divide the lines of a delimited file."""
    dtypes: dict[int, Any] = {}
    if not fmt.padded:
        if "rating" in fmt.columns:
            dtypes[fmt.columns["rating"]] = pl.Float32
        if fmt.time_unit in ("s", "ms"):
            dtypes[fmt.columns["timestamp"]] = pl.Float64
    comma = fmt.decimal_comma and not fmt.padded
    return Fields(fmt.path, fmt.delimiter or ",", fmt.n_columns, fmt.header_line, comma, dtypes)


def _read_delimited(fmt: Format, n_rows: int | None) -> pl.DataFrame:
    fields = fields_of(fmt)
    if not fields.uses_quotes:
        return _collect(fmt, fields, False, n_rows)
    try:
        with warnings.catch_warnings():
            # polars warns of quotes inside fields, as in 5" cable; what comes of them is judged below.
            warnings.filterwarnings("ignore", "CSV malformed")
            frame = _collect(fmt, fields, True, n_rows)
    except pl.exceptions.ComputeError as error:
        if "utf-8" in str(error).lower():
            raise
        return _read_unquoted(fmt, n_rows)
    if n_rows or not has_long_rows(fmt, frame.height):
        return frame
    # Rows of several lines: text with line ends in it, or a quote that never closes and
    # swallows the lines below. The reading that finds more whole rows is the right one.
    by_line = _read_unquoted(fmt, n_rows)
    return by_line if _n_whole(by_line) > _n_whole(frame) else frame


def has_long_rows(fmt: Format, n_rows: int) -> bool:
    """True where some of the `n_rows` rows of a delimited file take more than one line."""
    return scan_lines(fmt.path).select(pl.len()).collect().item() - fmt.header_line != n_rows


def _n_whole(frame: pl.DataFrame) -> int:
    whole = ~pl.col(SURPLUS) & pl.all_horizontal(pl.col(USER, ITEM, RATING).is_not_null())
    return frame.select(whole.sum()).item()


def _collect(fmt: Format, fields: Fields, quoted: bool, n_rows: int | None) -> pl.DataFrame:
    columns = {role: fields.column(position) for role, position in fmt.columns.items()}
    if fmt.padded:
        columns = {role: column.str.strip_chars() for role, column in columns.items()}
    if fmt.padded and fmt.decimal_comma:
        columns["rating"] = columns["rating"].str.replace(",", ".", literal=True)
    rows = fields.scan(quoted).select(NUMBER, fields.surplus.alias(SURPLUS), *_typed(fmt, columns))
    return (rows.head(n_rows) if n_rows else rows).collect()


def _read_unquoted(fmt: Format, n_rows: int | None) -> pl.DataFrame:
    """Line by line where quotes are broken: pairs are taken off, lone ones make a row surplus."""
    fields = Fields(fmt.path, fmt.delimiter or ",", fmt.n_columns, fmt.header_line)
    columns = {role: _without_quotes(fields.column(position)) for role, position in fmt.columns.items()}
    lone = pl.any_horizontal(column.str.contains('"', literal=True) for column in columns.values())
    surplus = (fields.surplus | lone.fill_null(False)).alias(SURPLUS)
    if fmt.decimal_comma:
        columns["rating"] = columns["rating"].str.replace(",", ".", literal=True)
    rows = fields.scan(False).select(NUMBER, surplus, *_typed(fmt, columns), pl.lit(True).alias(LOOSE))
    return (rows.head(n_rows) if n_rows else rows).collect()


def _without_quotes(field: pl.Expr) -> pl.Expr:
    field = field.str.strip_chars()
    inside = field.str.slice(1).str.head(-1)
    return pl.when(field.str.starts_with('"') & field.str.ends_with('"')).then(inside).otherwise(field)


def _typed(fmt: Format, columns: dict[str, pl.Expr]) -> list[pl.Expr]:
    """The four columns from the fields of a file, typed."""
    rating = pl.lit(1.0, pl.Float32)
    if "rating" in columns:
        rating = columns["rating"].cast(pl.Float32, strict=False)
        rating = pl.when(rating.is_finite()).then(rating)
    typed = [
        columns["user"].cast(pl.String).alias(USER),
        columns["item"].cast(pl.String).alias(ITEM),
        rating.alias(RATING),
    ]
    if "timestamp" in columns:
        typed.append(_seconds(columns["timestamp"], fmt.time_unit).alias(TIMESTAMP))
    return typed


def _seconds(field: pl.Expr, unit: str | None) -> pl.Expr:
    """Unix seconds; null where the field is no time between 1970 and the year 5138."""
    if unit == "date":
        return _seconds_of_date(field.cast(pl.String).str.strip_chars())
    number = field.cast(pl.Float64, strict=False)
    seconds = (number / 1000).floor() if unit == "ms" else number.floor()
    return pl.when(seconds.is_between(0, _LAST_SECOND)).then(seconds).cast(pl.Int64, strict=False)


def _seconds_of_date(text: pl.Expr) -> pl.Expr:
    """Unix seconds of an ISO 8601 date, with or without time of day and offset; UTC where none is said."""
    plain = text.str.replace(_OFFSET, "$1").str.replace(r"(\d)T(\d)", "$1 $2")
    dates = [plain.str.to_datetime(form, strict=False, time_unit="ms") for form in _DATE_FORMATS]
    parts = text.str.extract_groups(r":\d\d(?:\.\d+)?\s*([+-])(\d\d):?(\d\d)$").struct
    hours, minutes = (parts.field(name).cast(pl.Int64) for name in ("2", "3"))
    ahead = (3600 * hours + 60 * minutes) * pl.when(parts.field("1") == "-").then(-1).otherwise(1)
    return pl.coalesce(dates).dt.epoch("s") - ahead.fill_null(0)


# Adjacency lists, Parquet and Feather, JSON lines ---------------------------------------


def _read_adjacency(fmt: Format, n_rows: int | None) -> pl.DataFrame:
    lines = scan_lines(fmt.path)
    parts = pl.col("text").str.replace_all(r"\s+", " ").str.strip_chars().str.split(" ")
    users, items = pl.col("parts").list.first().alias(USER), pl.col("parts").list.slice(1).alias(ITEM)
    return (
        (lines.head(n_rows) if n_rows else lines)
        .select(pl.col("line").alias(NUMBER), parts.alias("parts"))
        .select(NUMBER, users, items)
        .explode(ITEM, empty_as_null=False, keep_nulls=False)
        .select(NUMBER, pl.lit(False).alias(SURPLUS), USER, ITEM, pl.lit(1.0, pl.Float32).alias(RATING))
        .collect()
    )


def scan_columnar(fmt: Format) -> pl.LazyFrame:
    """Rows of a Parquet or Feather file, with `number` from 1."""
    scan = pl.scan_parquet if fmt.kind == "parquet" else pl.scan_ipc
    return scan(fmt.path, glob=False).with_row_index(NUMBER, 1)


def _read_columnar(fmt: Format, n_rows: int | None) -> pl.DataFrame:
    rows = scan_columnar(fmt)
    schema = rows.collect_schema()
    columns = {role: pl.col(name) for role, name in fmt.columns.items()}
    typed = _typed(fmt, columns)
    if "timestamp" in columns and schema[fmt.columns["timestamp"]].is_temporal():
        typed[-1] = columns["timestamp"].cast(pl.Datetime("ms")).dt.epoch("s").alias(TIMESTAMP)
    rows = rows.select(NUMBER, pl.lit(False).alias(SURPLUS), *typed)
    return (rows.head(n_rows) if n_rows else rows).collect()


def _read_json(fmt: Format, n_rows: int | None) -> pl.DataFrame:
    names = list(fmt.columns.values())
    frame = read_objects(fmt.path, names, n_rows)
    columns = {role: pl.col(name) for role, name in fmt.columns.items()}
    return frame.select(NUMBER, SURPLUS, *_typed(fmt, columns))
