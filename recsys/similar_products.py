"""What is similar to a product, and what people rate after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from recsys.answers import label, records
from recsys.arrays import Mask
from recsys.connected import best_for_item, best_for_user
from recsys.filters import Filters
from recsys.new_products import NewProductAccess
from recsys.notes import none_next, none_similar
from recsys.rules import Rules
from recsys.search.indexes import SimilarItems
from recsys.search.results import SearchResult
from recsys.served import History, SequentialRanker


class SimilarAccess(NewProductAccess):
    """Answers about one product; part of `Recommender`."""

    sequential: SequentialRanker | None

    def similar(
        self, item_id: str, k: int = 10, *, filters: Filters | None = None, rules: Rules | None = None
    ) -> pd.DataFrame:
        """The k items most like an item, itself left out. Rules apply, but nothing is pinned.

        Returns
        -------
        pandas.DataFrame
            rank, item_id, what the catalogue knows, score (the similarity that ranks: the cosine
            times n / (n + 3) for n ratings, at most 1), cosine (-1 to 1), shared_raters (users who
            rated both), mean_rating, n_ratings. Without a catalogue only items that share a user with
            the item, at least through others, so fewer than k come back where there are no more; with
            one, words connect items too. Where there is none, `attrs["note"]` says why.

        Raises
        ------
        UnknownItemError
        """
        if item_id in self.new:
            return self.new.similar_rated(item_id, k, filters, rules)
        row = self.dataset.item_row(item_id)
        found = self.similar_list(row, k, filters, rules)
        note = ""
        if not len(found.rows):
            why = none_similar(self.dataset, row, filters)
            note = (
                self._why_none(filters, rules) if rules and self._most_like(row, 1, None).rows.size else why
            )
        return self._similar(row, found, note)

    def similar_list(self, row: int, k: int, filters: Filters | None, rules: Rules | None) -> SimilarItems:
        """The k items most like the item at `row`, by row."""
        allowed, force = self.allowed(filters, rules), self.in_force(rules)
        if force is None:
            return self._most_like(row, k, allowed)
        found, places = force.best(lambda n: self._most_like(row, n, allowed), k)
        return SimilarItems(found.rows[places], found.scores[places], found.cosines[places])

    def rated_next(
        self, item_id: str, k: int = 10, *, filters: Filters | None = None, rules: Rules | None = None
    ) -> pd.DataFrame:
        """The k items that people rated after this one: what the sequential ranker makes of it alone.

        Returns
        -------
        pandas.DataFrame
            rank, item_id, what the catalogue knows, score, raters_after (users who rated it later
            than this item), mean_rating, n_ratings. Empty, with `attrs["note"]`, where nobody rated
            anything after it, or where the order of time is not known.

        Raises
        ------
        UnknownItemError
        """
        row = self.dataset.item_row(item_id)
        found = self.next_list(row, k, filters, rules)
        after = self.dataset.by_item.raters_after(row, found.rows)
        frame = self.dataset.ranked(found.rows, {"score": found.scores, "raters_after": after})
        note = "" if len(found.rows) else none_next(self.dataset, filters, known=self.sequential is not None)
        return label(frame, "next", self.version, note)

    def next_list(self, row: int, k: int, filters: Filters | None, rules: Rules | None) -> SearchResult:
        """The k items that people rated after the one at `row`, by row; none where no order is known."""
        rows, allowed = np.array([row], dtype=np.int64), self.allowed(filters, rules)
        if self.sequential is None:
            return SearchResult(rows[:0], np.empty(0, np.float32))
        index = self.sequential.user_index
        query = self.sequential.vectors([History(rows, np.ones(1, np.float32), np.ones(1, np.int64))])[0]

        def search(n: int) -> SearchResult:
            return best_for_user(self.dataset, index, query, n, rows, rows, allowed)

        if (force := self.in_force(rules)) is None:
            return search(k)
        found, places = force.best(search, k)
        return SearchResult(found.rows[places], found.scores[places])

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
        seen = History.of_user(self.dataset.interactions, self.dataset.user_row(user_id)).rows
        answers = []
        for entry in records(liked.head(n_liked)):
            row = self.dataset.item_row(str(entry["item_id"]))
            found = best_for_item(self, row, k + len(seen), None)
            fresh = np.flatnonzero(~np.isin(found.rows, seen))[:k]
            best = SimilarItems(found.rows[fresh], found.scores[fresh], found.cosines[fresh])
            answers.append((entry, self._similar(row, best)))
        return answers

    def _similar(self, row: int, found: SimilarItems, note: str = "") -> pd.DataFrame:
        shared = self.dataset.shared_raters(row, found.rows)
        columns = {"score": found.scores, "cosine": found.cosines, "shared_raters": shared}
        return label(self.dataset.ranked(found.rows, columns), "similar", self.version, note)

    def _most_like(self, row: int, k: int, allowed: Mask | None) -> SimilarItems:
        """The items most like one. Where words count, these connect items that share no user."""
        if self.described is None:
            return best_for_item(self, row, k, allowed)
        return self.similar_index.search(row, k, allowed=allowed)
