"""The question turned round: to whom to show a product, a category or a brand; and what a user leans to.

How close a user is to a product is defined in `recsys.model.audience`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl

from recsys.answers import label
from recsys.arrays import Floats, Mask, Rows, Rows32
from recsys.columns import BRAND, CATEGORY, ITEM, PATH, TITLE, USER
from recsys.data.profile.items import category_depth
from recsys.dataset_access import DatasetAccess
from recsys.errors import FilterError
from recsys.filters import Filters
from recsys.model.audience import audience_weights, closeness_of
from recsys.model.ranking import RankingModel
from recsys.reasons import N_REASONS
from recsys.search.results import largest

NOISE = 1e-5
"""Closeness below this share of the largest is rounding, not closeness."""
_STEPS = 60
_PRIOR = 1.0
"""Ratings as usual that are added to a user's, so that one rating of something rare is no strong lean."""


class AudienceAccess(DatasetAccess):
    """Answers about who a product is for; part of `Recommender`."""

    ranking: RankingModel

    def audience(
        self,
        item_id: str | None = None,
        n: int = 100,
        *,
        filters: Filters | None = None,
        include_raters: bool = False,
    ) -> pd.DataFrame:
        """The n users that a product, or the products that filters leave, are for.

        Parameters
        ----------
        item_id : str, optional
            The product; without it, all products that the filters leave, together.
        n : int
            How many; fewer come back where no more are close at all, and then the note says so.
        filters : Filters, optional
            Such as a category or a brand. At least one must be set where no product is named.
        include_raters : bool
            Whether users may come back who have rated the product, or any of the products.

        Returns
        -------
        pandas.DataFrame
            rank (from 1), user_id, score (closeness, higher is closer; compare within one answer only),
            n_ratings, and reasons: the user's items that add most to it, a list of {item_id, title where
            known, contribution}. `attrs["reach"]` has the numbers of users that are at least so close:
            {"score": […], "users": […]}, closest first, and `attrs["n_close"]` of all who are close at all.

        Raises
        ------
        UnknownItemError, FilterError
        """
        target = self._target(item_id, filters)
        parts = audience_weights(self.ranking, target)
        closeness = closeness_of(self.interactions, parts, self.ranking.config.user_exponent)
        if not include_raters:
            closeness[self._raters(target)] = 0
        closest = float(closeness.max(initial=0.0))
        n_close = int(np.count_nonzero(closeness > NOISE * closest)) if closest > 0 else 0
        rows = largest(closeness, min(n, n_close))
        frame = pd.DataFrame(
            {
                "rank": np.arange(1, len(rows) + 1),
                USER: self.users.ids(rows),
                "score": closeness[rows],
                "n_ratings": self.interactions.user_degrees[rows],
                "reasons": [self._why(int(row), parts) for row in rows],
            }
        )
        frame.attrs["n_close"] = n_close
        frame.attrs["reach"] = _reach(closeness, n_close)
        note = ""
        if len(rows) < n:
            note = f"Only {n_close:,} users are close at all: the others share no taste with its raters."
        return label(frame, "audience", self.version, note if n > 0 else "")

    def leanings(self, user_id: str, n: int = 10) -> pd.DataFrame:
        """The categories and brands that a user leans to, against everybody.

        Returns
        -------
        pandas.DataFrame
            kind ("category" or "brand"), name, n_ratings (of the user), share (of the user's ratings), usual
            (share of everybody's) and lift: how many times as often as usual, drawn towards 1 where the user
            has few ratings. At most n of each kind with a lift above 1, strongest first.

        Raises
        ------
        UnknownUserError
        """
        data = self.interactions
        own = data.item_rows[data.slice(self.dataset.user_row(user_id))].astype(np.int64)
        found = [
            _leaning(kind, names, own, self.dataset.item_counts, n) for kind, names in self._groups().items()
        ]
        schema = {"kind": pl.String, "name": pl.String, "n_ratings": pl.Int64}
        numbers = {"share": pl.Float64, "usual": pl.Float64, "lift": pl.Float64}
        table = pl.concat([pl.DataFrame(schema={**schema, **numbers}), *found])
        return label(table.to_pandas(), "leanings", self.version)

    def _groups(self) -> dict[str, pl.Series]:
        """The category and the brand of each item, where the catalogue knows them."""
        catalog = self.dataset.catalog.frame
        found = {}
        if CATEGORY in catalog.columns and (depth := category_depth(catalog[CATEGORY])) is not None:
            found["category"] = catalog[CATEGORY].str.split(PATH).list.head(depth).list.join(PATH)
        if BRAND in catalog.columns and catalog[BRAND].count():
            found["brand"] = catalog[BRAND]
        return found

    def _target(self, item_id: str | None, filters: Filters | None) -> Mask:
        """Which items are asked about, bool (n_items,)."""
        if item_id is not None:
            asked = np.zeros(len(self.items), dtype=bool)
            asked[self.dataset.item_row(item_id)] = True
            return asked
        if filters is None or not filters.active():
            raise FilterError("Name a product, or filters such as a category or a brand.")
        return filters.mask(self.dataset.catalog.frame, self.dataset.item_counts)

    def _raters(self, asked: Mask) -> Rows32:
        """The rows of the users who rated any of the items; some more than once."""
        view = self.dataset.by_item
        own = [view.user_rows[view.indptr[row] : view.indptr[row + 1]] for row in np.flatnonzero(asked)]
        return np.concatenate([np.empty(0, np.int32), *own])

    def _why(self, user: int, parts: Floats) -> list[dict[str, Any]]:
        rows = self.interactions.item_rows[self.interactions.slice(user)].astype(np.int64)
        top = rows[np.argsort(-parts[rows], kind="stable")[:N_REASONS]]
        top = top[parts[top] > 0]
        columns = {
            ITEM: self.items.ids(top),
            **self.dataset.catalog.columns_of(top, (TITLE,)),
            "contribution": parts[top].astype(float).tolist(),
        }
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _reach(closeness: Floats, n_close: int) -> dict[str, list[float]]:
    """How many users are at least so close, for numbers of users spaced evenly on a logarithmic axis."""
    if not n_close:
        return {"score": [], "users": []}
    counts = np.unique(np.round(np.geomspace(1, n_close, _STEPS)).astype(np.int64))
    ordered = np.sort(closeness)[::-1]
    return {"score": ordered[counts - 1].astype(float).tolist(), "users": counts.tolist()}


def _leaning(kind: str, names: pl.Series, own: Rows, counts: Rows, n: int) -> pl.DataFrame:
    usual = (
        pl.DataFrame({"name": names, "usual": counts})
        .drop_nulls("name")
        .group_by("name")
        .agg(pl.col("usual").sum())
    )
    mine = (
        pl.DataFrame({"name": names.gather(own)})
        .drop_nulls()
        .group_by("name")
        .agg(n_ratings=pl.len().cast(pl.Int64))
    )
    total, everybody = float(mine["n_ratings"].sum()), float(usual["usual"].sum())
    usual_share = pl.col("usual") / max(1.0, everybody)
    lift = (pl.col("n_ratings") + _PRIOR) / (usual_share * total + _PRIOR)
    return (
        mine.join(usual, on="name")
        .with_columns(
            kind=pl.lit(kind), share=pl.col("n_ratings") / max(1.0, total), usual=usual_share, lift=lift
        )
        .filter(pl.col("lift") > 1)
        .sort(["lift", "name"], descending=[True, False])
        .head(n)
        .select("kind", "name", "n_ratings", "share", "usual", "lift")
    )
