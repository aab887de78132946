"""The simple rankers that a version serves where no model is surely better: item-kNN and best-sellers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import AnyRows, Floats, Mask
from recsys.data.interactions import Interactions
from recsys.evaluation.choice import ITEM_KNN, POPULAR
from recsys.model.neighbours import NeighbourModel
from recsys.search.results import SearchResult
from recsys.served import History, ServedRanker
from recsys.versions import contents
from recsys.versions.files import Artifacts


@dataclass(frozen=True)
class ScoreSearch:
    """Searches scores of all items, where a user's vector is those scores."""

    def search(
        self,
        queries: Floats,
        n: int,
        *,
        exclude: Sequence[NDArray[np.integer]] | None = None,
        allowed: Mask | None = None,
    ) -> list[SearchResult]:
        """The `n` items with the highest scores above 0, the lower row first among equals."""
        found = []
        for number, scores in enumerate(queries):
            rows = np.flatnonzero(scores > 0 if allowed is None else (scores > 0) & allowed)
            if exclude is not None:
                rows = rows[~np.isin(rows, exclude[number])]
            best = rows[np.argsort(-scores[rows], kind="stable")[: max(0, n)]]
            found.append(SearchResult(best, scores[best]))
        return found


@dataclass(frozen=True)
class ItemKnnServed(ServedRanker):
    """Item-kNN: a user's vector is the score of every item, so an item's own vector picks one out."""

    name: ClassVar[str] = ITEM_KNN

    model: NeighbourModel
    user_index: ScoreSearch = field(default_factory=ScoreSearch)

    @property
    def n_columns(self) -> int:
        return self.model.n_items

    def weights(self, history: History) -> Floats:
        """1 for each item."""
        return np.ones(len(history.rows), dtype=np.float32)

    def item_vectors(self, rows: AnyRows | slice) -> Floats:
        """1 at each of the items, 0 elsewhere, float32 (n, n_items)."""
        numbers = np.arange(self.model.n_items)[rows]
        vectors = np.zeros((len(numbers), self.model.n_items), dtype=np.float32)
        vectors[np.arange(len(numbers)), numbers] = 1
        return vectors

    def scores(self, query: Floats) -> Floats:
        """The user's vector itself."""
        return query

    def vectors(self, histories: Sequence[History]) -> Floats:
        """The scores of all items for some users, float32 (n, n_items)."""
        parts = [self._scores(history) for history in histories]
        return np.array(parts, dtype=np.float32).reshape(len(parts), self.model.n_items)

    def _scores(self, history: History) -> Floats:
        if history.signs is None:
            return self.model.scores(history.rows)
        liked = history.signs > 0
        scores: Floats = self.model.scores(history.rows[liked]) - self.model.scores(history.rows[~liked])
        return scores

    def contributions(self, history: History, target: int) -> Floats:
        """See `ServedRanker.contributions`."""
        parts = self.model.contributions(history.rows, target)
        return parts if history.signs is None else parts * history.signs

    def sizes(self, history: History) -> Floats:
        """0: similarities are counted, not estimated, so none of them is rounding noise."""
        return np.zeros(len(history.rows), dtype=np.float32)

    def mean_rating(self, data: Interactions) -> Floats:
        """See `ServedRanker.mean_rating`."""
        shares = data.item_degrees / max(1, data.n_ratings)
        mean: Floats = (shares.astype(np.float32) @ self.model.matrix).astype(np.float32)
        return mean


@dataclass(frozen=True)
class PopularServed(ServedRanker):
    """Everybody is shown the most rated items: nothing of a history counts, and its vector is zero."""

    name: ClassVar[str] = POPULAR

    n_items: int
    user_index: ScoreSearch = field(default_factory=ScoreSearch)

    @property
    def n_columns(self) -> int:
        return 1

    def weights(self, history: History) -> Floats:
        """0 for each item."""
        return np.zeros(len(history.rows), dtype=np.float32)

    def item_vectors(self, rows: AnyRows | slice) -> Floats:
        """Zeros, float32 (n, 1)."""
        return np.zeros((len(np.arange(self.n_items)[rows]), 1), dtype=np.float32)

    def scores(self, query: Floats) -> Floats:
        """0 for each item: nobody's taste says anything."""
        return np.zeros(self.n_items, dtype=np.float32)

    def vectors(self, histories: Sequence[History]) -> Floats:
        """Zeros, float32 (n, 1)."""
        return np.zeros((len(histories), 1), dtype=np.float32)

    def contributions(self, history: History, target: int) -> Floats:
        """0 for each item."""
        return self.weights(history)

    def sizes(self, history: History) -> Floats:
        """0 for each item."""
        return self.weights(history)

    def mean_rating(self, data: Interactions) -> Floats:
        """Zero."""
        return np.zeros(1, dtype=np.float32)


def read_item_knn(artifacts: Artifacts) -> ItemKnnServed | None:
    """Item-kNN of a version; None where another ranker is served."""
    model = contents.read_neighbours(artifacts)
    return None if model is None else ItemKnnServed(model)
