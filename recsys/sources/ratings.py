"""Ratings from any source: recognised without being told, read as four typed columns."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from recsys.columns import ITEM, RATING, TIMESTAMP, USER
from recsys.config import LimitsConfig
from recsys.errors import AmbiguousFileError, shown
from recsys.sources import times
from recsys.sources.column_names import CATALOG_NAMES, find_columns
from recsys.sources.column_roles import decide_roles
from recsys.sources.registry import Location, open_source
from recsys.sources.role_questions import ROLES, column_name, option
from recsys.sources.source import LOOSE, NUMBER, SURPLUS, Field, Source, StatedLayout
from recsys.sources.times import TimeColumn

_DAY = 86_400


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
        "s", "ms", "µs", "ns", "days", "spreadsheet days", "years", "compact" or "date"; None
        without timestamps.
    notes : tuple of str
        What a reader should know of how this was decided.
    dates : str or None
        "day-first", "month-first" or "year-first", where it is stated.
    """

    source: Source
    columns: dict[str, int]
    label: str
    time_unit: str | None = None
    notes: tuple[str, ...] = ()
    dates: str | None = None

    @property
    def name(self) -> str:
        """What messages call the source."""
        return self.source.name

    @property
    def implicit(self) -> bool:
        """No rating is recorded: every row counts as 1."""
        return "rating" not in self.columns

    @property
    def roles(self) -> dict[str, str]:
        """Role → what its column is called."""
        return {role: column_name(self.source, self.columns[role]) for role in ROLES if role in self.columns}

    def describe(self) -> tuple[str, ...]:
        """How the source is read, one fact a line: its kind, its columns, notes."""
        columns = ", ".join(f"{role} from {name}" for role, name in self.roles.items())
        return (f"{self.label}: {columns}.", *self.notes)

    @property
    def time_column(self) -> TimeColumn:
        """The column of times, as messages call it."""
        without = {role: place for role, place in self.columns.items() if role != "timestamp"}
        name = column_name(self.source, self.columns["timestamp"])
        return TimeColumn(self.name, name, option(self.source, without), self.dates)


def recognise(
    location: Location,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    dates: str | None = None,
    catalog: Location | None = None,
    limits: LimitsConfig | None = None,
    scratch: Path | None = None,
) -> RatingsTable:
    """Find out how ratings are laid out.

    Parameters
    ----------
    location : path, sequence of paths, or Source
        See `recsys.sources.registry.open_source`.
    columns : sequence of str, optional
        Roles in the order of the columns (user, item, rating, timestamp; `-` skips one).
    delimiter, has_header : optional
        Stated instead of found.
    dates : str, optional
        "day-first", "month-first" or "year-first".
    catalog : path or Source, optional
        Its ids tell the column of the items where names and values do not.
    limits : LimitsConfig, optional
    scratch : Path, optional
        Folder for what has to be unpacked; by default that for temporary files.

    Raises
    ------
    AmbiguousFileError
        Where several readings are plausible.
    DataFormatError
        Where the source cannot be read as rows, or the columns cannot be told apart.
    """
    limits = limits or LimitsConfig()
    source = open_source(location, StatedLayout(delimiter, has_header, limits=limits, scratch=scratch))

    @cache
    def catalog_ids() -> tuple[pl.Series, ...]:
        assert catalog is not None
        return _catalog_ids(open_source(catalog, StatedLayout(None, True, limits=limits, scratch=scratch)))

    roles = decide_roles(source, columns, catalog_ids if catalog is not None else None)
    table = RatingsTable(source, roles.columns, roles.label, None, (), dates)
    unit = _time_unit(table)
    notes = (*source.layout.notes, *roles.notes)
    if unit in times.NOTES:
        notes += (times.NOTES[unit],)
    if table.implicit:
        notes += ("No rating column: every row counts as 1.",)
    return RatingsTable(source, roles.columns, roles.label, unit, notes, dates)


def _time_unit(table: RatingsTable) -> str | None:
    """The unit of the times, told from the first rows."""
    if "timestamp" not in table.columns:
        return None
    values = table.source.layout.samples[table.columns["timestamp"]]
    kind = times.sample_kind(values)
    if kind is None:
        # Raises, with the reason, where the first rows are no times.
        numbers = pl.Series(values, dtype=pl.String).str.strip_chars().cast(pl.Float64, strict=False)
        if numbers.null_count() * 2 > len(numbers) or not len(numbers):
            raise table.time_column.unreadable(f"holds {shown(values[0], 40)!r}" if values else "is empty")
        kind = times.of_numbers(numbers, table.time_column)[1]
    return kind


def _catalog_ids(source: Source) -> tuple[pl.Series, ...]:
    """The columns of a catalogue that may hold the ids of items."""
    columns = find_columns(source.layout.names, CATALOG_NAMES).get("item_id", [])
    fields = [Field(f"c{place}", place, nested=False) for place in columns]
    batches = (
        [batch.select(field.name for field in fields) for batch in source.read(fields)] if fields else []
    )
    table = pl.concat(batches) if batches else pl.DataFrame()
    return tuple(column.drop_nulls().str.strip_chars().unique() for column in table)


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
        user_id, item_id (String, without white space around them), rating (Float32; 1 where the
        source records none) and, where the source has times, timestamp (Int64, unix seconds), null
        where a field is not what it should be; and the columns `number`, `surplus` and `loose` of
        `Source.read`.

    Raises
    ------
    DataFormatError
        Where the source breaks off, is not UTF-8, or its times are none.
    """
    rows, _ = read_with_notes(table, n_rows)
    return rows


def read_with_notes(table: RatingsTable, n_rows: int | None = None) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """As `read_ratings`, and what was decided by the whole column of times."""
    rows = pl.concat([_typed(batch) for batch in table.source.read(_fields(table), n_rows)])
    if TIMESTAMP not in rows.columns or not rows.height:
        return rows, ()
    seconds, notes = _seconds(rows[TIMESTAMP], table, n_rows is not None)
    if n_late := int((seconds > time.time() + _DAY).sum()):
        notes += (f"{n_late:,} times are in the future; they count as the latest.",)
    return rows.with_columns(seconds.alias(TIMESTAMP)), notes


def _fields(table: RatingsTable) -> list[Field]:
    time_type: Any = pl.Datetime if table.time_unit == "date" else pl.Float64
    fields = {
        "user": (USER, pl.String, True),
        "item": (ITEM, pl.String, True),
        "rating": (RATING, pl.Float32, True),
        "timestamp": (TIMESTAMP, time_type, False),
    }
    return [
        Field(name, table.columns[role], dtype, required, nested=False)
        for role, (name, dtype, required) in fields.items()
        if role in table.columns
    ]


def _typed(rows: pl.DataFrame) -> pl.DataFrame:
    rating = pl.lit(1.0, pl.Float32)
    if RATING in rows.columns:
        rating = pl.when(pl.col(RATING).is_finite()).then(pl.col(RATING))
    typed = [pl.col(NUMBER, SURPLUS), pl.col(USER, ITEM).str.strip_chars(), rating.alias(RATING)]
    typed += [pl.col(name) for name in (TIMESTAMP, LOOSE) if name in rows.columns]
    return rows.select(typed)


def _of_first_texts(column: pl.Series, table: RatingsTable) -> tuple[pl.Series, tuple[str, ...]]:
    """The first few dates, in the order of day and month that more of the column tells."""
    place = table.columns["timestamp"]
    more = pl.Series(table.source.layout.samples[place], dtype=pl.String)
    try:
        seconds, notes = times.of_texts(pl.concat([column, more]), table.time_column)
    except AmbiguousFileError:
        whole = [batch[TIMESTAMP] for batch in table.source.read([Field(TIMESTAMP, place)])]
        seconds, notes = times.of_texts(pl.concat([column, *whole]), table.time_column)
    return seconds.head(len(column)), notes


def _seconds(column: pl.Series, table: RatingsTable, only_first: bool) -> tuple[pl.Series, tuple[str, ...]]:
    """Unix seconds of a column of times; null where one is no time of our age."""
    if column.dtype.is_temporal():
        return times.of_our_age(column.dt.epoch("s")), ()
    about = table.time_column
    if column.dtype == pl.String:
        return _of_first_texts(column, table) if only_first else times.of_texts(column, about)
    if only_first and column.null_count() == len(column):
        return column.cast(pl.Int64), ()
    seconds, unit = times.of_numbers(column, about)
    noted = unit != table.time_unit and unit in times.NOTES
    return seconds, ((times.NOTES[unit],) if noted else ())
