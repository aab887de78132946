"""Search among the products that nobody has rated yet, by where their words place them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from recsys.arrays import Floats, Mask
from recsys.model.content import ContentModel
from recsys.search.kinds import read_index, write_index
from recsys.search.length_ordered import LengthOrderedIndex
from recsys.search.protocol import IndexReader, IndexWriter, VectorIndex
from recsys.search.results import SearchResult

_NEW = "unrated_index"


@dataclass(frozen=True)
class DescribedIndex:
    """What words say of products, and the new ones among them, indexed.

    The vectors are z: the surer the words place a product, the longer.

    Parameters
    ----------
    model : ContentModel
    index : VectorIndex
        One vector for each product without ratings.
    """

    model: ContentModel
    index: VectorIndex

    @classmethod
    def build(cls, model: ContentModel, unrated: pl.DataFrame) -> DescribedIndex:
        """Index the products of the catalogue that have no ratings."""
        return cls(model, LengthOrderedIndex.build(model.vectors(unrated)))

    def search(
        self, query: Floats, n: int, *, exclude: int | None = None, allowed: Mask | None = None
    ) -> SearchResult:
        """The new products of the largest inner products with `query`, best first."""
        hidden = np.array([] if exclude is None else [exclude], dtype=np.int64)
        return self.index.search(query[None, :], n, exclude=[hidden], allowed=allowed)[0]

    def write(self, writer: IndexWriter) -> None:
        """Write the files `unrated_index.*`."""
        write_index(self.index, _NEW, writer)

    @classmethod
    def read(cls, reader: IndexReader, model: ContentModel, n_unrated: int) -> DescribedIndex:
        """Open what `write` wrote."""
        return cls(model, read_index(_NEW, reader, n_unrated))
