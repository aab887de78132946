"""JSON lines, read in blocks, so that a file larger than memory in all its fields can be read.

Amazon's metadata of 2014 has Python literals in place of JSON objects; they are read too.
"""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from recsys.errors import DataFormatError
from recsys.sources.files import DataFile, FileHead, blocks_of_lines, lines_at
from recsys.sources.numbers import typed
from recsys.sources.polars_scan import stated_errors
from recsys.sources.source import (
    N_SAMPLES,
    NUMBER,
    SAMPLE_CHARS,
    SURPLUS,
    Field,
    Layout,
    StatedLayout,
    numbered,
)

_START = re.compile(r"""\s*(\{\s*(["'}]|$)|\[\s*([{\[]|$))""")
_NESTED = r"^\s*[\[{]"
"""How the JSON of an object or a list starts."""
_BLOCK, _SMALL_BLOCK = 1 << 25, 1 << 18
_REVIEWS = {
    "Amazon 2014/2018 reviews": {"reviewerID", "asin", "overall"},
    "Amazon 2023 reviews": {"user_id", "parent_asin", "rating"},
}


def recognise(head: FileHead, stated: StatedLayout) -> JsonLines | None:
    """A text whose first line starts as JSON, or as a Python literal, does."""
    if stated.delimiter is not None or _START.match(head.lines[0]) is None:
        return None
    if head.lines[0].lstrip().startswith("["):
        raise DataFormatError(
            f"{head.file} is one JSON array: write one object on each line (JSON lines) instead."
        )
    rows = [row for line in head.lines[:N_SAMPLES] if (row := parse_object(line)) is not None]
    if not rows:
        raise DataFormatError(
            f"{head.file}: line {head.n_blank + 1} is no JSON object: write one object on each line."
        )
    names = tuple(dict.fromkeys([*(name for row in rows for name in row), *stated.expected]))
    samples = tuple(
        tuple(text[:SAMPLE_CHARS] for row in rows if (text := _as_text(row.get(name))) is not None)
        for name in names
    )
    label = next((label for label, own in _REVIEWS.items() if own <= set(names)), "JSON lines")
    return JsonLines(head.file, Layout("json lines", label, names, samples, head.n_blank + 1))


@dataclass(frozen=True)
class JsonLines:
    """A text with one object on each line."""

    file: DataFile
    layout: Layout

    @property
    def name(self) -> str:
        """The path, as messages show it."""
        return str(self.file)

    def read(self, fields: Sequence[Field], n_rows: int | None = None) -> Iterator[pl.DataFrame]:
        """See `Source.read`. Blank lines are left out."""
        names = {field.name: self.layout.names[field.column] for field in fields}
        columns = [_column(field, names[field.name]) for field in fields]
        with stated_errors(self.file):
            scalar = [names[field.name] for field in fields if not field.nested]
            for frame in self._blocks(list(dict.fromkeys(names.values())), n_rows, scalar):
                yield typed(frame.select(NUMBER, SURPLUS, *columns), fields)

    def _blocks(
        self, names: Sequence[str], n_rows: int | None = None, scalar: Sequence[str] = ()
    ) -> Iterator[pl.DataFrame]:
        start, n_read = 1, 0
        for block in blocks_of_lines(self.file, _SMALL_BLOCK if n_rows else _BLOCK):
            frame = _parse_block(block, start, names)
            yield _without_nested(frame, block, start, scalar) if scalar else frame
            start += block.count(b"\n")
            n_read += frame.height
            if n_rows and n_read >= n_rows:
                return

    def count_distinct(self, columns: Sequence[int]) -> tuple[int, ...]:
        """See `Source.count_distinct`."""
        names = [self.layout.names[column] for column in columns]
        with stated_errors(self.file):
            frame = pl.concat(self._blocks(list(dict.fromkeys(names))))
        return tuple(frame[name].n_unique() for name in names)

    def locate(self, rows: pl.DataFrame, n_rows: int) -> pl.DataFrame:
        """See `Source.locate`."""
        return numbered(rows)

    def texts(self, lines: set[int]) -> dict[int, str]:
        """See `Source.texts`."""
        return lines_at(self.file, lines)


def _without_nested(frame: pl.DataFrame, block: bytes, start: int, names: Sequence[str]) -> pl.DataFrame:
    """The rows with null in place of lists and objects; text that looks like one stays."""
    suspect = pl.any_horizontal(pl.col(name).str.contains(_NESTED) for name in names)
    suspects = frame.filter(suspect.fill_null(False))[NUMBER].to_list()
    if not suspects:
        return frame
    lines = block.split(b"\n")
    rows = {number: parse_object(lines[number - start]) or {} for number in suspects}
    for name in names:
        nested = [number for number, row in rows.items() if isinstance(row.get(name), (list, dict))]
        kept = pl.when(~pl.col(NUMBER).is_in(nested)).then(pl.col(name))
        frame = frame.with_columns(kept.alias(name))
    return frame


def _column(field: Field, name: str) -> pl.Expr:
    column = pl.col(name)
    column = column.str.head(field.longest) if field.longest else column
    return column.alias(field.name)


def _parse_block(block: bytes, start: int, names: Sequence[str]) -> pl.DataFrame:
    """The rows of a block whose first line is number `start`."""
    schema = dict.fromkeys(names, pl.String)
    try:
        frame = pl.read_ndjson(io.BytesIO(block), schema=schema)
    except pl.exceptions.PolarsError:
        frame = pl.DataFrame()
    if frame.height == block.count(b"\n") + (not block.endswith(b"\n")):
        return frame.with_row_index(NUMBER, start).select(NUMBER, pl.lit(False).alias(SURPLUS), *names)
    columns = {NUMBER: pl.UInt32, SURPLUS: pl.Boolean, **schema}
    return pl.DataFrame(list(_parse_lines(block, start, names)), schema=columns, orient="row")


def _parse_lines(block: bytes, start: int, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Line by line: for a block with blank or broken lines, or Python literals, in it."""
    for number, line in enumerate(block.split(b"\n"), start):
        if line.strip():
            row = parse_object(line)
            values = [None if row is None else _as_text(row.get(name)) for name in names]
            yield number, row is None, *values


def _as_text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        # Half a character, as from a text that was cut, is none.
        return value.encode("utf-8", "replace").decode()
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return None


def parse_object(line: str | bytes) -> dict[str, Any] | None:
    """A line as an object, JSON or (in Amazon's 2014 files) a Python literal; else None."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = _parse_literal(line.decode("utf-8", "replace") if isinstance(line, bytes) else line)
    return row if isinstance(row, dict) else None


def _parse_literal(text: str) -> Any:
    if not text.lstrip().startswith("{'"):
        return None
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
