"""A cluster has the name of what is frequent in it and rare outside of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from recsys.model.cluster_names import cluster_names

CLUSTERS = np.repeat(np.arange(3, dtype=np.int32), 10)


def catalog(titles: Sequence[str | None], categories: Sequence[str | None]) -> pl.DataFrame:
    columns = {"title": titles, "category": categories, "brand": [None] * len(titles)}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def test_a_name_is_the_category_and_words_that_say_more() -> None:
    titles = [f"{word} thing" for word in ("Red Lamps", "Blue Rope", "Green Rope") for _ in range(10)]
    paths = [f"Shop > {name}" for name in ("Lamps", "Ropes > Long", "Ropes > Short") for _ in range(10)]
    names = cluster_names(CLUSTERS, catalog(titles, paths))
    assert names == ("Lamps: red", "Long: blue, rope", "Short: green, rope")


def test_without_categories_words_do_without_words_categories_and_without_both_numbers() -> None:
    titles = [word for word in ("red lamp", "blue rope", "green rope") for _ in range(10)]
    paths = [f"Shop > {name}" for name in ("A", "B", "C") for _ in range(10)]
    nothing: list[str | None] = [None] * 30
    words = cluster_names(CLUSTERS, catalog(titles, nothing))
    assert [name.split(", ")[0] for name in words] == ["lamp", "blue", "green"]
    assert cluster_names(CLUSTERS, catalog(nothing, paths)) == ("A", "B", "C")
    assert cluster_names(CLUSTERS, catalog(nothing, nothing)) == ("Cluster 1", "Cluster 2", "Cluster 3")


def test_names_differ_where_clusters_do_not() -> None:
    names = cluster_names(CLUSTERS, catalog(["x lamp"] * 29 + ["y"], ["Shop"] * 30))
    assert len(set(names)) == 3


def test_numbers_and_single_letters_are_no_names() -> None:
    titles = [word for word in ("16 x lamp", "32 y rope", "中 钟") for _ in range(10)]
    names = cluster_names(CLUSTERS, catalog(titles, [None] * 30))
    assert names[:2] == ("lamp", "rope")
    assert set(names[2]) <= set("中钟, ")
