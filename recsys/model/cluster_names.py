"""What clusters of items are called: by the category and the words that are typical of each.

    W_tc = n_tc log(1 + A / n_t)    n_tc: items of cluster c with the term t; n_t: all items with it;
                                    A: the mean number of terms of a cluster

This is the class-based TF-IDF of Grootendorst 2022 (BERTopic), of the distinct words of each item's title
and, apart from them, of the levels of its category. The best level leads the name, of those that hold at
least `_SHARE` of the cluster's items; words follow that say something else.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy import sparse

from recsys.arrays import Doubles, Rows32
from recsys.columns import BRAND, CATEGORY, PATH, SEVERAL, TITLE
from recsys.data.words import Vocabulary

N_WORDS = 3
"""Words of a name, and two where a category leads it."""
_SHARE = 1 / 3
_LONGEST = 60
"""Characters of a category in a name."""
_SINGLE = 1
"""A single letter or digit is no name; a single character of a script without spaces may be one."""


def cluster_names(clusters: Rows32, catalog: pl.DataFrame) -> tuple[str, ...]:
    """A name for each cluster; they differ.

    Parameters
    ----------
    clusters : int32 array, shape (n,)
        The cluster of each item, from 0.
    catalog : polars.DataFrame, n rows
        With the columns title and category.
    """
    n = int(clusters.max(initial=-1)) + 1
    names: list[str] = []
    typical = zip(_categories(clusters, catalog[CATEGORY], n), _words(clusters, catalog, n), strict=True)
    for number, (category, words) in enumerate(typical, 1):
        tries = [*(_name(category, words, more) for more in range(3)), f"Cluster {number}"]
        names.append(next(name for name in tries if name and name not in names))
    return tuple(names)


def _name(category: str, words: list[str], more: int) -> str:
    """Such as "Headphones: wireless, bose", or three words where no category is typical; `more` words."""
    said = category.lower()
    new = [word for word in words if word not in said and word.rstrip("s") not in said]
    chosen = new[: more + N_WORDS - bool(category)]
    return f"{category}: {', '.join(chosen)}" if category and chosen else category or ", ".join(chosen)


def _categories(clusters: Rows32, paths: pl.Series, n: int) -> list[str]:
    """The category, of any level, that is most typical of each cluster; "" where none has its share."""
    paths = paths.str.split(SEVERAL).list.first().str.split(PATH).list.unique(maintain_order=True)
    table = pl.DataFrame({"cluster": clusters, "name": paths}).explode("name").drop_nulls()
    sizes = pl.DataFrame({"cluster": clusters}).group_by("cluster").len("size")
    counts = table.group_by("cluster", "name").len("n").with_columns(total=pl.col("n").sum().over("name"))
    everywhere = paths.drop_nulls().len() if n > 1 else -1  # a level that all share tells nothing apart
    typical = (
        counts.join(sizes, on="cluster")
        .filter((pl.col("n") >= _SHARE * pl.col("size")) & (pl.col("total") != everywhere))
        .with_columns(weight=pl.col("n") * (1 + len(table) / max(1, n) / pl.col("total")).log())
        .sort("weight", "name", descending=[True, False])
        .unique("cluster", keep="first", maintain_order=True)
    )
    found = dict(zip(typical["cluster"], typical["name"].str.slice(0, _LONGEST), strict=True))
    return [found.get(cluster, "") for cluster in range(n)]


def _words(clusters: Rows32, catalog: pl.DataFrame, n: int) -> list[list[str]]:
    """Some words of the titles of each cluster, the most typical first."""
    nothing = pl.lit(None, dtype=pl.String)
    titles = catalog.select(TITLE, nothing.alias(CATEGORY), nothing.alias(BRAND))
    vocabulary, words = Vocabulary.of(titles)
    member = sparse.csr_matrix(
        (np.ones(len(clusters)), (clusters, np.arange(len(clusters)))), shape=(n, len(clusters))
    )
    counts: Doubles = (member @ (words.matrix() > 0)).toarray()
    mean = counts.sum() / max(1, n)
    weights = counts * np.log1p(mean / np.maximum(1, counts.sum(axis=0)))
    return [_best(row, vocabulary) for row in weights]


def _best(weights: Doubles, vocabulary: Vocabulary) -> list[str]:
    order = np.argsort(-weights, kind="stable")[: 8 * N_WORDS]
    words = vocabulary.words.ids(order[weights[order] > 0])
    return [word for word in words if not word.isdigit() and (len(word) > _SINGLE or not word.isascii())]
