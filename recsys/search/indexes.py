"""Search over the item vectors: for users by inner product, for items by weighted cosine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from recsys.arrays import AnyRows, Floats, Mask, Rows
from recsys.config import IndexConfig
from recsys.search.clustered import ClusteredIndex
from recsys.search.kinds import KINDS, read_index, write_index
from recsys.search.length_ordered import LengthOrderedIndex
from recsys.search.protocol import IndexReader, IndexWriter, VectorIndex
from recsys.search.results import SearchReport, SearchResult

_USERS, _ITEMS = "user_index", "similar_index"
SEQUENTIAL_INDEX = "sequential_index"
"""The name of the user index of the sequential model."""
N_QUERIES = 256
"""Items that the recall of an approximate search is measured on."""


class ItemVectors(Protocol):
    """A model whose scores are inner products with the vectors of its items."""

    @property
    def n_items(self) -> int:
        """How many items it knows."""

    def item_vectors_of(self, rows: AnyRows | slice) -> Floats:
        """The vectors of some items, float32 (n, k)."""


class PlacedItems(Protocol):
    """What says where items stand: a ranking model by their ratings, a placement by their words too."""

    @property
    def n_items(self) -> int: ...

    @property
    def item_degrees(self) -> Rows: ...

    def weighted_similarity_vectors_of(self, rows: AnyRows | slice) -> Floats:
        """Where some items stand, of length 1, times their evidence, float32 (n, k)."""


class UserSearch(Protocol):
    """Anything that finds the best items for the vectors of users."""

    def search(
        self,
        queries: Floats,
        n: int,
        *,
        exclude: Sequence[NDArray[np.integer]] | None = None,
        allowed: Mask | None = None,
    ) -> list[SearchResult]:
        """The best `n` items for each query, as `VectorIndex.search`."""


@dataclass(frozen=True)
class UserIndex:
    """Inner products of user vectors with item vectors: exact at any size."""

    index: VectorIndex

    @classmethod
    def build(cls, model: ItemVectors, config: IndexConfig | None = None) -> UserIndex:
        """Index `model.item_vectors`, of which the index stores the longest only."""
        kind = KINDS[(config or IndexConfig()).kind]
        return cls(kind.build(model.item_vectors_of(slice(None)), model.item_vectors_of))

    def search(
        self,
        queries: Floats,
        n: int,
        *,
        exclude: Sequence[NDArray[np.integer]] | None = None,
        allowed: Mask | None = None,
    ) -> list[SearchResult]:
        """The best `n` items for each query, as `VectorIndex.search`."""
        return self.index.search(queries, n, exclude=exclude, allowed=allowed)

    def write(self, writer: IndexWriter, name: str = _USERS) -> None:
        """Write the files `user_index.*`, or those of another name."""
        write_index(self.index, name, writer)

    @classmethod
    def read(cls, reader: IndexReader, model: ItemVectors, name: str = _USERS) -> UserIndex:
        """Open what `write` wrote, of the same model."""
        return cls(read_index(name, reader, model.n_items, model.item_vectors_of))


class SimilarItems(NamedTuple):
    """The items most like one, best first: the score is the cosine times the evidence."""

    rows: Rows
    scores: Floats
    cosines: Floats


class Neighbours(NamedTuple):
    """Some items among themselves: their directions, float32 (m, k), and of each the nearest, (m, n)."""

    directions: Floats
    places: Rows
    cosines: Floats


@dataclass(frozen=True)
class SimilarIndex:
    """Items like an item: cosine(y_q, y_i) deg_i / (deg_i + kappa).

    The vectors are y_i / |y_i| times the evidence, so their length is the evidence, and the query is
    an item's own vector divided by its length. Beyond `IndexConfig.exact_below` items the
    search is approximate.
    """

    index: VectorIndex

    @property
    def report(self) -> SearchReport:
        """How the index searches, and how much of the exact answer it finds."""
        return self.index.report

    @classmethod
    def build(cls, model: PlacedItems, config: IndexConfig | None = None) -> SimilarIndex:
        """Index the items; where there are many, measure what an approximate search misses."""
        config = config or IndexConfig()
        source = model.weighted_similarity_vectors_of
        vectors = source(slice(None))
        lengths = _lengths(vectors)
        if np.count_nonzero(lengths) <= config.exact_below:
            return cls(LengthOrderedIndex.build(vectors, source))
        index = ClusteredIndex.build(vectors, source, config.seed)
        rows = _real_queries(lengths, model.item_degrees, config.seed)
        queries, _ = cls(index)._queries(rows)
        return cls(index.tuned(vectors, queries, list(rows[:, None]), config))

    def search(self, item_row: int, n: int, *, allowed: Mask | None = None) -> SimilarItems:
        """The `n` items most like one, itself left out; none where it has no co-occurrence.

        With `allowed` the search is exact, so that a filter leaves `n` items where `n` exist.
        """
        row = np.array([item_row], dtype=np.int64)
        queries, lengths = self._queries(row)
        if not lengths[0]:
            return SimilarItems(np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.float32))
        rows, scores = self.index.search(queries, n, exclude=[row], allowed=allowed)[0]
        return SimilarItems(rows, scores, scores / _lengths(self.index.vectors_of(rows)))

    @property
    def n_factors(self) -> int:
        """How long the vectors are."""
        return int(self.index.vectors_of(np.empty(0, dtype=np.int64)).shape[1])

    def findable(self, rows: Rows) -> Rows:
        """Those of some items that have a place, and so can be found, in the order given."""
        found: Rows = rows[_lengths(self.index.vectors_of(rows)) > 0]
        return found

    def neighbours(self, rows: Rows, n: int) -> Neighbours:
        """The `n` nearest of each of some items among these, by cosine, itself left out: an exact search.

        Parameters
        ----------
        rows : int64 array, shape (m,)
            Items that can be found, m above 1.
        n : int
            At most m - 1 come back.
        """
        n = min(n, len(rows) - 1)
        directions, _ = self._queries(rows)
        cosines, places = faiss.knn(directions, directions, n + 1, metric=faiss.METRIC_INNER_PRODUCT)
        own = places == np.arange(len(rows))[:, None]
        own[~own.any(axis=1), -1] = True  # among equal items one may not find itself
        cosines, places = (found[~own].reshape(len(rows), n) for found in (cosines, places))
        return Neighbours(directions, places, cosines)

    def _queries(self, rows: Rows) -> tuple[Floats, Floats]:
        """The vectors of items, each divided by its length, and the lengths."""
        vectors = self.index.vectors_of(rows)
        lengths = _lengths(vectors)
        divisors: Floats = np.maximum(lengths, np.finfo(np.float32).tiny)
        return vectors / divisors[:, None], lengths

    def write(self, writer: IndexWriter) -> None:
        """Write the files `similar_index.*`."""
        write_index(self.index, _ITEMS, writer)

    @classmethod
    def read(cls, reader: IndexReader, model: PlacedItems) -> SimilarIndex:
        """Open what `write` wrote, of the same model."""
        source = model.weighted_similarity_vectors_of
        return cls(read_index(_ITEMS, reader, model.n_items, source))


def _real_queries(lengths: Floats, degrees: Rows, seed: int) -> Rows:
    """Items to measure with: half drawn by their number of ratings, half with equal chances."""
    rng = np.random.default_rng(seed)
    rows = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
    by_ratings = rng.choice(len(rows), N_QUERIES // 2, p=degrees[rows] / degrees[rows].sum())
    drawn: Rows = rows[np.concatenate([by_ratings, rng.choice(len(rows), N_QUERIES // 2)])]
    return drawn


def _lengths(vectors: Floats) -> Floats:
    lengths: Floats = np.sqrt(np.einsum("ik,ik->i", vectors, vectors))
    return lengths
