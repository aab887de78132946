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

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Floats, Mask, Rows
from recsys.search.results import SearchResult

FIRST_BLOCK = 2048
QUERIES_AT_ONCE = 512
FEW = 20
# Inner products are rounded: a bound this little wider never cuts off a true answer.
SLACK = np.float32(1 + 1e-5)


@dataclass(frozen=True)
class NormOrder:
    """Item vectors in falling order of length, those of length 0 left out.

    Parameters
    ----------
    index : faiss.IndexFlatIP
        Holds the vectors; memory-mapped where it was read from a file.
    rows : int32 array, shape (n,)
        Item row of each place.
    lengths : float32 array, shape (n,)
        Euclidean length of each vector.
    n_items : int
    """

    index: Any
    rows: NDArray[np.int32]
    lengths: Floats
    n_items: int
    vectors: Floats = field(init=False, repr=False)
    places: NDArray[np.int32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        places = np.full(self.n_items, -1, dtype=np.int32)
        places[self.rows] = np.arange(len(self.rows), dtype=np.int32)
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "vectors", _view(self.index))

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def build(cls, vectors: Floats) -> NormOrder:
        """Order the vectors of all items, shape (n_items, k)."""
        lengths = np.sqrt(np.einsum("ik,ik->i", vectors, vectors))
        rows = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors[rows]))
        return cls(index, rows.astype(np.int32), lengths[rows], len(vectors))

    def write(self, folder: Path, name: str) -> None:
        """Write `name.faiss`, `name.rows.npy` and `name.lengths.npy`."""
        faiss.write_index(self.index, str(folder / f"{name}.faiss"))
        np.save(folder / f"{name}.rows.npy", self.rows, allow_pickle=False)
        np.save(folder / f"{name}.lengths.npy", self.lengths, allow_pickle=False)

    @classmethod
    def read(cls, folder: Path, name: str, n_items: int) -> NormOrder:
        """Open what `write` wrote; the vectors stay on disk and are shared between processes."""
        index = faiss.read_index(str(folder / f"{name}.faiss"), faiss.IO_FLAG_MMAP_IFC)
        rows, lengths = (
            np.load(folder / f"{name}.{part}.npy", mmap_mode="r", allow_pickle=False)
            for part in ("rows", "lengths")
        )
        return cls(index, rows, lengths, n_items)

    def search(
        self,
        queries: Floats,
        n: int,
        *,
        exclude: Sequence[NDArray[np.integer]] | None = None,
        allowed: Mask | None = None,
        depth: int | None = None,
    ) -> list[SearchResult]:
        """The `n` best items for each query.

        Parameters
        ----------
        queries : float32 array, shape (m, k)
        n : int
        exclude : sequence of m int arrays, optional
            Item rows that may not be in the answer, for each query.
        allowed : bool array, shape (n_items,), optional
            The only items that may be.
        depth : int, optional
            Look at no more than the first `depth` places: approximate.

        Returns
        -------
        list of SearchResult
            Fewer than `n` only where no more items are left. Ties stand in row order.
        """
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        hidden = [self._hidden(rows) for rows in exclude] if exclude is not None else []
        hidden = hidden or [np.empty(0, np.int64)] * len(queries)
        if allowed is not None:
            searched = IndexSlice(self, np.flatnonzero(allowed[self.rows]))
        else:
            searched = IndexSlice(self, None if depth is None else slice(0, depth))
        answers: list[SearchResult] = [SearchResult(np.empty(0, np.int64), np.empty(0, np.float32))] * len(
            queries
        )
        # Queries with as many items to leave out go together, as each block is searched
        # for that many more than are wanted.
        order = np.argsort([len(places) for places in hidden], kind="stable")
        for start in range(0, len(order) if n > 0 else 0, QUERIES_AT_ONCE):
            group = order[start : start + QUERIES_AT_ONCE]
            best = _scan(searched, queries[group], n, [hidden[query] for query in group])
            for query, places in zip(group, best, strict=True):
                answers[query] = self._answer(queries[query], places)
        return answers

    def _hidden(self, rows: NDArray[np.integer]) -> Rows:
        places = self.places[rows].astype(np.int64)
        return places[places >= 0]

    def _answer(self, query: Floats, places: Rows) -> SearchResult:
        # Scored again one query at a time, so that alone and in a batch the bits agree.
        scores = np.einsum("nk,k->n", self.vectors[places], query)
        rows = self.rows[places].astype(np.int64)
        order = np.lexsort((rows, -scores))
        return SearchResult(rows[order], scores[order])


class IndexSlice:
    """The places that a search looks at, still in falling order of length."""

    def __init__(self, whole: NormOrder, places: Rows | slice | None) -> None:
        self.places = places if isinstance(places, np.ndarray) else None
        self.size = len(whole) if places is None else len(whole.rows[places])
        self._whole = whole

    def block(self, start: int, stop: int) -> Floats:
        if self.places is None:
            return self._whole.vectors[start:stop]
        return self._whole.vectors[self.places[start:stop]]

    def length_at(self, position: int) -> np.float32:
        return self._whole.lengths[position if self.places is None else self.places[position]]

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
    threads = faiss.omp_get_max_threads()
    # Waking a second thread takes longer than a block does, and stalls on a busy machine.
    faiss.omp_set_num_threads(threads if len(queries) >= FEW else 1)
    try:
        return faiss.knn(queries, block, n, metric=faiss.METRIC_INNER_PRODUCT)
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
