"""The map of the products: where each stands beside those that are similar, and in which cluster."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd

from recsys.answers import label
from recsys.arrays import Rows
from recsys.columns import BRAND, CATEGORY, ITEM, PATH, TITLE
from recsys.data.profile.items import category_depth
from recsys.dataset_access import DatasetAccess
from recsys.model.map import ItemMap

_COLUMNS = (TITLE, BRAND, CATEGORY)


class MapAccess(DatasetAccess):
    """Answers about the map; part of `Recommender`."""

    item_map: ItemMap | None

    def map(self) -> pd.DataFrame:
        """Where the most rated products stand on the map.

        Returns
        -------
        pandas.DataFrame
            item_id, x and y (-1 to 1; only what is near has a meaning), cluster (from 0, the largest
            first), cluster_name, n_ratings, mean_rating, and where known title, brand, category and group:
            the level of the category that tells three or more apart. The most rated first; empty where
            this version has no map. `attrs["report"]` is the `MapReport`, or None.
        """
        frame = self._map.copy(deep=False)
        frame.attrs["report"] = None if self.item_map is None else self.item_map.report
        return label(frame, "map", self.version)

    @cached_property
    def _map(self) -> pd.DataFrame:
        found = self.item_map
        rows = np.empty(0, np.int64) if found is None else found.rows
        places = np.empty((0, 2), np.float32) if found is None else found.coordinates
        clusters = np.empty(0, np.int32) if found is None else found.clusters
        names = np.array(() if found is None else found.report.names, dtype=object)
        return pd.DataFrame(
            {
                ITEM: self.items.ids(rows),
                "x": places[:, 0],
                "y": places[:, 1],
                "cluster": clusters,
                "cluster_name": names[clusters],
                "n_ratings": self.dataset.item_counts[rows],
                "mean_rating": self.dataset.item_means[rows],
                **self.dataset.catalog.columns_of(rows, _COLUMNS),
                **self._group_of(rows),
            }
        )

    def _group_of(self, rows: Rows) -> dict[str, list[str | None]]:
        paths = self.dataset.catalog.frame[CATEGORY]
        depth = category_depth(paths)
        if depth is None:
            return {}
        return {"group": paths[rows].str.split(PATH).list.head(depth).list.last().to_list()}
