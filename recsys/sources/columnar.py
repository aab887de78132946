"""Parquet and Feather files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recsys.errors import DataFormatError
from recsys.sources.files import DataFile, FileHead
from recsys.sources.numbers import typed
from recsys.sources.polars_scan import stated_errors
from recsys.sources.scratch import free_memory, largest, too_large
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

_EXACT = 2**53
"""Whole numbers below it are exact as decimals of 64 bits."""
_LABELS = {b"PAR1": "Parquet", b"ARROW1": "Feather", b"FEA1": "Feather"}
"""First bytes of a file → what it is."""


def recognise(head: FileHead, stated: StatedLayout) -> Columnar | None:
    """A Parquet or Feather file, by its first bytes."""
    label = next((label for magic, label in _LABELS.items() if head.start.startswith(magic)), None)
    if label is None:
        return None
    file = head.file.unpacked()
    try:
        _check_size(file, label)
        rows = _scan(file.path, label)
        schema = rows.collect_schema()
        # Cut as they are read: 5,000 rows of long texts would fill the memory.
        texts = rows.head(N_SAMPLES).select(
            _as_text(pl.col(name), dtype).str.head(SAMPLE_CHARS).alias(name) for name, dtype in schema.items()
        )
        first = texts.collect()
    except (pl.exceptions.PolarsError, pa.ArrowException, OSError) as error:
        raise DataFormatError(f"{file} is a damaged {label} file: write it again.") from error
    if first.is_empty():
        raise DataFormatError(f"{file} has no rows: give a file with rows.")
    samples = tuple(tuple(column.drop_nulls().to_list()) for column in first)
    return Columnar(file, label, Layout(label.lower(), label, tuple(first.columns), samples))


def _check_size(file: DataFile, label: str) -> None:
    """Refuse a Parquet file that unpacks to more than there is room for."""
    if label != "Parquet":
        return
    about = pq.read_metadata(file.path)
    groups = [about.row_group(place) for place in range(about.num_row_groups)]
    size = sum(group.total_byte_size for group in groups)
    most = largest(file.limits, file.path.stat().st_size)
    if size > most:
        raise too_large(str(file), most)
    # 5,000 rows are looked at whole.
    _check_texts(file, [field.name for field in about.schema.to_arrow_schema()], N_SAMPLES)
    if about.num_rows > free_memory() // file.limits.row_bytes:
        raise DataFormatError(
            f"{file} has {about.num_rows:,} rows, more than fit in the memory that is free."
        )


def _check_texts(file: DataFile, names: Sequence[str], n_rows: int | None = None) -> None:
    """Refuse columns whose texts, all written out, are larger than there is room for.

    A text that stands once in a Parquet file may be the value of every row. Here it is read once.
    """
    most = largest(file.limits, file.path.stat().st_size)
    schema = pq.read_schema(file.path)
    texts = [name for name in dict.fromkeys(names) if _is_text(schema.field(name).type)]
    if not texts:
        return
    size, n_read = 0, 0
    with pq.ParquetFile(file.path, read_dictionary=texts, memory_map=True) as opened:
        for batch in opened.iter_batches(n_rows or 1 << 16, columns=texts):
            size += sum(_n_bytes(column) for column in batch.columns)
            n_read += batch.num_rows
            if size > most:
                raise too_large(str(file), most)
            if n_rows and n_read >= n_rows:
                return


def _is_text(dtype: pa.DataType) -> bool:
    dtype = dtype.value_type if pa.types.is_dictionary(dtype) else dtype
    return any(
        test(dtype)
        for test in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_binary,
            pa.types.is_large_binary,
        )
    )


def _n_bytes(column: pa.Array) -> int:
    """Bytes of the texts of a column, those that repeat counted each time."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary)
    return int(pc.sum(pc.take(lengths, column.indices)).as_py() or 0)


@dataclass(frozen=True)
class Columnar:
    """A file with typed, named columns.

    Parameters
    ----------
    file : DataFile
    form : {"Parquet", "Feather"}
    layout : Layout
    """

    file: DataFile
    form: str
    layout: Layout

    @property
    def name(self) -> str:
        """The path, as messages show it."""
        return str(self.file)

    def read(self, fields: Sequence[Field], n_rows: int | None = None) -> Iterator[pl.DataFrame]:
        """See `Source.read`."""
        with stated_errors(self.file):
            if self.form == "Parquet" and not n_rows:
                _check_texts(self.file, [self.layout.names[field.column] for field in fields])
            rows = self._rows()
            schema = rows.collect_schema()
            columns = [self._column(field, schema) for field in fields]
            rows = rows.select(NUMBER, pl.lit(False).alias(SURPLUS), *columns)
            yield typed((rows.head(n_rows) if n_rows else rows).collect(), fields)

    def _rows(self) -> pl.LazyFrame:
        return _scan(self.file.path, self.form).with_row_index(NUMBER, 1)

    def _column(self, field: Field, schema: pl.Schema) -> pl.Expr:
        name = self.layout.names[field.column]
        column, dtype = pl.col(name), schema[name]
        if dtype.is_temporal() and field.dtype != pl.String:
            column = column.cast(pl.Datetime("ms"))
        elif field.is_number and dtype != pl.String:
            column = (
                column.cast(field.dtype, strict=False) if not dtype.is_nested() else pl.lit(None, field.dtype)
            )
        elif dtype.is_nested() and not field.nested:
            column = pl.lit(None, pl.String)
        else:
            column = _as_text(column, dtype)
            column = column.str.head(field.longest) if field.longest else column
        return column.alias(field.name)

    def count_distinct(self, columns: Sequence[int]) -> tuple[int, ...]:
        """See `Source.count_distinct`."""
        counts = [pl.col(self.layout.names[column]).approx_n_unique() for column in columns]
        with stated_errors(self.file):
            return self._rows().select(counts).collect().row(0)

    def locate(self, rows: pl.DataFrame, n_rows: int) -> pl.DataFrame:
        """See `Source.locate`."""
        return numbered(rows)

    def texts(self, lines: set[int]) -> dict[int, str]:
        """See `Source.texts`."""
        rows = self._rows().filter(pl.col(NUMBER).is_in(sorted(lines))).collect()
        return {row[0]: ", ".join(map(str, row[1:]))[:SAMPLE_CHARS] for row in rows.iter_rows()}


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
        # Some programs store texts so; what is none, such as a UUID, is shown as hexadecimal digits.
        text = column.cast(pl.String, strict=False)
        none = (text.is_null() & column.is_not_null()) | text.str.contains(r"[\x00-\x08\x0e-\x1f]")
        return pl.when(none.any()).then(column.bin.encode("hex")).otherwise(text)
    if dtype.is_float():
        # pandas makes decimals of whole numbers beside gaps. Those that a decimal cannot hold keep
        # the mark of one: several numbers have become the same.
        whole = column.cast(pl.Int64, strict=False)
        mark = pl.when((column.abs() >= _EXACT).any()).then(pl.lit(".0")).otherwise(pl.lit(""))
        text = whole.cast(pl.String) + mark
        return pl.when((whole == column).all()).then(text).otherwise(column.cast(pl.String))
    if dtype == pl.Duration:
        return column.cast(pl.Int64).cast(pl.String)
    return column.cast(pl.String)
