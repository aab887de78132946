"""The roles of columns that have names."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import polars as pl

from recsys.errors import DataFormatError, shown
from recsys.sources import column_content as content
from recsys.sources.column_names import (
    RATINGS_NAMES,
    find_columns,
    names_a_count,
    names_a_rating,
    names_a_strength,
    names_a_time,
    names_a_verdict,
    names_an_average,
    plain_name,
)
from recsys.sources.role_questions import (
    ROLES,
    CatalogIds,
    ColumnRoles,
    check_long,
    column_name,
    doubt,
    in_catalogue,
    left_out,
    misfit,
    reading,
    times_left_out,
)
from recsys.sources.source import Field, Source

_MOST_LISTED, _FEW = 12, 6
_FEWEST_ITEMS = 10
"""Items with several ratings that show whether a column is one value for each item."""
_MOSTLY = 0.95
_N_COMPARED, _N_SHORT = 1_000_000, 10_000


class NamedColumns:
    """The roles of columns that have names."""

    def __init__(self, source: Source, catalog: CatalogIds | None) -> None:
        self.source, self.catalog, self.layout = source, catalog, source.layout
        self.named = find_columns(self.layout.names, RATINGS_NAMES)
        self.notes: list[str] = ["Columns by their names."]
        self.averages: list[int] = []

    def decide(self) -> ColumnRoles:
        if why := misfit(self.source):
            raise doubt(self.source, f"{why}; or, for these rows")
        columns = self._ids()
        time = self._time(columns)
        if time is not None:
            columns["timestamp"] = time
        rating = self._rating(columns)
        if rating is not None:
            columns["rating"] = rating
        columns = {role: columns[role] for role in ROLES if role in columns}
        notes = (
            *self.notes,
            *left_out(self.source, columns, self.averages),
            *times_left_out(self.source, columns),
            *(self._unused(columns) if rating is None else ()),
        )
        return ColumnRoles(columns, _named_label(self.source, columns), notes)

    def _time(self, columns: dict[str, int]) -> int | None:
        """The first named column that holds times, else the first; or the only one that says time."""
        positions = self.named.get("timestamp", [])
        able = [place for place in positions if content.is_time_column(self.layout.samples[place])]
        if positions:
            return (able or positions)[0]
        by_word = [
            place
            for place in self._free(columns)
            if names_a_time(self.layout.names[place]) and content.is_time_column(self.layout.samples[place])
        ]
        # A date of release belongs to the item, and one of birth to the user.
        fixed = {
            place for role in columns.values() for place in _fixed_by(self.source, role, by_word, _N_SHORT)
        }
        by_word = [place for place in by_word if place not in fixed]
        if len(by_word) != 1:
            return None
        self.notes.append(f"The times are in {column_name(self.source, by_word[0])}.")
        return by_word[0]

    def _free(self, columns: dict[str, int]) -> list[int]:
        return [place for place in range(self.layout.n_columns) if place not in columns.values()]

    def _ids(self) -> dict[str, int]:
        found: dict[str, int] = {role: self.named[role][0] for role in ("user", "item") if role in self.named}
        items = self.named.get("item", [])
        if len(items) > 1 or not items:
            others = items or [
                place for place in range(self.layout.n_columns) if place not in chain(*self.named.values())
            ]
            matched = in_catalogue(self.source, others, self.catalog)
            if matched is not None:
                found["item"] = matched
                self.notes.append(
                    f"The items are in {column_name(self.source, matched)}: the catalogue has its ids."
                )
        for role in found:
            self._check_twins(role, found)
        missing = [role for role in ("user", "item") if role not in found]
        if missing:
            check_long(self.source)
            listed = ", ".join(shown(name.strip(), 40) for name in self.layout.names[:_MOST_LISTED])
            raise doubt(
                self.source, f": no column is named as the {' or the '.join(missing)} (columns: {listed})"
            )
        return found

    def _check_twins(self, role: str, found: dict[str, int]) -> None:
        """Ask where two columns of ids have the same name, and not the same ids."""
        names, samples = self.layout.names, self.layout.samples
        twins = [
            place
            for place in self.named.get(role, [])
            if plain_name(names[place]) == plain_name(names[found[role]])
            and samples[place] != samples[found[role]]
        ]
        if twins and len(found) == 2:
            readings = [
                reading(self.source, {**found, role: place}, f"the {role} is column {place + 1}")
                for place in (found[role], *twins)
            ]
            raise doubt(
                self.source, f" has several columns named {column_name(self.source, twins[0])}", readings
            )

    def _rating(self, columns: dict[str, int]) -> int | None:
        """The column of the user's own rating, never the average of the item."""
        names, samples = self.layout.names, self.layout.samples
        free = self._free(columns)
        by_name = [place for place in self.named.get("rating", []) if place in free]
        by_word = [
            place
            for place in free
            if place not in by_name
            and names_a_rating(names[place])
            and content.is_rating_column(samples[place])
        ]
        candidates = [place for place in (*by_name, *by_word) if len(samples[place])]
        averages = [place for place in candidates if names_an_average(names[place])]
        own = [place for place in candidates if place not in averages]
        if len(own) > 1 or (len(own) == 1 and not averages):
            fixed = _fixed_by(self.source, columns["item"], own, None if len(own) > 1 else _N_SHORT)
            averages += fixed
            own = [place for place in own if place not in fixed]
        if averages and own:
            listed = ", ".join(column_name(self.source, place) for place in averages)
            self.notes.append(f"Left out as the average of each item: {listed}.")
            self.averages = averages
        if len(own) > 1:
            own = self._of_several(columns, own, by_name)
        if own:
            if own[0] not in by_name:
                self.notes.append(f"The rating is in {column_name(self.source, own[0])}.")
            return own[0]
        if averages:
            raise self._ask(
                columns, averages[0], "has one value for each item, as an average has", "of the item"
            )
        looks = [
            place
            for place in free
            if content.looks_like_ratings(samples[place]) and not names_a_count(names[place])
        ]
        if looks:
            raise self._ask(columns, looks[0], "may hold the ratings, or something else", "of the user")
        if by_name:
            return by_name[0]
        strength = self._strength(free)
        verdicts = [
            place
            for place in free
            if names_a_verdict(names[place]) and content.says_yes_or_no(samples[place])
        ]
        if verdicts:
            raise self._ask_verdict(columns, verdicts[0], strength)
        return strength

    def _strength(self, free: Sequence[int]) -> int | None:
        """A column that says how often or how long, where there are no ratings."""
        names, samples = self.layout.names, self.layout.samples
        able = [
            place
            for place in free
            if names_a_strength(names[place]) and content.share_of_numbers(samples[place]) > 0.9
        ]
        if not able:
            return None
        listed = ", ".join(column_name(self.source, place) for place in able)
        if len(able) > 1:
            self.notes.append(f"One of {listed} may be named as the rating with --columns.")
            return None
        self.notes.append(f"How often or how long is in {listed}.")
        return able[0]

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
                reading(
                    self.source,
                    {**columns, "rating": place},
                    f"the rating is {column_name(self.source, place)}",
                )
                for place in able
            ]
            raise doubt(self.source, " has several columns that may be the rating", readings)
        return able[:1]

    def _ask_verdict(self, columns: dict[str, int], place: int, strength: int | None) -> DataFormatError:
        name = column_name(self.source, place)
        values = " and ".join(sorted(set(content.given(self.layout.samples[place])))[:2])
        readings = [
            reading(
                self.source,
                {**columns, "rating": place},
                f"{name} is the rating, 0 or 1; with --unrated 0, the rows of 1 alone count",
            )
        ]
        if strength is not None:
            by_strength = column_name(self.source, strength)
            readings.append(reading(self.source, {**columns, "rating": strength}, f"{by_strength} counts"))
        else:
            readings.append(reading(self.source, columns, "every row counts as 1, whatever it says"))
        return doubt(
            self.source,
            f": {name} says {values}, and not every row may mean that the user liked the item",
            readings,
        )

    def _unused(self, columns: dict[str, int]) -> tuple[str, ...]:
        """A note that names the columns which may tell the rows apart, where all of them count alike."""
        listed = []
        for place in self._free(columns):
            values = sorted(set(content.given(self.layout.samples[place])))
            if not values or not self.layout.names[place].strip():
                continue
            few = f" ({', '.join(shown(value, 20) for value in values)})" if 2 <= len(values) <= _FEW else ""
            listed.append(column_name(self.source, place) + few)
        more = f", and {len(listed) - _MOST_LISTED:,} more" if len(listed) > _MOST_LISTED else ""
        return (f"Not used: {', '.join(listed[:_MOST_LISTED])}{more}.",) if listed else ()

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
    if layout.kind == "delimited" and "movieid" in plain and "rating" in columns:
        return "MovieLens ratings.csv"
    return layout.label


def _fixed_by(source: Source, role: int, columns: Sequence[int], n_rows: int | None = None) -> list[int]:
    """The columns that have one value for each item (or user, by the column `role`).

    Nothing is said where few of them have several rows, or where all values are the same.
    """
    if not columns:
        return []
    fields = [Field("id", role), *(Field(f"c{place}", place) for place in columns)]
    rows, n_read = [], 0
    for batch in source.read(fields, n_rows):
        rows.append(batch.select(field.name for field in fields))
        n_read += batch.height
        if n_read >= _N_COMPARED:
            break
    table = pl.concat(rows)
    names = [field.name for field in fields[1:]]
    found = (
        table.group_by("id")
        .agg(pl.len().alias("n"), pl.col(names).n_unique())
        .filter(pl.col("n") >= (2 if len(columns) > 1 else 3))
    )
    if found.height < _FEWEST_ITEMS:
        return []
    return [
        int(name[1:])
        for name in names
        if (found[name] == 1).mean() >= _MOSTLY and table[name].n_unique() > 1  # type: ignore[operator]
    ]
