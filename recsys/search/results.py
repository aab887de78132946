"""What a search finds, and what is known of how it searches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Floats, Rows


class SearchResult(NamedTuple):
    """The answers to one query, best first: item rows and their scores."""

    rows: Rows
    scores: Floats


@dataclass(frozen=True)
class SearchReport:
    """How an index searches, and how much of the exact answer it finds.

    Attributes
    ----------
    kind : str
        "exact", or what an approximate search looks at.
    items : int
        Vectors in the index.
    recall : float
        Measured share of the exact first 50 that is found, 0 to 1.
    depth : int or None
        Vectors looked at, where the search is approximate.
    queries : int
        Queries the recall was measured on.
    """

    kind: str
    items: int
    recall: float = 1.0
    depth: int | None = None
    queries: int = 0


def largest(values: NDArray[np.floating], n: int) -> Rows:
    """The places of the `n` largest values, largest first; ties in their order. Fewer where fewer exist."""
    n = min(n, len(values))
    if n <= 0:
        return np.zeros(0, dtype=np.int64)
    least = np.partition(values, len(values) - n)[len(values) - n]
    places = np.flatnonzero(values >= least)
    return places[np.argsort(-values[places], kind="stable")][:n]
