"""Parquet and Feather files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from recsys.errors import DataFormatError
from recsys.sources.files import FileHead
from recsys.sources.polars_scan import stated_errors
from recsys.sources.source import N_SAMPLES, NUMBER, SURPLUS, Field, Layout, StatedLayout, numbered

_LABELS = {b"PAR1": "Parquet", b"ARROW1": "Feather", b"FEA1": "Feather"}
"""First bytes of a file → what it is."""


def recognise(head: FileHead, stated: StatedLayout) -> Columnar | None:
    """A Parquet or Feather file, by its first bytes."""
    label = next((label for magic, label in _LABELS.items() if head.start.startswith(magic)), None)
    if label is None:
        return None
    try:
        first = _scan(head.path, label).head(N_SAMPLES).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataFormatError(f"{head.path} is a damaged {label} file: write it again.") from error
    if first.is_empty():
        raise DataFormatError(f"{head.path} has no rows: give a file with rows.")
    texts = first.select(_as_text(pl.col(name), dtype) for name, dtype in first.schema.items())
    samples = tuple(tuple(column.drop_nulls().to_list()) for column in texts)
    return Columnar(head.path, Layout(label.lower(), label, tuple(first.columns), samples))


@dataclass(frozen=True)
class Columnar:
    """A file with typed, named columns."""

    path: Path
    layout: Layout

    @property
    def name(self) -> str:
        """The path, as messages show it."""
        return str(self.path)

    def read(self, fields: Sequence[Field], n_rows: int | None = None) -> Iterator[pl.DataFrame]:
        """See `Source.read`."""
        with stated_errors(self.path):
            rows = self._rows()
            schema = rows.collect_schema()
            columns = [self._column(field, schema) for field in fields]
            rows = rows.select(NUMBER, pl.lit(False).alias(SURPLUS), *columns)
            yield (rows.head(n_rows) if n_rows else rows).collect()

    def _rows(self) -> pl.LazyFrame:
        return _scan(self.path, self.layout.label).with_row_index(NUMBER, 1)

    def _column(self, field: Field, schema: pl.Schema) -> pl.Expr:
        name = self.layout.names[field.column]
        column, dtype = pl.col(name), schema[name]
        if dtype.is_temporal() and field.dtype != pl.String:
            column = column.cast(pl.Datetime("ms"))
        elif field.is_number:
            column = column.cast(field.dtype, strict=False)
        else:
            column = _as_text(column, dtype)
        return column.alias(field.name)

    def count_distinct(self, columns: Sequence[int]) -> tuple[int, ...]:
        """See `Source.count_distinct`."""
        counts = [pl.col(self.layout.names[column]).approx_n_unique() for column in columns]
        with stated_errors(self.path):
            return self._rows().select(counts).collect().row(0)

    def locate(self, rows: pl.DataFrame, n_rows: int) -> pl.DataFrame:
        """See `Source.locate`."""
        return numbered(rows)

    def texts(self, lines: set[int]) -> dict[int, str]:
        """See `Source.texts`."""
        rows = self._rows().filter(pl.col(NUMBER).is_in(sorted(lines))).collect()
        return {row[0]: ", ".join(map(str, row[1:])) for row in rows.iter_rows()}


def _scan(path: Path, label: str) -> pl.LazyFrame:
    return (pl.scan_parquet if label == "Parquet" else pl.scan_ipc)(path, glob=False)


def _as_text(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """A column as text; lists and objects as JSON."""
    if isinstance(dtype, pl.Struct):
        return column.struct.json_encode()
    if isinstance(dtype, (pl.List, pl.Array)):
        whole = pl.struct(column.alias("v")).struct.json_encode()
        return pl.when(column.is_not_null()).then(whole.str.slice(5).str.head(-1)).alias("v")
    if dtype == pl.Binary:
        return column.cast(pl.String, strict=False)
    return column.cast(pl.String)
