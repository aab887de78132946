"""Which column of a ratings table is the user, the item, the rating and the time.

The one place where this is decided: as the caller states it, by the names of the columns, or by
what stands in them. What cannot be told is asked for, never guessed: with users and items
swapped, a build yields a model that looks right and is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recsys.errors import DataFormatError
from recsys.sources import column_content as content
from recsys.sources.column_names import RATINGS_NAMES, find_columns, plain_name
from recsys.sources.source import Source

ROLES = ("user", "item", "rating", "timestamp")
CURE = "say which column is which with --columns, such as --columns user,item,rating,timestamp"
SKIP = ("", "-", "_", "skip")

_MORE_USERS = 2.0
"""Without names or shapes, the first of two id columns holds the users if it has this many times
more distinct ids: shops have more customers than products."""


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


def decide_roles(source: Source, stated: Sequence[str] | None = None) -> ColumnRoles:
    """Find out which column is which.

    Parameters
    ----------
    source : Source
    stated : sequence of str, optional
        Roles in the order of the columns; `-` skips one.

    Raises
    ------
    DataFormatError
        Where the columns cannot be told apart, or are stated wrongly.
    """
    layout = source.layout
    if stated:
        return ColumnRoles(_as_stated(source, stated), layout.label, ("Columns as stated.",))
    if layout.names:
        columns = _by_name(source)
        # A layout with notes, such as an adjacency list, says itself which column is which.
        notes = () if layout.notes else ("Columns by their names.",)
        return ColumnRoles(columns, _named_label(source, columns), notes)
    return _by_content(source)


def doubt(source: Source, why: str) -> DataFormatError:
    """The question to the caller where the roles cannot be told."""
    return DataFormatError(f"{source.name}{why}: {CURE}.")


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
                f"{name!r} is not a column role: use {', '.join(ROLES)}, and - for a column to skip."
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


# By name --------------------------------------------------------------------------------


def _by_name(source: Source) -> dict[str, int]:
    names = source.layout.names
    found = {role: positions[0] for role, positions in find_columns(names, RATINGS_NAMES).items()}
    missing = [role for role in ("user", "item") if role not in found]
    if missing:
        listed = ", ".join(name.strip() for name in names[:12])
        raise doubt(source, f": no column is named as the {' or the '.join(missing)} (columns: {listed})")
    return found


def _named_label(source: Source, columns: dict[str, int]) -> str:
    layout = source.layout
    plain = {plain_name(name) for name in layout.names}
    if layout.kind == "delimited" and "parentasin" in plain and "timestamp" in columns:
        return "Amazon 2023 ratings"
    if layout.kind == "delimited" and "movieid" in plain:
        return "MovieLens ratings.csv"
    return layout.label


# By content -----------------------------------------------------------------------------


def _by_content(source: Source) -> ColumnRoles:
    samples = source.layout.samples
    numbers = _number_columns(source)
    ids = [position for position in range(len(samples)) if position not in numbers.values()]
    if len(ids) != 2:
        raise _unclear(source, f"{len(ids)} columns could be ids" if ids else "no column holds ids")
    swapped, label, note = _order(source, ids[0], ids[1], numbers)
    user, item = reversed(ids) if swapped else ids
    columns = {"user": user, "item": item, **numbers}
    return ColumnRoles(columns, label, ("No header: the first line is a row.", note))


def _number_columns(source: Source) -> dict[str, int]:
    """The rating and the time column, where there are any."""
    samples, found = source.layout.samples, {}
    positions = range(2, len(samples))
    times = [position for position in positions if content.is_time_column(samples[position])]
    if times:
        found["timestamp"] = times[-1]
    others = [position for position in positions if position not in times]
    ratings = [position for position in others if content.is_rating_column(samples[position])]
    if ratings:
        found["rating"] = ratings[0]
    elif others:
        raise DataFormatError(
            f"{source.name}, line {source.layout.first_row}: {samples[others[0]][0]!r} is not a number,"
            f" and no other column holds ratings: ratings must be numbers; or {CURE}."
        )
    return found


def _order(source: Source, first: int, second: int, numbers: dict[str, int]) -> tuple[bool, str, str]:
    """(swapped, label, note): whether the items stand before the users."""
    layout = source.layout
    firsts, seconds = layout.samples[first], layout.samples[second]
    by_shape = content.order_by_shape(firsts, seconds)
    if by_shape is not None:
        swapped, kind = by_shape
        amazon = "Amazon 2018 ratings (item first)" if swapped else "Amazon 2014 ratings"
        note = f"{'Items, then users' if swapped else 'Users, then items'}, told by the shape of the ids."
        return swapped, amazon if kind == "amazon" else layout.label, note
    if _is_movielens(source, numbers):
        return False, "MovieLens", "Users, then items, as MovieLens has them."
    n_first, n_second = source.count_distinct((first, second))
    if n_first < _MORE_USERS * n_second:
        raise _unclear(
            source,
            f"columns {first + 1} ({n_first:,} distinct values, such as {firsts[0]!r}) and"
            f" {second + 1} ({n_second:,}, such as {seconds[0]!r}) could both be the users",
        )
    note = f"Users, then items: {n_first:,} distinct ids stand before {n_second:,}."
    return False, layout.label, note


def _is_movielens(source: Source, numbers: dict[str, int]) -> bool:
    layout = source.layout
    shape = layout.delimiter in ("::", "\t") and layout.n_columns == 4 and len(numbers) == 2
    return shape and all(value.isdigit() for column in layout.samples[:2] for value in column)


def _unclear(source: Source, why: str) -> DataFormatError:
    layout = source.layout
    row = (layout.delimiter or ", ").join(column[0] for column in layout.samples)
    return doubt(source, f" has no header, and {why} (line {layout.first_row}: {row[:80]!r})")
