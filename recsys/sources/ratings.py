"""Ratings from any source: recognised without being told, read as four typed columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from recsys.columns import ITEM, RATING, TIMESTAMP, USER
from recsys.sources import column_content as content
from recsys.sources.column_roles import decide_roles
from recsys.sources.registry import open_source
from recsys.sources.source import LOOSE, NUMBER, SURPLUS, Field, Source, StatedLayout

_LAST_SECOND = 100_000_000_000
_DATE_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f")
_OFFSET = r"(:\d\d(?:\.\d+)?)\s*(?:Z|UTC|[+-]\d\d:?\d\d)$"


@dataclass(frozen=True)
class RatingsTable:
    """A source of ratings, and what its columns mean.

    Attributes
    ----------
    source : Source
    columns : dict
        Role (user, item, rating, timestamp) → position of its column.
    label : str
        The layout by the name people know it by.
    time_unit : str or None
        "s", "ms" or "date"; None without timestamps.
    notes : tuple of str
        What a reader should know of how this was decided.
    """

    source: Source
    columns: dict[str, int]
    label: str
    time_unit: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What messages call the source."""
        return self.source.name

    @property
    def implicit(self) -> bool:
        """No rating is recorded: every row counts as 1."""
        return "rating" not in self.columns


def recognise(
    location: str | Path | Source,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
) -> RatingsTable:
    """Find out how ratings are laid out.

    Parameters
    ----------
    location : path or Source
        See `recsys.sources.registry.open_source`.
    columns : sequence of str, optional
        Roles in the order of the columns (user, item, rating, timestamp; `-` skips one).
    delimiter, has_header : optional
        Stated instead of found.

    Raises
    ------
    DataFormatError
        Where the source cannot be read as rows, or the columns cannot be told apart.
    """
    source = open_source(location, StatedLayout(delimiter, has_header))
    roles = decide_roles(source, columns)
    unit = None
    if "timestamp" in roles.columns:
        unit = content.time_unit(source.layout.samples[roles.columns["timestamp"]]) or "s"
    notes = (*source.layout.notes, *roles.notes, *_unit_notes(unit))
    if "rating" not in roles.columns:
        notes += ("No rating column: every row counts as 1.",)
    return RatingsTable(source, roles.columns, roles.label, unit, notes)


def _unit_notes(unit: str | None) -> tuple[str, ...]:
    notes = {"ms": "Timestamps are in milliseconds.", "date": "Timestamps are dates."}
    return (notes[unit],) if unit in notes else ()


def preview(table: RatingsTable, n: int = 5) -> pd.DataFrame:
    """The first `n` rows as they are read: user_id, item_id, rating, timestamp where known."""
    return read_ratings(table, n_rows=n).head(n).drop(NUMBER, SURPLUS, LOOSE, strict=False).to_pandas()


def read_ratings(table: RatingsTable, n_rows: int | None = None) -> pl.DataFrame:
    """Read ratings as they stand.

    Parameters
    ----------
    n_rows : int, optional
        About how many rows are wanted; by default all.

    Returns
    -------
    polars.DataFrame
        user_id, item_id (String), rating (Float32; 1 where the source records none) and, where the
        source has times, timestamp (Int64, unix seconds), null where a field is not what it should
        be; and the columns `number`, `surplus` and `loose` of `Source.read`.

    Raises
    ------
    DataFormatError
        Where the source breaks off or is not UTF-8.
    """
    batches = table.source.read(_fields(table), n_rows)
    return pl.concat([_typed(batch, table.time_unit) for batch in batches])


def _fields(table: RatingsTable) -> list[Field]:
    time_type: Any = pl.Datetime if table.time_unit == "date" else pl.Float64
    fields = {
        "user": (USER, pl.String, True),
        "item": (ITEM, pl.String, True),
        "rating": (RATING, pl.Float32, True),
        "timestamp": (TIMESTAMP, time_type, False),
    }
    return [
        Field(name, table.columns[role], dtype, required)
        for role, (name, dtype, required) in fields.items()
        if role in table.columns
    ]


def _typed(rows: pl.DataFrame, unit: str | None) -> pl.DataFrame:
    rating = pl.lit(1.0, pl.Float32)
    if RATING in rows.columns:
        rating = pl.when(pl.col(RATING).is_finite()).then(pl.col(RATING))
    typed = [pl.col(NUMBER, SURPLUS, USER, ITEM), rating.alias(RATING)]
    if TIMESTAMP in rows.columns:
        typed.append(_seconds(pl.col(TIMESTAMP), rows.schema[TIMESTAMP], unit).alias(TIMESTAMP))
    if LOOSE in rows.columns:
        typed.append(pl.col(LOOSE))
    return rows.select(typed)


def _seconds(field: pl.Expr, dtype: pl.DataType, unit: str | None) -> pl.Expr:
    """Unix seconds; null where the field is no time between 1970 and the year 5138."""
    if dtype.is_temporal():
        return field.dt.epoch("s")
    if unit == "date":
        return _seconds_of_date(field.str.strip_chars())
    seconds = (field / 1000).floor() if unit == "ms" else field.floor()
    return pl.when(seconds.is_between(0, _LAST_SECOND)).then(seconds).cast(pl.Int64, strict=False)


def _seconds_of_date(text: pl.Expr) -> pl.Expr:
    """Unix seconds of an ISO 8601 date, with or without time of day and offset; UTC where none is given."""
    plain = text.str.replace(_OFFSET, "$1").str.replace(r"(\d)T(\d)", "$1 $2")
    dates = [plain.str.to_datetime(form, strict=False, time_unit="ms") for form in _DATE_FORMATS]
    parts = text.str.extract_groups(r":\d\d(?:\.\d+)?\s*([+-])(\d\d):?(\d\d)$").struct
    hours, minutes = (parts.field(name).cast(pl.Int64) for name in ("2", "3"))
    ahead = (3600 * hours + 60 * minutes) * pl.when(parts.field("1") == "-").then(-1).otherwise(1)
    return pl.coalesce(dates).dt.epoch("s") - ahead.fill_null(0)
