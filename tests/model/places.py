"""Items whose places are given, for what looks at places only."""

from __future__ import annotations

import numpy as np

from recsys.arrays import AnyRows, Floats, Rows


class Places:
    """Stands for a model: `vectors`, float32 (n, k), are where its items stand."""

    def __init__(self, vectors: Floats, degrees: Rows | None = None) -> None:
        self.vectors = vectors
        self.n_items = len(vectors)
        self.item_degrees = np.arange(len(vectors), 0, -1) if degrees is None else degrees

    def weighted_similarity_vectors_of(self, rows: AnyRows | slice) -> Floats:
        """The vectors of some items."""
        return self.vectors[rows]
