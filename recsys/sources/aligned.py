"""Columns divided by white space: one space or several, and perhaps some before the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from recsys.sources.files import DataFile, lines_at
from recsys.sources.numbers import typed
from recsys.sources.polars_scan import scan_lines, stated_errors
from recsys.sources.source import LINE, N_FIELDS, NUMBER, SURPLUS, Field, Layout
from recsys.sources.table_start import IN_QUOTES, WORD


@dataclass(frozen=True)
class Aligned:
    """A text of rows whose fields are divided by spaces, however many."""

    file: DataFile
    layout: Layout

    @property
    def name(self) -> str:
        """The path, as messages show it."""
        return str(self.file)

    def read(self, fields: Sequence[Field], n_rows: int | None = None) -> Iterator[pl.DataFrame]:
        """See `Source.read`."""
        surplus = (pl.col("fields").list.len() > self.layout.n_columns).alias(SURPLUS)
        columns = [self._field(field.column).alias(field.name) for field in fields]
        with stated_errors(self.file):
            yield typed(self._rows(n_rows).select(NUMBER, surplus, *columns).collect(), fields)

    def _rows(self, n_rows: int | None = None) -> pl.LazyFrame:
        lines = scan_lines(self.file.path).filter(pl.col(LINE) >= self.layout.first_row)
        return (lines.head(n_rows) if n_rows else lines).select(
            pl.col(LINE).alias(NUMBER), pl.col("text").str.extract_all(WORD).alias("fields")
        )

    @staticmethod
    def _field(column: int) -> pl.Expr:
        return pl.col("fields").list.get(column, null_on_oob=True).str.replace(IN_QUOTES, "$1")

    def count_distinct(self, columns: Sequence[int]) -> tuple[int, ...]:
        """See `Source.count_distinct`."""
        counts = [
            self._field(column).approx_n_unique().alias(f"c{place}") for place, column in enumerate(columns)
        ]
        with stated_errors(self.file):
            return self._rows().select(counts).collect().row(0)

    def locate(self, rows: pl.DataFrame, n_rows: int) -> pl.DataFrame:
        """See `Source.locate`."""
        with stated_errors(self.file):
            n_fields = pl.col("fields").list.len().fill_null(0).cast(pl.UInt32).alias(N_FIELDS)
            found = (
                self._rows().select(NUMBER, n_fields).join(rows.lazy().select(NUMBER), on=NUMBER, how="semi")
            )
            located = rows.join(found.collect(), on=NUMBER, how="left", maintain_order="left")
        return located.with_columns(pl.col(NUMBER).alias(LINE))

    def texts(self, lines: set[int]) -> dict[int, str]:
        """See `Source.texts`."""
        return lines_at(self.file, lines)
