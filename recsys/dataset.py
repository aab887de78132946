"""The data of a version: search, product cards, histories, the popular list. No model is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from recsys.answers import label, records
from recsys.arrays import Floats, Mask, Rows, Rows32
from recsys.columns import BRAND, CATEGORY, ITEM, PATH, RATING, SEVERAL, TIMESTAMP, USER
from recsys.data.catalog import Catalog
from recsys.data.groups import item_groups
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions, ItemView
from recsys.data.profile.summary import Summary
from recsys.data.unrated import Unrated
from recsys.errors import UnknownItemError, UnknownUserError
from recsys.filters import N_RATINGS, Filters
from recsys.model.popularity import Popularity
from recsys.versions import contents
from recsys.versions.files import Artifacts
from recsys.versions.manifest import Manifest
from recsys.versions.store import ArtifactStore

_ALL = slice(None)
N_CHOICES = 400
"""The longest list of categories or brands that is offered to choose from."""


@dataclass(frozen=True)
class Dataset:
    """Ratings and catalogue of one version.

    Open it with `Dataset.open`; all large arrays stay memory-mapped, so that several
    processes share them.

    Parameters
    ----------
    artifacts : Artifacts
        The files of the version.
    interactions : Interactions
        The ratings by user.
    by_item : ItemView
        The same ratings by item.
    item_means : float32 array, shape (n_items,)
        Mean rating of each item.
    catalog : Catalog
    unrated : Unrated
        Products of the catalogue without ratings; they have no item row.
    """

    artifacts: Artifacts
    interactions: Interactions
    by_item: ItemView
    item_means: Floats
    catalog: Catalog
    unrated: Unrated = field(default_factory=Unrated.none)

    @classmethod
    def open(cls, folder: str | PathLike[str] = "artifacts", version: str | None = None) -> Dataset:
        """Verify and open the version in service, or the one named.

        Raises
        ------
        ArtifactError
            Where there is none, or where it is damaged.
        """
        return cls.read(ArtifactStore(folder).open(version))

    @classmethod
    def read(cls, artifacts: Artifacts) -> Dataset:
        """The data of a version that is open already."""
        by_item = contents.read_by_item(artifacts)
        return cls(
            artifacts=artifacts,
            interactions=contents.read_interactions(artifacts),
            by_item=by_item,
            item_means=contents.read_item_means(artifacts),
            catalog=contents.read_catalog(artifacts, np.diff(by_item.indptr)),
            unrated=contents.read_unrated(artifacts),
        )

    @property
    def version(self) -> str:
        """The name of the version."""
        return self.artifacts.version

    @property
    def manifest(self) -> Manifest:
        """What was built, from what, how, and with what result."""
        return self.artifacts.manifest

    @property
    def summary(self) -> Summary:
        """The data in plain numbers: ratings, users, items, density, mean rating, …"""
        return self.manifest.summary

    @property
    def users(self) -> IdTable:
        """User ids by row."""
        return self.interactions.users

    @property
    def items(self) -> IdTable:
        """Item ids by row."""
        return self.interactions.items

    @cached_property
    def item_counts(self) -> Rows:
        """Ratings of each item, int64 (n_items,)."""
        return np.diff(self.by_item.indptr)

    @cached_property
    def item_groups(self) -> Rows32:
        """The group of each item, int32 (n_items,), as `recsys.data.groups` makes them."""
        if self.artifacts.holds("item_groups"):
            return self.artifacts.array("item_groups")
        return item_groups(self.interactions)  # a version of an older build

    @cached_property
    def _is_connected(self) -> bool:
        return not self.item_groups.any()

    def connected(self, rated: Rows, rows: Rows | slice = _ALL) -> Mask:
        """Which items are in the group of one of the items `rated`: of `rows`, or of all."""
        groups = self.item_groups[rows]
        if self._is_connected:
            return np.full(len(groups), len(rated) > 0)
        mask: Mask = np.isin(groups, np.unique(self.item_groups[rated]))
        return mask

    @cached_property
    def popularity(self) -> Popularity:
        """The popular list, by row."""
        return Popularity(self.item_counts)

    def tables(self) -> list[str]:
        """Names of the stored tables."""
        return self.artifacts.tables()

    def table(self, name: str) -> pd.DataFrame:
        """A stored table, such as those behind the exploration charts."""
        return self.artifacts.table(name).to_pandas()

    # Users ----------------------------------------------------------------------

    def user_row(self, user_id: str) -> int:
        """The row of a user; UnknownUserError names the nearest ids."""
        row = self.users.row(user_id)
        if row is None:
            raise UnknownUserError(user_id, self.users.suggestions(user_id))
        return row

    def history(self, user_id: str) -> pd.DataFrame:
        """What a user rated, most recent first where times are known, else best first.

        Columns: item_id, what the catalogue knows, rating, timestamp (UTC, where known),
        mean_rating, n_ratings.
        """
        own = self.interactions.slice(self.user_row(user_id))
        rows = self.interactions.item_rows[own].astype(np.int64)
        ratings = self.interactions.ratings[own]
        times, places = self.interactions.timestamps, self.interactions.order
        order = np.lexsort((rows, -ratings if places is None else -places[own]))
        columns: dict[str, Any] = {RATING: ratings[order]}
        if times is not None:
            columns[TIMESTAMP] = pd.to_datetime(times[own][order], unit="s", utc=True)
        return self.describe(rows[order], columns)

    def search_users(self, prefix: str, limit: int = 50) -> pd.DataFrame:
        """Users whose id starts with `prefix`: user_id, n_ratings; `attrs["total"]` counts all."""
        rows, total = self.users.prefix(prefix, limit)
        if not total:
            rows, total = self.users.prefix(prefix.upper(), limit)
        frame = pd.DataFrame(
            {
                USER: self.users.ids(rows),
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
            raise UnknownItemError(item_id, self.items.suggestions(item_id))
        return row

    def item(self, item_id: str) -> dict[str, Any]:
        """All that is known of an item.

        Returns
        -------
        dict
            item_id, what the catalogue knows, n_ratings, mean_rating, `histogram` (rating,
            count) and `by_month` (month, count, mean; None where times are unknown).
        """
        if (unrated := self.unrated.ids.row(item_id)) is not None:
            return self.unrated.card(unrated, self.catalog.columns_known)
        row = self.item_row(item_id)
        card = records(self.describe(np.array([row]), {}))[0]
        ratings = slice(int(self.by_item.indptr[row]), int(self.by_item.indptr[row + 1]))
        frame = pl.DataFrame({RATING: self.by_item.ratings[ratings]})
        card["histogram"] = frame.group_by(RATING).len("count").sort(RATING).to_pandas()
        times = self.by_item.timestamps
        card["by_month"] = None if times is None else _by_month(frame, times[ratings])
        return card

    def search_items(self, text: str, limit: int = 50) -> pd.DataFrame:
        """Items by the start of their id, or by words of their title or brand, popular ones first.

        Products that nobody has rated come last, with n_ratings 0 and no mean.

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
        frame = self.unrated.after(self.describe(rows, {}), text, limit, self.catalog.columns_known)
        frame.attrs["total"] = max(total, len(frame))
        return frame

    def popular(
        self, k: int = 10, *, filters: Filters | None = None, exclude: Iterable[str] = ()
    ) -> pd.DataFrame:
        """The most-rated items: rank, item_id, what the catalogue knows, score (ratings), …"""
        hidden = self.items.rows(list(exclude))
        rows = self.popularity.top(k, hidden[hidden >= 0], self.allowed(filters))
        frame = self.ranked(rows, {"score": self.item_counts[rows].astype(np.float32)})
        return label(frame, "popular", self.version, "" if len(rows) else self.why_nothing(filters))

    @cached_property
    def _choices(self) -> dict[str, list[str]]:
        paths = self.catalog.frame[CATEGORY].drop_nulls().unique().to_list()
        parts = [path.split(PATH) for several in paths for path in several.split(SEVERAL)]
        levels = [{PATH.join(path[:depth]) for path in parts} for depth in range(1, 5)]
        wide = [sorted(level) for level in levels if len(level) <= N_CHOICES]
        brands = self.catalog.frame[BRAND].drop_nulls().value_counts(sort=True)[BRAND]
        return {CATEGORY: wide[-1] if wide else [], BRAND: sorted(brands.head(N_CHOICES).to_list())}

    def categories(self) -> list[str]:
        """Category paths to choose a filter from: as deep as a list of them stays usable."""
        return self._choices[CATEGORY]

    def brands(self) -> list[str]:
        """Brands to choose a filter from, those with the most items where there are many."""
        return self._choices[BRAND]

    def allowed(self, filters: Filters | None) -> Mask | None:
        """Which items pass the filters, bool (n_items,); None where all do."""
        if filters is None or not filters.active():
            return None
        return filters.mask(self.catalog.frame, self.item_counts)

    def why_nothing(self, filters: Filters | None) -> str:
        """Which filters leave nothing and how many products pass each, in a sentence.

        Where products do pass, it says how many; it is empty where there are no filters.
        """
        if filters is None or not filters.active():
            return ""
        passing = filters.passing(self.catalog.frame, self.item_counts)
        left = int(filters.mask(self.catalog.frame, self.item_counts).sum())
        if not left:
            passing = {words: n for words, n in passing.items() if not n} or passing
        total = f"of {len(self.items):,}"
        counts = "; ".join(f"{words} (passed by {n:,} {total})" for words, n in passing.items())
        what = (
            "the filter" if len(passing) == 1 else "all filters" if any(passing.values()) else "the filters"
        )
        start = f"{left:,} {'product passes' if left == 1 else 'products pass'}" if left else ""
        unknown = sorted({one.column for one in filters.active() if not self._knows(one.column)})
        none = f" No product has a {' or a '.join(unknown)}." if unknown else ""
        return f"{start or 'No product passes'} {what} {counts}.{none}"

    def _knows(self, column: str) -> bool:
        return column in (*self.catalog.columns_known, N_RATINGS)

    def shared_raters(self, row: int, rows: Rows) -> Rows:
        """How many users rated an item and each of some others, int64 (len(rows),)."""
        view = self.by_item
        raters = view.user_rows[view.indptr[row] : view.indptr[row + 1]]
        shared = np.zeros(len(rows), dtype=np.int64)
        for position, other in enumerate(rows):
            theirs = view.user_rows[view.indptr[other] : view.indptr[other + 1]]
            few, many = (raters, theirs) if len(raters) <= len(theirs) else (theirs, raters)
            at = np.minimum(np.searchsorted(many, few), len(many) - 1)
            shared[position] = np.count_nonzero(many[at] == few)
        return shared

    # Tables ---------------------------------------------------------------------

    def describe(
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
                ITEM: self.items.ids(rows),
                **self.catalog.columns_of(rows),
                **{name: values for name, values in columns.items() if name not in last},
                "mean_rating": self.item_means[rows],
                "n_ratings": self.item_counts[rows],
                **{name: columns[name] for name in last if name in columns},
            }
        )

    def ranked(self, rows: Rows, columns: Mapping[str, Any], last: Sequence[str] = ()) -> pd.DataFrame:
        """As `describe`, with a rank from 1 in front."""
        return self.describe(rows, columns, last, {"rank": np.arange(1, len(rows) + 1)})


def _by_month(ratings: pl.DataFrame, times: Rows) -> pd.DataFrame:
    """month, count and mean of some ratings, given at some unix seconds."""
    month = pl.from_epoch(pl.lit(pl.Series(times)), "s").dt.truncate("1mo").dt.date()
    months = ratings.with_columns(month=month).group_by("month")
    return months.agg(count=pl.len(), mean=pl.col(RATING).mean()).sort("month").to_pandas()
