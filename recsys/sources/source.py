"""What a source of a table is: the protocol that every kind of source fulfils.

A source is anything that holds rows of columns: a file, an archive, the answer to a query. To
add a kind, write a class with these members and a function that recognises it, and list that
function in `recsys.sources.registry`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import polars as pl

from recsys.config import DEFAULT_LIMITS, LimitsConfig

NUMBER, SURPLUS, LOOSE = "number", "surplus", "loose"
"""Columns that `Source.read` adds to the fields it was asked for."""
LINE, N_FIELDS = "line", "n_fields"
"""Columns that `Source.locate` adds."""
N_SAMPLES = 5_000
"""Rows at the beginning of a source that its layout is judged by."""
SAMPLE_CHARS = 200
"""Longest text that is kept of a sampled value."""


@dataclass(frozen=True)
class StatedLayout:
    """What the caller says of a table, instead of having it recognised.

    Attributes
    ----------
    delimiter : str, optional
        Between the fields of delimited text.
    has_header : bool, optional
        Whether the first row of delimited text holds the names.
    expected : tuple of str
        Names of columns that rows may hold although the first rows lack them (JSON lines).
    limits : LimitsConfig
        How much is read before a file is refused.
    scratch : Path, optional
        Folder for what has to be unpacked; by default that for temporary files.
    """

    delimiter: str | None = None
    has_header: bool | None = None
    expected: tuple[str, ...] = ()
    limits: LimitsConfig = DEFAULT_LIMITS
    scratch: Path | None = None


@dataclass(frozen=True)
class Layout:
    """How a table is laid out.

    Attributes
    ----------
    kind : str
        "delimited", "aligned", "json lines", "adjacency", "blocks", "parquet", "feather", …
    label : str
        The layout by the name people know it by, such as "CSV with header".
    names : tuple of str
        The names of the columns; empty where the source has none.
    samples : tuple of tuple of str
        For each column, its values in the first rows, as text.
    first_row : int
        Number of the first row: its line in a text, else 1.
    delimiter : str or None
        Between the fields of delimited text.
    notes : tuple of str
        What a reader should know of how the layout was recognised.
    n_unnamed : int
        Fields of a row beyond those that the header names: which name belongs to which field cannot
        be told.
    """

    kind: str
    label: str
    names: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    first_row: int = 1
    delimiter: str | None = None
    notes: tuple[str, ...] = ()
    n_unnamed: int = 0

    @property
    def n_columns(self) -> int:
        """How many columns the table has."""
        return len(self.samples)


@dataclass(frozen=True)
class Field:
    """A column to read.

    Attributes
    ----------
    name : str
        What the column is called in the frame that is read.
    column : int
        Its position in the layout.
    dtype : polars type
        String, Float32, Float64 or Datetime. Text that is no such number becomes null. Datetime
        leaves text as it is. A column that the source stores as times comes as Datetime, unless
        text is asked for.
    required : bool
        A row without this field is broken. Where a text can be divided in two ways, the one
        with more whole rows is right.
    nested : bool
        Lists and objects are JSON text; False: they are null, as of an id.
    longest : int, optional
        Text is cut to so many characters.
    """

    name: str
    column: int
    dtype: Any = pl.String
    required: bool = True
    nested: bool = True
    longest: int | None = None

    @property
    def text_dtype(self) -> Any:
        """The type to parse text into."""
        return pl.String if self.dtype == pl.Datetime else self.dtype

    @property
    def is_number(self) -> bool:
        """True where text is to be parsed into numbers."""
        return self.dtype not in (pl.String, pl.Datetime)


@runtime_checkable
class Source(Protocol):
    """A table that can be read."""

    @property
    def name(self) -> str:
        """What messages call the source: a path, a query, …"""

    @property
    def layout(self) -> Layout:
        """How the table is laid out."""

    def read(self, fields: Sequence[Field], n_rows: int | None = None) -> Iterator[pl.DataFrame]:
        """Read some columns as they stand, in batches of rows.

        Parameters
        ----------
        fields : sequence of Field
        n_rows : int, optional
            About how many rows are wanted; by default all.

        Yields
        ------
        polars.DataFrame
            `number` (UInt32, of the row in the source: its line, where each row is one line),
            `surplus` (Boolean, the row has too many fields, broken quotes, or is no row at all)
            and the fields, null where a row lacks one. Lists and objects are JSON text. The column
            `loose` is present only where quotes are broken and each line was read by itself.

        Raises
        ------
        DataFormatError
            Where the source breaks off or is not UTF-8.
        """

    def count_distinct(self, columns: Sequence[int]) -> tuple[int, ...]:
        """About how many different values some columns hold, over the whole table."""

    def locate(self, rows: pl.DataFrame, n_rows: int) -> pl.DataFrame:
        """Add where some rows stand.

        Parameters
        ----------
        rows : polars.DataFrame
            Some of the rows that `read` gave, with `number` (and `loose`, where it gave that).
        n_rows : int
            How many it gave in all.

        Returns
        -------
        polars.DataFrame
            The rows with `line` (from 1) and `n_fields` (UInt32): 0 for a blank line, null where
            all rows have the same number of fields or the row was not found again.
        """

    def texts(self, lines: set[int]) -> dict[int, str]:
        """The text of some rows, by the `line` that `locate` gave."""


def numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """What `Source.locate` returns where the number of a row is its line."""
    return rows.with_columns(pl.col(NUMBER).alias(LINE), pl.lit(None, pl.UInt32).alias(N_FIELDS))
