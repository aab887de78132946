"""Which column of a ratings table is the user, the item, the rating and the time.

The one place where this is decided: as the caller states it, or for all columns together, by their
names, by what stands in them, and by the ids of the catalogue where one is given. What has a second
plausible reading is asked for, never guessed: with users and items swapped, a build yields a model
that looks right and is not.
"""

from __future__ import annotations

from collections.abc import Sequence

from recsys.errors import DataFormatError, shown
from recsys.sources.column_names import RATINGS_NAMES, plain_name
from recsys.sources.role_questions import ROLES, CatalogIds, ColumnRoles, left_out
from recsys.sources.roles_by_content import UnnamedColumns
from recsys.sources.roles_by_name import NamedColumns
from recsys.sources.source import Source

SKIP = ("", "-", "_", "skip")

_SELF_DESCRIBED = ("adjacency", "blocks")
"""Kinds of sources whose form says which column is which."""


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
        return ColumnRoles(columns, layout.label, ("Columns as stated.", *left_out(source, columns)))
    if layout.kind in _SELF_DESCRIBED:
        positions = {role: layout.names.index(role) for role in ROLES if role in layout.names}
        return ColumnRoles(positions, layout.label, ())
    if layout.names:
        return NamedColumns(source, catalog).decide()
    return UnnamedColumns(source, catalog).decide()


def stated_roles(stated: Sequence[str]) -> dict[str, int]:
    """Positions of the roles in a stated order of columns.

    Raises
    ------
    DataFormatError
        Where a name is no role, or is given twice, or user or item is missing.
    """
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
    return found


def _as_stated(source: Source, stated: Sequence[str]) -> dict[str, int]:
    found = stated_roles(stated)
    n_columns = source.layout.n_columns
    if max(found.values()) >= n_columns:
        raise DataFormatError(
            f"--columns names {len(stated)} columns, but {source.name} has {n_columns}: check --delimiter."
        )
    return found
