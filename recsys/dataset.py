"""What the data in service hold: search, cards of items, histories, the popular list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import Any, Self, cast

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from recsys.data.catalog import Catalog
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions
from recsys.errors import UnknownItemError, UnknownUserError
from recsys.versions.contents import Bundle
from recsys.versions.store import Artifacts, ArtifactStore

Rows = NDArray[np.int64]

N_CHOICES = 400
"""The longest list of categories or brands that is offered to choose from."""


@dataclass(frozen=True)
class Filters:
    """Which items may be shown. An empty field allows everything.

    Attributes
    ----------
    categories : tuple of str
        Category paths; an item passes where its path starts with one of them.
    brands : tuple of str
    price : (float or None, float or None)
        Lowest and highest price, both inclusive; an item without a price fails a bound.
    min_ratings : int
        Fewest ratings an item must have.
    """

    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    price: tuple[float | None, float | None] = (None, None)
    min_ratings: int = 0


class Browser:
    """One version of the artifacts, looked at without any model.

    Open it with `Browser.open` (or, for recommendations, `Recommender.open`); all
    large arrays stay memory-mapped, so that several processes share them.
    """

    def __init__(self, artifacts: Artifacts, bundle: Bundle) -> None:
        self._artifacts = artifacts
        self._bundle = bundle
        self.interactions: Interactions = bundle.interactions
        self.catalog: Catalog = bundle.catalog
        self.item_counts: NDArray[np.int64] = np.diff(bundle.by_item.indptr)
        self.item_means = bundle.item_means

    @classmethod
    def open(cls, root: str | PathLike[str] = "artifacts", version: str | None = None) -> Self:
        """Verify and open the version in service, or the one named.

        Raises
        ------
        ArtifactError
            Where there is none, or where it is damaged.
        """
        artifacts = ArtifactStore(root).open(version)
        return cls(artifacts, Bundle.read(artifacts))

    @property
    def version(self) -> str:
        return self._artifacts.version

    @property
    def manifest(self) -> dict[str, Any]:
        return self._artifacts.manifest

    @property
    def summary(self) -> dict[str, Any]:
        """Plain numbers of the data: ratings, users, items, density, mean rating, …"""
        return self.manifest["summary"]

    @property
    def users(self) -> IdTable:
        return self.interactions.users

    @property
    def items(self) -> IdTable:
        return self.interactions.items

    def tables(self) -> list[str]:
        """Names of the stored tables."""
        files = self.manifest["files"]
        return sorted(name.removesuffix(".parquet") for name in files if name.endswith(".parquet"))

    def table(self, name: str) -> pd.DataFrame:
        """A stored table, such as those behind the exploration charts."""
        return self._artifacts.table(name).to_pandas()

    # Users ----------------------------------------------------------------------

    def user_row(self, user_id: str) -> int:
        """The row of a user; UnknownUserError names the nearest ids."""
        row = self.users.row(user_id)
        if row is None:
            raise UnknownUserError(user_id, self.users.near(user_id))
        return row

    def history(self, user_id: str) -> pd.DataFrame:
        """What a user rated, most recent first where times are known, else best first.

        Columns: item_id, what the catalogue knows, rating, timestamp (UTC, where known),
        mean_rating, n_ratings.
        """
        where = self.interactions.slice(self.user_row(user_id))
        rows = self.interactions.item_rows[where].astype(np.int64)
        ratings = self.interactions.ratings[where]
        times = self.interactions.timestamps
        order = np.lexsort((rows, -ratings if times is None else -times[where]))
        columns: dict[str, Any] = {"rating": ratings[order]}
        if times is not None:
            columns["timestamp"] = pd.to_datetime(times[where][order], unit="s", utc=True)
        return self._describe(rows[order], columns)

    def search_users(self, prefix: str, limit: int = 50) -> pd.DataFrame:
        """Users whose id starts with `prefix`: user_id, n_ratings; `attrs["total"]` counts all."""
        rows, total = self.users.prefix(prefix, limit)
        if not total:
            rows, total = self.users.prefix(prefix.upper(), limit)
        frame = pd.DataFrame(
            {
                "user_id": self.users.ids(rows),
                "n_ratings": np.diff(self.interactions.indptr[rows.start : rows.start + len(rows) + 1]),
            }
        )
        frame.attrs["total"] = total
        return frame

    def example_users(self) -> pd.DataFrame:
        """A few users of each kind (very active, active, light, one rating): user_id, n_ratings, kind."""
        return self.table("example_users")

    def random_user(self, rng: np.random.Generator) -> str:
        """Any user with at least two ratings, or any at all where nobody has two."""
        for _ in range(50):
            row = int(rng.integers(self.interactions.n_users))
            if self.interactions.indptr[row + 1] - self.interactions.indptr[row] >= 2:
                break
        return self.users.id(row)

    # Items ----------------------------------------------------------------------

    def item_row(self, item_id: str) -> int:
        """The row of an item; UnknownItemError names the nearest ids."""
        row = self.items.row(item_id)
        if row is None:
            raise UnknownItemError(item_id, self.items.near(item_id))
        return row

    def item(self, item_id: str) -> dict[str, Any]:
        """All that is known of an item.

        Returns
        -------
        dict
            item_id, what the catalogue knows, n_ratings, mean_rating, `histogram` (rating,
            count) and `by_month` (month, count, mean; None where times are unknown).
        """
        row = self.item_row(item_id)
        card = records(self._describe(np.array([row]), {}))[0]
        where = slice(int(self._bundle.by_item.indptr[row]), int(self._bundle.by_item.indptr[row + 1]))
        frame = pl.DataFrame({"rating": self._bundle.by_item.ratings[where]})
        card["histogram"] = frame.group_by("rating").len("count").sort("rating").to_pandas()
        card["by_month"] = None
        times = self._bundle.by_item.timestamps
        if times is not None:
            month = pl.from_epoch(pl.lit(pl.Series(times[where])), "s").dt.truncate("1mo").dt.date()
            card["by_month"] = (
                frame.with_columns(month=month)
                .group_by("month")
                .agg(count=pl.len(), mean=pl.col("rating").mean())
                .sort("month")
                .to_pandas()
            )
        return card

    def search_items(self, text: str, limit: int = 50) -> pd.DataFrame:
        """Items by the start of their id, or by words of their title or brand, popular ones first.

        `attrs["total"]` is how many the id search found, or at least were found by words.
        """
        by_id, total = self.items.prefix(text, limit)
        if not total:
            by_id, total = self.items.prefix(text.upper(), limit)
        words = self.catalog.search(text, limit) if text.strip() else np.empty(0, np.int64)
        # Ids of the same prefix stand in id order; within those shown the popular ones lead.
        ids = np.array(by_id, dtype=np.int64)
        ids = ids[np.argsort(-self.item_counts[ids], kind="stable")]
        rows = np.concatenate([ids, words[~np.isin(words, ids)]])[:limit].astype(np.int64)
        frame = self._describe(rows, {})
        frame.attrs["total"] = max(total, len(frame))
        return frame

    def popular(
        self, k: int = 10, *, filters: Filters | None = None, exclude: Iterable[str] = ()
    ) -> pd.DataFrame:
        """The most-rated items: rank, item_id, what the catalogue knows, score (ratings), …"""
        hidden = self.items.rows(list(exclude))
        rows = self._popular_rows(k, self.allowed(filters), hidden[hidden >= 0])
        return self._ranked(rows, {"score": self.item_counts[rows].astype(np.float32)})

    @cached_property
    def _choices(self) -> dict[str, list[str]]:
        paths = self.catalog.frame["category"].drop_nulls().unique().to_list()
        parts = [path.split(" > ") for several in paths for path in several.split(" | ")]
        levels = [{" > ".join(path[:depth]) for path in parts} for depth in range(1, 5)]
        wide = [sorted(level) for level in levels if len(level) <= N_CHOICES]
        brands = self.catalog.frame["brand"].drop_nulls().value_counts(sort=True)["brand"]
        return {"category": wide[-1] if wide else [], "brand": sorted(brands.head(N_CHOICES).to_list())}

    def categories(self) -> list[str]:
        """Category paths to choose a filter from: as deep as a list of them stays usable."""
        return self._choices["category"]

    def brands(self) -> list[str]:
        """Brands to choose a filter from, those with the most items where there are many."""
        return self._choices["brand"]

    def allowed(self, filters: Filters | None) -> NDArray[np.bool_] | None:
        """Which items pass the filters, shape (n_items,); None where all do."""
        if filters is None or filters == Filters():
            return None
        price = None if filters.price == (None, None) else filters.price
        mask = self.catalog.mask(
            category=filters.categories or None, brand=filters.brands or None, price=price
        )
        return mask & (self.item_counts >= filters.min_ratings)

    @cached_property
    def _by_popularity(self) -> Rows:
        return np.argsort(-self.item_counts, kind="stable")

    def _popular_rows(self, k: int, allowed: NDArray[np.bool_] | None, exclude: Rows) -> Rows:
        ranked = self._by_popularity if allowed is None else self._by_popularity[allowed[self._by_popularity]]
        head = ranked[: max(0, k) + len(exclude)]
        return head[~np.isin(head, exclude)][: max(0, k)]

    # Tables ---------------------------------------------------------------------

    def _describe(
        self,
        rows: Rows,
        columns: Mapping[str, Any],
        last: Sequence[str] = (),
        first: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Items as a frame: `first`, id, catalogue, `columns`, mean_rating, n_ratings, `last`."""
        return pd.DataFrame(
            {
                **(first or {}),
                "item_id": self.items.ids(rows),
                **self.catalog.columns_of(rows),
                **{name: values for name, values in columns.items() if name not in last},
                "mean_rating": self.item_means[rows],
                "n_ratings": self.item_counts[rows],
                **{name: columns[name] for name in last if name in columns},
            }
        )

    def _ranked(self, rows: Rows, columns: Mapping[str, Any], last: Sequence[str] = ()) -> pd.DataFrame:
        return self._describe(rows, columns, last, {"rank": np.arange(1, len(rows) + 1)})


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as dicts by column name."""
    return cast(list[dict[str, Any]], frame.to_dict("records"))
