"""How doubts about the columns of a table are put to the caller: readings with sample rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from recsys.errors import AmbiguousFileError, DataFormatError, Reading, shown
from recsys.sources import column_content as content
from recsys.sources.column_names import names_a_count, names_a_rating
from recsys.sources.source import Source

ROLES = ("user", "item", "rating", "timestamp")
CURE = "say which column is which with --columns, such as --columns user,item,rating,timestamp"

_WIDE, _NEARLY_ALL = 10, 0.8
_IN_CATALOGUE, _NOT_IN_CATALOGUE = 0.5, 0.1

CatalogIds = Callable[[], Sequence[pl.Series]]
"""Gives the columns of a catalogue that may hold the ids of items; called only where they decide."""


@dataclass(frozen=True)
class ColumnRoles:
    """The roles of the columns.

    Attributes
    ----------
    columns : dict
        Role (user, item, rating, timestamp) → position of its column.
    label : str
        The layout by the name people know it by.
    notes : tuple of str
        How this was decided.
    """

    columns: dict[str, int]
    label: str
    notes: tuple[str, ...] = ()


def option(source: Source, columns: dict[str, int]) -> str:
    """The `--columns` that states these roles."""
    roles = {position: role for role, position in columns.items()}
    return "--columns " + ",".join(roles.get(position, "-") for position in range(source.layout.n_columns))


def reading(source: Source, columns: dict[str, int], meaning: str, n_rows: int = 3) -> Reading:
    """One way to read a table, with sample rows."""
    layout = source.layout
    roles = tuple((role, column_name(source, columns[role])) for role in ROLES if role in columns)
    values = [layout.samples[columns[role]][:n_rows] for role, _ in roles]
    rows = tuple(tuple(map(str, row)) for row in zip(*values, strict=False))
    return Reading(option(source, columns), meaning, roles, rows)


def column_name(source: Source, position: int) -> str:
    """What messages call a column."""
    names = source.layout.names
    return shown(names[position].strip(), 40) if names else f"column {position + 1}"


def doubt(source: Source, why: str, readings: Sequence[Reading] = ()) -> DataFormatError:
    """The question to the caller where the roles cannot be told."""
    if readings:
        return AmbiguousFileError(f"{source.name}{why}", readings)
    return DataFormatError(f"{source.name}{why}: {CURE}.")


def misfit(source: Source) -> str:
    """How a header that names fewer columns than the rows have does not fit them; empty where it fits."""
    layout = source.layout
    if not layout.n_unnamed:
        return ""
    row = (layout.delimiter or ",").join(values[0] for values in layout.samples if values)
    return (
        f" has {layout.n_columns} fields in most rows and a header of {layout.n_columns - layout.n_unnamed}"
        f" (line {layout.first_row:,}: {shown(row)!r}): put texts that hold a {layout.delimiter!r} in quotes,"
        " or give every column a name"
    )


def check_long(source: Source) -> None:
    """Refuse a matrix with a row for each user and a column for each item.

    Raises
    ------
    DataFormatError
    """
    filled = [values for values in source.layout.samples if content.given(values)]
    n_alike = sum(map(content.is_rating_column, filled))
    if len(filled) >= _WIDE and n_alike >= _NEARLY_ALL * len(filled):
        raise DataFormatError(
            f"{source.name} has {len(filled):,} columns, nearly all of small numbers: it seems to be a matrix"
            " of users and items. Write a row for each rating: user, item, rating (in pandas: frame.melt); or"
            f" {CURE}."
        )


def swapped(columns: dict[str, int]) -> dict[str, int]:
    return {**columns, "user": columns["item"], "item": columns["user"]}


def both_ways(source: Source, columns: dict[str, int]) -> list[Reading]:
    return [
        reading(source, columns, "users before items"),
        reading(source, swapped(columns), "items before users"),
    ]


def left_out(source: Source, columns: dict[str, int], said: Sequence[int] = ()) -> tuple[str, ...]:
    """A note that names the columns that look like ratings and are not used."""
    free = [place for place in range(source.layout.n_columns) if place not in (*columns.values(), *said)]
    names = [column_name(source, place) for place in free if _may_be_rating(source, place)]
    if not names:
        return ()
    many = (
        "Columns that look like ratings and are"
        if len(names) > 1
        else "A column that looks like a rating and is"
    )
    return (f"{many} not used: {', '.join(names)}.",)


def _may_be_rating(source: Source, place: int) -> bool:
    values, names = source.layout.samples[place], source.layout.names
    if len(set(values)) < 2:
        return False
    if names and names_a_rating(names[place]) and content.is_rating_column(values):
        return True
    return content.looks_like_ratings(values) and not (names and names_a_count(names[place]))


def times_left_out(source: Source, columns: dict[str, int]) -> tuple[str, ...]:
    """A note that names the columns of times, where none is used."""
    if "timestamp" in columns:
        return ()
    free = [place for place in range(source.layout.n_columns) if place not in columns.values()]
    names = [
        column_name(source, place) for place in free if content.is_time_column(source.layout.samples[place])
    ]
    return (
        (f"Times are not used: name {', '.join(names)} with --columns if ratings were given then.",)
        if names
        else ()
    )


def in_catalogue(source: Source, positions: Sequence[int], catalog: CatalogIds | None) -> int | None:
    """The one column whose values are among the catalogue's ids; None where that is not clear."""
    if catalog is None or not positions:
        return None
    known = catalog()
    shares = {}
    for place in positions:
        values = pl.Series(sorted(set(content.given(source.layout.samples[place]))), dtype=pl.String)
        found = [values.is_in(ids.implode()).mean() for ids in known if len(values)]
        shares[place] = max((share for share in found if isinstance(share, float)), default=0.0)
    best = max(shares, key=lambda place: shares[place])
    others = [share for place, share in shares.items() if place != best]
    if shares[best] >= _IN_CATALOGUE and all(share <= _NOT_IN_CATALOGUE for share in others):
        return best
    return None
