"""Read JSON lines in blocks, so that a file larger than memory in all its fields can be read."""

from __future__ import annotations

import ast
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from recsys.sources.files import blocks_of_lines
from recsys.sources.polars_scan import NUMBER

_BLOCK = 1 << 25


def read_objects(path: Path, names: Sequence[str], n_rows: int | None = None) -> pl.DataFrame:
    """Some fields of every object, as text.

    Returns
    -------
    polars.DataFrame
        `number` (UInt32, the line), `surplus` (true for a line that is no object) and one
        String column for each name, null where an object lacks it. Blank lines are left out.
    """
    frames: list[pl.DataFrame] = []
    start = 1
    for block in blocks_of_lines(path, 1 << 18 if n_rows else _BLOCK):
        frames.append(_parse_block(block, start, names))
        start += block.count(b"\n")
        if n_rows and sum(frame.height for frame in frames) >= n_rows:
            break
    return pl.concat(frames)


def _parse_block(block: bytes, start: int, names: Sequence[str]) -> pl.DataFrame:
    """The rows of a block whose first line is number `start`."""
    schema = dict.fromkeys(names, pl.String)
    try:
        frame = pl.read_ndjson(io.BytesIO(block), schema=schema)
    except pl.exceptions.PolarsError:
        frame = pl.DataFrame()
    if frame.height == block.count(b"\n") + (not block.endswith(b"\n")):
        numbered = frame.with_row_index(NUMBER, start)
        return numbered.select(NUMBER, pl.lit(False).alias("surplus"), *names)
    columns = {NUMBER: pl.UInt32, "surplus": pl.Boolean, **schema}
    return pl.DataFrame(list(_parse_lines(block, start, names)), schema=columns, orient="row")


def _parse_lines(block: bytes, start: int, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Line by line, for the rare block with blank or broken lines in it."""
    for number, line in enumerate(block.split(b"\n"), start):
        if line.strip():
            row = parse_object(line)
            values = [None if row is None else _as_text(row.get(name)) for name in names]
            yield number, row is None, *values


def _as_text(value: Any) -> str | None:
    return None if value is None else str(value)


def parse_object(line: str | bytes) -> dict[str, Any] | None:
    """A line as an object, JSON or (in Amazon's 2014 files) a Python literal; else None."""
    try:
        row = json.loads(line)
    except ValueError:
        row = _parse_literal(line.decode("utf-8", "replace") if isinstance(line, bytes) else line)
    return row if isinstance(row, dict) else None


def _parse_literal(text: str) -> Any:
    if not text.lstrip().startswith("{'"):
        return None
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
