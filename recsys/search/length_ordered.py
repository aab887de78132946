"""Exact inner-product search that stops early: vectors in falling order of length.

By Cauchy and Schwarz no vector behind a place can score more than the query's length times
the length at that place. So the scan goes from the longest vectors on, in growing blocks,
and ends as soon as the best found cannot be beaten: for recommendations after one vector in
a hundred or less, as lengths fall steeply with popularity.

References
----------
Teflioudi, Gemulla 2016 (LEMP: exact retrieval of large inner products by length buckets).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import faiss
import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Floats, Mask, Rows
from recsys.errors import ArtifactError
from recsys.search.protocol import IndexReader, IndexWriter, VectorSource
from recsys.search.results import SearchReport, SearchResult

FIRST_BLOCK = 2048
HEAD = 15 * FIRST_BLOCK
"""Vectors that an index with a source holds: its first four blocks."""
QUERIES_AT_ONCE = 512
FEW = 20
# Inner products are rounded: a bound this little wider never cuts off a true answer.
SLACK = np.float32(1 + 1e-5)


@dataclass(frozen=True)
class OrderedVectors:
    """The vectors by place: the first ones are at hand, the others are asked for.

    Parameters
    ----------
    head : float32 array, shape (at most n, k)
        The longest vectors.
    rows : int32 array, shape (n,)
        Item row of each place.
    source : VectorSource or None
        Gives the vectors behind the head by item row; None where the head holds all.
    """

    head: Floats
    rows: NDArray[np.int32]
    source: VectorSource | None

    def __getitem__(self, places: slice | Rows) -> Floats:
        if self.source is None or (isinstance(places, slice) and places.stop <= len(self.head)):
            return self.head[places]
        return self.source(self.rows[places].astype(np.int64))


@dataclass(frozen=True)
class LengthOrderedIndex:
    """Item vectors in falling order of length; those of length 0 are left out.

    Parameters
    ----------
    index : faiss.IndexFlatIP
        Holds the longest vectors, or all; memory-mapped where it was read from a file.
    rows : int32 array, shape (n,)
        Item row of each place.
    lengths : float32 array, shape (n,)
        Euclidean length of each vector.
    n_items : int
    source : VectorSource, optional
        Gives the vectors that the index does not hold.
    """

    kind: ClassVar[str] = "length-ordered"

    index: Any
    rows: NDArray[np.int32]
    lengths: Floats
    n_items: int
    source: VectorSource | None = None
    vectors: OrderedVectors = field(init=False, repr=False)
    places: NDArray[np.int32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        places = np.full(self.n_items, -1, dtype=np.int32)
        places[self.rows] = np.arange(len(self.rows), dtype=np.int32)
        whole = self.index.ntotal == len(self.rows)
        vectors = OrderedVectors(_view(self.index), self.rows, None if whole else self.source)
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "vectors", vectors)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def report(self) -> SearchReport:
        """How the index searches: exactly."""
        return SearchReport("exact", len(self))

    @classmethod
    def build(
        cls, vectors: Floats, source: VectorSource | None = None, head: int = HEAD
    ) -> LengthOrderedIndex:
        """Order the vectors of all items, float32 (n_items, k).

        With a source that gives the same vectors, the index holds only the `head` longest, which is all
        that most searches look at, and asks for the others.
        """
        lengths = np.sqrt(np.einsum("ik,ik->i", vectors, vectors))
        rows = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors[rows if source is None else rows[:head]]))
        return cls(index, rows.astype(np.int32), lengths[rows], len(vectors), source)

    def vectors_of(self, item_rows: NDArray[np.integer]) -> Floats:
        """The indexed vectors of some items, float32 (n, k); zeros for items that are left out."""
        places = self.places[item_rows]
        vectors = np.zeros((len(places), self.index.d), dtype=np.float32)
        vectors[places >= 0] = self.vectors[places[places >= 0].astype(np.int64)]
        return vectors

    def write(self, name: str, writer: IndexWriter) -> None:
        """Write `name.faiss`, `name.rows` and `name.lengths`."""
        faiss.write_index(self.index, str(writer.path(f"{name}.faiss")))
        writer.array(f"{name}.rows", self.rows)
        writer.array(f"{name}.lengths", self.lengths)

    @classmethod
    def read(
        cls, name: str, reader: IndexReader, n_items: int, source: VectorSource | None = None
    ) -> LengthOrderedIndex:
        """Open what `write` wrote; the vectors stay on disk and are shared between processes.

        Raises
        ------
        ArtifactError
            Where the files do not fit each other, or a vector is not finite.
        """
        path, rows = reader.path(f"{name}.faiss"), reader.array(f"{name}.rows")
        lengths = reader.array(f"{name}.lengths")
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise ArtifactError(f"{path} cannot be read: {error}. Build again.") from error
        inside = not len(rows) or (rows.min() >= 0 and rows.max() < n_items)
        fits = index.ntotal == len(rows) or (source is not None and index.ntotal < len(rows))
        if not (fits and len(rows) == len(lengths) and inside and np.isfinite(_view(index).sum())):
            raise ArtifactError(f"{path} does not fit the files beside it. Build again.")
        return cls(index, rows, lengths, n_items, source)

    def search(
        self,
        queries: Floats,
        n: int,
        *,
        exclude: Sequence[NDArray[np.integer]] | None = None,
        allowed: Mask | None = None,
    ) -> list[SearchResult]:
        """The `n` best items for each query, as `VectorIndex.search`. Ties stand in row order."""
        n = min(n, len(self.rows))
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        hidden = [self._hidden(rows) for rows in exclude] if exclude is not None else []
        hidden = hidden or [np.empty(0, np.int64)] * len(queries)
        nothing = SearchResult(np.empty(0, np.int64), np.empty(0, np.float32))
        answers = [nothing] * len(queries)
        searched = self._slice(allowed)
        # Queries that exclude similarly many items go together: each block is searched for
        # as many more items as the largest number of exclusions in the group.
        order = np.argsort([len(places) for places in hidden], kind="stable")
        for start in range(0, len(order) if n > 0 else 0, QUERIES_AT_ONCE):
            group = order[start : start + QUERIES_AT_ONCE]
            best = _scan(searched, queries[group], n, [hidden[query] for query in group])
            for query, places in zip(group, best, strict=True):
                answers[query] = self._answer(queries[query], places)
        return answers

    def _slice(self, allowed: Mask | None) -> IndexSlice:
        if allowed is not None:
            return IndexSlice(self, np.flatnonzero(allowed[self.rows]))
        return IndexSlice(self, None)

    def _hidden(self, rows: NDArray[np.integer]) -> Rows:
        places: Rows = self.places[rows].astype(np.int64)
        return places[places >= 0]

    def _answer(self, query: Floats, places: Rows) -> SearchResult:
        # Scored again one query at a time, so that alone and in a batch the bits agree.
        scores = np.einsum("nk,k->n", self.vectors[places], query)
        rows = self.rows[places].astype(np.int64)
        order = np.lexsort((rows, -scores))
        return SearchResult(rows[order], scores[order])


class IndexSlice:
    """The places that a search looks at, still in falling order of length."""

    def __init__(self, whole: LengthOrderedIndex, places: Rows | None) -> None:
        self.places = places
        self.size = len(whole) if places is None else len(places)
        self._whole = whole

    def block(self, start: int, stop: int) -> Floats:
        if self.places is None:
            return self._whole.vectors[start:stop]
        return self._whole.vectors[self.places[start:stop]]

    def length_at(self, position: int) -> np.float32:
        return np.float32(self._whole.lengths[position if self.places is None else self.places[position]])

    def to_places(self, positions: Rows) -> Rows:
        return positions if self.places is None else self.places[positions]


def _scan(part: IndexSlice, queries: Floats, n: int, hidden: list[Rows]) -> list[Rows]:
    """Places of the `n` best for each query of a group, in no particular order."""
    size = max(1, part.size)
    keys = np.concatenate([query * len(part._whole) + places for query, places in enumerate(hidden)])
    scores = np.full((len(queries), n), -np.inf, dtype=np.float32)
    places = np.full((len(queries), n), -1, dtype=np.int64)
    reach = np.sqrt(np.einsum("mk,mk->m", queries, queries)) * SLACK
    active, start, step = np.arange(len(queries)), 0, FIRST_BLOCK
    wanted = n + max(len(one) for one in hidden)
    while start < part.size and len(active):
        stop = min(start + step, size)
        block = part.block(start, stop)
        new, at = _inner_products(queries[active], block, min(wanted, len(block)))
        at = part.to_places(at + start)
        new[np.isin(active[:, None] * len(part._whole) + at, keys)] = -np.inf
        _merge(scores, places, active, new, at)
        if stop < part.size:
            active = active[scores[active].min(axis=1) < reach[active] * part.length_at(stop)]
        start, step = stop, step * 2
    return [row[value > -np.inf] for row, value in zip(places, scores, strict=True)]


def _inner_products(queries: Floats, block: Floats, n: int) -> tuple[Floats, Rows]:
    """The `n` largest inner products of each query with a block: (values, positions)."""
    with one_thread_for_few(len(queries)):
        return faiss.knn(queries, block, n, metric=faiss.METRIC_INNER_PRODUCT)


@contextmanager
def one_thread_for_few(n_queries: int) -> Iterator[None]:
    """Search for a few queries with one thread.

    Waking a second one takes longer than the search does, and stalls on a busy machine.
    """
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads if n_queries >= FEW else 1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)


def _merge(scores: Floats, places: Rows, active: Rows, new: Floats, at: Rows) -> None:
    """Keep the best of what was found before and what is new."""
    n = scores.shape[1]
    both = np.concatenate([scores[active], new], axis=1)
    all_places = np.concatenate([places[active], at], axis=1)
    keep = np.argpartition(-both, n - 1, axis=1)[:, :n]
    scores[active] = np.take_along_axis(both, keep, axis=1)
    places[active] = np.take_along_axis(all_places, keep, axis=1)


def _view(index: Any) -> Floats:
    """The vectors inside a flat index, without a copy, read-only."""
    vectors = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d).reshape(index.ntotal, index.d)
    vectors.flags.writeable = False
    return vectors
