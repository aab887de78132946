"""Search over the item vectors: for users by inner product, for items by weighted cosine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Floats, Mask, Rows
from recsys.config import IndexConfig
from recsys.model.ranking import RankingModel
from recsys.search.length_ordered import NormOrder
from recsys.search.results import SearchReport, SearchResult

_USERS, _ITEMS = "user_index", "similar_index"
MEASURED_AT = 50
N_QUERIES = 256


@dataclass(frozen=True)
class UserIndex:
    """Inner products with user vectors: exact at any size."""

    order: NormOrder

    @classmethod
    def build(cls, model: RankingModel) -> UserIndex:
        """Index `model.item_vectors`."""
        return cls(NormOrder.build(model.item_vectors))

    def search(
        self,
        queries: Floats,
        n: int,
        *,
        exclude: Sequence[NDArray[np.integer]] | None = None,
        allowed: Mask | None = None,
    ) -> list[SearchResult]:
        """The best `n` items for each query, as `NormOrder.search`."""
        return self.order.search(queries, n, exclude=exclude, allowed=allowed)

    def write(self, folder: Path) -> None:
        """Write `user_index.*` into a folder."""
        self.order.write(folder, _USERS)

    @classmethod
    def read(cls, folder: Path, n_items: int) -> UserIndex:
        """Open what `write` wrote."""
        return cls(NormOrder.read(folder, _USERS, n_items))


class Similar(NamedTuple):
    """The items most like one, best first: score is the cosine times the evidence."""

    rows: Rows
    scores: Floats
    cosines: Floats


@dataclass(frozen=True)
class SimilarIndex:
    """Items like an item: cosine(y_q, y_i) deg_i^.25.

    The vectors are y_i / |y_i| deg_i^.25, so their length is the evidence and the query is
    an item's own vector over its length. Beyond `IndexConfig.exact_below` items a search
    looks at the `depth` items of most evidence only, enough for the recall in `report`.
    """

    order: NormOrder
    depth: int | None
    report: SearchReport

    @classmethod
    def build(cls, model: RankingModel, config: IndexConfig | None = None) -> SimilarIndex:
        """Index the items, and measure what an approximate search would miss."""
        config = config or IndexConfig()
        order = NormOrder.build(model.similarity_vectors * model.similarity_weights[:, None])
        exact = cls(order, None, SearchReport("exact", len(order)))
        return exact if len(order) <= config.exact_below else exact._approximate(model.item_degrees, config)

    def search(self, item_row: int, n: int, *, allowed: Mask | None = None) -> Similar:
        """The `n` items most like one, itself left out; none where it has no company.

        With `allowed` the search is exact, so that a filter leaves `n` where `n` exist.
        """
        place = int(self.order.places[item_row])
        if place < 0:
            return Similar(np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.float32))
        rows, scores = self._search([place], n, self.depth, allowed)[0]
        return Similar(rows, scores, scores / self.order.lengths[self.order.places[rows]])

    def _search(
        self, places: Sequence[int] | Rows, n: int, depth: int | None, allowed: Mask | None = None
    ) -> list[SearchResult]:
        queries = self.order.vectors[places] / self.order.lengths[places, None]
        own = [self.order.rows[[place]] for place in places]
        return self.order.search(queries, n, exclude=own, allowed=allowed, depth=depth)

    def _approximate(self, degrees: NDArray[np.int64], config: IndexConfig) -> SimilarIndex:
        """The least depth, doubling, that reaches the recall asked for on real queries.

        Half of the queries are drawn as products are rated, half as they stand in the catalogue.
        """
        rng = np.random.default_rng(config.seed)
        weights = degrees[self.order.rows] / degrees[self.order.rows].sum()
        drawn = rng.choice(len(self.order), N_QUERIES // 2, p=weights)
        places = np.concatenate([drawn, rng.choice(len(self.order), N_QUERIES // 2)])
        truth = self._search(places, MEASURED_AT, None)
        depth, recall = config.first_depth, 0.0
        while True:
            depth = min(depth, len(self.order))
            found = self._search(places, MEASURED_AT, depth)
            recall = _recall(found, truth)
            if recall >= config.target_recall:
                break
            depth *= 2
        report = SearchReport("the items of most evidence", len(self.order), recall, depth, len(places))
        return SimilarIndex(self.order, depth if depth < len(self.order) else None, report)

    def write(self, folder: Path) -> None:
        """Write `similar_index.*` into a folder."""
        self.order.write(folder, _ITEMS)
        text = json.dumps({"depth": self.depth, "report": asdict(self.report)})
        (folder / f"{_ITEMS}.json").write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path, n_items: int) -> SimilarIndex:
        """Open what `write` wrote."""
        stored = json.loads((folder / f"{_ITEMS}.json").read_text(encoding="utf-8"))
        return cls(NormOrder.read(folder, _ITEMS, n_items), stored["depth"], SearchReport(**stored["report"]))


def _recall(found: list[SearchResult], truth: list[SearchResult]) -> float:
    hits = sum(len(np.intersect1d(one.rows, true.rows)) for one, true in zip(found, truth, strict=True))
    return hits / max(1, sum(len(true.rows) for true in truth))
