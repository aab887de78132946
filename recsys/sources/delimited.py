"""Tell how delimited text is laid out: delimiter, header, and which column is which."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsys.errors import DataFormatError
from recsys.sources import column_roles as col
from recsys.sources.files import Head
from recsys.sources.polars_scan import Fields

ADJACENCY = "adjacency"
N_SAMPLES = 5_000

_DELIMITERS = (",", "\t", ";", "::", "|")
_MORE_USERS = 2.0
"""Without names or shapes, the first of two id columns holds the users where it has this many
times more different ids: shops have more customers than products."""


def split_line(line: str, delimiter: str) -> list[str]:
    """The fields of one line."""
    if len(delimiter) > 1:
        return line.split(delimiter)
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def split_rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The fields of each row, whether or not quoted fields go over several lines."""
    by_line = [split_line(line, delimiter) for line in lines]
    if len(delimiter) > 1 or not any('"' in line for line in lines):
        return by_line
    try:
        by_row = list(csv.reader((line + "\n" for line in lines), delimiter=delimiter))
    except csv.Error:
        return by_line
    return by_row if _agreement(by_row)[1] >= _agreement(by_line)[1] else by_line


def _agreement(rows: Sequence[Sequence[str]]) -> tuple[int, float]:
    """The number of fields that most rows have, and the share of rows that have it."""
    widths = Counter(len(row) for row in rows)
    width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]))
    return width, count / len(rows)


def find_delimiter(head: Head) -> str:
    """The text between two fields; `ADJACENCY` for lines `user item item …`.

    Raises
    ------
    DataFormatError
        Where there is one column, or nothing divides the lines alike.
    """
    lines = [line for line in head.lines if line.strip()][:200]
    best, most = "", 0.5
    for delimiter in _DELIMITERS:
        width, share = _agreement(split_rows(lines, delimiter))
        agreement = share + width / 1000
        if width > 1 and agreement > most:
            best, most = delimiter, agreement
    return best or _divided_by_spaces(head.path, lines)


def _divided_by_spaces(path: Path, lines: Sequence[str]) -> str:
    """Fields divided by spaces: a table where all lines have 3 or 4, else adjacency lists."""
    widths = Counter(len(line.split()) for line in lines)
    width, count = widths.most_common(1)[0]
    if max(widths) < 2:
        raise DataFormatError(
            f"{path} has one column: ratings need at least a user and an item on each line;"
            " if something unusual divides them, name it with --delimiter."
        )
    if width in (3, 4) and count >= 0.9 * len(lines):
        return " "
    if all(len(token) <= 64 for line in lines for token in line.split()):
        return ADJACENCY
    raise DataFormatError(f"{path} does not hold rows of columns: name the divider with --delimiter.")


def read_layout(
    head: Head, delimiter: str, columns: Sequence[str] | None, has_header: bool | None
) -> dict[str, Any]:
    """What a `Format` says of delimited text, as its keyword arguments.

    Raises
    ------
    DataFormatError
        Where there are no rows, or the columns cannot be told apart.
    """
    lines = [line for line in head.lines if line.strip()]
    rows = split_rows(lines[: N_SAMPLES + 1], delimiter)
    width = _width(head.path, rows, delimiter)
    if has_header is None:
        has_header = _has_header(rows, width)
    body = [row for row in rows[int(has_header) :] if len(row) == width]
    if not body:
        raise DataFormatError(
            f"{head.path} has a header and no rows below it: there is nothing to learn from."
        )
    values = tuple([row[position] for row in body] for position in range(width))
    layout = _Layout(
        head, delimiter, tuple(rows[0]) if has_header else (), values, head.n_blank + int(has_header)
    )
    return layout.describe(columns)


def _width(path: Path, rows: Sequence[Sequence[str]], delimiter: str) -> int:
    width, _ = _agreement(rows)
    if width < 2:
        raise DataFormatError(
            f"{path} has one column when divided by {delimiter!r}: name the divider with --delimiter."
        )
    return width


def _has_header(rows: Sequence[Sequence[str]], width: int) -> bool:
    """True where the first line holds names: known ones, or words above columns of numbers."""
    first, body = rows[0], [row for row in rows[1:] if len(row) == width]
    named = col.roles_by_name(first)
    if len(named) >= 2 or (named and not any(col.is_number(value) for value in first)):
        return True
    numeric = [
        position
        for position in range(min(width, len(first)))
        if sum(col.is_number(row[position]) for row in body) > 0.9 * len(body)
    ]
    return bool(body and numeric) and all(
        first[position].strip() and not col.is_number(first[position]) for position in numeric
    )


@dataclass(frozen=True)
class _Layout:
    """A sample of the rows by column, and what it says."""

    head: Head
    delimiter: str
    names: tuple[str, ...]
    values: tuple[list[str], ...]
    header_line: int

    def describe(self, columns: Sequence[str] | None) -> dict[str, Any]:
        roles, source, notes = self._roles(columns)
        rating, unit = roles.get("rating"), None
        if "timestamp" in roles:
            unit = col.time_unit(self.values[roles["timestamp"]]) or "s"
            notes += {"ms": ("Timestamps are in milliseconds.",), "date": ("Timestamps are dates.",)}.get(
                unit, ()
            )
        if rating is None:
            notes += ("No rating column: every row counts as 1.",)
        return {
            "delimiter": self.delimiter,
            "has_header": bool(self.names),
            "columns": roles,
            "time_unit": unit,
            "implicit": rating is None,
            "source": source,
            "notes": notes,
            "n_columns": len(self.values),
            "header_line": self.header_line,
            "padded": self._padded,
            "decimal_comma": self.delimiter != "," and rating is not None and self._has_commas(rating),
        }

    @property
    def _padded(self) -> bool:
        """True where fields have spaces around them."""
        return any(value != value.strip() for column in self.values for value in column[:100])

    def _has_commas(self, position: int) -> bool:
        return any("," in value for value in self.values[position])

    def _roles(self, columns: Sequence[str] | None) -> tuple[dict[str, int], str, tuple[str, ...]]:
        if columns:
            roles = col.roles_as_told(columns, len(self.values), self.head.path)
            return roles, self._plain_source, ("Columns as stated.",)
        if self.names:
            roles = col.roles_by_name(self.names)
            col.check_roles(roles, self.names, self.head.path)
            return roles, self._named_source(roles), ("Columns by their names.",)
        return self._roles_by_content()

    @property
    def _plain_source(self) -> str:
        kind = {",": "CSV", "\t": "TSV"}.get(self.delimiter, f"Text divided by {self.delimiter!r}")
        return f"{kind} {'with' if self.names else 'without'} header"

    def _named_source(self, roles: dict[str, int]) -> str:
        plain = {col.plain_name(name) for name in self.names}
        if "parentasin" in plain and "timestamp" in roles:
            return "Amazon 2023 ratings"
        if "movieid" in plain:
            return "MovieLens ratings.csv"
        return self._plain_source

    # Without a header -----------------------------------------------------------------

    def _roles_by_content(self) -> tuple[dict[str, int], str, tuple[str, ...]]:
        roles = self._numbers()
        ids = [position for position in range(len(self.values)) if position not in roles.values()]
        if len(ids) != 2:
            raise self._unclear(f"{len(ids)} columns could be ids" if ids else "no column holds ids")
        swapped, source, note = self._order(ids[0], ids[1], roles)
        user, item = reversed(ids) if swapped else ids
        return {"user": user, "item": item, **roles}, source, ("No header: the first line is a row.", note)

    def _numbers(self) -> dict[str, int]:
        """The rating and the time column, where there are any."""
        roles: dict[str, int] = {}
        positions = range(2, len(self.values))
        times = [position for position in positions if col.is_time_column(self.values[position])]
        if times:
            roles["timestamp"] = times[-1]
        ratings = [p for p in positions if p not in times and col.is_rating_column(self.values[p])]
        if ratings:
            roles["rating"] = ratings[0]
        elif len(self.values) > 2 + len(times):
            third = next(p for p in positions if p not in times)
            raise DataFormatError(
                f"{self.head.path}, line {self.header_line + 1}: {self.values[third][0]!r} is not a number,"
                f" and no other column holds ratings: ratings must be numbers; or {col.CURE}."
            )
        return roles

    def _order(self, first: int, second: int, roles: dict[str, int]) -> tuple[bool, str, str]:
        """(swapped, source, note): do the items stand before the users?"""
        by_shape = col.order_by_shape(self.values[first], self.values[second])
        if by_shape is not None:
            swapped, kind = by_shape
            amazon = "Amazon 2018 ratings (item first)" if swapped else "Amazon 2014 ratings"
            note = f"{'Items, then users' if swapped else 'Users, then items'}, told by the shape of the ids."
            return swapped, amazon if kind == "amazon" else self._plain_source, note
        if self._is_movielens(roles):
            return False, "MovieLens", "Users, then items, as MovieLens has them."
        n_first, n_second = self._count_distinct(first, second)
        if n_first < _MORE_USERS * n_second:
            raise self._unclear(
                f"columns {first + 1} ({n_first:,} different values, such as {self.values[first][0]!r}) and"
                f" {second + 1} ({n_second:,}, such as {self.values[second][0]!r}) could both be the users"
            )
        note = f"Users, then items: {n_first:,} different ids stand before {n_second:,}."
        return False, self._plain_source, note

    def _is_movielens(self, roles: dict[str, int]) -> bool:
        shape = self.delimiter in ("::", "\t") and len(self.values) == 4 and len(roles) == 2
        return shape and all(value.isdigit() for column in self.values[:2] for value in column)

    def _count_distinct(self, *positions: int) -> tuple[int, ...]:
        fields = Fields(self.head.path, self.delimiter, len(self.values), self.header_line)
        return fields.count_distinct(positions)

    def _unclear(self, why: str) -> DataFormatError:
        row = self.delimiter.join(column[0] for column in self.values)
        line = f"line {self.header_line + 1}: {row[:80]!r}"
        return DataFormatError(f"{self.head.path} has no header, and {why} ({line}): {col.CURE}.")
