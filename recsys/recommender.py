"""Answers: what to recommend to a user or for a basket, what is similar to an item, and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike

import pandas as pd

from recsys.answers import answer_json, label
from recsys.arrays import Floats, Rows
from recsys.audience import AudienceAccess
from recsys.batch import BatchAccess
from recsys.columns import CATEGORY, ITEM
from recsys.dataset import Dataset
from recsys.evaluation.choice import POPULAR
from recsys.filters import Filters
from recsys.lists import ListAccess
from recsys.map_access import MapAccess
from recsys.model.map import ItemMap
from recsys.model.ranking import RankingModel
from recsys.model.rating import RatingModel
from recsys.notes import (
    CHOSEN,
    EXHAUSTED,
    NO_TASTE,
    limited,
    n_left,
    nothing_left,
    short,
)
from recsys.reasons import contributions, reasons
from recsys.rules import Rules
from recsys.search.by_description import DescribedIndex
from recsys.search.indexes import SimilarIndex, UserIndex
from recsys.served import Basket, History, SequentialRanker, ServedRanker, read_sequential_ranker
from recsys.served_simple import ItemKnnServed, read_item_knn
from recsys.versions import contents
from recsys.versions.store import ArtifactStore
from recsys.what_if import WhatIf

__all__ = ["Filters", "Recommender", "answer_json"]


@dataclass(frozen=True)
class Recommender(WhatIf, BatchAccess, AudienceAccess, MapAccess, ListAccess):
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
    sequential : SequentialRanker or None
        None where the order of time is not known: it then cannot be asked.
    described : DescribedIndex or None
        What words say of products; None where there is too little to learn it from.
    item_knn : ItemKnnServed or None
        None where another ranker is served.
    item_map : ItemMap or None
        Where the items stand on a map; None where the version has none.
    """

    dataset: Dataset
    ranking: RankingModel
    rating: RatingModel | None
    user_index: UserIndex
    similar_index: SimilarIndex
    sequential: SequentialRanker | None = None
    described: DescribedIndex | None = None
    item_knn: ItemKnnServed | None = None
    item_map: ItemMap | None = None

    @classmethod
    def open(cls, folder: str | PathLike[str] = "artifacts", version: str | None = None) -> Recommender:
        """Verify and open the version in service, or the one named: its data and its models.

        Raises
        ------
        ArtifactError
            Where there is none, or where it is damaged.
        """
        artifacts = ArtifactStore(folder).open(version)
        ranking, described = contents.read_ranking(artifacts), contents.read_described(artifacts)
        placement = contents.read_placement(artifacts, ranking, described)
        return cls(
            dataset=Dataset.read(artifacts),
            ranking=ranking,
            rating=contents.read_rating(artifacts),
            user_index=UserIndex.read(artifacts, ranking),
            similar_index=SimilarIndex.read(artifacts, placement or ranking),
            sequential=read_sequential_ranker(artifacts),
            described=described,
            item_knn=read_item_knn(artifacts),
            item_map=contents.read_map(artifacts),
        )

    def recommend(
        self,
        user_id: str,
        k: int = 10,
        *,
        include_rated: bool = False,
        filters: Filters | None = None,
        rules: Rules | None = None,
        ranker: str | None = None,
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
        rules : Rules, optional
            Of the shop, applied before the top k are taken; by default none.
        ranker : {"sequential", "static", "item-knn", "popular"}, optional
            By default the one that is served: `manifest.served` says which and why.

        Returns
        -------
        pandas.DataFrame
            rank (from 1), item_id, what the catalogue knows, score (inner product, higher is
            better), predicted_rating (on the data's scale, where there are ratings),
            mean_rating, n_ratings, under rules `rule` (what they did: "pinned", "×1.5"; the score is
            that before it), and reasons: the user's items that add most to the score,
            a list of {item_id, title, rating, contribution} and, from the sequential ranker,
            age (1 for the item rated last). `attrs["ranker"]` names the ranker and
            `attrs["kind"]` is "personal", or "popular" where the user's items say nothing, or
            nothing of any item that is left; `attrs["note"]` then says so. An item that shares
            no user with any of the user's items, even through others, is never in a personal list,
            so that one may be short: the note says that too, and which filters leave nothing.

        Raises
        ------
        UnknownUserError
        """
        history = self._history(user_id)
        return self._recommend(history, k, include_rated, filters, rules, self.ranker(ranker))

    def recommend_basket(
        self,
        basket: Basket,
        k: int = 10,
        *,
        include_rated: bool = False,
        filters: Filters | None = None,
        rules: Rules | None = None,
        ranker: str | None = None,
    ) -> pd.DataFrame:
        """The k items that fit a basket {item_id: rating}, as if a user had rated just that, in that order.

        The mark "not" instead of a rating makes a negative example: its vector is subtracted. Returns
        and parameters as in `recommend`; pairs will do as well. Raises UnknownItemError.
        """
        history = History.of_basket(self.dataset, basket)
        return self._recommend(history, k, include_rated, filters, rules, self.ranker(ranker))

    def explain(self, user_id: str, item_id: str, *, ranker: str | None = None) -> pd.DataFrame:
        """What each item of a user adds to the score of another; the sum is the score.

        Returns
        -------
        pandas.DataFrame
            item_id, title (where known), rating, contribution and share (of the sum of
            absolute contributions, 0 to 1), largest contribution first. From the sequential
            ranker also age (1 for the item rated last), recency (the weight of that age, 0 to 1)
            and closeness: contribution = recency * closeness.
        """
        if item_id in self.new:
            return self.new.explain(self._history(user_id), item_id)
        target = self.dataset.item_row(item_id)
        frame = contributions(self.dataset, self.explaining(ranker), self._history(user_id), target)
        return label(frame, "explanation", self.version)

    def stand_out(self, user_id: str, item_id: str, *, ranker: str | None = None) -> pd.DataFrame:
        """What each item of a user adds to the score of another, beside what an average rating adds.

        Returns
        -------
        pandas.DataFrame
            As from `explain`, with category (where known) and expected: the mean contribution to
            this item's score over all ratings of all users.
        """
        asked = self.explaining(ranker)
        if asked.name not in self._average_ratings:
            self._average_ratings[asked.name] = asked.mean_rating(self.interactions)
        target = asked.item_vector(self.dataset.item_row(item_id))
        expected = float(self._average_ratings[asked.name] @ target)
        parts = self.explain(user_id, item_id, ranker=ranker)
        rows = self.dataset.items.rows(parts[ITEM].tolist())
        return parts.assign(**self.dataset.catalog.columns_of(rows, (CATEGORY,)), expected=expected)

    @cached_property
    def _average_ratings(self) -> dict[str, Floats]:
        return {}  # by ranker, as each is asked for

    # How ------------------------------------------------------------------------
    def _recommend(
        self,
        history: History,
        k: int,
        include_rated: bool,
        filters: Filters | None,
        rules: Rules | None,
        ranker: ServedRanker,
    ) -> pd.DataFrame:
        rated, liked = history.rows, history.rows[history.liked]
        exclude = rated[:0] if include_rated else rated
        allowed = self.allowed(filters, rules)
        query = ranker.vectors([history])[0]
        (rows, scores), personal, did = self.user_list(history, query, k, exclude, filters, rules, ranker)
        left = n_left(self.dataset, exclude, allowed)
        if personal:
            why = reasons(self.dataset, ranker, history, rows)
            note = "" if len(rows) >= min(k, left) else self._why_short(len(rows), left, rules)
        else:
            why = [[] for _ in rows]
            fit = len(liked) and query.any()
            note = CHOSEN if ranker.name == POPULAR else EXHAUSTED if fit else NO_TASTE
        if not len(rows):
            note = self._why_none(filters, rules) if rules else nothing_left(self.dataset, filters)
            note = note if k > 0 else ""
        columns = {"score": scores, **self._predicted(history, rows), **did, "reasons": why}
        frame = self.dataset.ranked(rows, columns, last=("reasons",))
        frame.attrs["ranker"] = ranker.name if personal or ranker.name == POPULAR else ""
        popular = (len(rows) > 0 and not personal) or not query.any()
        return label(frame, "popular" if popular else "personal", self.version, note)

    def _why_short(self, n: int, left: int, rules: Rules | None) -> str:
        force = self.in_force(rules)
        return limited(n) if force is not None and force.groups else short(n, left)

    def _predicted(self, history: History, rows: Rows) -> dict[str, Floats]:
        if self.rating is None:
            return {}
        rated, ratings = history.rows[history.liked], history.ratings[history.liked]
        return {"predicted_rating": self.rating.predict(self.rating.fold_in(rated, ratings), rows)}
