"""Titles, brands, categories, prices and pictures of the items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys.arrays import Rows
from recsys.columns import BRAND, CATALOG_COLUMNS, CATEGORY, PATH, TITLE
from recsys.data.catalog_joining import align_catalog, join_catalog
from recsys.data.catalog_reading import LoadedCatalog, load_catalog, read_catalog
from recsys.data.cleaning.products import SCHEMA

__all__ = [
    "CATALOG_COLUMNS",
    "PATH",
    "SCHEMA",
    "Catalog",
    "LoadedCatalog",
    "align_catalog",
    "join_catalog",
    "load_catalog",
    "read_catalog",
]


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
