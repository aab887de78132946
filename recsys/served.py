"""The rankers that a version serves: the same questions to the static and to the sequential model.

Both fold a user in as a weighted sum over the items of a history, so both are asked in the same
way; only the weights, and whose vectors are summed, differ.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from scipy import sparse

from recsys.arrays import AnyRows, Doubles, Floats, Mask, Rows
from recsys.data.interactions import Interactions
from recsys.data.sequences import ages
from recsys.dataset import Dataset
from recsys.evaluation.choice import SEQUENTIAL, STATIC
from recsys.linalg import blocked
from recsys.model.ranking import RankingModel
from recsys.model.sequential import SequentialModel
from recsys.search.indexes import SEQUENTIAL_INDEX, UserIndex, UserSearch
from recsys.versions import contents
from recsys.versions.files import Artifacts

NOT: Literal["not"] = "not"
"""The mark of a negative example in a basket: more of what is unlike it."""
Mark = float | Literal["not"]
Basket = Mapping[str, Mark] | Iterable[tuple[str, Mark]]
"""Items and their marks, in order: the last is the latest."""


@dataclass(frozen=True)
class History:
    """What one user rated.

    Parameters
    ----------
    rows : int64 array, shape (n,)
        Item rows, ascending.
    ratings : float32 array, shape (n,)
    ages : int64 array, shape (n,)
        How many different times ago each was rated: 1 for the latest.
    signs : float32 array, shape (n,), optional
        1, or -1 for a negative example, whose vector is subtracted. By default all are 1.
    """

    rows: Rows
    ratings: Floats
    ages: Rows
    signs: Floats | None = None

    @property
    def liked(self) -> Mask:
        """Which items are no negative examples, bool (n,)."""
        return np.ones(len(self.rows), dtype=bool) if self.signs is None else self.signs > 0

    @classmethod
    def of_user(cls, data: Interactions, user_row: int) -> History:
        """The history of a user; without an order, every age is 1."""
        own = data.slice(user_row)
        rows, ratings = data.item_rows[own].astype(np.int64), data.ratings[own]
        if data.order is None:
            return cls(rows, ratings, np.ones(len(rows), dtype=np.int64))
        _, places = np.unique(-data.order[own], return_inverse=True)
        return cls(rows, ratings, places.astype(np.int64) + 1)

    @classmethod
    def of_basket(cls, dataset: Dataset, basket: Basket) -> History:
        """A basket of items and marks, in order: the last is the latest.

        A mark is a rating, or "not" for a negative example, which has no rating: NaN stands there.
        An item that comes twice counts once, where it came last. Raises UnknownItemError.
        """
        pairs = list(basket.items()) if isinstance(basket, Mapping) else list(basket)
        last: dict[str, Mark] = {}
        for item_id, mark in pairs:
            last.pop(item_id, None)
            last[item_id] = mark
        rows = np.array([dataset.item_row(item_id) for item_id in last], dtype=np.int64)
        ratings = np.array([np.nan if mark == NOT else mark for mark in last.values()], dtype=np.float32)
        signs = np.array([-1 if mark == NOT else 1 for mark in last.values()], dtype=np.float32)
        order = np.argsort(rows)
        ages = np.arange(len(rows), 0, -1, dtype=np.int64)
        return cls(rows[order], ratings[order], ages[order], signs[order])


class ServedRanker(ABC):
    """A model that is served, and the index of its item vectors.

    Attributes
    ----------
    name : str
        "static", "sequential", "item-knn" or "popular".
    user_index : UserSearch
    """

    name: ClassVar[str]
    user_index: UserSearch

    @property
    @abstractmethod
    def n_columns(self) -> int:
        """How long a user's vector is."""

    @abstractmethod
    def weights(self, history: History) -> Floats:
        """The weight of each item of a history in that sum, float32 (n,)."""

    def signed_weights(self, history: History) -> Floats:
        """`weights`, negative for negative examples, float32 (n,)."""
        weights = self.weights(history)
        return weights if history.signs is None else weights * history.signs

    @abstractmethod
    def item_vectors(self, rows: AnyRows | slice) -> Floats:
        """The vectors whose inner products with a user's are the scores, float32 (n, k)."""

    def item_vector(self, row: int) -> Floats:
        """The same for one item, float32 (k,)."""
        vector: Floats = self.item_vectors(slice(row, row + 1))[0]
        return vector

    @abstractmethod
    def scores(self, query: Floats) -> Floats:
        """The score of every item for a user's vector, float32 (n_items,)."""

    def recency(self, history: History) -> Floats | None:
        """The part of the weights that is due to the order of the history; None where it does not count."""
        return None

    @abstractmethod
    def vectors(self, histories: Sequence[History]) -> Floats:
        """The vectors of some users, float32 (n, k)."""

    @abstractmethod
    def contributions(self, history: History, target: int) -> Floats:
        """What each item of a history adds to the score of the item `target`, float32 (n,)."""

    @abstractmethod
    def sizes(self, history: History) -> Floats:
        """The length of what each item adds to the user's vector, float32 (n,)."""

    @abstractmethod
    def mean_rating(self, data: Interactions) -> Floats:
        """What a rating adds to a user's vector, averaged over all ratings, float32 (k,)."""


class FactorRanker(ServedRanker):
    """A ranker whose users are weighted sums of the stored vectors of their items."""

    user_index: UserIndex

    @property
    @abstractmethod
    def sources(self) -> Floats:
        """The vectors that a user's vector is a sum of, float32 (n_items, k)."""

    @property
    def n_columns(self) -> int:
        """How long a user's vector is."""
        return int(self.sources.shape[1])

    @abstractmethod
    def mean_weights(self, data: Interactions) -> Floats:
        """The weights of all ratings of each item, summed and divided by the number of all ratings."""

    def vectors(self, histories: Sequence[History]) -> Floats:
        """The vectors of some users, float32 (n, k)."""
        indptr = np.concatenate([[0], np.cumsum([len(one.rows) for one in histories])]).astype(np.int64)
        rows = np.concatenate([np.empty(0, np.int64), *(one.rows for one in histories)])
        weights = np.concatenate([np.empty(0, np.float32), *(self.signed_weights(one) for one in histories)])
        shape = (len(histories), len(self.sources))
        vectors: Floats = sparse.csr_matrix((weights, rows, indptr), shape=shape) @ self.sources
        return vectors

    def contributions(self, history: History, target: int) -> Floats:
        """What each item of a history adds to the score of the item `target`, float32 (n,)."""
        parts: Floats = self.signed_weights(history) * (self.sources[history.rows] @ self.item_vector(target))
        return parts

    def sizes(self, history: History) -> Floats:
        """The length of what each item adds to the user's vector, float32 (n,)."""
        vectors = self.sources[history.rows]
        lengths: Floats = self.weights(history) * np.sqrt(np.einsum("nk,nk->n", vectors, vectors))
        return lengths

    def mean_rating(self, data: Interactions) -> Floats:
        """What a rating adds to a user's vector, averaged over all ratings, float32 (k,)."""
        mean: Floats = self.mean_weights(data) @ self.sources
        return mean


@dataclass(frozen=True)
class StaticRanker(FactorRanker):
    """The ranking model: every item of a history counts, whenever it was rated."""

    name: ClassVar[str] = STATIC

    model: RankingModel
    user_index: UserIndex

    @property
    def sources(self) -> Floats:
        """V."""
        return self.model.components

    def weights(self, history: History) -> Floats:
        """deg^-b."""
        return self.model.fold_in_weights[history.rows]

    def item_vectors(self, rows: AnyRows | slice) -> Floats:
        """See `RankingModel.item_vectors`."""
        return self.model.item_vectors_of(rows)

    def scores(self, query: Floats) -> Floats:
        """See `RankingModel.scores`."""
        return self.model.scores(query)

    def mean_weights(self, data: Interactions) -> Floats:
        """See `FactorRanker.mean_weights`."""
        model = self.model
        weights = model.item_degrees * model.fold_in_weights / max(1, model.item_degrees.sum())
        mean: Floats = weights.astype(np.float32)
        return mean


@dataclass(frozen=True)
class SequentialRanker(FactorRanker):
    """The sequential model: the later an item of a history was rated, the more it counts."""

    name: ClassVar[str] = SEQUENTIAL

    model: SequentialModel
    user_index: UserIndex

    @property
    def sources(self) -> Floats:
        """P."""
        return self.model.sources

    def recency(self, history: History) -> Floats:  # narrower: here the order counts
        """age^-tau: 1 for the latest item of a history."""
        return self.model.recency_weights(history.ages)

    def weights(self, history: History) -> Floats:
        """age^-tau deg^-b."""
        return self.model.fold_in_weights[history.rows] * self.recency(history)

    def item_vectors(self, rows: AnyRows | slice) -> Floats:
        """See `SequentialModel.item_vectors`."""
        return self.model.item_vectors_of(rows)

    def scores(self, query: Floats) -> Floats:
        """See `ServedRanker.scores`: the query is scaled, not the vectors."""
        spectrum = self.model.spectrum ** (self.model.config.spectrum_exponent / 2)
        return _products(self.model.targets, query, spectrum) * self.model.item_scales

    def mean_weights(self, data: Interactions) -> Floats:
        """See `FactorRanker.mean_weights`."""
        recency = self.model.recency_weights(ages(data))
        sums = np.bincount(data.item_rows, weights=recency, minlength=data.n_items)
        mean: Floats = (sums * self.model.fold_in_weights / max(1, data.n_ratings)).astype(np.float32)
        return mean


def _products(vectors: Floats, query: Floats, spectrum: Doubles) -> Floats:
    scaled = query * spectrum.astype(np.float32)
    parts = blocked.over_blocks(vectors, lambda rows: vectors[rows] @ scaled)
    return np.concatenate([np.zeros(0, np.float32), *parts])


def read_sequential_ranker(artifacts: Artifacts) -> SequentialRanker | None:
    """The sequential ranker of a version; None where the order of time is not known."""
    model = contents.read_sequential(artifacts)
    if model is None:
        return None
    return SequentialRanker(model, UserIndex.read(artifacts, model, SEQUENTIAL_INDEX))
