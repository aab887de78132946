"""Recognise how a ratings file is laid out, without being told.

Delimiter, header, column order and time unit are read off the file's beginning; each can
be stated instead. What cannot be told apart is asked for, never guessed: a file with users
and items swapped builds a model of nonsense that looks like a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl

from recsys.errors import DataFormatError
from recsys.sources import column_roles as col
from recsys.sources.delimited import ADJACENCY, find_delimiter, read_layout
from recsys.sources.files import Head, read_head
from recsys.sources.json_lines import parse_object
from recsys.sources.polars_scan import NUMBER
from recsys.sources.readers import SURPLUS, read_rows

_NAMED_DELIMITERS = {"\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|"}
_MANY_SAMPLES = 5_000


@dataclass(frozen=True)
class Format:
    """How a ratings file is laid out.

    Attributes
    ----------
    path : Path
    kind : str
        "delimited", "jsonlines", "parquet", "feather" or "adjacency".
    delimiter : str or None
    has_header : bool
    columns : dict
        Role (user, item, rating, timestamp) → position in a delimited file, else name.
    time_unit : str or None
        "s", "ms" or "date"; None without timestamps.
    implicit : bool
        No rating is recorded: every row counts as 1.
    source : str
        The layout by the name people know it by.
    notes : tuple of str
        What a reader should know of how this was decided.
    n_columns : int
        Fields of a row.
    header_line : int
        Physical lines before the first row.
    padded, decimal_comma : bool
        Fields have spaces around them; 4.5 is written 4,5.
    """

    path: Path
    kind: str
    delimiter: str | None
    has_header: bool
    columns: dict[str, Any]
    time_unit: str | None
    implicit: bool
    source: str
    notes: tuple[str, ...] = ()
    n_columns: int = 0
    header_line: int = 0
    padded: bool = False
    decimal_comma: bool = False


def recognise(
    path: str | Path,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
) -> Format:
    """Find out how a ratings file is laid out.

    Parameters
    ----------
    path : path
        CSV, TSV or other delimited text, JSON lines (plain, gzip or zstd), Parquet, Feather,
        or adjacency lists.
    columns : sequence of str, optional
        Roles in file order (user, item, rating, timestamp; `-` skips a column).
    delimiter, has_header : optional
        Stated instead of found.

    Raises
    ------
    DataFormatError
        Where the file cannot be read as rows, or the columns cannot be told apart.
    """
    head = read_head(path)
    if head.kind != "text":
        return _recognise_columnar(head, columns)
    if head.is_json and delimiter is None:
        return _recognise_json(head, columns)
    delimiter = _NAMED_DELIMITERS.get(delimiter or "", delimiter) or find_delimiter(head)
    if delimiter == ADJACENCY:
        return _adjacency(head.path)
    layout = read_layout(head, delimiter, columns, has_header)
    return Format(path=head.path, kind="delimited", **layout)


def _adjacency(path: Path) -> Format:
    notes = ("Each line is a user and the items of that user.", "No ratings: every pair counts as 1.")
    columns = {"user": 0, "item": 1}
    return Format(path, "adjacency", " ", False, columns, None, True, "Adjacency lists", notes)


def preview(fmt: Format, n: int = 5) -> pd.DataFrame:
    """The first `n` rows as they are read: user_id, item_id, rating, timestamp where known."""
    frame = read_rows(fmt, n_rows=n).head(n)
    return frame.drop(NUMBER, SURPLUS).to_pandas()


def read_raw(fmt: Format) -> pl.DataFrame:
    """Every row of the file as it stands; the columns are those of `recsys.sources.readers`."""
    return read_rows(fmt)


# Columnar files and JSON lines ----------------------------------------------------


def _recognise_columnar(head: Head, columns: Sequence[str] | None) -> Format:
    scan = pl.scan_parquet if head.kind == "parquet" else pl.scan_ipc
    try:
        schema = scan(head.path).collect_schema()
        first = scan(head.path).head(_MANY_SAMPLES).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataFormatError(f"{head.path} is a damaged {head.kind} file: write it again.") from error
    if first.is_empty():
        raise DataFormatError(f"{head.path} has no rows: there is nothing to learn from.")
    roles = _named_roles(schema.names(), columns, head.path)
    unit = _columnar_unit(first[roles["timestamp"]]) if "timestamp" in roles else None
    source = {"parquet": "Parquet", "feather": "Feather"}[head.kind]
    return _named_format(head, head.kind, roles, unit, source, len(schema))


def _columnar_unit(times: pl.Series) -> str | None:
    if times.dtype.is_temporal():
        return "date"
    return col.time_unit([str(value) for value in times.drop_nulls()])


def _recognise_json(head: Head, columns: Sequence[str] | None) -> Format:
    if head.lines[0].lstrip().startswith("["):
        raise DataFormatError(
            f"{head.path} is one JSON array: write one object on each line (JSON lines) instead."
        )
    rows = [row for line in head.lines[:_MANY_SAMPLES] if (row := parse_object(line)) is not None]
    if not rows:
        raise DataFormatError(f"{head.path}: line 1 is no JSON object: one object on each line is read.")
    names = list(dict.fromkeys(name for row in rows[:100] for name in row))
    roles = _named_roles(names, columns, head.path)
    unit = None
    if "timestamp" in roles:
        unit = col.time_unit([str(row[roles["timestamp"]]) for row in rows if roles["timestamp"] in row])
    source = "JSON lines"
    if {"reviewerID", "asin", "overall"} <= set(names):
        source = "Amazon 2014/2018 reviews"
    elif {"user_id", "parent_asin", "rating"} <= set(names):
        source = "Amazon 2023 reviews"
    return _named_format(head, "jsonlines", roles, unit, source, len(names))


def _named_roles(names: Sequence[str], columns: Sequence[str] | None, path: Path) -> dict[str, str]:
    found = col.roles_as_told(columns, len(names), path) if columns else col.roles_by_name(names)
    col.check_roles(found, names, path)
    return {role: names[position] for role, position in found.items()}


def _named_format(
    head: Head, kind: str, roles: dict[str, str], unit: str | None, source: str, n_columns: int
) -> Format:
    implicit = "rating" not in roles
    notes = ("No rating column: every row counts as 1.",) if implicit else ()
    return Format(head.path, kind, None, True, dict(roles), unit, implicit, source, notes, n_columns)
