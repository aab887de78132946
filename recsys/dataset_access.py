"""What a dataset tells, asked of something that holds one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from recsys.data.catalog import Catalog
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions
from recsys.data.profile.summary import Summary
from recsys.dataset import Dataset
from recsys.filters import Filters
from recsys.versions.manifest import Manifest


class DatasetAccess:
    """Passes questions on to `dataset`, for callers that only have a recommender."""

    dataset: Dataset

    @property
    def version(self) -> str:
        """See `Dataset.version`."""
        return self.dataset.version

    @property
    def manifest(self) -> Manifest:
        """See `Dataset.manifest`."""
        return self.dataset.manifest

    @property
    def summary(self) -> Summary:
        """See `Dataset.summary`."""
        return self.dataset.summary

    @property
    def interactions(self) -> Interactions:
        """See `Dataset.interactions`."""
        return self.dataset.interactions

    @property
    def users(self) -> IdTable:
        """See `Dataset.users`."""
        return self.dataset.users

    @property
    def items(self) -> IdTable:
        """See `Dataset.items`."""
        return self.dataset.items

    @property
    def catalog(self) -> Catalog:
        """See `Dataset.catalog`."""
        return self.dataset.catalog

    def tables(self) -> list[str]:
        """See `Dataset.tables`."""
        return self.dataset.tables()

    def table(self, name: str) -> pd.DataFrame:
        """See `Dataset.table`."""
        return self.dataset.table(name)

    def history(self, user_id: str) -> pd.DataFrame:
        """See `Dataset.history`."""
        return self.dataset.history(user_id)

    def search_users(self, prefix: str, limit: int = 50) -> pd.DataFrame:
        """See `Dataset.search_users`."""
        return self.dataset.search_users(prefix, limit)

    def search_items(self, text: str, limit: int = 50) -> pd.DataFrame:
        """See `Dataset.search_items`."""
        return self.dataset.search_items(text, limit)

    def popular(
        self, k: int = 10, *, filters: Filters | None = None, exclude: Iterable[str] = ()
    ) -> pd.DataFrame:
        """See `Dataset.popular`."""
        return self.dataset.popular(k, filters=filters, exclude=exclude)

    def item(self, item_id: str) -> dict[str, Any]:
        """See `Dataset.item`."""
        return self.dataset.item(item_id)

    def example_users(self) -> pd.DataFrame:
        """See `Dataset.example_users`."""
        return self.dataset.example_users()

    def random_user(self, rng: np.random.Generator) -> str:
        """See `Dataset.random_user`."""
        return self.dataset.random_user(rng)
