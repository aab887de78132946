"""Blocks: a line `movie:` and below it the ratings of that movie, as Netflix has them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from recsys.sources import column_content as content
from recsys.sources.files import DataFile, FileHead, lines_at
from recsys.sources.numbers import typed
from recsys.sources.polars_scan import scan_lines, stated_errors
from recsys.sources.source import LINE, N_SAMPLES, NUMBER, SURPLUS, Field, Layout, StatedLayout, numbered

_TITLE = r"^\s*([^,;\t|:\s][^,;\t|:]*):\s*$"
_DELIMITERS = (",", "\t", ";", "|")


def recognise(head: FileHead, stated: StatedLayout) -> Blocks | None:
    """A text that begins with a line `movie:` and has rows of two fields or more below such lines."""
    lines = head.sample_lines(N_SAMPLES)
    titles = [re.match(_TITLE, line) for line in lines]
    rows = [line for line, title in zip(lines, titles, strict=True) if title is None]
    if titles[0] is None or not rows:
        return None
    first = rows[:50]
    delimiter = next(
        (mark for mark in _DELIMITERS if sum(mark in row for row in first) > 0.8 * len(first)), None
    )
    if delimiter is None:
        return None
    n_fields = Counter(row.count(delimiter) + 1 for row in first).most_common(1)[0][0]
    samples: list[list[str]] = [[] for _ in range(n_fields + 1)]
    item = ""
    for line, title in zip(lines, titles, strict=True):
        item = title.group(1).strip() if title else item
        fields = [field.strip() for field in line.split(delimiter)]
        if title is None and len(fields) == n_fields:
            for column, value in zip(samples, [item, *fields], strict=True):
                column.append(value)
    columns = tuple(map(tuple, samples))
    if not columns[0]:
        return None
    layout = Layout(
        "blocks",
        "Blocks of ratings below a line 'item:'",
        _names(columns),
        columns,
        delimiter=delimiter,
        notes=("Each line 'item:' is followed by its ratings.",),
    )
    return Blocks(head.plain(), layout)


def _names(samples: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The item, the user, and what the columns after it hold."""
    names = ["item", "user"]
    for position, values in enumerate(samples[2:], 2):
        if content.is_time_column(values) and "timestamp" not in names:
            names.append("timestamp")
        elif content.is_rating_column(values) and "rating" not in names:
            names.append("rating")
        else:
            names.append(f"column {position + 1}")
    return tuple(names)


@dataclass(frozen=True)
class Blocks:
    """A text of blocks, read as a table whose first column is the item of the block."""

    file: DataFile
    layout: Layout

    @property
    def name(self) -> str:
        """The path, as messages show it."""
        return str(self.file)

    def read(self, fields: Sequence[Field], n_rows: int | None = None) -> Iterator[pl.DataFrame]:
        """See `Source.read`."""
        columns = [self._field(field.column).alias(field.name) for field in fields]
        with stated_errors(self.file):
            rows = self._rows(n_rows * 100 if n_rows else None)
            yield typed(rows.select(NUMBER, self._surplus().alias(SURPLUS), *columns).collect(), fields)

    def _rows(self, n_lines: int | None = None) -> pl.LazyFrame:
        lines = scan_lines(self.file.path)
        text = pl.col("text")
        return (
            (lines.head(n_lines) if n_lines else lines)
            .with_columns(text.str.extract(_TITLE).str.strip_chars().forward_fill().alias("item"))
            .filter(~text.str.contains(_TITLE), text.str.strip_chars() != "")
            .select(
                pl.col(LINE).alias(NUMBER),
                "item",
                text.str.split(self.layout.delimiter or ",").alias("fields"),
            )
        )

    def _field(self, column: int) -> pl.Expr:
        if column == 0:
            return pl.col("item")
        return pl.col("fields").list.get(column - 1, null_on_oob=True).str.strip_chars()

    def _surplus(self) -> pl.Expr:
        return pl.col("fields").list.len() != self.layout.n_columns - 1

    def count_distinct(self, columns: Sequence[int]) -> tuple[int, ...]:
        """See `Source.count_distinct`."""
        counts = [
            self._field(column).approx_n_unique().alias(f"c{place}") for place, column in enumerate(columns)
        ]
        with stated_errors(self.file):
            return self._rows().select(counts).collect().row(0)

    def locate(self, rows: pl.DataFrame, n_rows: int) -> pl.DataFrame:
        """See `Source.locate`."""
        return numbered(rows)

    def texts(self, lines: set[int]) -> dict[int, str]:
        """See `Source.texts`."""
        return lines_at(self.file, lines)
