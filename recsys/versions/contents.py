"""What one version holds, as objects: written by a build, read by the Recommender."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Floats
from recsys.data.catalog import Catalog
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions, ItemView
from recsys.model.ranking import RankingModel
from recsys.model.rating import RatingModel
from recsys.search.indexes import SimilarIndex, UserIndex
from recsys.versions.store import Artifacts, ArtifactWriter


@dataclass(frozen=True)
class Bundle:
    """Data, models and indexes of one version.

    Attributes
    ----------
    rating : RatingModel or None
        None where the data are implicit: nobody gave stars.
    item_means : float32 array, shape (n_items,)
        Mean rating of each item.
    """

    interactions: Interactions
    by_item: ItemView
    item_means: Floats
    catalog: Catalog
    ranking: RankingModel
    rating: RatingModel | None
    user_index: UserIndex
    similar_index: SimilarIndex

    def write(self, writer: ArtifactWriter) -> None:
        """Write everything."""
        data = self.interactions
        for name, ids in (("users", data.users), ("items", data.items)):
            writer.arrays(name, {"data": ids.data, "offsets": ids.offsets})
        writer.arrays("by_user", _present(data, ("indptr", "item_rows", "ratings", "timestamps")))
        writer.arrays("by_item", _present(self.by_item, ("indptr", "user_rows", "ratings", "timestamps")))
        writer.array("item_means", self.item_means)
        writer.table("catalog", self.catalog.frame)
        writer.arrays("ranking", self.ranking.to_arrays())
        if self.rating is not None:
            writer.arrays("rating", self.rating.to_arrays())
        self.user_index.write(writer.folder)
        self.similar_index.write(writer.folder)

    @classmethod
    def read(cls, artifacts: Artifacts) -> Bundle:
        """Open a version: arrays and indexes stay on disk, memory-mapped."""
        by_user, by_item = artifacts.arrays("by_user"), artifacts.arrays("by_item")
        data = Interactions(
            users=_ids(artifacts, "users"),
            items=_ids(artifacts, "items"),
            indptr=by_user["indptr"],
            item_rows=by_user["item_rows"],
            ratings=by_user["ratings"],
            timestamps=by_user.get("timestamps"),
            scale=artifacts.manifest.summary.scale,
            implicit=artifacts.manifest.summary.implicit,
        )
        rating = artifacts.arrays("rating")
        item_counts = np.diff(by_item["indptr"])
        return cls(
            interactions=data,
            by_item=ItemView(
                by_item["indptr"], by_item["user_rows"], by_item["ratings"], by_item.get("timestamps")
            ),
            item_means=artifacts.array("item_means"),
            catalog=Catalog(artifacts.table("catalog"), item_counts),
            ranking=RankingModel.from_arrays(artifacts.arrays("ranking")),
            rating=RatingModel.from_arrays(rating) if rating else None,
            user_index=UserIndex.read(artifacts.folder, len(item_counts)),
            similar_index=SimilarIndex.read(artifacts.folder, len(item_counts)),
        )


def item_means(by_item: ItemView) -> Floats:
    """Mean rating of each item, shape (n_items,); 0 where an item has no rating."""
    sums = np.concatenate([[0.0], np.cumsum(by_item.ratings, dtype=np.float64)])
    totals = sums[by_item.indptr[1:]] - sums[by_item.indptr[:-1]]
    means: Floats = (totals / np.maximum(1, np.diff(by_item.indptr))).astype(np.float32)
    return means


def _ids(artifacts: Artifacts, name: str) -> IdTable:
    return IdTable(**artifacts.arrays(name))


def _present(holder: object, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    found = {name: getattr(holder, name) for name in names}
    return {name: values for name, values in found.items() if values is not None}
