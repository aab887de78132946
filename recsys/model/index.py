"""Search over the item vectors: for users by inner product, for items by weighted cosine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from recsys.config import IndexConfig
from recsys.model.ranking import RankingModel

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class UserIndex:
    """Exact inner-product search for users."""

    vectors: Floats

    @classmethod
    def build(cls, model: RankingModel, config: IndexConfig | None = None) -> UserIndex:
        return cls(model.item_vectors)

    def search(
        self,
        queries: Floats,
        n: int,
        *,
        exclude: list[NDArray[np.integer]] | None = None,
        allowed: Mask | None = None,
    ) -> tuple[list[Rows], list[Floats]]:
        """The best `n` items for each query, best first; fewer where fewer are left."""
        open_rows = self.vectors.any(axis=1)
        if allowed is not None:
            open_rows = open_rows & allowed
        found, values = [], []
        for position, query in enumerate(queries):
            mask = open_rows.copy()
            if exclude is not None:
                mask[exclude[position]] = False
            rows, scores = _best(self.vectors @ query, mask, n)
            found.append(rows)
            values.append(scores)
        return found, values

    def write(self, folder: Path) -> None:
        faiss.write_index(_flat(self.vectors), str(folder / "users.faiss"))

    @classmethod
    def read(cls, folder: Path) -> UserIndex:
        return cls(_codes(faiss.read_index(str(folder / "users.faiss"))))


@dataclass(frozen=True)
class SimilarIndex:
    """Search for items like an item."""

    vectors: Floats
    weights: Floats
    report: dict[str, Any]

    @classmethod
    def build(cls, model: RankingModel, config: IndexConfig | None = None) -> SimilarIndex:
        return cls(model.similarity_vectors, model.similarity_weights, {"kind": "exact", "recall": 1.0})

    def search(self, item_row: int, n: int, *, allowed: Mask | None = None) -> tuple[Rows, Floats, Floats]:
        """The `n` items most like one: rows, scores (weighted cosines), cosines."""
        mask = self.vectors.any(axis=1)
        if not mask[item_row]:
            return np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.float32)
        if allowed is not None:
            mask &= allowed
        mask[item_row] = False
        cosines = self.vectors @ self.vectors[item_row]
        rows, scores = _best(cosines * self.weights, mask, n)
        return rows, scores, cosines[rows]

    def write(self, folder: Path) -> None:
        faiss.write_index(_flat(self.vectors), str(folder / "similar.faiss"))
        np.save(folder / "similar.weights.npy", self.weights, allow_pickle=False)
        (folder / "similar.json").write_text(json.dumps(self.report), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> SimilarIndex:
        weights = np.load(folder / "similar.weights.npy", mmap_mode="r", allow_pickle=False)
        report = json.loads((folder / "similar.json").read_text(encoding="utf-8"))
        return cls(_codes(faiss.read_index(str(folder / "similar.faiss"))), weights, report)


def _best(scores: Floats, mask: Mask, n: int) -> tuple[Rows, Floats]:
    rows = np.flatnonzero(mask)
    n = min(max(0, n), len(rows))
    values = scores[rows]
    if n < len(rows):
        rows = rows[np.argpartition(-values, n)[:n]] if n else rows[:0]
    rows = rows[np.lexsort((rows, -scores[rows]))]
    return rows, scores[rows].astype(np.float32)


def _flat(vectors: Floats) -> Any:
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return index


def _codes(index: Any) -> Floats:
    return faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d).reshape(index.ntotal, index.d).copy()
