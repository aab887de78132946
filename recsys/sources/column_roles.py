"""Which column of a ratings table is the user, the item, the rating and the time.

The one place where this is decided: as the caller states it, or for all columns together, by their
names, by what stands in them, and by the ids of the catalogue where one is given. What has a second
plausible reading is asked for, never guessed: with users and items swapped, a build yields a model
that looks right and is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from recsys.errors import AmbiguousFileError, DataFormatError, Reading, shown
from recsys.sources import column_content as content
from recsys.sources.column_names import (
    RATINGS_NAMES,
    find_columns,
    names_a_count,
    names_a_rating,
    names_an_average,
    plain_name,
)
from recsys.sources.source import Field, Source

ROLES = ("user", "item", "rating", "timestamp")
CURE = "say which column is which with --columns, such as --columns user,item,rating,timestamp"
SKIP = ("", "-", "_", "skip")

_SELF_DESCRIBED = ("adjacency", "blocks")
"""Kinds of sources whose form says which column is which."""
_IN_CATALOGUE, _NOT_IN_CATALOGUE = 0.5, 0.1
_MOST_LISTED = 12
_FEWEST_ITEMS = 10
"""Items with several ratings that show whether a column is one value for each item."""
_MOSTLY = 0.95
_N_COMPARED = 1_000_000

_MOVIELENS = re.compile(r"(^|[/\\:])u[\dab]?\.(data|base|test)|ml-?\d+[km]|movielens", re.I)
"""Names of MovieLens files that are divided by tabs."""

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


def decide_roles(
    source: Source, stated: Sequence[str] | None = None, catalog: CatalogIds | None = None
) -> ColumnRoles:
    """Find out which column is which.

    Parameters
    ----------
    source : Source
    stated : sequence of str, optional
        Roles in the order of the columns; `-` skips one.
    catalog : callable, optional
        Gives the ids of the catalogue.

    Raises
    ------
    AmbiguousFileError
        Where there are several plausible readings.
    DataFormatError
        Where the columns cannot be told apart, or are stated wrongly.
    """
    layout = source.layout
    if stated:
        columns = _as_stated(source, stated)
        return ColumnRoles(columns, layout.label, ("Columns as stated.", *_left_out(source, columns)))
    if layout.kind in _SELF_DESCRIBED:
        positions = {role: layout.names.index(role) for role in ROLES if role in layout.names}
        return ColumnRoles(positions, layout.label, ())
    if layout.names:
        return _Named(source, catalog).decide()
    return _Unnamed(source, catalog).decide()


# Readings, as they are shown ----------------------------------------------------------------


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


def _swapped(columns: dict[str, int]) -> dict[str, int]:
    return {**columns, "user": columns["item"], "item": columns["user"]}


def _both_ways(source: Source, columns: dict[str, int]) -> list[Reading]:
    return [
        reading(source, columns, "users before items"),
        reading(source, _swapped(columns), "items before users"),
    ]


def _left_out(source: Source, columns: dict[str, int]) -> tuple[str, ...]:
    """A note that names the columns that look like ratings and are not used."""
    layout = source.layout
    names = [
        column_name(source, position)
        for position in range(layout.n_columns)
        if position not in columns.values()
        and (names_a_rating(layout.names[position]) if layout.names else True)
        and content.is_rating_column(layout.samples[position])
        and len(set(layout.samples[position])) > 1
        or position not in columns.values()
        and content.looks_like_ratings(layout.samples[position])
        and not (layout.names and names_a_count(layout.names[position]))
    ]
    if not names:
        return ()
    many = "Columns that look like ratings and are" if len(names) > 1 else "A column that looks like a rating and is"
    return (f"{many} not used: {', '.join(names)}.",)


def _times_left_out(source: Source, columns: dict[str, int]) -> tuple[str, ...]:
    """A note that names the columns of times, where none is used."""
    if "timestamp" in columns:
        return ()
    free = [place for place in range(source.layout.n_columns) if place not in columns.values()]
    names = [column_name(source, place) for place in free if content.is_time_column(source.layout.samples[place])]
    return (f"Times are not used: name {', '.join(names)} with --columns if ratings were given then.",) if names else ()


# As stated ------------------------------------------------------------------------------


def _as_stated(source: Source, stated: Sequence[str]) -> dict[str, int]:
    roles = {alias: role for role, aliases in RATINGS_NAMES.items() for alias in (role, *aliases)}
    found: dict[str, int] = {}
    for position, name in enumerate(stated):
        if name.strip() in SKIP:
            continue
        role = roles.get(plain_name(name))
        if role is None:
            raise DataFormatError(
                f"{shown(name)!r} is not a column role: use {', '.join(ROLES)}, and - for a column to skip."
            )
        if role in found:
            raise DataFormatError(f"--columns names {role} twice.")
        found[role] = position
    missing = [role for role in ("user", "item") if role not in found]
    if missing:
        raise DataFormatError(f"--columns must name {' and '.join(missing)}.")
    n_columns = source.layout.n_columns
    if max(found.values()) >= n_columns:
        raise DataFormatError(
            f"--columns names {len(stated)} columns, but {source.name} has {n_columns}: check --delimiter."
        )
    return found


# Columns with names ---------------------------------------------------------------------


class _Named:
    """The roles of columns that have names."""

    def __init__(self, source: Source, catalog: CatalogIds | None) -> None:
        self.source, self.catalog, self.layout = source, catalog, source.layout
        self.named = find_columns(self.layout.names, RATINGS_NAMES)
        self.notes: list[str] = ["Columns by their names."]

    def decide(self) -> ColumnRoles:
        columns = self._ids()
        if "timestamp" in self.named:
            columns["timestamp"] = self._time()
        rating = self._rating(columns)
        if rating is not None:
            columns["rating"] = rating
        columns = {role: columns[role] for role in ROLES if role in columns}
        notes = (*self.notes, *_left_out(self.source, columns), *_times_left_out(self.source, columns))
        return ColumnRoles(columns, _named_label(self.source, columns), notes)

    def _time(self) -> int:
        """The first named column that holds times, else the first."""
        positions = self.named["timestamp"]
        able = [place for place in positions if content.is_time_column(self.layout.samples[place])]
        return (able or positions)[0]

    def _ids(self) -> dict[str, int]:
        found = {role: self.named[role][0] for role in ("user", "item") if role in self.named}
        items = self.named.get("item", [])
        if len(items) > 1 or not items:
            others = items or [
                place for place in range(self.layout.n_columns) if place not in sum(self.named.values(), [])
            ]
            matched = _in_catalogue(self.source, others, self.catalog)
            if matched is not None:
                found["item"] = matched
                self.notes.append(f"The items are in {column_name(self.source, matched)}: the catalogue has its ids.")
        missing = [role for role in ("user", "item") if role not in found]
        if missing:
            listed = ", ".join(shown(name.strip(), 40) for name in self.layout.names[:_MOST_LISTED])
            raise doubt(
                self.source, f": no column is named as the {' or the '.join(missing)} (columns: {listed})"
            )
        return found

    def _rating(self, columns: dict[str, int]) -> int | None:
        """The column of the user's own rating, never the average of the item."""
        names, samples = self.layout.names, self.layout.samples
        free = [place for place in range(self.layout.n_columns) if place not in columns.values()]
        by_name = [place for place in self.named.get("rating", []) if place in free]
        by_word = [
            place
            for place in free
            if place not in by_name and names_a_rating(names[place]) and content.is_rating_column(samples[place])
        ]
        candidates = [place for place in (*by_name, *by_word) if len(samples[place])]
        averages = [place for place in candidates if names_an_average(names[place])]
        own = [place for place in candidates if place not in averages]
        if len(own) > 1 or (len(own) == 1 and not averages):
            fixed = _fixed_by_item(self.source, columns["item"], own)
            averages += fixed
            own = [place for place in own if place not in fixed]
        if averages and own:
            listed = ", ".join(column_name(self.source, place) for place in averages)
            self.notes.append(f"Left out as the average of each item: {listed}.")
        if len(own) > 1:
            own = self._of_several(columns, own, by_name)
        if own:
            if own[0] not in by_name:
                self.notes.append(f"The rating is in {column_name(self.source, own[0])}.")
            return own[0]
        if averages:
            raise self._ask(columns, averages[0], "has one value for each item, as an average has", "of the item")
        looks = [
            place for place in free if content.looks_like_ratings(samples[place]) and not names_a_count(names[place])
        ]
        if looks:
            raise self._ask(columns, looks[0], "may hold the ratings, or something else", "of the user")
        return by_name[0] if by_name else None

    def _of_several(self, columns: dict[str, int], own: list[int], by_name: list[int]) -> list[int]:
        """One of several columns of ratings: by its known name, or the one that is asked for."""
        samples = self.layout.samples
        numeric = [place for place in own if content.is_rating_column(samples[place])]
        known = [place for place in numeric if place in by_name]
        if len(numeric) == 1:
            return numeric
        if len(known) == 1:
            return known
        able = known or numeric or own
        if len(able) > 1 and any(samples[able[0]] != samples[place] for place in able[1:]):
            readings = [
                reading(self.source, {**columns, "rating": place}, f"the rating is {column_name(self.source, place)}")
                for place in able
            ]
            raise doubt(self.source, " has several columns that may be the rating", readings)
        return able[:1]

    def _ask(self, columns: dict[str, int], place: int, why: str, whose: str) -> DataFormatError:
        name = column_name(self.source, place)
        readings = [
            reading(self.source, {**columns, "rating": place}, f"{name} is the rating {whose}"),
            reading(self.source, columns, "no rating: every row counts as 1"),
        ]
        return doubt(self.source, f": the column {name} {why}", readings)


def _named_label(source: Source, columns: dict[str, int]) -> str:
    layout = source.layout
    plain = {plain_name(name) for name in layout.names}
    if layout.kind == "delimited" and "parentasin" in plain and "timestamp" in columns:
        return "Amazon 2023 ratings"
    if layout.kind == "delimited" and "movieid" in plain:
        return "MovieLens ratings.csv"
    return layout.label


def _fixed_by_item(source: Source, item: int, columns: Sequence[int]) -> list[int]:
    """The columns that have one value for each item: they say nothing of the user.

    Nothing is said where few items have several rows, or where all values are the same.
    """
    fields = [Field("item", item), *(Field(f"c{place}", place) for place in columns)]
    rows, n_rows = [], 0
    for batch in source.read(fields, None if len(columns) > 1 else _N_COMPARED // 100):
        rows.append(batch.select(field.name for field in fields))
        n_rows += batch.height
        if n_rows >= _N_COMPARED:
            break
    table = pl.concat(rows)
    names = [field.name for field in fields[1:]]
    found = (
        table.group_by("item")
        .agg(pl.len().alias("n"), pl.col(names).n_unique())
        .filter(pl.col("n") >= (2 if len(columns) > 1 else 3))
    )
    if found.height < _FEWEST_ITEMS:
        return []
    return [
        int(name[1:]) for name in names if (found[name] == 1).mean() >= _MOSTLY and table[name].n_unique() > 1  # type: ignore[operator]
    ]


# Columns without names ------------------------------------------------------------------


class _Unnamed:
    """The roles of columns without names, by what stands in them."""

    def __init__(self, source: Source, catalog: CatalogIds | None) -> None:
        self.source, self.catalog, self.layout = source, catalog, source.layout

    def decide(self) -> ColumnRoles:
        numbers = self._numbers()
        ids = [place for place in range(self.layout.n_columns) if place not in numbers.values()]
        if len(ids) != 2:
            raise self._unclear(f"{len(ids)} columns could be ids" if ids else "no column holds ids")
        self._check_items(ids, numbers)
        columns = {"user": ids[0], "item": ids[1], **numbers}
        swapped, label, note = self._order(columns)
        columns = _swapped(columns) if swapped else columns
        notes = ("No header: the first line is a row.", note, *_left_out(self.source, columns))
        return ColumnRoles(columns, label, notes)

    def _numbers(self) -> dict[str, int]:
        """The rating and the time column, where there are any."""
        samples, found = self.layout.samples, {}
        positions = range(self.layout.n_columns)
        times = [place for place in positions if content.is_time_column(samples[place])]
        if times and (times[-1] >= 2 or len(samples) > 2):
            found["timestamp"] = times[-1]
        others = [place for place in positions if place >= 2 and place not in times]
        ratings = [place for place in others if content.is_rating_column(samples[place])]
        if ratings:
            found["rating"] = ratings[0]
            if len(ratings) > 1 and len(samples) - len(found) == 3:
                raise self._unclear(f"{len(ratings)} columns could be the rating")
        elif others and not any(content.looks_like_ratings(values) for values in samples[:2]):
            raise DataFormatError(
                f"{self.source.name}, line {self.layout.first_row}: {shown(samples[others[0]][0])!r} is not a"
                f" number, and no other column holds ratings: ratings must be numbers; or {CURE}."
            )
        return found

    def _check_items(self, ids: list[int], numbers: dict[str, int]) -> None:
        """Refuse to take a column of stars for the items or the users."""
        if "rating" in numbers:
            return
        samples = self.layout.samples
        for place, other in ((ids[1], ids[0]), (ids[0], ids[1])):
            if not content.looks_like_ratings(samples[place]) or len(set(samples[place])) > 11:
                continue
            raise self._unclear(
                f"column {place + 1} holds a few small numbers, as ratings are, so that only column {other + 1}"
                " holds ids: a column of items, or of users, is missing. If it does hold ids"
            )

    def _order(self, columns: dict[str, int]) -> tuple[bool, str, str]:
        """(swapped, label, note): whether the items stand before the users."""
        layout = self.layout
        first, second = columns["user"], columns["item"]
        firsts, seconds = layout.samples[first], layout.samples[second]
        by_shape = content.order_by_shape(firsts, seconds)
        if by_shape is not None:
            swapped, kind = by_shape
            amazon = "Amazon 2018 ratings (item first)" if swapped else "Amazon 2014 ratings"
            note = f"{'Items, then users' if swapped else 'Users, then items'}, told by the shape of the ids."
            return swapped, amazon if kind == "amazon" else layout.label, note
        matched = _in_catalogue(self.source, (first, second), self.catalog)
        if matched is not None:
            order = "Items, then users" if matched == first else "Users, then items"
            return matched == first, layout.label, f"{order}: the catalogue has the ids of the items."
        if _is_movielens(self.source, columns):
            return False, "MovieLens", "Users, then items, as MovieLens has them."
        n_first, n_second = self.source.count_distinct((first, second))
        raise self._unclear(
            f"columns {first + 1} ({n_first:,} distinct values, such as {shown(firsts[0], 30)!r}) and"
            f" {second + 1} ({n_second:,}, such as {shown(seconds[0], 30)!r}) could both be the users",
            _both_ways(self.source, columns),
        )

    def _unclear(self, why: str, readings: Sequence[Reading] = ()) -> DataFormatError:
        row = (self.layout.delimiter or ", ").join(column[0] for column in self.layout.samples if column)
        where = f"(line {self.layout.first_row}: {shown(row)!r})"
        return doubt(self.source, f" has no header, and {why} {where}", readings)


def _is_movielens(source: Source, columns: dict[str, int]) -> bool:
    layout = source.layout
    shape = layout.n_columns == 4 and len(columns) == 4
    known = layout.delimiter == "::" or (layout.delimiter == "\t" and _MOVIELENS.search(source.name) is not None)
    return shape and known and all(value.isdigit() for column in layout.samples[:2] for value in column)


# The catalogue --------------------------------------------------------------------------


def _in_catalogue(source: Source, positions: Sequence[int], catalog: CatalogIds | None) -> int | None:
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
