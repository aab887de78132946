"""Lists whose items are unlike each other.

References
----------
Carbonell, Goldstein 1998 (maximal marginal relevance).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from recsys.arrays import AnyRows, Floats, Rows


class ItemSimilarity(Protocol):
    """A model that says by its vectors how alike two items are."""

    def similarity_vectors_of(self, rows: AnyRows | slice) -> Floats: ...


def diverse(scores: Floats, vectors: Floats, k: int, variety: float) -> Rows:
    """The places of `k` items by maximal marginal relevance, in the order in which they are taken.

    Parameters
    ----------
    scores : float32 array, shape (n,)
        Best first.
    vectors : float32 array, shape (n, d)
        Of length 1, so that inner products are cosines.
    """
    best = float(scores[0]) if len(scores) else 1.0
    relevance = scores / (best if best > 0 else 1.0)
    closest, free = np.zeros(len(scores), np.float32), np.ones(len(scores), dtype=bool)
    taken: list[int] = []
    for _ in range(min(k, len(scores))):
        worth = np.where(free, (1 - variety) * relevance - variety * closest, -np.inf)
        taken.append(int(np.argmax(worth)))
        free[taken[-1]] = False
        closest = np.maximum(closest, vectors @ vectors[taken[-1]])
    return np.array(taken, dtype=np.int64)


def variety_of(model: ItemSimilarity, rows: Rows) -> float:
    """One minus the mean cosine of all pairs of some items: 0 where all are alike, NaN for fewer than two."""
    vectors = model.similarity_vectors_of(rows)
    if len(vectors) < 2:
        return float("nan")
    cosines = vectors @ vectors.T
    return 1 - float(cosines[np.triu_indices(len(vectors), 1)].mean())
