"""Answers: what to recommend to a user or for a basket, what is similar to an item, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsys.dataset import Browser, Filters, Rows, records

__all__ = ["Filters", "Recommender"]

N_REASONS = 3
POPULAR_NOTE = "Popular items: none of the items rated says anything about taste yet."


class Recommender(Browser):
    """Recommendations, similar items and their explanations.

    >>> from recsys import Recommender
    >>> store = Recommender.open("artifacts")
    >>> store.recommend(store.example_users().user_id[0], k=3)  # doctest: +SKIP
    """

    def recommend(
        self, user_id: str, k: int = 10, *, include_rated: bool = False, filters: Filters | None = None
    ) -> pd.DataFrame:
        """The k items that fit a user best.

        Parameters
        ----------
        user_id : str
        k : int
            How many; fewer come back only where no more are left.
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
            or "popular" where the user's items say nothing; `attrs["note"]` then says so.

        Raises
        ------
        UnknownUserError
        """
        where = self.interactions.slice(self.user_row(user_id))
        rated = self.interactions.item_rows[where].astype(np.int64)
        return self._recommend(rated, self.interactions.ratings[where], k, include_rated, filters)

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
        rated = np.array([self.item_row(item_id) for item_id in basket], dtype=np.int64)
        ratings = np.array(list(basket.values()), dtype=np.float32)
        order = np.argsort(rated)
        return self._recommend(rated[order], ratings[order], k, include_rated, filters)

    def recommend_many(self, user_ids: Iterable[str], k: int = 10) -> pd.DataFrame:
        """The same for many users at once: user_id, rank, item_id, score.

        Users whose items say nothing have the popular list, as in `recommend`.
        """
        ids = list(user_ids)
        data = self.interactions
        slices = [data.slice(self.user_row(user_id)) for user_id in ids]
        rated = [data.item_rows[where] for where in slices]
        indptr = np.concatenate([[0], np.cumsum([len(rows) for rows in rated])]).astype(np.int64)
        flat = np.concatenate(rated) if rated else np.empty(0, np.int32)
        queries = self._bundle.ranking.user_vectors(indptr, flat)
        found = self._bundle.user_index.search(queries, k, exclude=rated)
        answers = []
        for query, seen, best in zip(queries, rated, found, strict=True):
            if query.any():
                answers.append((best.rows, best.scores))
            else:
                popular = self._popular_rows(k, None, seen.astype(np.int64))
                answers.append((popular, self.item_counts[popular].astype(np.float32)))
        return self._long("user_id", ids, answers)

    def similar(self, item_id: str, k: int = 10, *, filters: Filters | None = None) -> pd.DataFrame:
        """The k items most like an item, itself left out.

        Returns
        -------
        pandas.DataFrame
            rank, item_id, what the catalogue knows, score (cosine weighted by evidence: what
            ranks), cosine (-1 to 1), shared_raters (users who rated both), mean_rating,
            n_ratings. Empty, with `attrs["note"]`, where nobody who rated the item rated
            anything else.

        Raises
        ------
        UnknownItemError
        """
        row = self.item_row(item_id)
        rows, scores, cosines = self._bundle.similar_index.search(row, k, allowed=self.allowed(filters))
        frame = self._ranked(
            rows, {"score": scores, "cosine": cosines, "shared_raters": self._shared_raters(row, rows)}
        )
        frame.attrs["note"] = "" if len(frame) else self._why_none_similar(row, filters)
        return frame

    def similar_many(self, item_ids: Iterable[str], k: int = 10) -> pd.DataFrame:
        """The same for many items at once, long: query_id, rank, item_id, score."""
        ids = list(item_ids)
        found = (self._bundle.similar_index.search(self.item_row(item_id), k) for item_id in ids)
        return self._long("query_id", ids, [(rows, scores) for rows, scores, _ in found])

    def explain(self, user_id: str, item_id: str) -> pd.DataFrame:
        """What each item of a user adds to the score of another; the sum is the score.

        Returns
        -------
        pandas.DataFrame
            item_id, title (where known), rating, contribution and share (of the sum of
            absolute contributions, 0 to 1), largest contribution first.
        """
        where = self.interactions.slice(self.user_row(user_id))
        rated = self.interactions.item_rows[where].astype(np.int64)
        parts = self._bundle.ranking.contributions(rated, self.item_row(item_id))
        return self._contributions(rated, self.interactions.ratings[where], parts)

    def stand_out(self, user_id: str, item_id: str) -> pd.DataFrame:
        """What each item of a user adds to the score of another, beside what an average rating adds.

        Returns
        -------
        pandas.DataFrame
            As from `explain`, with category (where known) and expected: the mean contribution to
            this item's score over all ratings of all users.
        """
        parts = self.explain(user_id, item_id)
        rows = self.items.rows(parts["item_id"].tolist())
        expected = self._average_rating @ self._bundle.ranking.item_vectors_of(self.item_row(item_id))
        return parts.assign(**self.catalog.columns_of(rows, ("category",)), expected=float(expected))

    @cached_property
    def _average_rating(self) -> NDArray[np.float32]:
        """What a rating adds to a user's vector, averaged over all ratings, shape (n_factors,)."""
        ranking = self._bundle.ranking
        weights = self.item_counts * ranking.fold_in_weights / max(1, self.item_counts.sum())
        return (weights.astype(np.float32) @ ranking.components).astype(np.float32)

    def more_like_liked(
        self, user_id: str, k: int = 5, n_liked: int = 5
    ) -> list[tuple[dict[str, Any], pd.DataFrame]]:
        """For each of the items a user rated highest: the item, and the products similar to it.

        Items count as rated highly at the user's own mean or above; ties go to the latest.
        Items the user already rated are left out of the similar ones.
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

    def _recommend(
        self,
        rated: Rows,
        ratings: NDArray[np.float32],
        k: int,
        include_rated: bool,
        filters: Filters | None,
    ) -> pd.DataFrame:
        exclude = rated[:0] if include_rated else rated
        allowed = self.allowed(filters)
        query = self._bundle.ranking.user_vector(rated)
        if query.any():
            best = self._bundle.user_index.search(query[None, :], k, exclude=[exclude], allowed=allowed)
            (rows, scores), kind = best[0], "personal"
        else:
            rows, kind = self._popular_rows(k, allowed, exclude), "popular"
            scores = self.item_counts[rows].astype(np.float32)
        frame = self._ranked(
            rows,
            {
                "score": scores,
                **self._predicted(rated, ratings, rows),
                "reasons": self._reasons(rated, ratings, rows) if kind == "personal" else [[]] * len(rows),
            },
            last=("reasons",),
        )
        frame.attrs.update(kind=kind, note=POPULAR_NOTE if kind == "popular" else "")
        return frame

    def _predicted(self, rated: Rows, ratings: NDArray[np.float32], rows: Rows) -> dict[str, Any]:
        model = self._bundle.rating
        if model is None:
            return {}
        return {"predicted_rating": model.predict(model.fold_in(rated, ratings), rows)}

    def _reasons(self, rated: Rows, ratings: NDArray[np.float32], rows: Rows) -> list[list[dict[str, Any]]]:
        reasons = []
        for row in rows:
            parts = self._bundle.ranking.contributions(rated, int(row))
            top = np.argsort(-parts, kind="stable")[:N_REASONS]
            top = top[(parts[top] > 0) & (rated[top] != row)]
            columns = {
                "item_id": self.items.ids(rated[top]),
                **self.catalog.columns_of(rated[top], ("title",)),
                "rating": ratings[top].tolist(),
                "contribution": parts[top].tolist(),
            }
            rows_of = zip(*columns.values(), strict=True)
            reasons.append([dict(zip(columns, values, strict=True)) for values in rows_of])
        return reasons

    def _contributions(
        self, rated: Rows, ratings: NDArray[np.float32], parts: NDArray[np.float32]
    ) -> pd.DataFrame:
        order = np.argsort(-parts, kind="stable")
        titles = self.catalog.columns_of(rated[order], ("title",))
        total = float(np.abs(parts).sum()) or 1.0
        return pd.DataFrame(
            {
                "item_id": self.items.ids(rated[order]),
                **titles,
                "rating": ratings[order],
                "contribution": parts[order],
                "share": np.abs(parts[order]) / total,
            }
        )

    def _shared_raters(self, row: int, rows: Rows) -> NDArray[np.int64]:
        view = self._bundle.by_item
        raters = view.user_rows[view.indptr[row] : view.indptr[row + 1]]
        shared = np.zeros(len(rows), dtype=np.int64)
        for position, other in enumerate(rows):
            theirs = view.user_rows[view.indptr[other] : view.indptr[other + 1]]
            few, many = (raters, theirs) if len(raters) <= len(theirs) else (theirs, raters)
            at = np.minimum(np.searchsorted(many, few), len(many) - 1)
            shared[position] = np.count_nonzero(many[at] == few)
        return shared

    def _why_none_similar(self, row: int, filters: Filters | None) -> str:
        if self.allowed(filters) is not None:
            return "No similar product passes these filters."
        n = int(self.item_counts[row])
        return f"Nobody who rated this product ({n:,} in all) rated another one, so nothing can be compared."

    def _long(self, name: str, ids: list[str], answers: list[tuple[Any, Any]]) -> pd.DataFrame:
        counts = [len(rows) for rows, _ in answers]
        rows = np.concatenate([rows for rows, _ in answers]) if answers else np.empty(0, np.int64)
        scores = np.concatenate([values for _, values in answers]) if answers else np.empty(0, np.float32)
        return pd.DataFrame(
            {
                name: np.repeat(np.array(ids, dtype=object), counts),
                "rank": np.concatenate([np.arange(1, n + 1) for n in counts]) if counts else [],
                "item_id": self.items.ids(rows),
                "score": scores,
            }
        )
