"""The map of a version's items: from the index of similar items to places, clusters and their names."""

from __future__ import annotations

import numpy as np
import polars as pl

from recsys.arrays import Rows
from recsys.config import MapConfig
from recsys.model.cluster_names import cluster_names
from recsys.model.map import ItemMap, MapReport, clusters_of, lay_out, neighbours_kept
from recsys.progress import SILENT, Stage
from recsys.search.indexes import SimilarIndex


def draw_map(
    index: SimilarIndex,
    degrees: Rows,
    catalog: pl.DataFrame,
    config: MapConfig | None = None,
    progress: Stage = SILENT,
) -> ItemMap | None:
    """Where the most rated items stand beside those that are similar; None where too few have a place.

    Parameters
    ----------
    index : SimilarIndex
        Over all items.
    degrees : int64 array, shape (n_items,)
        Ratings of each item.
    catalog : polars.DataFrame, n_items rows
    """
    config = config or MapConfig()
    most = int(config.most_items * min(1.0, config.whole_below / max(1, index.n_factors)) ** 0.5)
    rows = index.findable(np.argsort(-degrees, kind="stable")[:most])
    if len(rows) < config.least_items:
        return None
    progress(0.0, "Finding the neighbours (FAISS)")
    near = index.neighbours(rows, config.neighbours)
    distances = np.sqrt(np.maximum(0, 2 - 2 * near.cosines))
    coordinates = lay_out(near.places, distances, near.directions, config, progress.part(0.3, 0.95))
    clusters = clusters_of(near.directions, config)
    report = MapReport(
        names=cluster_names(clusters, catalog[rows]),
        kept=neighbours_kept(near.places, coordinates, config.compared),
        compared=min(config.compared, near.places.shape[1]),
        perplexity=min(config.perplexity, near.places.shape[1] / 3),
        neighbours=near.places.shape[1],
        seed=config.seed,
    )
    return ItemMap(rows, coordinates, clusters, report)
