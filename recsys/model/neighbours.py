"""Item-kNN as a model that can be stored: an item's score is its similarity to the user's items.

References
----------
Deshpande, Karypis 2004, "Item-based top-N recommendation algorithms".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.arrays import Floats, Rows, Rows32


@dataclass(frozen=True)
class NeighbourModel:
    """For each item, the items it is a neighbour of, and how similar they are.

    Parameters
    ----------
    indptr : int64 array, shape (n_items + 1,)
        The item `j` is a neighbour of the items `targets[indptr[j]:indptr[j + 1]]`.
    targets : int32 array, shape (n,)
    similarities : float32 array, shape (n,)
    """

    indptr: Rows
    targets: Rows32
    similarities: Floats

    @property
    def n_items(self) -> int:
        return len(self.indptr) - 1

    @cached_property
    def matrix(self) -> sparse.csr_matrix:
        """What each item (line) adds to the score of each other one (column)."""
        parts = (self.similarities, self.targets, self.indptr)
        return sparse.csr_matrix(parts, shape=(self.n_items, self.n_items))

    def scores(self, rows: Rows) -> Floats:
        """The scores of all items for a user with the items `rows`, float32 (n_items,)."""
        out = np.zeros(self.n_items, dtype=np.float32)
        for row in rows:
            own = slice(self.indptr[row], self.indptr[row + 1])
            out[self.targets[own]] += self.similarities[own]
        return out

    def contributions(self, rows: Rows, target: int) -> Floats:
        """What each of a user's items adds to the score of the item `target`, float32 (n,)."""
        parts = np.zeros(len(rows), dtype=np.float32)
        for place, row in enumerate(rows):
            own = slice(self.indptr[row], self.indptr[row + 1])
            parts[place] = self.similarities[own][self.targets[own] == target].sum()
        return parts

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name."""
        return {"indptr": self.indptr, "targets": self.targets, "similarities": self.similarities}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> NeighbourModel:
        """The inverse of `to_arrays`; arrays may be memory-mapped and stay so."""
        return cls(arrays["indptr"], arrays["targets"], arrays["similarities"])
