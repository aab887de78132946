"""Delimited text: CSV, TSV, and whatever else divides fields.

Delimiter, header and width are read off the beginning. Where quotes are broken, the file is
read line by line.
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import polars as pl

from recsys.errors import DataFormatError, shown
from recsys.sources.aligned import Aligned
from recsys.sources.files import DataFile, FileHead, lines_at, may_hold, open_bytes
from recsys.sources.numbers import GROUPED, typed
from recsys.sources.polars_scan import DelimitedScan, scan_lines, stated_errors
from recsys.sources.source import (
    LINE,
    LOOSE,
    N_FIELDS,
    NUMBER,
    SURPLUS,
    Field,
    Layout,
    Source,
    StatedLayout,
)
from recsys.sources.table_start import find_delimiter, find_table, split_line

_DECIMAL_COMMA = r"^\s*[+-]?\d+(?:[.'’\s]\d{3})*,\d+\s*$"
_SPOKEN = {"\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";", "space": " ", "pipe": "|"}


def recognise(head: FileHead, stated: StatedLayout) -> Source | None:
    """A text whose lines one delimiter divides alike.

    Raises
    ------
    DataFormatError
        Where there are no rows below the header, or a stated delimiter divides nothing.
    """
    delimiter = _SPOKEN.get(stated.delimiter or "", stated.delimiter) or find_delimiter(head)
    if delimiter is None:
        return None
    if len(set(delimiter)) > 1:
        raise DataFormatError(
            f"The delimiter {shown(delimiter)!r} cannot be read: it may be one character, once or several"
            " times. Replace it in the file by one that the data do not hold, such as a tab."
        )
    layout = find_table(head, delimiter, stated.has_header)
    file = head.plain()
    if delimiter == " ":
        return Aligned(file, layout)
    return Delimited(file, layout)


@dataclass(frozen=True)
class Delimited:
    """A text of rows whose fields a delimiter divides."""

    file: DataFile
    layout: Layout

    @property
    def name(self) -> str:
        """The path, as messages show it."""
        return str(self.file)

    @property
    def delimiter(self) -> str:
        """The text between two fields."""
        return self.layout.delimiter or ","

    @property
    def _n_above(self) -> int:
        """Lines above the first row."""
        return self.layout.first_row - 1

    @cached_property
    def _uses_quotes(self) -> bool:
        """True where double quotes may enclose fields of this file."""
        return len(self.delimiter) == 1 and may_hold(self.file, b'"')

    def _has_decimal_comma(self, fields: Sequence[Field], texts: pl.DataFrame | None = None) -> bool:
        """True where 4.5 is written 4,5 in a column of numbers."""
        if self.delimiter == ",":
            return False
        numbers = [field for field in fields if field.is_number]
        columns = [pl.Series(self.layout.samples[field.column], dtype=pl.String) for field in numbers]
        columns += [texts[field.name] for field in numbers] if texts is not None else []
        found = [column.filter(column.str.contains(_DECIMAL_COMMA).fill_null(False)) for column in columns]
        # 1,234 may be a number of thousands, but not where the comma was given up as the delimiter.
        return any(
            len(values) and (self.delimiter == ";" or not values.str.contains(GROUPED).all())
            for values in found
        )

    # Reading --------------------------------------------------------------------------

    def read(self, fields: Sequence[Field], n_rows: int | None = None) -> Iterator[pl.DataFrame]:
        """See `Source.read`."""
        with stated_errors(self.file):
            frame = self._read(fields, n_rows)
        cut = [pl.col(field.name).str.head(field.longest) for field in fields if field.longest]
        yield frame.with_columns(cut) if cut else frame

    def _read(self, fields: Sequence[Field], n_rows: int | None) -> pl.DataFrame:
        if not self._uses_quotes:
            return self._read_rows(fields, False, n_rows)
        try:
            with _no_warnings():
                frame = self._read_rows(fields, True, n_rows)
        except (pl.exceptions.ComputeError, pl.exceptions.PanicException) as error:
            # polars panics over a quote that opens where the file ends.
            if "utf-8" in str(error).lower():
                raise
            return self._read_lines(fields, n_rows)
        if n_rows or not self._has_long_rows(frame.height):
            return frame
        # Some rows take several lines: either a text has line ends in it, or a quote never closes
        # and swallows the lines below. The reading that finds more whole rows is the right one.
        by_line = self._read_lines(fields, n_rows)
        return by_line if _n_whole(by_line, fields) > _n_whole(frame, fields) else frame

    def _scan(self, fields: Sequence[Field] = ()) -> DelimitedScan:
        comma = self._has_decimal_comma(fields)
        dtypes = {field.column: field.text_dtype for field in fields}
        return DelimitedScan(
            self.file.path, self.delimiter, self.layout.n_columns, self._n_above, comma, dtypes
        )

    def _read_rows(self, fields: Sequence[Field], quoted: bool, n_rows: int | None) -> pl.DataFrame:
        """Numbers are parsed as they are read; where some are none, once more without the white space."""
        frame = self._collect(self._scan(fields), quoted, fields, n_rows)
        numbers = [field.name for field in fields if field.is_number]
        if any(frame[name].null_count() for name in numbers):
            texts = self._collect(self._scan(), quoted, fields, n_rows)
            frame = typed(texts, fields, self._has_decimal_comma(fields, texts))
        return frame

    @staticmethod
    def _collect(
        scan: DelimitedScan, quoted: bool, fields: Sequence[Field], n_rows: int | None
    ) -> pl.DataFrame:
        columns = [scan.column(field.column).alias(field.name) for field in fields]
        rows = scan.scan(quoted).select(NUMBER, scan.surplus.alias(SURPLUS), *columns)
        return (rows.head(n_rows) if n_rows else rows).collect()

    def _read_lines(self, fields: Sequence[Field], n_rows: int | None) -> pl.DataFrame:
        """Each line by itself: pairs of quotes are taken off; one that is open makes the row surplus."""
        scan = self._scan()
        columns = [_without_quotes(scan.column(field.column)).alias(field.name) for field in fields]
        # A quote inside a field, as in 21" screen, is text.
        open_quote = pl.any_horizontal(pl.col(field.name).str.starts_with('"') for field in fields)
        rows = scan.scan(False).select(NUMBER, scan.surplus.alias(SURPLUS), *columns)
        frame = (rows.head(n_rows) if n_rows else rows).collect()
        frame = frame.with_columns(pl.col(SURPLUS) | open_quote.fill_null(False), pl.lit(True).alias(LOOSE))
        frame = self._divide_again(frame, fields)
        return typed(frame, fields, self._has_decimal_comma(fields, frame))

    def _divide_again(self, frame: pl.DataFrame, fields: Sequence[Field]) -> pl.DataFrame:
        """Divide the lines that have delimiters within quotes, which a scan without quotes cannot see."""
        numbers = set(frame.filter(pl.col(SURPLUS))[NUMBER].to_list())
        found: list[tuple[int, bool, *tuple[str | None, ...]]] = []
        for number, line in (lines_at(self.file, numbers) if numbers else {}).items():
            divided = split_line(line, self.delimiter) if line.count('"') > 1 else []
            if len(divided) == self.layout.n_columns and not any("\n" in field for field in divided):
                values = [divided[field.column] for field in fields]
                found.append((number, any(value.startswith('"') for value in values), *values))
        if not found:
            return frame
        schema = {name: frame.schema[name] for name in frame.columns if name != LOOSE}
        return frame.update(pl.DataFrame(found, schema=schema, orient="row"), on=NUMBER)

    def count_distinct(self, columns: Sequence[int]) -> tuple[int, ...]:
        """See `Source.count_distinct`."""
        scan = self._scan()
        with stated_errors(self.file), _no_warnings():
            counts = [scan.column(column).approx_n_unique() for column in columns]
            return scan.scan(self._uses_quotes).select(counts).collect().row(0)

    # Finding rows again ---------------------------------------------------------------

    def locate(self, rows: pl.DataFrame, n_rows: int) -> pl.DataFrame:
        """See `Source.locate`."""
        with stated_errors(self.file):
            if LOOSE not in rows.columns and self._has_long_rows(n_rows):
                found = self._find_long_rows(set(rows[NUMBER].to_list()))
            else:
                found = self._find_lines(rows)
        rows = rows.join(found, on=NUMBER, how="left", maintain_order="left")
        return rows.with_columns(pl.col(LINE).fill_null(pl.col(NUMBER)))

    def _has_long_rows(self, n_rows: int) -> bool:
        """True where some of the `n_rows` rows take more than one line."""
        n_lines: int = scan_lines(self.file.path).select(pl.len()).collect().item()
        return n_lines - self._n_above != n_rows

    def _find_lines(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Where each line is a row."""
        outside_quotes = pl.col("text").str.replace_all(r'"[^"]*"', "x")
        n_fields = outside_quotes.str.count_matches(self.delimiter, literal=True) + 1
        blank = pl.col("text").fill_null("").str.strip_chars() == ""
        return (
            scan_lines(self.file.path)
            .with_columns(pl.col(LINE).alias(NUMBER))
            .join(rows.lazy().select(NUMBER), on=NUMBER, how="semi")
            .select(NUMBER, LINE, pl.when(blank).then(0).otherwise(n_fields).cast(pl.UInt32).alias(N_FIELDS))
            .collect()
        )

    def _find_long_rows(self, numbers: set[int]) -> pl.DataFrame:
        """Where rows take several lines: read once more, row by row, up to the last one asked for."""
        found: list[tuple[int, int, int]] = []
        with open_bytes(self.file) as file:
            text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="")
            reader = csv.reader(islice(text, self._n_above, None), delimiter=self.delimiter)
            start = self.layout.first_row
            for number, fields in enumerate(reader, self.layout.first_row):
                if number in numbers:
                    found.append((number, start, len(fields)))
                if number >= max(numbers):
                    break
                start = self.layout.first_row + reader.line_num
        schema = {NUMBER: pl.UInt32, LINE: pl.UInt32, N_FIELDS: pl.UInt32}
        return pl.DataFrame(found, schema=schema, orient="row")

    def texts(self, lines: set[int]) -> dict[int, str]:
        """See `Source.texts`."""
        return lines_at(self.file, lines)


@contextmanager
def _no_warnings() -> Iterator[None]:
    """polars warns of quotes inside fields, as in 5" cable; what they lead to is judged by `_read`."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "CSV malformed")
        yield


def _n_whole(frame: pl.DataFrame, fields: Sequence[Field]) -> int:
    required = [field.name for field in fields if field.required]
    whole = ~pl.col(SURPLUS) & pl.all_horizontal(pl.col(required).is_not_null())
    n_whole: int = frame.select(whole.sum()).item()
    return n_whole


def _without_quotes(field: pl.Expr) -> pl.Expr:
    field = field.str.strip_chars()
    inside = field.str.slice(1).str.head(-1).str.replace_all('""', '"', literal=True)
    whole = field.str.starts_with('"') & field.str.ends_with('"') & (field.str.len_bytes() > 1)
    return pl.when(whole).then(inside).otherwise(field)
