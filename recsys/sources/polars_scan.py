"""Lazy polars scans of text files: fields of delimited rows, or whole lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from recsys.errors import DataFormatError
from recsys.sources.files import broken_archive, may_hold, not_utf8

NUMBER = "number"


@contextmanager
def stated_errors(path: Path) -> Iterator[None]:
    """Turn what polars says of an unreadable file into a `DataFormatError`."""
    try:
        yield
    except pl.exceptions.PolarsError as error:
        if "utf-8" in str(error).lower():
            raise not_utf8(path) from error
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise DataFormatError(f"{path} cannot be read as rows: {reason}.") from error
    except OSError as error:
        raise broken_archive(path, str(error)) from error


@dataclass(frozen=True)
class Fields:
    """The fields of a delimited file, as polars sees them.

    polars divides by one byte only: a divider of two, as in `1::1193::5`, is read as single
    ones with an empty field between, so that position p of the file is p x step here.

    Parameters
    ----------
    header_line : int
        Physical lines before the first row.
    dtypes : mapping
        Position → polars type; all other fields are String.
    """

    path: Path
    delimiter: str
    n_columns: int
    header_line: int
    decimal_comma: bool = False
    dtypes: Mapping[int, Any] = field(default_factory=dict)

    @property
    def step(self) -> int:
        return len(self.delimiter)

    def column(self, position: int) -> pl.Expr:
        """The field at a position of the file."""
        return pl.col(f"c{self.step * position}")

    @property
    def surplus(self) -> pl.Expr:
        """True for rows with more fields than the file has columns."""
        between = [s for p in range(self.n_columns) for s in range(self.step * p + 1, self.step * (p + 1))]
        beyond = self.step * (self.n_columns - 1) + 1
        return pl.any_horizontal(pl.col(f"c{position}").is_not_null() for position in {*between, beyond})

    @property
    def uses_quotes(self) -> bool:
        """True where double quotes may enclose fields of this file."""
        return self.step == 1 and self.delimiter != " " and may_hold(self.path, b'"')

    def scan(self, quoted: bool) -> pl.LazyFrame:
        """Columns `number` (of the row, from the first physical line = 1), c0, c1, …"""
        width = self.n_columns * self.step + 1
        typed = {self.step * position: dtype for position, dtype in self.dtypes.items()}
        return pl.scan_csv(
            self.path,
            has_header=False,
            separator=self.delimiter[0],
            quote_char='"' if quoted else None,
            skip_lines=self.header_line,
            schema={f"c{position}": typed.get(position, pl.String) for position in range(width)},
            missing_columns="insert",
            extra_columns="ignore",
            truncate_ragged_lines=True,
            ignore_errors=True,
            decimal_comma=self.decimal_comma,
            row_index_name=NUMBER,
            row_index_offset=self.header_line + 1,
            glob=False,
        )

    def count_distinct(self, positions: tuple[int, ...]) -> tuple[int, ...]:
        """About how many different values some columns hold, over the whole file."""
        counts = [self.column(position).approx_n_unique() for position in positions]
        with stated_errors(self.path):
            return self.scan(self.uses_quotes).select(counts).collect().row(0)


def scan_lines(path: Path) -> pl.LazyFrame:
    """Whole lines: `line` (its number from 1) and `text` (null where blank)."""
    return pl.scan_csv(
        path,
        has_header=False,
        separator="\x1f",
        quote_char=None,
        schema={"text": pl.String},
        missing_columns="insert",
        extra_columns="ignore",
        truncate_ragged_lines=True,
        row_index_name="line",
        row_index_offset=1,
        glob=False,
    )
