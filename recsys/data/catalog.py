"""Titles, brands, categories, prices and pictures of the items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from recsys.columns import ITEM
from recsys.data.ids import IdTable
from recsys.sources.catalog_files import CATALOG_COLUMNS, PATH, SCHEMA, read_catalog

__all__ = ["CATALOG_COLUMNS", "PATH", "SCHEMA", "Catalog", "align_catalog", "load_catalog"]


def load_catalog(path: str | Path) -> pl.DataFrame:
    """Read a catalogue: CSV, Parquet, Feather, or Amazon metadata of 2014, 2018 or 2023.

    Returns
    -------
    polars.DataFrame
        item_id (String, each once: the last row of an id is kept) and those of title, brand,
        category, price (Float64) and image_url that the file has.

    Raises
    ------
    DataFormatError
        Where the file cannot be read, or no column holds the ids.
    """
    return read_catalog(Path(path))


def align_catalog(catalog: pl.DataFrame | None, items: IdTable) -> pl.DataFrame:
    """One row for each item, in row order, with all `CATALOG_COLUMNS`; null where unknown."""
    frame = pl.DataFrame({ITEM: items.to_series()})
    if catalog is not None:
        frame = frame.join(catalog, on=ITEM, how="left", maintain_order="left")
    missing = [
        pl.lit(None, SCHEMA[name]).alias(name) for name in CATALOG_COLUMNS if name not in frame.columns
    ]
    return frame.with_columns(missing).select(CATALOG_COLUMNS)


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
        self, rows: Sequence[int] | NDArray[np.int64], names: Sequence[str] | None = None
    ) -> dict[str, list[Any]]:
        """Known columns of some items: name → values in the order of `rows`."""
        wanted = [name for name in (names or self.columns_known) if name in self.columns_known]
        positions = np.asarray(rows, dtype=np.int64)
        return {name: self.frame[name][positions].to_list() for name in wanted}

    def rows(self, item_rows: Sequence[int] | NDArray[np.int64]) -> pd.DataFrame:
        """The catalogue of some items, as `CATALOG_COLUMNS`."""
        return self.frame[np.asarray(item_rows, dtype=np.int64)].to_pandas()

    @cached_property
    def _words(self) -> pl.Series:
        """Title and brand in lower case, to be searched."""
        text = pl.concat_str("title", "brand", separator=" ", ignore_nulls=True).str.to_lowercase()
        return self.frame.select(text.alias("words"))["words"]

    def search(self, text: str, limit: int = 50) -> NDArray[np.int64]:
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

    def mask(
        self,
        category: str | Sequence[str] | None = None,
        brand: str | Sequence[str] | None = None,
        price: tuple[float | None, float | None] | None = None,
    ) -> NDArray[np.bool_]:
        """True for the items that pass, shape (n_items,).

        Parameters
        ----------
        category : str or sequence of str, optional
            Paths; an item passes where its category is one of them or below one of them.
        brand : str or sequence of str, optional
        price : (lowest, highest), optional
            Either may be None. An item without a price does not pass.
        """
        tests = []
        if category is not None:
            at = pl.col("category")
            paths = _listed(category)
            tests.append(pl.any_horizontal((at == path) | at.str.starts_with(path + PATH) for path in paths))
        if brand is not None:
            tests.append(pl.col("brand").is_in(_listed(brand)))
        if price is not None:
            low, high = price
            tests.append(
                pl.col("price").is_between(-np.inf if low is None else low, np.inf if high is None else high)
            )
        if not tests:
            return np.ones(len(self), dtype=bool)
        passed = self.frame.lazy().select(pl.all_horizontal(tests).fill_null(False).alias("passed")).collect()
        return passed["passed"].to_numpy()


def _listed(values: str | Sequence[str]) -> list[str]:
    return [values] if isinstance(values, str) else list(values)
