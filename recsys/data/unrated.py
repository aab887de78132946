"""Products of the catalogue that nobody has rated yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from recsys.arrays import Rows
from recsys.columns import ITEM, RATING
from recsys.data.catalog import Catalog, align_catalog
from recsys.data.catalog_joining import same_in_another_form
from recsys.data.ids import IdTable


@dataclass(frozen=True)
class Unrated:
    """The products that the catalogue knows and the ratings do not.

    Parameters
    ----------
    ids : IdTable
    catalog : Catalog
        Row i describes id i.
    """

    ids: IdTable
    catalog: Catalog

    @classmethod
    def of(cls, catalog: pl.DataFrame, items: IdTable) -> Unrated:
        """The rows of a catalogue whose ids, in any form, are not among the rated items."""
        known = same_in_another_form(catalog[ITEM], items.to_series())["catalog"]
        new = (items.encode(catalog[ITEM]) < 0) & ~catalog[ITEM].is_in(known.implode()).to_numpy()
        ids = IdTable.from_series(catalog[ITEM].filter(pl.Series(new)))
        return cls(ids, Catalog(align_catalog(catalog, ids)))

    @classmethod
    def none(cls) -> Unrated:
        """No products."""
        ids = IdTable.from_ids([])
        return cls(ids, Catalog(align_catalog(None, ids)))

    def __len__(self) -> int:
        return len(self.ids)

    def search(self, text: str, limit: int = 50) -> Rows:
        """Rows of the products whose id starts with `text`, then of those with all its words."""
        if not len(self) or not text.strip():
            return np.empty(0, np.int64)
        by_id, total = self.ids.prefix(text, limit)
        if not total:
            by_id, _ = self.ids.prefix(text.upper(), limit)
        rows, words = np.array(by_id, dtype=np.int64), self.catalog.search(text, limit)
        return np.concatenate([rows, words[~np.isin(words, rows)]])[:limit]

    def describe(
        self,
        rows: Rows,
        columns: Mapping[str, Any],
        names: Sequence[str],
        first: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Products as a frame: `first`, id, the catalogue's columns `names`, `columns`, n_ratings (0)."""
        known = self.catalog.columns_of(rows, names)
        return pd.DataFrame(
            {
                **(first or {}),
                ITEM: self.ids.ids(rows),
                **{name: known.get(name, [None] * len(rows)) for name in names},
                **columns,
                "n_ratings": np.zeros(len(rows), dtype=np.int64),
            }
        )

    def card(self, row: int, names: Sequence[str]) -> dict[str, Any]:
        """All that is known of one product, as `Dataset.item`: no mean, an empty histogram."""
        frame = self.describe(np.array([row]), {"mean_rating": None}, names)
        histogram = pd.DataFrame({RATING: np.empty(0, np.float32), "count": np.empty(0, np.int64)})
        known = {str(name): value for name, value in frame.to_dict("records")[0].items()}
        return {**known, "histogram": histogram, "by_month": None}

    def after(self, rated: pd.DataFrame, text: str, limit: int, names: Sequence[str]) -> pd.DataFrame:
        """Rated products that were found, and what `search` finds, without a mean, up to `limit` in all."""
        rows = self.search(text, max(0, limit - len(rated)))
        if not len(rows):
            return rated
        found = self.describe(rows, {"mean_rating": np.full(len(rows), np.nan, np.float32)}, names)
        return pd.concat([rated, found], ignore_index=True) if len(rated) else found
