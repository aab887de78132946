"""What if: where an item stands for a user or a basket, and the lists that two dials make.

    niche      score_i deg_i^-t: the exponent c of the item's degree becomes c - t; no new SVD
    variety    maximal marginal relevance: each next item is the one with the largest
               (1 - v) score / best score - v (largest cosine with an item already taken)

References
----------
Carbonell, Goldstein 1998 (maximal marginal relevance).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys.answers import label
from recsys.arrays import Floats, Mask, Rows
from recsys.dataset import Dataset
from recsys.model.ranking import RankingModel, degree_power
from recsys.notes import NO_TASTE, short
from recsys.ranker_access import RankerAccess
from recsys.reasons import contributions
from recsys.search.diversity import diverse, variety_of
from recsys.served import Basket, History, ServedRanker

N_CANDIDATES = 200
"""The items of the largest scores, among which variety chooses."""
Asked = str | Basket
"""A user's id, or a basket."""


@dataclass(frozen=True)
class Standing:
    """Where an item stands among all that may be recommended.

    Attributes
    ----------
    item_id : str
    rank : int or None
        From 1; None where the item can be in no list: `why` then says the reason.
    n_ranked : int
        Items that can be in the list.
    score : float
        The sum of the contributions.
    why : str
        Empty, or why the item has no rank.
    """

    item_id: str
    rank: int | None
    n_ranked: int
    score: float
    why: str = ""


class WhatIf(RankerAccess):
    """Questions about a user or a basket beyond the list itself; part of `Recommender`."""

    dataset: Dataset
    ranking: RankingModel

    def rank_of(self, asked: Asked, item_id: str, *, ranker: str | None = None) -> Standing:
        """The rank of an item for a user or a basket, among all items that may be recommended.

        Parameters
        ----------
        asked : str, mapping or pairs
            A user's id, or a basket as for `recommend_basket`.
        item_id : str
        ranker : {"sequential", "static"}, optional

        Returns
        -------
        Standing
            Its rank is that in `recommend` or `recommend_basket` without filters.

        Raises
        ------
        UnknownUserError, UnknownItemError
        """
        history, one = self._asked(asked), self.ranker(ranker)
        target = self.dataset.item_row(item_id)
        query = one.vectors([history])[0]
        score = float(np.einsum("nk,k->n", one.item_vectors(np.array([target])), query)[0])
        listed = self._listed(history, query)
        n_ranked = int(np.count_nonzero(listed))
        why = self._why_unlisted(history, target, bool(n_ranked))
        if why:
            return Standing(item_id, None, n_ranked, score, why)
        # The search gives the first ranks as the list has them, ties included; the others are counted.
        first = one.user_index.search(query[None, :], N_CANDIDATES, allowed=listed)[0].rows
        at = np.flatnonzero(first == target)
        if len(at):
            return Standing(item_id, int(at[0]) + 1, n_ranked, score)
        scores = one.scores(query)
        better = int(np.count_nonzero(scores[listed] > scores[target]))
        return Standing(item_id, max(better, len(first)) + 1, n_ranked, score)

    def explain_basket(self, basket: Basket, item_id: str, *, ranker: str | None = None) -> pd.DataFrame:
        """What each item of a basket adds to the score of another; the sum is the score.

        Columns as from `explain`, and `mark`: the rating, or "not". Raises UnknownItemError.
        """
        history = History.of_basket(self.dataset, basket)
        target = self.dataset.item_row(item_id)
        frame = contributions(self.dataset, self.ranker(ranker), history, target)
        frame["mark"] = ["not" if np.isnan(rating) else f"{rating:g}" for rating in frame["rating"]]
        return label(frame, "explanation", self.dataset.version)

    def turned(
        self,
        asked: Asked,
        k: int = 10,
        *,
        ranker: str | None = None,
        niche: float = 0.0,
        variety: float = 0.0,
    ) -> pd.DataFrame:
        """The k items for a user or a basket, with two dials turned.

        Parameters
        ----------
        asked : str, mapping or pairs
            A user's id, or a basket as for `recommend_basket`.
        k : int
        ranker : {"sequential", "static"}, optional
        niche : float
            Above 0, items with few ratings rise; below 0, popular ones do.
        variety : float
            From 0 to 1: how much an item counts for being unlike those above it.

        Returns
        -------
        pandas.DataFrame
            rank, item_id, what the catalogue knows, score (with `niche` in it), mean_rating,
            n_ratings. Empty, with `attrs["note"]`, where the items say nothing about taste. With
            both dials at 0, the list of `recommend`.

        Raises
        ------
        UnknownUserError, UnknownItemError
        """
        history, one = self._asked(asked), self.ranker(ranker)
        query = one.vectors([history])[0]
        listed = self._listed(history, query)
        n_ranked = int(np.count_nonzero(listed))
        n = max(k, N_CANDIDATES) if variety else k
        rows, scores = self._best(one, query, n, listed, niche)
        if variety:
            taken = diverse(scores, self.ranking.similarity_vectors_of(rows), k, variety)
            rows, scores = rows[taken], scores[taken]
        note = NO_TASTE if not n_ranked else short(len(rows), n_ranked) if len(rows) < k else ""
        return label(self.dataset.ranked(rows, {"score": scores}), "personal", self.dataset.version, note)

    def list_variety(self, item_ids: list[str]) -> float:
        """One minus the mean cosine of all pairs of some items: 0 where all are alike, NaN for one."""
        rows = self.dataset.items.rows(item_ids)
        return variety_of(self.ranking, rows[rows >= 0])

    def _history(self, user_id: str) -> History:
        """What a user rated; UnknownUserError names the nearest ids."""
        return History.of_user(self.dataset.interactions, self.dataset.user_row(user_id))

    def _asked(self, asked: Asked) -> History:
        if isinstance(asked, str):
            return self._history(asked)
        return History.of_basket(self.dataset, asked)

    def _listed(self, history: History, query: Floats) -> Mask:
        """The items that can be in the list, bool (n_items,)."""
        listed = self.dataset.connected(history.rows[history.liked])
        listed &= bool(query.any())
        listed[history.rows] = False
        return listed

    def _why_unlisted(self, history: History, target: int, any_ranked: bool) -> str:
        if target in history.rows:
            return "It is rated already, so it is not recommended."
        if not any_ranked:
            return "Nothing here says anything about taste yet, so nothing has a rank."
        if not self.dataset.connected(history.rows[history.liked], np.array([target]))[0]:
            return "It shares no user with the products here, even through others."
        return ""

    def _best(
        self, ranker: ServedRanker, query: Floats, n: int, listed: Mask, niche: float
    ) -> tuple[Rows, Floats]:
        if not listed.any():
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if not niche:
            found = ranker.user_index.search(query[None, :], n, allowed=listed)[0]
            return found.rows, found.scores
        rows = np.flatnonzero(listed)
        scores = ranker.scores(query)[rows] * degree_power(self.dataset.item_counts[rows], -niche)
        n = min(n, len(rows))
        top = np.argpartition(-scores, n - 1)[:n]
        top = top[np.lexsort((rows[top], -scores[top]))]
        return rows[top], scores[top]
