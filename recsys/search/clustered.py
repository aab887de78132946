"""Approximate inner-product search for vectors of nearly one length: by clusters of direction.

Where lengths are nearly equal, an early stop by length saves nothing. So the vectors are dealt into
clusters by their direction, and a search looks at the clusters nearest to the query. They hold codes of
eight bits a component. The best candidates are scored again with their exact vectors, which the index
does not store: a source gives them.

References
----------
Sivic, Zisserman 2003 (inverted files); Jegou, Douze, Schmid 2011 (codes in them, scored again).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import faiss
import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Floats, Mask, Rows
from recsys.config import SEED, IndexConfig
from recsys.errors import ArtifactError
from recsys.search.length_ordered import LengthOrderedIndex, one_thread_for_few
from recsys.search.protocol import IndexReader, IndexWriter, VectorSource
from recsys.search.results import SearchReport, SearchResult

MEASURED_AT = 50
"""The recall of an approximate search is that of the first 50 items."""
_MORE = 32
"""Candidates that are scored again beside twice the items asked for."""
_LEARN_EACH = 40
"""Vectors for each cluster that its centre is learned from."""
_ROUNDS = 6
_BLOCK = 1 << 15


@dataclass(frozen=True)
class ClusterSettings:
    """How many clusters a search looks at, and what it finds by that."""

    probes: int
    report: SearchReport


@dataclass(frozen=True)
class ClusteredIndex:
    """Item vectors in clusters; those of length 0 are left out.

    Parameters
    ----------
    index : faiss.IndexIVFScalarQuantizer
        Holds the codes under the item rows; memory-mapped where it was read from a file.
    exact : LengthOrderedIndex
        The exact vectors, asked for one by one. It answers where a filter is set.
    settings : ClusterSettings
    """

    kind: ClassVar[str] = "clustered"

    index: Any
    exact: LengthOrderedIndex
    settings: ClusterSettings

    def __len__(self) -> int:
        return len(self.exact)

    @property
    def report(self) -> SearchReport:
        """How the index searches, and how much of the exact answer it finds."""
        return self.settings.report

    @classmethod
    def build(cls, vectors: Floats, source: VectorSource | None = None, seed: int = SEED) -> ClusteredIndex:
        """Deal the vectors of all items, float32 (n_items, k), into clusters; a search looks at all.

        `source` gives the same vectors again; by default the array itself is kept.
        """
        exact = LengthOrderedIndex.build(vectors, source or vectors.__getitem__, head=0)
        index = _clusters(vectors, np.sort(exact.rows), seed)
        return cls(index, exact, ClusterSettings(index.nlist, SearchReport("all clusters", len(exact))))

    def tuned(
        self, vectors: Floats, queries: Floats, exclude: Sequence[Rows], config: IndexConfig
    ) -> ClusteredIndex:
        """Look at the nearest clusters only: as few, doubling, as reach `config.target_recall`."""
        truth = _exact_rows(queries, vectors, exclude)
        probes = min(config.first_probes, self.index.nlist)
        while True:
            tried = replace(self, settings=replace(self.settings, probes=probes))
            found = tried.search(queries, MEASURED_AT, exclude=exclude)
            pairs = zip(truth, found, strict=True)
            recall = float(np.mean([np.isin(true, one.rows).mean() for true, one in pairs]))
            if recall >= config.target_recall or probes == self.index.nlist:
                break
            probes = min(2 * probes, self.index.nlist)
        looked_at = len(self) * probes // self.index.nlist
        report = SearchReport("the nearest clusters", len(self), recall, looked_at, len(queries))
        return replace(self, settings=ClusterSettings(probes, report))

    def search(
        self,
        queries: Floats,
        n: int,
        *,
        exclude: Sequence[NDArray[np.integer]] | None = None,
        allowed: Mask | None = None,
    ) -> list[SearchResult]:
        """The `n` best items for each query, as `VectorIndex.search`. Ties stand in row order."""
        if allowed is not None or n <= 0 or not len(self):
            return self.exact.search(queries, n, exclude=exclude, allowed=allowed)
        queries = np.ascontiguousarray(queries, dtype=np.float32)
        hidden = exclude if exclude is not None else [np.empty(0, np.int64)] * len(queries)
        candidates = 2 * n + _MORE + max((len(rows) for rows in hidden), default=0)
        probes = faiss.SearchParametersIVF(nprobe=self.settings.probes)  # type: ignore[call-arg]
        with one_thread_for_few(len(queries)):
            _, found = self.index.search(queries, min(candidates, len(self)), params=probes)
        return [
            self._best(query, rows[(rows >= 0) & ~np.isin(rows, seen)], n)
            for query, rows, seen in zip(queries, found, hidden, strict=True)
        ]

    def _best(self, query: Floats, rows: Rows, n: int) -> SearchResult:
        scores = np.einsum("nk,k->n", self.vectors_of(rows), query)
        order = np.lexsort((rows, -scores))[:n]
        return SearchResult(rows[order], scores[order])

    def vectors_of(self, item_rows: NDArray[np.integer]) -> Floats:
        """The exact vectors of some items, float32 (n, k); zeros for items that are left out."""
        return self.exact.vectors_of(item_rows)

    def write(self, name: str, writer: IndexWriter) -> None:
        """Write `name.clusters`, the order of the exact vectors, and `name.settings`."""
        faiss.write_index(self.index, str(writer.path(f"{name}.clusters")))
        self.exact.write(name, writer)
        writer.document(f"{name}.settings", self.settings)

    @classmethod
    def read(
        cls, name: str, reader: IndexReader, n_items: int, source: VectorSource | None = None
    ) -> ClusteredIndex:
        """Open what `write` wrote; the codes stay on disk and are shared between processes.

        Raises
        ------
        ArtifactError
            Where the files do not fit each other.
        """
        exact = LengthOrderedIndex.read(name, reader, n_items, source)
        path = reader.path(f"{name}.clusters")
        try:
            index: Any = faiss.read_index(str(path), faiss.IO_FLAG_MMAP)
        except RuntimeError as error:
            raise ArtifactError(f"{path} cannot be read: {error}. Build again.") from error
        if index.ntotal != len(exact):
            raise ArtifactError(f"{path} does not fit the files beside it. Build again.")
        # By default every search starts threads that read ahead, which takes longer than the search.
        lists: Any = faiss.downcast_InvertedLists(index.invlists)
        lists.prefetch_nthread = 0
        return cls(index, exact, reader.document(f"{name}.settings", ClusterSettings))


def _clusters(vectors: Floats, rows: Rows, seed: int) -> Any:
    """Learn the centres from a sample, then code the vectors of `rows`."""
    k = vectors.shape[1]
    n_clusters = int(2 ** np.round(np.log2(max(1.0, 0.75 * len(rows) ** 0.5))))
    n_clusters = max(1, min(n_clusters, len(rows)))
    rng = np.random.default_rng(seed)
    sample = vectors[rng.choice(rows, min(len(rows), _LEARN_EACH * n_clusters), replace=False)]
    quantiser = faiss.IndexFlatIP(k)
    kind = faiss.ScalarQuantizer.QT_8bit
    index = faiss.IndexIVFScalarQuantizer(quantiser, k, n_clusters, kind, faiss.METRIC_INNER_PRODUCT, False)
    if not len(rows):
        return index
    directions = sample / np.sqrt(np.einsum("ik,ik->i", sample, sample))[:, None]
    means = faiss.Kmeans(
        k, n_clusters, niter=_ROUNDS, spherical=True, seed=seed & 0x7FFFFFFF,
        min_points_per_centroid=1, max_points_per_centroid=_LEARN_EACH,
    )  # fmt: skip
    means.train(np.ascontiguousarray(directions))
    quantiser.add(means.centroids)
    index.train(sample)
    # By blocks: a second array of all vectors would be the peak of a build.
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK].astype(np.int64)
        index.add_with_ids(np.ascontiguousarray(vectors[block]), block)
    return index


def _exact_rows(queries: Floats, vectors: Floats, exclude: Sequence[Rows]) -> list[Rows]:
    """The first `MEASURED_AT` items of each query, by brute force."""
    hidden = max((len(rows) for rows in exclude), default=0)
    n = min(MEASURED_AT + hidden, len(vectors))
    _, found = faiss.knn(queries, vectors, n, metric=faiss.METRIC_INNER_PRODUCT)
    return [rows[~np.isin(rows, seen)][:MEASURED_AT] for rows, seen in zip(found, exclude, strict=True)]
