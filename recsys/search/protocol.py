"""What every kind of index can do. Another kind is one more file, named in `recsys.search.kinds`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Floats, Mask
from recsys.search.results import SearchReport, SearchResult

T = TypeVar("T")

VectorSource = Callable[[NDArray[np.int64]], Floats]
"""Gives the vectors of some items, float32 (n, k), zeros for those that cannot be found."""


class IndexWriter(Protocol):
    """Takes the files of an index: a version in the making."""

    def array(self, name: str, values: NDArray[Any]) -> None:
        """Write an array."""

    def document(self, name: str, value: object) -> None:
        """Write a typed value as JSON."""

    def path(self, name: str) -> Path:
        """Where to write a file of another kind."""


class IndexReader(Protocol):
    """Gives the files of an index back: a version that has been verified."""

    def array(self, name: str) -> NDArray[Any]:
        """An array, memory-mapped."""

    def document(self, name: str, kind: type[T]) -> T:
        """A typed value from JSON."""

    def path(self, name: str) -> Path:
        """The path of a file of another kind."""


class VectorIndex(Protocol):
    """Item vectors, searched by inner product.

    Attributes
    ----------
    kind : str
        Names the kind in what is stored.
    report : SearchReport
    """

    kind: ClassVar[str]

    @property
    def report(self) -> SearchReport:
        """How the index searches, and how much of the exact answer it finds."""

    def __len__(self) -> int:
        """Items that can be found: those whose vector is not zero."""

    @classmethod
    def build(cls, vectors: Floats, source: VectorSource | None = None) -> Self:
        """Index the vectors of all items, float32 (n_items, k).

        With a source that gives the same vectors again, an index need not hold them all.
        """

    def search(
        self,
        queries: Floats,
        n: int,
        *,
        exclude: Sequence[NDArray[np.integer]] | None = None,
        allowed: Mask | None = None,
    ) -> list[SearchResult]:
        """The `n` best items for each query, best first.

        Parameters
        ----------
        queries : float32 array, shape (m, k)
        n : int
        exclude : sequence of m int arrays, optional
            Item rows that may not be in the answer, for each query.
        allowed : bool array, shape (n_items,), optional
            The only items that may be. The search is exact with it, so that a filter leaves
            `n` items where `n` exist.

        Returns
        -------
        list of SearchResult
            One for each query.
        """

    def vectors_of(self, item_rows: NDArray[np.integer]) -> Floats:
        """The indexed vectors of some items, float32 (n, k); zeros for items that cannot be found."""

    def write(self, name: str, writer: IndexWriter) -> None:
        """Write the index under a name."""

    @classmethod
    def read(cls, name: str, reader: IndexReader, n_items: int, source: VectorSource | None = None) -> Self:
        """Open what `write` wrote; the vectors stay on disk and are shared between processes.

        `source` gives the vectors to a kind that does not store them.
        """
