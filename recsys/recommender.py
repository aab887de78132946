"""Answers: what to recommend to a user or for a basket, what is similar to an item, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from recsys.answers import answer_json, label, long_table, records
from recsys.arrays import Floats, Mask, Rows
from recsys.columns import CATEGORY, ITEM
from recsys.connected import best_for_item, best_for_user
from recsys.dataset import Dataset
from recsys.filters import Filters
from recsys.model.ranking import RankingModel
from recsys.model.rating import RatingModel
from recsys.new_products import NewProducts
from recsys.notes import EXHAUSTED, POPULAR, n_left, none_similar, nothing_left, short
from recsys.of_dataset import OfDataset
from recsys.reasons import average_rating, contributions, expected_contribution, reasons
from recsys.search.by_description import DescribedIndex
from recsys.search.indexes import SimilarIndex, SimilarItems, UserIndex
from recsys.versions import contents
from recsys.versions.store import ArtifactStore

__all__ = ["Filters", "Recommender", "answer_json"]


@dataclass(frozen=True)
class Recommender(OfDataset):
    """Recommendations, similar items and their explanations, from one version.

    Every answer is a frame with `attrs["kind"]` ("personal", "popular", "similar",
    "explanation"), `attrs["note"]` and `attrs["version"]`; `answer_json` gives it with these.

    >>> from recsys import Recommender
    >>> recommender = Recommender.open("artifacts")  # doctest: +SKIP
    >>> recommender.recommend(recommender.example_users().user_id[0], k=3)  # doctest: +SKIP

    Parameters
    ----------
    dataset : Dataset
        The data the models were fitted to.
    ranking : RankingModel
    rating : RatingModel or None
        None where the data are implicit: nobody gave stars.
    user_index : UserIndex
    similar_index : SimilarIndex
    described : DescribedIndex or None
        What words say of products; None where there is too little to learn it from.
    """

    dataset: Dataset
    ranking: RankingModel
    rating: RatingModel | None
    user_index: UserIndex
    similar_index: SimilarIndex
    described: DescribedIndex | None = None

    @classmethod
    def open(cls, folder: str | PathLike[str] = "artifacts", version: str | None = None) -> Recommender:
        """Verify and open the version in service, or the one named: its data and its models.

        Raises
        ------
        ArtifactError
            Where there is none, or where it is damaged.
        """
        artifacts = ArtifactStore(folder).open(version)
        dataset = Dataset.read(artifacts)
        return cls(
            dataset=dataset,
            ranking=contents.read_ranking(artifacts),
            rating=contents.read_rating(artifacts),
            user_index=UserIndex.read(artifacts, len(dataset.items)),
            similar_index=SimilarIndex.read(artifacts, len(dataset.items)),
            described=contents.read_described(artifacts, len(dataset.unrated)),
        )

    def recommend(
        self, user_id: str, k: int = 10, *, include_rated: bool = False, filters: Filters | None = None
    ) -> pd.DataFrame:
        """The k items that fit a user best.

        Parameters
        ----------
        user_id : str
        k : int
            How many; fewer come back only where no more are left, and then the note says why.
        include_rated : bool
            Whether items the user already rated may come back.
        filters : Filters, optional
            Applied before the top k are taken.

        Returns
        -------
        pandas.DataFrame
            rank (from 1), item_id, what the catalogue knows, score (inner product, higher is
            better), predicted_rating (on the data's scale, where there are ratings),
            mean_rating, n_ratings and reasons: the user's items that add most to the score,
            a list of {item_id, title, rating, contribution}. `attrs["kind"]` is "personal",
            or "popular" where the user's items say nothing, or nothing of any item that is left;
            `attrs["note"]` then says so. An item that shares no user with any of the user's
            items, even through others, is never in a personal list, so that one may be short:
            the note says that too, and which filters leave nothing.

        Raises
        ------
        UnknownUserError
        """
        return self._recommend(*self._ratings_of(user_id), k, include_rated, filters)

    def recommend_basket(
        self,
        basket: Mapping[str, float],
        k: int = 10,
        *,
        include_rated: bool = False,
        filters: Filters | None = None,
    ) -> pd.DataFrame:
        """The k items that fit a basket {item_id: rating}, as if a user had rated just that.

        Returns and parameters as in `recommend`. Raises UnknownItemError.
        """
        rated = np.array([self.dataset.item_row(item_id) for item_id in basket], dtype=np.int64)
        ratings = np.array(list(basket.values()), dtype=np.float32)
        order = np.argsort(rated)
        return self._recommend(rated[order], ratings[order], k, include_rated, filters)

    def recommend_many(self, user_ids: Iterable[str], k: int = 10) -> pd.DataFrame:
        """The same for many users at once: user_id, rank, item_id, score.

        Users whose items say nothing have the popular list, as in `recommend`.
        """
        ids = list(user_ids)
        rated = [self._ratings_of(user_id)[0] for user_id in ids]
        indptr = np.concatenate([[0], np.cumsum([len(rows) for rows in rated])]).astype(np.int64)
        queries = self.ranking.user_vectors(indptr, np.concatenate([np.empty(0, np.int64), *rated]))
        found = self.user_index.search(queries, k, exclude=rated)
        answers = []
        for query, seen, best in zip(queries, rated, found, strict=True):
            own = best_for_user(self, query, k, seen, seen, None, best)
            answers.append((own.rows, own.scores) if len(own.rows) else self._popular(k, seen, None))
        return long_table("user_id", ids, answers, self.items)

    def knows(self, item_id: str) -> bool:
        """Whether there is such an item, with ratings or without."""
        return item_id in self.items or item_id in self.new

    @cached_property
    def new(self) -> NewProducts:
        """The products that nobody has rated yet."""
        return NewProducts(self)

    def recommend_new(self, user_id: str, k: int = 10, *, filters: Filters | None = None) -> pd.DataFrame:
        """The k products without ratings that fit a user best, by their words.

        Returns
        -------
        pandas.DataFrame
            rank, item_id, what the catalogue knows, score, words (those that add most), n_ratings
            (0) and reasons, as from `recommend`. `attrs["kind"]` is "content". Empty, with
            `attrs["note"]`, where there are none or nothing is known of them.
        """
        return self.new.recommend(*self._ratings_of(user_id), k, filters)

    def similar_new(self, item_id: str, k: int = 10, *, filters: Filters | None = None) -> pd.DataFrame:
        """The k products without ratings most like a product: as from `recommend_new`, with a cosine."""
        return self.new.similar(item_id, k, filters)

    def similar(self, item_id: str, k: int = 10, *, filters: Filters | None = None) -> pd.DataFrame:
        """The k items most like an item, itself left out.

        Returns
        -------
        pandas.DataFrame
            rank, item_id, what the catalogue knows, score (cosine weighted by evidence: what
            ranks), cosine (-1 to 1), shared_raters (users who rated both), mean_rating,
            n_ratings. Only items that share a user with the item, at least through others, so
            fewer than k come back where there are no more. Where there is none, `attrs["note"]`
            says why.

        Raises
        ------
        UnknownItemError
        """
        if item_id in self.new:
            return self.new.similar_rated(item_id, k, filters)
        row = self.dataset.item_row(item_id)
        found = self._similar(row, k, self.dataset.allowed(filters))
        shared = self.dataset.shared_raters(row, found.rows)
        columns = {"score": found.scores, "cosine": found.cosines, "shared_raters": shared}
        note = "" if len(found.rows) else none_similar(self.dataset, row, filters)
        return label(self.dataset.ranked(found.rows, columns), "similar", self.version, note)

    def similar_many(self, item_ids: Iterable[str], k: int = 10) -> pd.DataFrame:
        """The same for many items at once, long: query_id, rank, item_id, score."""
        ids = list(item_ids)
        found = (self._similar(self.dataset.item_row(item_id), k, None) for item_id in ids)
        return long_table("query_id", ids, [(rows, scores) for rows, scores, _ in found], self.items)

    def explain(self, user_id: str, item_id: str) -> pd.DataFrame:
        """What each item of a user adds to the score of another; the sum is the score.

        Returns
        -------
        pandas.DataFrame
            item_id, title (where known), rating, contribution and share (of the sum of
            absolute contributions, 0 to 1), largest contribution first.
        """
        rated, ratings = self._ratings_of(user_id)
        if item_id in self.new:
            return self.new.explain(rated, ratings, item_id)
        target = self.dataset.item_row(item_id)
        frame = contributions(self.dataset, self.ranking, rated, ratings, target)
        return label(frame, "explanation", self.version)

    def stand_out(self, user_id: str, item_id: str) -> pd.DataFrame:
        """What each item of a user adds to the score of another, beside what an average rating adds.

        Returns
        -------
        pandas.DataFrame
            As from `explain`, with category (where known) and expected: the mean contribution to
            this item's score over all ratings of all users.
        """
        expected = expected_contribution(self.ranking, self._average_rating, self.dataset.item_row(item_id))
        parts = self.explain(user_id, item_id)
        rows = self.dataset.items.rows(parts[ITEM].tolist())
        return parts.assign(**self.dataset.catalog.columns_of(rows, (CATEGORY,)), expected=expected)

    @cached_property
    def _average_rating(self) -> Floats:
        return average_rating(self.ranking)

    def more_like_liked(
        self, user_id: str, k: int = 5, n_liked: int = 5
    ) -> list[tuple[dict[str, Any], pd.DataFrame]]:
        """For each of the items a user rated highest: the item, and the products similar to it.

        Items rated at the user's own mean or above count; ties go to the latest. Items the user
        already rated are left out of the similar ones.
        """
        history = self.history(user_id)
        liked = history[history.rating >= history.rating.mean()].sort_values(
            "rating", ascending=False, kind="stable"
        )
        seen = set(history.item_id)
        answers = []
        for entry in records(liked.head(n_liked)):
            similar = self.similar(str(entry["item_id"]), k + len(seen))
            fresh = similar[~similar.item_id.isin(seen)].head(k).reset_index(drop=True)
            fresh["rank"] = np.arange(1, len(fresh) + 1)
            answers.append((entry, fresh))
        return answers

    # How ------------------------------------------------------------------------

    def _ratings_of(self, user_id: str) -> tuple[Rows, Floats]:
        """The item rows and ratings of a user; UnknownUserError names the nearest ids."""
        data = self.dataset.interactions
        own = data.slice(self.dataset.user_row(user_id))
        return data.item_rows[own].astype(np.int64), data.ratings[own]

    def _recommend(
        self, rated: Rows, ratings: Floats, k: int, include_rated: bool, filters: Filters | None
    ) -> pd.DataFrame:
        exclude = rated[:0] if include_rated else rated
        allowed = self.dataset.allowed(filters)
        query = self.ranking.user_vector(rated)
        rows, scores = best_for_user(self, query, k, rated, exclude, allowed)
        personal = len(rows) > 0
        left = n_left(self.dataset, exclude, allowed)
        if personal:
            why = reasons(self.dataset, self.ranking, rated, ratings, rows)
            note = short(len(rows), left) if len(rows) < min(k, left) else ""
        else:
            rows, scores = self._popular(k, exclude, allowed)
            why = [[] for _ in rows]
            note = EXHAUSTED if query.any() else POPULAR
        if not len(rows):
            note = nothing_left(self.dataset, filters) if k > 0 else ""
        columns = {"score": scores, **self._predicted(rated, ratings, rows), "reasons": why}
        frame = self.dataset.ranked(rows, columns, last=("reasons",))
        return label(frame, "personal" if personal else "popular", self.version, note)

    def _similar(self, row: int, k: int, allowed: Mask | None) -> SimilarItems:
        """The items most like one, placed by its ratings, and by its words where they count."""
        if self.described is None:
            return best_for_item(self, row, k, allowed)
        query = self.new.query_of(self.items.id(row))
        return (
            best_for_item(self, row, k, allowed)
            if query is None
            else self.new.nearest(query, k, row, allowed)
        )

    def _popular(self, k: int, exclude: Rows, allowed: Mask | None) -> tuple[Rows, Floats]:
        rows = self.dataset.popularity.top(k, exclude, allowed)
        return rows, self.dataset.item_counts[rows].astype(np.float32)

    def _predicted(self, rated: Rows, ratings: Floats, rows: Rows) -> dict[str, Floats]:
        if self.rating is None:
            return {}
        return {"predicted_rating": self.rating.predict(self.rating.fold_in(rated, ratings), rows)}
