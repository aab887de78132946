"""Adjacency lists: each line is a user and the items of that user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from recsys.errors import DataFormatError, shown
from recsys.sources.files import DataFile, FileHead, lines_at
from recsys.sources.polars_scan import scan_lines, stated_errors
from recsys.sources.source import LINE, NUMBER, SURPLUS, Field, Layout, StatedLayout, numbered

_LONGEST_ID = 64
_FEW, _MOSTLY, _HARDLY = 20, 0.5, 0.1


def recognise(head: FileHead, stated: StatedLayout) -> Adjacency | None:
    """Lines of short words, which nothing but spaces divides."""
    rows = [line.split() for line in head.sample_lines(200)]
    if stated.has_header or max(map(len, rows)) < 2:
        return None
    if any(len(word) > _LONGEST_ID for row in rows for word in row):
        return None
    if sum(row[0].endswith(":") for row in rows) > _MOSTLY * len(rows):
        raise DataFormatError(
            f"{head.file} has a name and a value on each line ({shown(' '.join(rows[0]), 40)!r}): write a row"
            " for each rating instead, with the names in a header."
        )
    if _is_prose(rows):
        return None
    pairs = [(row[0], item) for row in rows for item in row[1:]]
    samples = (tuple(user for user, _ in pairs), tuple(item for _, item in pairs))
    notes = ("Each line is a user and the items of that user.",)
    return Adjacency(
        head.plain(),
        Layout("adjacency", "Adjacency lists", ("user", "item"), samples, delimiter=" ", notes=notes),
    )


def _is_prose(rows: Sequence[Sequence[str]]) -> bool:
    """True where lines begin with the same few words again and again, and hardly a word has a digit."""
    words = [word for row in rows for word in row]
    n_with_digits = sum(any(map(str.isdigit, word)) for word in words)
    repeated = len({row[0] for row in rows}) < _MOSTLY * len(rows)
    ragged = len({len(row) for row in rows}) > 2
    return len(rows) > _FEW and repeated and ragged and n_with_digits < _HARDLY * len(words)


@dataclass(frozen=True)
class Adjacency:
    """A text of lines `user item item …`, read as a table of two columns: user and item."""

    file: DataFile
    layout: Layout

    @property
    def name(self) -> str:
        """The path, as messages show it."""
        return str(self.file)

    def read(self, fields: Sequence[Field], n_rows: int | None = None) -> Iterator[pl.DataFrame]:
        """See `Source.read`; `n_rows` counts lines."""
        columns = [
            pl.col(self.layout.names[field.column]).cast(field.text_dtype, strict=False).alias(field.name)
            for field in fields
        ]
        with stated_errors(self.file):
            yield self._pairs(n_rows).select(NUMBER, pl.lit(False).alias(SURPLUS), *columns).collect()

    def _pairs(self, n_lines: int | None = None) -> pl.LazyFrame:
        lines = scan_lines(self.file.path)
        words = pl.col("text").str.replace_all(r"\s+", " ").str.strip_chars().str.split(" ")
        users, items = pl.col("words").list.first().alias("user"), pl.col("words").list.slice(1).alias("item")
        return (
            (lines.head(n_lines) if n_lines else lines)
            .select(pl.col(LINE).alias(NUMBER), words.alias("words"))
            .select(NUMBER, users, items)
            .explode("item", empty_as_null=False, keep_nulls=False)
        )

    def count_distinct(self, columns: Sequence[int]) -> tuple[int, ...]:
        """See `Source.count_distinct`."""
        counts = [pl.col(self.layout.names[column]).approx_n_unique() for column in columns]
        with stated_errors(self.file):
            return self._pairs().select(counts).collect().row(0)

    def locate(self, rows: pl.DataFrame, n_rows: int) -> pl.DataFrame:
        """See `Source.locate`."""
        return numbered(rows)

    def texts(self, lines: set[int]) -> dict[int, str]:
        """See `Source.texts`."""
        return lines_at(self.file, lines)
