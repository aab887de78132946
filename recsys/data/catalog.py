"""Titles, brands, categories, prices and pictures of the items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys.arrays import Rows
from recsys.columns import BRAND, CATALOG_COLUMNS, CATEGORY, ITEM, PATH, TITLE
from recsys.data.cleaning.products import SCHEMA, clean_products
from recsys.data.ids import IdTable
from recsys.errors import DataFormatError
from recsys.sources.column_names import CATALOG_NAMES, find_columns
from recsys.sources.registry import open_source
from recsys.sources.source import NUMBER, SURPLUS, Field, Source, StatedLayout

__all__ = ["CATALOG_COLUMNS", "PATH", "SCHEMA", "Catalog", "align_catalog", "load_catalog"]

_STATED = StatedLayout(
    has_header=True,
    expected=tuple(name for role, names in CATALOG_NAMES.items() if role != ITEM for name in names),
)


def load_catalog(path: str | Path | Source) -> pl.DataFrame:
    """Read a catalogue: any table with named columns, Amazon's metadata of 2014, 2018 and 2023 among them.

    Returns
    -------
    polars.DataFrame
        item_id (String; of an id given twice the last row is kept) and, of title, brand, category,
        price (Float64) and image_url, the columns that the source has.

    Raises
    ------
    DataFormatError
        Where the source cannot be read, or no column holds the ids.
    """
    source = open_source(path, _STATED)
    columns = _catalog_columns(source)
    fields = [
        Field(f"{role}/{rank}", position, required=role == ITEM)
        for role, positions in columns.items()
        for rank, position in enumerate(positions)
    ]
    batches = [_clean_batch(source, batch) for batch in source.read(fields)]
    frame = pl.concat(batches).select(name for name in CATALOG_COLUMNS if name in columns)
    frame = frame.drop_nulls(ITEM).unique(ITEM, keep="last", maintain_order=True)
    if frame.is_empty():
        raise DataFormatError(
            f"{source.name} has no products: give the rows below the header, or leave --catalog out."
        )
    return frame


def _catalog_columns(source: Source) -> dict[str, list[int]]:
    """Positions of the columns of each role, the best first."""
    layout = source.layout
    columns = find_columns(layout.names, CATALOG_NAMES)
    present = [name for name, values in zip(layout.names, layout.samples, strict=False) if values]
    if ITEM not in columns:
        raise DataFormatError(
            f"{source.name}: no column holds the ids of the items (columns: {', '.join(present[:12])}):"
            " name it item_id, asin or product_id."
        )
    # Where a title is empty, another column may have one. An id is never taken from another column.
    return {role: positions[:1] if role == ITEM else positions for role, positions in columns.items()}


def _clean_batch(source: Source, batch: pl.DataFrame) -> pl.DataFrame:
    fields = [name for name in batch.columns if "/" in name]
    unreadable = batch.filter(pl.col(SURPLUS) & pl.all_horizontal(pl.col(fields).is_null()))
    if not unreadable.is_empty():
        raise DataFormatError(
            f"{source.name}, line {unreadable[NUMBER][0]:,}: this is no row of a catalogue: fix or remove"
            " the line."
        )
    return clean_products(batch.select(fields))


def align_catalog(catalog: pl.DataFrame | None, items: IdTable) -> pl.DataFrame:
    """One row for each item, in row order, with all `CATALOG_COLUMNS`; null where unknown."""
    frame = pl.DataFrame({ITEM: items.to_series()})
    if catalog is not None:
        frame = frame.join(catalog, on=ITEM, how="left", maintain_order="left")
    missing = [
        pl.lit(None, SCHEMA[name]).alias(name) for name in CATALOG_COLUMNS if name not in frame.columns
    ]
    return frame.with_columns(missing).select(CATALOG_COLUMNS)


def category_numbers(catalog: pl.DataFrame) -> Rows | None:
    """A number for the whole category path of each item, -1 where unknown; None if none is known."""
    paths = catalog[CATEGORY]
    if paths.null_count() == len(paths):
        return None
    numbers: Rows = paths.rank("dense").cast(pl.Int64).fill_null(-1).to_numpy()
    return numbers


@dataclass(frozen=True)
class Catalog:
    """What is known of each item; row i of the frame is item row i.

    Parameters
    ----------
    frame : polars.DataFrame
        `CATALOG_COLUMNS`, as `align_catalog` gives them.
    popularity : array, shape (n_items,), optional
        Search results stand in falling order of it; by default in row order.
    """

    frame: pl.DataFrame
    popularity: NDArray[Any] | None = None

    def __len__(self) -> int:
        return self.frame.height

    @cached_property
    def columns_known(self) -> tuple[str, ...]:
        """The columns, other than the id, that are known of at least one item."""
        nulls = self.frame.null_count().row(0, named=True)
        return tuple(name for name in CATALOG_COLUMNS[1:] if nulls[name] < len(self))

    def columns_of(
        self, rows: Sequence[int] | Rows, names: Sequence[str] | None = None
    ) -> dict[str, list[Any]]:
        """Known columns of some items: name → values in the order of `rows`."""
        wanted = [name for name in (names or self.columns_known) if name in self.columns_known]
        positions = np.asarray(rows, dtype=np.int64)
        return {name: self.frame[name][positions].to_list() for name in wanted}

    @cached_property
    def _words(self) -> pl.Series:
        """Title and brand in lower case, to be searched."""
        text = pl.concat_str(TITLE, BRAND, separator=" ", ignore_nulls=True).str.to_lowercase()
        return self.frame.select(text.alias("words"))["words"]

    def search(self, text: str, limit: int = 50) -> Rows:
        """Rows of the items whose title or brand has all the words of `text`, in any case.

        Popular ones first, where the popularity is known.
        """
        words = text.lower().split()
        if not words:
            return np.empty(0, np.int64)
        found = pl.DataFrame({"words": self._words}).with_row_index("row")
        for word in sorted(words, key=len, reverse=True):
            found = found.filter(pl.col("words").str.contains(word, literal=True))
        rows = found["row"].to_numpy().astype(np.int64)
        if self.popularity is not None:
            rows = rows[np.argsort(-np.asarray(self.popularity)[rows], kind="stable")]
        return rows[:limit]
