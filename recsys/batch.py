"""Lists for many users or products at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from recsys.answers import long_table
from recsys.arrays import Floats, Rows
from recsys.connected import best_for_user
from recsys.filters import Filters
from recsys.ranker_access import RankerAccess
from recsys.rules import Rules
from recsys.search.results import SearchResult
from recsys.served import History, ServedRanker
from recsys.similar_products import SimilarAccess

_BLOCK_ELEMENTS = 1 << 25
"""Numbers of the vectors of users held at once: 128 MB."""


class UserList(NamedTuple):
    """What is recommended to a user.

    Attributes
    ----------
    found : SearchResult
        Item rows and their scores, best first.
    personal : bool
        False for the popular list, which is shown where the user's items say nothing.
    did : dict
        Under rules the column `rule`.
    """

    found: SearchResult
    personal: bool
    did: dict[str, list[str]]


class BatchAccess(RankerAccess, SimilarAccess):
    """Answers to many questions; part of `Recommender`."""

    def recommend_many(
        self,
        user_ids: Iterable[str],
        k: int = 10,
        *,
        ranker: str | None = None,
        filters: Filters | None = None,
        rules: Rules | None = None,
    ) -> pd.DataFrame:
        """The k items that fit best for many users at once: user_id, rank, item_id, score.

        Users whose items say nothing have the popular list, as in `recommend`.
        """
        ids = list(user_ids)
        data = self.interactions
        histories = [History.of_user(data, self.dataset.user_row(user_id)) for user_id in ids]
        lists = self.user_lists(histories, k, ranker=ranker, filters=filters, rules=rules)
        return long_table("user_id", ids, [one.found for one in lists], self.items)

    def similar_many(
        self,
        item_ids: Iterable[str],
        k: int = 10,
        *,
        filters: Filters | None = None,
        rules: Rules | None = None,
    ) -> pd.DataFrame:
        """The k items most like each of many: query_id, rank, item_id, score."""
        ids = list(item_ids)
        rows = [self.dataset.item_row(item_id) for item_id in ids]
        found = [self.similar_list(row, k, filters, rules) for row in rows]
        return long_table("query_id", ids, [(rows, scores) for rows, scores, _ in found], self.items)

    def user_lists(
        self,
        histories: Sequence[History],
        k: int,
        *,
        ranker: str | None = None,
        filters: Filters | None = None,
        rules: Rules | None = None,
    ) -> list[UserList]:
        """The k items that fit each of several histories of users best, without what is in the history."""
        asked, allowed = self.ranker(ranker), self.allowed(filters, rules)
        lists: list[UserList] = []
        step = max(1, _BLOCK_ELEMENTS // asked.n_columns)
        for start in range(0, len(histories), step):
            part = histories[start : start + step]
            queries, rated = asked.vectors(part), [history.rows for history in part]
            if rules:  # each search then has limits of its own
                pairs = zip(part, queries, strict=True)
                lists += [
                    self.user_list(one, query, k, one.rows, filters, rules, asked) for one, query in pairs
                ]
                continue
            found = asked.user_index.search(queries, k, exclude=rated, allowed=allowed)
            for query, seen, best in zip(queries, rated, found, strict=True):
                own = best_for_user(self.dataset, asked.user_index, query, k, seen, seen, allowed, best)
                personal = len(own.rows) > 0
                shown = own if personal else self._most_popular(k, seen, filters, None)[0]
                lists.append(UserList(shown, personal, {}))
        return lists

    def user_list(
        self,
        history: History,
        query: Floats,
        k: int,
        exclude: Rows,
        filters: Filters | None,
        rules: Rules | None,
        ranker: ServedRanker,
    ) -> UserList:
        """The k items that fit a history best, by its vector `query`; else the popular list."""
        liked, allowed = history.rows[history.liked], self.allowed(filters, rules)

        def search(n: int, hidden: Rows) -> SearchResult:
            return best_for_user(self.dataset, ranker.user_index, query, n, liked, hidden, allowed)

        def score_of(rows: Rows) -> Floats:
            scores: Floats = np.einsum("nk,k->n", ranker.item_vectors(rows), query)
            return scores

        found, did = self._ranked(search, k, exclude, filters, rules, score_of)
        if any(word != "pinned" for word in did.get("rule", [""] * len(found.rows))):
            return UserList(found, True, did)
        found, did = self._most_popular(k, exclude, filters, rules)
        return UserList(found, False, did)
