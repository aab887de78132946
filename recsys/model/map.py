"""Items in two dimensions: t-SNE of the neighbours that the search for similar items has found.

    p_ij   how near j is among the neighbours of i, a Gaussian of the set perplexity, made symmetric
    q_ij   ~ 1 / (1 + |y_i - y_j|^2)
    y      minimises KL(p | q) by gradient descent, p exaggerated at first
    y(0)   the first two principal components of the vectors, with a little noise that parts equal ones

Clusters are those of spherical k-means in the vectors themselves, not on the map.

References
----------
van der Maaten, Hinton 2008 (t-SNE); van der Maaten 2014 and Linderman, Rachh, Hoskins, Steinerberger,
Kluger 2019 (its fast gradients); Kobak, Berens 2019 (the principal components as the beginning);
Poličar, Stražar, Zupan 2024 (openTSNE). Dhillon, Modha 2001 (spherical k-means).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Doubles, Floats, Rows, Rows32
from recsys.config import MapConfig
from recsys.linalg.blocked import n_threads
from recsys.progress import SILENT, Stage

_REPORT_EVERY = 10
_START = 1e-4
"""Spread of the first component where the descent begins (Kobak, Berens 2019)."""
_NOISE = 1e-2
"""Of the noise, in shares of that spread."""
_ROUNDS = 20


@dataclass(frozen=True)
class MapReport:
    """How a map was made, and how good it is.

    Attributes
    ----------
    names : tuple of str
        Of each cluster.
    kept : float
        Share of the first `compared` neighbours of an item that are among as many nearest on the map, 0 to 1.
    compared : int
    perplexity : float
    neighbours : int
        Of each item, that the map was made of.
    seed : int
    method : str
    """

    names: tuple[str, ...]
    kept: float
    compared: int
    perplexity: float
    neighbours: int
    seed: int
    method: str = "t-SNE"


@dataclass(frozen=True)
class ItemMap:
    """Where the most rated items stand on the map.

    Parameters
    ----------
    rows : int64 array, shape (n,)
        Item rows, most rated first.
    coordinates : float32 array, shape (n, 2)
        From -1 to 1; only distances between near items have a meaning.
    clusters : int32 array, shape (n,)
        The largest cluster is 0.
    report : MapReport
    """

    rows: Rows
    coordinates: Floats
    clusters: Rows32
    report: MapReport

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As arrays by name; the report is stored apart from them."""
        return {"rows": self.rows, "coordinates": self.coordinates, "clusters": self.clusters}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], report: MapReport) -> ItemMap:
        """The inverse of `to_arrays`; arrays may be memory-mapped and stay so."""
        return cls(**arrays, report=report)


def lay_out(
    neighbours: Rows, distances: Floats, vectors: Floats, config: MapConfig, progress: Stage = SILENT
) -> Floats:
    """Two dimensions for items whose neighbours are known. The same seed gives the same map.

    Parameters
    ----------
    neighbours : int64 array, shape (n, m)
        Of each item, nearest first, itself left out; at least `config.least_items` items.
    distances : float32 array, shape (n, m)
    vectors : float32 array, shape (n, k)
        What the map begins with.

    Returns
    -------
    float32 array, shape (n, 2)
        From -1 to 1.
    """
    # Only a build pays for these imports, not who serves. One thread: its steps are too short for several,
    # which wait for each other on a busy machine (measured at 50,000 items: 1.8 times as long).
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    found = PrecomputedNeighbors(neighbours, distances.astype(np.float64))
    perplexity = min(config.perplexity, neighbours.shape[1] / 3)
    affinities = PerplexityBasedNN(knn_index=found, perplexity=perplexity)
    first, rest = config.iterations
    done = 0

    def report(_: int, __: float, ___: Doubles) -> None:
        nonlocal done
        done += _REPORT_EVERY
        progress(done / (first + rest), f"Round {done} of {first + rest}")

    layout = TSNEEmbedding(
        _beginning(vectors, config.seed), affinities, callbacks=report, callbacks_every_iters=_REPORT_EVERY,
    )  # fmt: skip
    layout.optimize(first, exaggeration=config.exaggeration, inplace=True)
    layout.optimize(rest, inplace=True)
    return _framed(np.asarray(layout))


def _beginning(vectors: Floats, seed: int) -> Doubles:
    """The first two principal components, and the noise, float64 (n, 2)."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, : -min(2, axes.shape[1]) - 1 : -1]
    # The sign of an axis is arbitrary: its largest part is positive.
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    start = np.zeros((len(vectors), 2))
    start[:, : axes.shape[1]] = centred @ axes
    spread = start[:, 0].std()
    start *= _START / spread if spread > 0 else 0.0
    noise: Doubles = np.random.default_rng(seed).normal(0, _NOISE * _START, start.shape)
    return start + noise


def _framed(layout: Doubles) -> Floats:
    """The layout in the middle of a square from -1 to 1."""
    low, high = layout.min(axis=0), layout.max(axis=0)
    half = max(float((high - low).max()) / 2, np.finfo(np.float64).tiny)
    framed: Floats = ((layout - (low + high) / 2) / half).clip(-1, 1).astype(np.float32)
    return framed


def neighbours_kept(neighbours: Rows, coordinates: Floats, compared: int) -> float:
    """The share of the first `compared` neighbours that are among as many nearest on the map.

    Parameters
    ----------
    neighbours : int64 array, shape (n, m)
        Of each item, nearest first, itself left out.
    coordinates : float32 array, shape (n, 2)
    """
    from scipy.spatial import cKDTree  # only a build pays for this import

    compared = min(compared, neighbours.shape[1])
    _, nearest = cKDTree(coordinates).query(coordinates, compared + 1, workers=n_threads())
    own = nearest == np.arange(len(nearest))[:, None]
    own[~own.any(axis=1), -1] = True  # among equal places an item may not find itself
    nearest = nearest[~own].reshape(len(nearest), compared)
    shared = (neighbours[:, :compared, None] == nearest[:, None, :]).any(axis=2)
    return float(shared.mean())


def clusters_of(vectors: Floats, config: MapConfig) -> Rows32:
    """The cluster of each vector, the largest first, int32 (n,): spherical k-means by FAISS."""
    import faiss

    n_clusters = max(1, min(config.most_clusters, len(vectors) // config.items_per_cluster))
    means = faiss.Kmeans(
        vectors.shape[1], n_clusters, niter=_ROUNDS, spherical=True, seed=config.seed & 0x7FFFFFFF,
        min_points_per_centroid=1,
    )  # fmt: skip
    means.train(vectors)
    _, nearest = means.index.search(vectors, 1)
    _, found, sizes = np.unique(nearest[:, 0], return_inverse=True, return_counts=True)
    places = np.empty(len(sizes), dtype=np.int32)
    places[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes), dtype=np.int32)
    return places[found]
