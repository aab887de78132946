"""What one version holds: each thing is written and read here, one function beside the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Floats
from recsys.config import ContentConfig, RankingConfig, RatingConfig, SequentialConfig
from recsys.data.catalog import Catalog
from recsys.data.catalog_joining import with_all_columns
from recsys.data.groups import item_groups
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions, ItemView
from recsys.data.unrated import Unrated
from recsys.model.content import ContentModel
from recsys.model.map import ItemMap, MapReport
from recsys.model.neighbours import NeighbourModel
from recsys.model.placement import Placement
from recsys.model.ranking import RankingModel
from recsys.model.rating import RatingModel
from recsys.model.sequential import SequentialModel
from recsys.search.by_description import DescribedIndex
from recsys.versions.checks import (
    check_array,
    check_by_item,
    check_ids,
    check_matrix,
    check_pointers,
    check_rows,
    check_within,
)
from recsys.versions.files import Artifacts, ArtifactWriter

_ITEMS_AT_ONCE = 100_000


def write_interactions(writer: ArtifactWriter, data: Interactions, by_item: ItemView) -> None:
    """Write the ids, the ratings by user and by item, the mean rating of each item, and its group."""
    for name, ids in (("users", data.users), ("items", data.items)):
        writer.arrays(name, {"data": ids.data, "offsets": ids.offsets})
    writer.arrays("by_user", _present(data, ("indptr", "item_rows", "ratings", "timestamps", "places")))
    writer.arrays("by_item", _present(by_item, ("indptr", "user_rows", "ratings", "timestamps", "places")))
    writer.array("item_means", item_means(by_item))
    writer.array("item_groups", item_groups(data))


def read_interactions(artifacts: Artifacts) -> Interactions:
    """The ratings by user; large arrays stay on disk, memory-mapped."""
    arrays, summary = artifacts.arrays("by_user"), artifacts.manifest.summary
    users, items = artifacts.arrays("users"), artifacts.arrays("items")
    check_ids(artifacts, "users", users, summary.n_users)
    check_ids(artifacts, "items", items, summary.n_items)
    check_matrix(artifacts, "by_user", arrays, summary.n_users, summary.n_items)
    return Interactions(
        users=IdTable(**users),
        items=IdTable(**items),
        indptr=arrays["indptr"],
        item_rows=arrays["item_rows"],
        ratings=arrays["ratings"],
        timestamps=arrays.get("timestamps"),
        places=arrays.get("places"),
        scale=summary.scale,
        implicit=summary.implicit,
    )


def read_by_item(artifacts: Artifacts) -> ItemView:
    """The ratings by item; large arrays stay on disk, memory-mapped."""
    arrays, summary = artifacts.arrays("by_item"), artifacts.manifest.summary
    check_matrix(artifacts, "by_item", arrays, summary.n_items, summary.n_users)
    return ItemView(
        arrays["indptr"],
        arrays["user_rows"],
        arrays["ratings"],
        arrays.get("timestamps"),
        arrays.get("places"),
    )


def read_item_means(artifacts: Artifacts) -> Floats:
    """Mean rating of each item, float32 (n_items,); 0 where an item has no rating."""
    means = artifacts.array("item_means")
    check_array(artifacts, "item_means", means, "float32", (artifacts.manifest.summary.n_items,))
    return means


def write_catalog(writer: ArtifactWriter, catalog: Catalog) -> None:
    """Write the catalogue."""
    writer.table("catalog", catalog.frame)


def read_catalog(artifacts: Artifacts, item_counts: NDArray[np.int64]) -> Catalog:
    """The catalogue, with the number of ratings of each item to sort by."""
    return Catalog(with_all_columns(artifacts.table("catalog")), item_counts)


def write_ranking(writer: ArtifactWriter, model: RankingModel) -> None:
    """Write the ranking model and the config it was fitted with."""
    writer.arrays("ranking", model.to_arrays())
    writer.document("ranking.config", model.config)


def read_ranking(artifacts: Artifacts) -> RankingModel:
    """The ranking model, memory-mapped."""
    config = artifacts.document("ranking.config", RankingConfig)
    arrays, n_items = artifacts.arrays("ranking"), artifacts.manifest.summary.n_items
    second = ("second_scales",) if "second_scales" in arrays else ()
    names = ("components", "item_degrees", "item_scales", *second)
    check_by_item(artifacts, "ranking", arrays, names, n_items)
    return RankingModel.from_arrays(arrays, config)


def write_sequential(writer: ArtifactWriter, model: SequentialModel) -> None:
    """Write the sequential model and the config it was fitted with."""
    writer.arrays("sequential", model.to_arrays())
    writer.document("sequential.config", model.config)


def read_sequential(artifacts: Artifacts) -> SequentialModel | None:
    """The sequential model, memory-mapped; None where no order of time is known."""
    if not artifacts.holds("sequential"):
        return None
    config = artifacts.document("sequential.config", SequentialConfig)
    return SequentialModel.from_arrays(artifacts.arrays("sequential"), config)


def write_neighbours(writer: ArtifactWriter, model: NeighbourModel) -> None:
    """Write the neighbours of item-kNN."""
    writer.arrays("item_knn", model.to_arrays())


def read_neighbours(artifacts: Artifacts) -> NeighbourModel | None:
    """The neighbours of item-kNN, memory-mapped; None where another ranker is served."""
    if not artifacts.holds("item_knn"):
        return None
    arrays, n_items = artifacts.arrays("item_knn"), artifacts.manifest.summary.n_items
    check_array(artifacts, "item_knn.indptr", arrays["indptr"], "int64", (n_items + 1,))
    check_array(artifacts, "item_knn.targets", arrays["targets"], "int32", (-1,))
    check_array(
        artifacts, "item_knn.similarities", arrays["similarities"], "float32", arrays["targets"].shape
    )
    check_pointers(artifacts, "item_knn.indptr", arrays["indptr"], len(arrays["targets"]))
    check_rows(artifacts, "item_knn.targets", arrays["targets"], n_items)
    return NeighbourModel.from_arrays(arrays)


def write_rating(writer: ArtifactWriter, model: RatingModel) -> None:
    """Write the rating model and the config it was fitted with."""
    writer.arrays("rating", model.to_arrays())
    writer.document("rating.config", model.config)


def read_rating(artifacts: Artifacts) -> RatingModel | None:
    """The rating model, memory-mapped; None where the data are implicit: nobody gave stars."""
    if not artifacts.holds("rating"):
        return None
    config = artifacts.document("rating.config", RatingConfig)
    arrays, n_items = artifacts.arrays("rating"), artifacts.manifest.summary.n_items
    check_by_item(artifacts, "rating", arrays, ("item_bias", "factors", "variances"), n_items)
    return RatingModel.from_arrays(arrays, config)


def write_unrated(writer: ArtifactWriter, unrated: Unrated) -> None:
    """Write the products that nobody has rated, where there are any."""
    if len(unrated):
        writer.arrays("unrated", {"data": unrated.ids.data, "offsets": unrated.ids.offsets})
        writer.table("unrated_catalog", unrated.catalog.frame)


def read_unrated(artifacts: Artifacts) -> Unrated:
    """The products that nobody has rated."""
    if not artifacts.holds("unrated"):
        return Unrated.none()
    return Unrated(
        IdTable(**artifacts.arrays("unrated")), Catalog(with_all_columns(artifacts.table("unrated_catalog")))
    )


def write_described(writer: ArtifactWriter, described: DescribedIndex) -> None:
    """Write what words say of products, and the index of those without ratings."""
    writer.arrays("content", described.model.to_arrays())
    writer.document("content.config", described.model.config)
    described.write(writer)


def read_described(artifacts: Artifacts) -> DescribedIndex | None:
    """What words say of products, memory-mapped; None where nothing was learned of them."""
    if not artifacts.holds("content"):
        return None
    config = artifacts.document("content.config", ContentConfig)
    model = ContentModel.from_arrays(artifacts.arrays("content"), config)
    n_unrated = len(artifacts.array("unrated.offsets")) - 1 if artifacts.holds("unrated") else 0
    return DescribedIndex.read(artifacts, model, n_unrated)


def write_placement(writer: ArtifactWriter, placement: Placement) -> None:
    """Write the words of each rated product; what they say is written by `write_described`."""
    writer.arrays("item_words", placement.to_arrays())


def read_placement(
    artifacts: Artifacts, ranking: RankingModel, described: DescribedIndex | None
) -> Placement | None:
    """Where ratings and words place products, memory-mapped; None where ratings alone do.

    That is so without a catalogue, and in versions built before words counted in what is similar.
    """
    if described is None or not artifacts.holds("item_words"):
        return None
    arrays, n_items = artifacts.arrays("item_words"), artifacts.manifest.summary.n_items
    check_array(artifacts, "item_words.indptr", arrays["indptr"], "int64", (n_items + 1,))
    check_array(artifacts, "item_words.words", arrays["words"], "int32", (-1,))
    check_array(artifacts, "item_words.scales", arrays["scales"], "float32", (n_items,))
    check_pointers(artifacts, "item_words.indptr", arrays["indptr"], len(arrays["words"]))
    check_rows(artifacts, "item_words.words", arrays["words"], len(described.model.vocabulary))
    return Placement.from_arrays(arrays, ranking, described.model)


def write_map(writer: ArtifactWriter, item_map: ItemMap) -> None:
    """Write the map of the items, and how it was made."""
    writer.arrays("map", item_map.to_arrays())
    writer.document("map.report", item_map.report)


def read_map(artifacts: Artifacts) -> ItemMap | None:
    """The map of the items, memory-mapped; None where there is none: too few items, or an older build."""
    if not artifacts.holds("map"):
        return None
    report, arrays = artifacts.document("map.report", MapReport), artifacts.arrays("map")
    check_array(artifacts, "map.rows", arrays["rows"], "int64", (-1,))
    n = len(arrays["rows"])
    check_array(artifacts, "map.coordinates", arrays["coordinates"], "float32", (n, 2))
    check_array(artifacts, "map.clusters", arrays["clusters"], "int32", (n,))
    check_rows(artifacts, "map.rows", arrays["rows"], artifacts.manifest.summary.n_items)
    check_rows(artifacts, "map.clusters", arrays["clusters"], len(report.names))
    check_within(artifacts, "map.coordinates", arrays["coordinates"], 1.0)
    return ItemMap.from_arrays(arrays, report)


def item_means(by_item: ItemView) -> Floats:
    """Mean rating of each item, float32 (n_items,); 0 where an item has no rating."""
    counts = np.diff(by_item.indptr)
    means = np.zeros(len(counts), dtype=np.float32)
    rated = np.flatnonzero(counts)
    starts = by_item.indptr[:-1][rated]
    # Some at a time: sums in float64 are taken of a copy.
    for first in range(0, len(rated), _ITEMS_AT_ONCE):
        some = slice(first, first + _ITEMS_AT_ONCE)
        begin, end = int(starts[first]), int(by_item.indptr[rated[some][-1] + 1])
        sums = np.add.reduceat(by_item.ratings[begin:end], starts[some] - begin, dtype=np.float64)
        means[rated[some]] = sums / counts[rated[some]]
    return means


def _present(holder: object, names: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    found = {name: getattr(holder, name) for name in names}
    return {name: values for name, values in found.items() if values is not None}
