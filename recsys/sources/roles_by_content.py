"""The roles of columns without names, by what stands in them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recsys.errors import DataFormatError, Reading, shown
from recsys.sources import column_content as content
from recsys.sources.role_questions import (
    CURE,
    CatalogIds,
    ColumnRoles,
    both_ways,
    check_long,
    doubt,
    in_catalogue,
    left_out,
    swapped,
)
from recsys.sources.source import Source

_MOVIELENS = re.compile(r"(^|[/\\:])u[\dab]?\.(data|base|test)|ml-?\d+[km]|movielens", re.I)
"""Names of MovieLens files that are divided by tabs."""


class UnnamedColumns:
    """The roles of columns without names, by what stands in them."""

    def __init__(self, source: Source, catalog: CatalogIds | None) -> None:
        self.source, self.catalog, self.layout = source, catalog, source.layout

    def decide(self) -> ColumnRoles:
        numbers = self._numbers()
        filled = [place for place, values in enumerate(self.layout.samples) if content.given(values)]
        ids = [place for place in filled if place not in numbers.values()]
        if len(ids) != 2:
            check_long(self.source)
            raise self._unclear(f"{len(ids)} columns could be ids" if ids else "no column holds ids")
        self._check_items(ids, numbers)
        columns = {"user": ids[0], "item": ids[1], **numbers}
        turned, label, note = self._order(columns)
        columns = swapped(columns) if turned else columns
        notes = ("No header: the first line is a row.", note, *left_out(self.source, columns))
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
            value = samples[others[0]][0]
            what = "is no rating" if content.is_number(value) else "is not a number"
            raise DataFormatError(
                f"{self.source.name}, line {self.layout.first_row}: {shown(value)!r} {what}, and no other"
                f" column holds ratings: ratings must be numbers, few or small; or {CURE}."
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
                f"column {place + 1} holds a few small numbers, as ratings are, so that only column"
                f" {other + 1} holds ids: a column of items, or of users, is missing. If it does hold ids"
            )

    def _order(self, columns: dict[str, int]) -> tuple[bool, str, str]:
        """(turned, label, note): whether the items stand before the users."""
        layout = self.layout
        first, second = columns["user"], columns["item"]
        firsts, seconds = layout.samples[first], layout.samples[second]
        by_shape = content.order_by_shape(firsts, seconds)
        if by_shape is not None:
            turned, kind = by_shape
            amazon = "Amazon 2018 ratings (item first)" if turned else "Amazon 2014 ratings"
            note = f"{'Items, then users' if turned else 'Users, then items'}, told by the shape of the ids."
            return turned, amazon if kind == "amazon" else layout.label, note
        matched = in_catalogue(self.source, (first, second), self.catalog)
        if matched is not None:
            order = "Items, then users" if matched == first else "Users, then items"
            return matched == first, layout.label, f"{order}: the catalogue has the ids of the items."
        if _is_movielens(self.source, columns):
            return False, "MovieLens", "Users, then items, as MovieLens has them."
        n_first, n_second = self.source.count_distinct((first, second))
        raise self._unclear(
            f"columns {first + 1} ({n_first:,} distinct values, such as {shown(firsts[0], 30)!r}) and"
            f" {second + 1} ({n_second:,}, such as {shown(seconds[0], 30)!r}) could both be the users",
            both_ways(self.source, columns),
        )

    def _unclear(self, why: str, readings: Sequence[Reading] = ()) -> DataFormatError:
        row = (self.layout.delimiter or ", ").join(column[0] for column in self.layout.samples if column)
        where = f"(line {self.layout.first_row}: {shown(row)!r})"
        return doubt(self.source, f" has no header, and {why} {where}", readings)


def _is_movielens(source: Source, columns: dict[str, int]) -> bool:
    layout = source.layout
    shape = layout.n_columns == 4 and len(columns) == 4
    known = layout.delimiter == "::" or (
        layout.delimiter == "\t" and _MOVIELENS.search(source.name) is not None
    )
    return shape and known and all(value.isdigit() for column in layout.samples[:2] for value in column)
