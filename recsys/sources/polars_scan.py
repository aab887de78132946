"""Lazy polars scans of text files: the fields of delimited rows, or whole lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from recsys.errors import DataFormatError, shown
from recsys.sources.files import DataFile, broken_archive, not_utf8
from recsys.sources.source import LINE, NUMBER


@contextmanager
def stated_errors(file: DataFile) -> Iterator[None]:
    """Turn an error of polars over an unreadable file into a `DataFormatError`."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        if "utf-8" in str(error).lower():
            raise not_utf8(file) from error
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise DataFormatError(f"{file} cannot be read as rows: {shown(reason, 200)}.") from error
    except OSError as error:
        if file.path.exists() and file.is_packed:
            raise broken_archive(file, str(error)) from error
        raise DataFormatError(
            f"{file} was changed or removed while it was read ({shown(str(error), 100)}): give it again when"
            " it is whole."
        ) from error


@dataclass(frozen=True)
class DelimitedScan:
    """The fields of a delimited file, as polars sees them.

    polars divides by one byte only. A delimiter of two, as in `1::1193::5`, is read as two single
    ones with an empty field between them, so column p of the file is column p x step here.

    Parameters
    ----------
    n_above : int
        Lines above the first row.
    decimal_comma : bool
        4.5 is written 4,5.
    dtypes : mapping
        Position → polars type; all other fields are String.
    """

    path: Path
    delimiter: str
    n_columns: int
    n_above: int
    decimal_comma: bool = False
    dtypes: Mapping[int, Any] = field(default_factory=dict)

    @property
    def step(self) -> int:
        """Columns of the scan for each column of the file."""
        return len(self.delimiter)

    def column(self, position: int) -> pl.Expr:
        """The field of a column of the file."""
        return pl.col(f"c{self.step * position}")

    @property
    def surplus(self) -> pl.Expr:
        """True for rows with more fields than the file has columns."""
        between = [s for p in range(self.n_columns) for s in range(self.step * p + 1, self.step * (p + 1))]
        beyond = self.step * (self.n_columns - 1) + 1
        return pl.any_horizontal(pl.col(f"c{position}").is_not_null() for position in {*between, beyond})

    def scan(self, quoted: bool) -> pl.LazyFrame:
        """Columns `number` (of the row; the first line of the file is 1), c0, c1, …"""
        width = self.n_columns * self.step + 1
        typed = {self.step * position: dtype for position, dtype in self.dtypes.items()}
        return pl.scan_csv(
            self.path,
            has_header=False,
            separator=self.delimiter[0],
            quote_char='"' if quoted else None,
            skip_lines=self.n_above,
            schema={f"c{position}": typed.get(position, pl.String) for position in range(width)},
            missing_columns="insert",
            extra_columns="ignore",
            truncate_ragged_lines=True,
            ignore_errors=True,
            decimal_comma=self.decimal_comma,
            row_index_name=NUMBER,
            row_index_offset=self.n_above + 1,
            glob=False,
        )


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
        row_index_name=LINE,
        row_index_offset=1,
        glob=False,
    )
