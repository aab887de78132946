"""The answers for some users or products, as a table."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from recsys.arrays import Rows
from recsys.batch import UserList
from recsys.columns import ITEM, USER
from recsys.export.request import ExportRequest
from recsys.recommender import Recommender
from recsys.served import History

QUERY = "query_id"
"""The product that a list is for."""
_MOST_KNOWN = 100_000
"""Lists that are remembered: 40 MB at ten items each."""


class Lines(NamedTuple):
    """One list: item or user rows, best first, and the other columns of its lines."""

    rows: Rows
    columns: dict[str, np.ndarray[Any, Any]]


class Answers:
    """Makes the lists of one export.

    Parameters
    ----------
    recommender : Recommender
    request : ExportRequest
    """

    def __init__(self, recommender: Recommender, request: ExportRequest) -> None:
        self._where, self._request = recommender, request
        self._known: dict[int, UserList] = {}
        self._listed = recommender.users if request.what == "audiences" else recommender.items
        self._texts: pl.Series | None = None

    def table(self, rows: Rows) -> pl.DataFrame:
        """The lists for some rows of users or products, one under the other.

        Returns
        -------
        polars.DataFrame
            user_id or query_id, rank (from 1), item_id or user_id, score, and `personal` (recommendations;
            false where the list is the popular one), cosine (similar), or n_ratings (audiences).
        """
        make = {
            "recommendations": self._recommendations,
            "similar": self._similar,
            "next": self._next,
            "audiences": self._audiences,
        }[self._request.what]
        asked, lists = self._asked(rows), make(rows)
        counts = np.array([len(one.rows) for one in lists], dtype=np.int64)
        places = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        listed = np.concatenate([np.empty(0, np.int64), *(one.rows for one in lists)])
        of_users = self._request.of_users
        return pl.DataFrame(
            {
                USER if of_users else QUERY: asked.gather(np.repeat(np.arange(len(rows)), counts)),
                "rank": (places + 1).astype(np.int32),
                USER if self._request.what == "audiences" else ITEM: self._ids(listed),
                **{name: np.concatenate([one.columns[name] for one in lists]) for name in lists[0].columns},
            }
        )

    def _asked(self, rows: Rows) -> pl.Series:
        ids = self._where.users if self._request.of_users else self._where.items
        return pl.Series(ids.ids(rows), dtype=pl.String)

    def _ids(self, rows: Rows) -> pl.Series:
        if self._texts is None:
            self._texts = self._listed.to_series()
        return self._texts.gather(rows)

    def _recommendations(self, rows: Rows) -> list[Lines]:
        return [
            Lines(found.rows, {"score": found.scores, "personal": np.full(len(found.rows), personal)})
            for found, personal, _ in self._user_lists(rows)
        ]

    def _user_lists(self, rows: Rows) -> list[UserList]:
        """The list of each user; users who rated the same one product, and nothing else, share theirs."""
        data = self._where.interactions
        keys = [self._key(int(row)) for row in rows]
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        asked = {key: int(row) for key, row in zip(keys, rows, strict=True) if key not in self._known}
        histories = [History.of_user(data, row) for row in asked.values()]
        request = self._request
        chosen: dict[str, Any] = {
            "ranker": request.ranker,
            "filters": request.filters,
            "rules": request.rules,
        }
        made = dict(zip(asked, self._where.user_lists(histories, request.k, **chosen), strict=True))
        self._known.update((key, one) for key, one in made.items() if key >= 0)
        return [made[key] if key in made else self._known[key] for key in keys]

    def _key(self, row: int) -> int:
        """What users with the same list share: the one product they rated; else a number below 0."""
        data = self._where.interactions
        own = data.slice(row)
        return int(data.item_rows[own.start]) if own.stop - own.start == 1 else -1 - row

    def _similar(self, rows: Rows) -> list[Lines]:
        request = self._request
        found = [
            self._where.similar_list(int(row), request.k, request.filters, request.rules) for row in rows
        ]
        return [Lines(one.rows, {"score": one.scores, "cosine": one.cosines}) for one in found]

    def _next(self, rows: Rows) -> list[Lines]:
        request = self._request
        found = [self._where.next_list(int(row), request.k, request.filters, request.rules) for row in rows]
        return [Lines(one.rows, {"score": one.scores}) for one in found]

    def _audiences(self, rows: Rows) -> list[Lines]:
        lists = []
        for item_id in self._where.items.ids(rows):
            answer = self._where.audience(item_id, self._request.k)
            users = self._where.users.rows(answer[USER].tolist())
            columns = {name: answer[name].to_numpy() for name in ("score", "n_ratings")}
            lists.append(Lines(users, columns))
        return lists
