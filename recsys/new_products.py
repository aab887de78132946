"""Answers about products that nobody has rated yet: by their words, in the space of the item factors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd
import polars as pl

from recsys.answers import label, records
from recsys.arrays import Floats, Mask, Rows
from recsys.columns import CATALOG_COLUMNS, ITEM, RATING, TITLE
from recsys.data.unrated import Unrated
from recsys.dataset import Dataset
from recsys.errors import UnknownItemError
from recsys.filters import Filters
from recsys.model.content import asked_by
from recsys.model.ranking import RankingModel
from recsys.reasons import N_REASONS, NOISE
from recsys.rule_access import RuleAccess
from recsys.rules import Rules
from recsys.rules.in_force import RulesInForce
from recsys.search.by_description import DescribedIndex
from recsys.search.indexes import SimilarIndex, SimilarItems
from recsys.served import History

N_WORDS = 3
"""Words given for each product, at most."""
NEW = "New, by its description: nobody has rated these products yet, so their words alone place them."
BY_WORDS = "Nobody has rated this product yet. Its words alone say what it is like."
NO_CATALOGUE = "There is no catalogue with titles, so nothing is known of products without ratings."
TOO_FEW = (
    "Too few products have both words in the catalogue and ratings in common with others"
    " to learn what the words say, so nothing is said of products without ratings."
)
NO_TASTE = "None of the items rated says anything about taste yet."
NO_FIT = "No product without ratings fits, by what its words say."
UNPLACED = "Neither ratings nor known words say what this product is like."
NONE_NEW = "Every product of the catalogue has ratings."


class Searchable(Protocol):
    """What these answers need of a recommender."""

    @property
    def dataset(self) -> Dataset: ...

    @property
    def ranking(self) -> RankingModel: ...

    @property
    def similar_index(self) -> SimilarIndex: ...

    @property
    def described(self) -> DescribedIndex | None: ...

    def in_force(self, rules: Rules | None) -> RulesInForce | None: ...

    def allowed(self, filters: Filters | None, rules: Rules | None) -> Mask | None: ...


@dataclass(frozen=True)
class NewProducts:
    """The products without ratings, as a recommender sees them: `Recommender.new`.

    Parameters
    ----------
    where : Searchable
        The recommender.
    """

    where: Searchable

    @property
    def products(self) -> Unrated:
        """The products and what the catalogue knows of them."""
        return self.where.dataset.unrated

    @property
    def why_off(self) -> str:
        """Why nothing can be said of new products; empty where something can."""
        if self.where.described is None:
            return TOO_FEW if self.where.dataset.catalog.columns_known else NO_CATALOGUE
        return "" if len(self.products) else NONE_NEW

    def __contains__(self, item_id: str) -> bool:
        return item_id in self.products.ids

    def recommend(
        self, history: History, k: int, filters: Filters | None = None, rules: Rules | None = None
    ) -> pd.DataFrame:
        """The k new products that fit what was rated, as `Recommender.recommend_new`."""
        query = asked_by(self.where.ranking, self.where.ranking.user_vector(history.rows))
        rows, scores = self._best(query, k, filters, rules)
        kept = scores > 0
        frame = self._listed(rows[kept], {"score": scores[kept]}, query)
        why = [self._reasons(history, vector) for vector in self._vectors(rows[kept])]
        frame = frame.assign(reasons=pd.Series(why, dtype=object))
        return self._labelled(frame, filters, NO_FIT if query.any() else NO_TASTE, rules)

    def similar(
        self, item_id: str, k: int, filters: Filters | None = None, rules: Rules | None = None
    ) -> pd.DataFrame:
        """The k new products most like a product, as `Recommender.similar_new`."""
        query = self.query_of(item_id)
        if query is None:
            return self._labelled(self._listed(np.empty(0, np.int64), {}, None), filters, UNPLACED, rules)
        exclude = self.products.ids.row(item_id)
        rows, scores = self._best(query, k, filters, rules, exclude)
        kept = scores > 0
        lengths = np.sqrt(np.einsum("nk,nk->n", *[self._vectors(rows[kept])] * 2))
        columns = {"score": scores[kept], "cosine": scores[kept] / np.where(lengths > 0, lengths, 1)}
        return self._labelled(self._listed(rows[kept], columns, query), filters, NO_FIT, rules)

    def similar_rated(
        self, item_id: str, k: int, filters: Filters | None = None, rules: Rules | None = None
    ) -> pd.DataFrame:
        """The k rated products most like a new one, as `Recommender.similar`."""
        dataset, query = self.where.dataset, self.query_of(item_id)
        found = SimilarItems(np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.float32))
        if query is not None:
            allowed, asked = self.where.allowed(filters, rules), query
            found = self.nearest(asked, k, allowed)
            if (force := self.where.in_force(rules)) is not None:
                found, places = force.best(lambda n: self.nearest(asked, n, allowed), k)
                found = SimilarItems(found.rows[places], found.scores[places], found.cosines[places])
        shared = np.zeros(len(found.rows), dtype=np.int64)
        columns = {"score": found.scores, "cosine": found.cosines, "shared_raters": shared}
        note = (
            BY_WORDS
            if len(found.rows)
            else self._why_none(filters, rules, UNPLACED if query is None else NO_FIT)
        )
        return label(dataset.ranked(found.rows, columns), "content", dataset.version, note)

    def nearest(self, query: Floats, k: int, allowed: Mask | None) -> SimilarItems:
        """The k rated products nearest to a vector of length 1."""
        rows, scores = self.where.similar_index.index.search(query[None, :], k, allowed=allowed)[0]
        return SimilarItems(rows, scores, scores / self.where.ranking.similarity_weights[rows])

    def query_of(self, item_id: str) -> Floats | None:
        """Where ratings and words together place a product, of length 1; None where neither does."""
        described, dataset = self.where.described, self.where.dataset
        row = dataset.items.row(item_id)
        query = np.zeros((1, self.where.ranking.n_factors), dtype=np.float32)
        if row is not None:
            query = self.where.ranking.similarity_vectors_of(np.array([row]))
        if described is not None:
            degrees = np.array([0 if row is None else dataset.item_counts[row]], dtype=np.int64)
            words = described.model.vectors(self.description(item_id))
            query = described.model.blend(query, words, degrees)
        return query[0] if query.any() else None

    def rating_share(self, item_id: str) -> float:
        """How much of a product's place rests on ratings, 0 to 1; the rest is by its words."""
        described, row = self.where.described, self.where.dataset.items.row(item_id)
        if row is None or described is None:
            return float(row is not None)
        if not described.model.vectors(self.description(item_id)).any():
            return 1.0
        degree = self.where.dataset.item_counts[row] if self.where.ranking.item_scales[row] else 0
        return float(described.model.rating_share(np.array([degree]))[0])

    def description(self, item_id: str) -> pl.DataFrame:
        """What the catalogue knows of one product; UnknownItemError where it is unknown."""
        dataset = self.where.dataset
        if (row := dataset.items.row(item_id)) is not None:
            return dataset.catalog.frame[row : row + 1]
        if (row := self.products.ids.row(item_id)) is not None:
            return self.products.catalog.frame[row : row + 1]
        raise UnknownItemError(item_id, dataset.items.suggestions(item_id))

    def explain(self, history: History, item_id: str) -> pd.DataFrame:
        """What each item of a user adds to the score of a new product; the sum is the score."""
        row = np.array([self.products.ids.row(item_id)], dtype=np.int64)
        parts = self._parts(history.rows, self._vectors(row)[0])
        frame = self._contributions(history, parts, np.argsort(-parts, kind="stable"))
        frame["share"] = frame["contribution"].abs() / (float(np.abs(parts).sum()) or 1.0)
        return label(frame, "explanation", self.where.dataset.version, BY_WORDS)

    def word_parts(self, item_id: str, query: Floats) -> list[dict[str, Any]]:
        """What each known word of a product adds to its inner product with a query, largest first."""
        if self.where.described is None:
            return []
        words, parts = self.where.described.model.word_parts(self.description(item_id), query)
        order = np.argsort(-parts, kind="stable")
        return [{"word": words[place], "contribution": float(parts[place])} for place in order]

    # How ------------------------------------------------------------------------

    def _best(
        self,
        query: Floats,
        k: int,
        filters: Filters | None,
        rules: Rules | None,
        exclude: int | None = None,
    ) -> tuple[Rows, Floats]:
        described = self.where.described
        if self.why_off or not query.any() or described is None:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        force, allowed = self._in_force(rules), self._allowed(filters, rules)
        if force is None:
            return described.search(query, k, exclude=exclude, allowed=allowed)
        found, places = force.best(lambda n: described.search(query, n, exclude=exclude, allowed=allowed), k)
        return found.rows[places], found.scores[places]

    def _in_force(self, rules: Rules | None) -> RulesInForce | None:
        if not rules:
            return None
        n = len(self.products)
        unknown = np.full(n, np.nan, dtype=np.float32)
        return RulesInForce.of(rules, self.products.catalog.frame, np.zeros(n, dtype=np.int64), unknown)

    def _allowed(self, filters: Filters | None, rules: Rules | None) -> Mask | None:
        force, filtered = self._in_force(rules), None
        if filters is not None and filters.active():
            filtered = filters.mask(self.products.catalog.frame, np.zeros(len(self.products), dtype=np.int64))
        if force is None or filtered is None:
            return filtered if force is None else force.shown
        both: Mask = force.shown & filtered
        return both

    def _vectors(self, rows: Rows) -> Floats:
        if self.where.described is None:
            return np.zeros((len(rows), self.where.ranking.n_factors), dtype=np.float32)
        return self.where.described.index.vectors_of(rows)

    def _parts(self, rated: Rows, vector: Floats) -> Floats:
        """What each rated item adds to the score of a vector, float32 (n,); 0 for rounding noise."""
        ranking = self.where.ranking
        added = asked_by(ranking, ranking.components[rated]) * ranking.fold_in_weights[rated, None]
        parts = added @ vector
        noise = NOISE * np.sqrt(np.einsum("nk,nk->n", added, added)) * np.float32(np.linalg.norm(vector))
        clean: Floats = np.where(np.abs(parts) > noise, parts, np.float32(0))
        return clean

    def _reasons(self, history: History, vector: Floats) -> list[dict[str, Any]]:
        """The user's items that add most to the score of a vector, as from `Recommender.recommend`."""
        parts = self._parts(history.rows, vector)
        top = np.argsort(-parts, kind="stable")[:N_REASONS]
        return records(self._contributions(history, parts, top[parts[top] > 0]))

    def _contributions(self, history: History, parts: Floats, order: Rows) -> pd.DataFrame:
        dataset, rows = self.where.dataset, history.rows[order]
        return pd.DataFrame(
            {
                ITEM: dataset.items.ids(rows),
                **dataset.catalog.columns_of(rows, (TITLE,)),
                RATING: history.ratings[order],
                "contribution": parts[order],
            }
        )

    def _listed(self, rows: Rows, columns: dict[str, Any], query: Floats | None) -> pd.DataFrame:
        ids = self.products.ids.ids(rows)
        words = [self._top_words(item_id, query) for item_id in ids]
        known = {*self.where.dataset.catalog.columns_known, *self.products.catalog.columns_known}
        names = [name for name in CATALOG_COLUMNS if name in known]
        first = {"rank": np.arange(1, len(rows) + 1)}
        return self.products.describe(rows, {**columns, "words": words}, names, first)

    def _top_words(self, item_id: str, query: Floats | None) -> list[str]:
        parts = [] if query is None else self.word_parts(item_id, query)
        telling = [part for part in parts if part["contribution"] > 0 and len(part["word"].encode()) > 1]
        return [part["word"] for part in telling[:N_WORDS]]

    def _labelled(
        self, frame: pd.DataFrame, filters: Filters | None, otherwise: str, rules: Rules | None
    ) -> pd.DataFrame:
        note = NEW if len(frame) else self.why_off or self._why_none(filters, rules, otherwise)
        return label(frame, "content", self.where.dataset.version, note)

    def _why_none(self, filters: Filters | None, rules: Rules | None, otherwise: str) -> str:
        if self.where.described is None:
            return self.why_off
        if rules or (filters is not None and filters.active()):
            return f"No product that could be listed passes the {'rules' if rules else 'filters'}."
        return otherwise


class NewProductAccess(RuleAccess):
    """What a recommender says of products without ratings."""

    ranking: RankingModel
    similar_index: SimilarIndex
    described: DescribedIndex | None

    @cached_property
    def new(self) -> NewProducts:
        """The products that nobody has rated yet."""
        return NewProducts(self)

    def knows(self, item_id: str) -> bool:
        """Whether there is such an item, with ratings or without."""
        return item_id in self.dataset.items or item_id in self.new

    def recommend_new(
        self, user_id: str, k: int = 10, *, filters: Filters | None = None, rules: Rules | None = None
    ) -> pd.DataFrame:
        """The k products without ratings that fit a user best, by their words.

        Returns
        -------
        pandas.DataFrame
            rank, item_id, what the catalogue knows, score, words (those that add most), n_ratings
            (0) and reasons, as from `recommend`. `attrs["kind"]` is "content". Empty, with
            `attrs["note"]`, where there are none or nothing is known of them.

        Raises
        ------
        UnknownUserError
        """
        history = History.of_user(self.dataset.interactions, self.dataset.user_row(user_id))
        return self.new.recommend(history, k, filters, rules)

    def similar_new(
        self, item_id: str, k: int = 10, *, filters: Filters | None = None, rules: Rules | None = None
    ) -> pd.DataFrame:
        """The k products without ratings most like a product: as from `recommend_new`, with a cosine."""
        return self.new.similar(item_id, k, filters, rules)
