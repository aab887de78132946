"""Lists that need no user: popular lately, rising, new, best rated; and what is often rated together.

    growth  = ((n1 + 1/2) / (n0 + 1/2)) / (N1 / N0)     n1, n0: ratings in the window, in the one before it
    its 95% interval: exp(log growth +- 1.96 sqrt(1 / (n1 + 1/2) + 1 / (n0 + 1/2)))
    lift    = n_ij n_users / (n_i n_j)                  users who rated both, against what chance would give
    its 95% interval: exp(log lift +- 1.96 / sqrt(n_ij))

N1 and N0 are all ratings of the windows, so that a shop that grows does not make every product rise. Rising
products, and those rated together, are sorted by the lower end of the interval: few ratings prove little. A
window ends with the latest rating of the data.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from recsys.answers import label
from recsys.arrays import Doubles, Floats, Rows, Rows32
from recsys.data.profile.items import bayesian_means
from recsys.errors import FilterError
from recsys.filters import Filters
from recsys.rule_access import RuleAccess
from recsys.rules import Rules
from recsys.search.results import SearchResult, largest

POPULAR, RISING, NEW, BEST = "popular", "rising", "new", "best"
KINDS = (POPULAR, RISING, NEW, BEST)
DAYS, WINDOWS = 90, (7, 30, 90, 365)
"""The usual length of a window in days, and those that are offered."""
_DAY = 86_400
_SURE = 1.96
_FEWEST_SHARED = 2
_MOST_COUNTED = 16
"""Windows whose counts are kept: 2 MB each at half a million products."""
NO_TIMES = "These data have no times, so nothing can be said of a window."
NONE = {
    POPULAR: "Nothing was rated in this window.",
    RISING: "No product rises beyond what chance explains in this window. A longer window may show some.",
    NEW: "No product was rated for the first time in this window. A longer window may show some.",
}
TOO_FEW_SHARED = "Too few people rated it together with another product to tell that from chance."
ALL_TIME = "These data have no times, so all ratings count."


class ListAccess(RuleAccess):
    """Lists for everybody; part of `Recommender`."""

    def top(
        self,
        kind: str,
        k: int = 10,
        *,
        days: int = DAYS,
        filters: Filters | None = None,
        rules: Rules | None = None,
    ) -> pd.DataFrame:
        """The k first products of a list.

        Parameters
        ----------
        kind : {"popular", "rising", "new", "best"}
            Most ratings in the window; rising against the window before; first rated in the window; best
            mean rating, drawn towards the mean of all where a product has few.
        days : int
            The length of the window, which ends with the latest rating. "best" has none.
        filters, rules : optional
            As in `recommend`.

        Returns
        -------
        pandas.DataFrame
            rank, item_id, what the catalogue knows, score (the list is sorted by it), mean_rating,
            n_ratings, under rules `rule`; and in_window (ratings), for "rising" also before (ratings of the
            window before), growth, growth_low and growth_high. Empty, with `attrs["note"]`, where nothing
            passes, or the data have no times, or no stars. Without times "popular" counts all ratings, and
            the note says so.

        Raises
        ------
        FilterError
            Where there is no such list, or the window is shorter than a day.
        """
        if kind not in KINDS:
            raise FilterError(f"There is no list {kind!r}: there are {', '.join(KINDS)}.")
        if days < 1:
            raise FilterError(f"A window has at least one day, not {days}.")
        timeless = self.interactions.timestamps is None
        if kind == BEST and self.summary.implicit:
            return self._empty_list("These data have no stars, so none is rated best.")
        if kind in (RISING, NEW) and timeless:
            return self._empty_list(NO_TIMES)
        if kind == BEST:
            return self._by_scores(self._weighted_means, {}, k, filters, rules)
        if timeless:
            counts = self.dataset.item_counts.astype(np.float64)
            frame = self._by_scores(np.where(counts > 0, counts, -np.inf), {}, k, filters, rules)
            frame.attrs["note"] = frame.attrs["note"] or ALL_TIME
            return frame
        scores, columns = self._of_window(kind, days)
        return self._by_scores(scores, columns, k, filters, rules, NONE[kind])

    @property
    def lists(self) -> tuple[str, ...]:
        """The kinds of lists that these data allow."""
        timeless, starless = self.interactions.timestamps is None, self.summary.implicit
        absent = ({RISING, NEW} if timeless else set()) | ({BEST} if starless else set())
        return tuple(kind for kind in KINDS if kind not in absent)

    def together(
        self, item_id: str, k: int = 10, *, filters: Filters | None = None, rules: Rules | None = None
    ) -> pd.DataFrame:
        """The k products that people rated together with this one more often than chance would give.

        Returns
        -------
        pandas.DataFrame
            rank, item_id, what the catalogue knows, score (the lower end of the lift), shared_raters, lift,
            lift_low, lift_high, mean_rating, n_ratings. Products that fewer than two users share with it are
            left out, and so are those whose interval reaches below 1.

        Raises
        ------
        UnknownItemError
        """
        row, data = self.dataset.item_row(item_id), self.interactions
        view = self.dataset.by_item
        shared = np.zeros(len(self.items), dtype=np.int64)
        for user in view.user_rows[view.indptr[row] : view.indptr[row + 1]].tolist():
            shared[data.item_rows[data.slice(user)]] += 1
        shared[row] = 0
        counts = self.dataset.item_counts.astype(np.float64)
        usable = shared >= _FEWEST_SHARED
        lift, spread = np.zeros(len(shared)), np.zeros(len(shared))
        lift[usable] = shared[usable] * len(self.users) / (counts[usable] * counts[row])
        spread[usable] = np.exp(_SURE / np.sqrt(shared[usable]))
        low = np.divide(lift, spread, out=np.zeros_like(lift), where=usable)
        columns = {"shared_raters": shared, "lift": lift, "lift_low": low, "lift_high": lift * spread}
        scores = np.where(usable & (low > 1), low, -np.inf)
        return self._by_scores(scores, columns, k, filters, rules, TOO_FEW_SHARED)

    def _of_window(self, kind: str, days: int) -> tuple[Doubles, dict[str, Doubles]]:
        """The scores of a list of a window, -inf for products that are not in it, and its columns."""
        last = self.summary.last_timestamp or 0
        now = self._ratings_between(last - days * _DAY, last)
        columns: dict[str, Doubles] = {"in_window": now}
        if kind == POPULAR:
            return np.where(now > 0, now, -np.inf), columns
        if kind == NEW:
            return np.where(self._first_rated > last - days * _DAY, now, -np.inf), columns
        before = self._ratings_between(last - 2 * days * _DAY, last - days * _DAY)
        usual = max(1.0, now.sum()) / max(1.0, before.sum())
        growth = (now + 0.5) / (before + 0.5) / usual
        spread = np.exp(_SURE * np.sqrt(1 / (now + 0.5) + 1 / (before + 0.5)))
        low = growth / spread
        columns |= {"before": before, "growth": growth, "growth_low": low, "growth_high": growth * spread}
        return np.where(low > 1, low, -np.inf), columns

    def _ratings_between(self, after: int, until: int) -> Doubles:
        """Ratings of each product later than one time and not later than another, float64 (n_items,)."""
        known = self._counted.get((after, until))
        if known is None:
            known = np.zeros(len(self.items), dtype=np.int32)
            for part in self.interactions.parts():
                assert part.timestamps is not None
                chosen = (part.timestamps > after) & (part.timestamps <= until)
                known += np.bincount(part.item_rows[chosen], minlength=len(known)).astype(np.int32)
            if len(self._counted) >= _MOST_COUNTED:
                self._counted.clear()
            self._counted[after, until] = known
        return known.astype(np.float64)

    @cached_property
    def _counted(self) -> dict[tuple[int, int], Rows32]:
        return {}  # windows that were asked for: one more takes a pass over all ratings

    @cached_property
    def _first_rated(self) -> Rows:
        """When each product was first rated, unix seconds."""
        view, first = self.dataset.by_item, np.zeros(len(self.items), dtype=np.int64)
        rated = np.flatnonzero(np.diff(view.indptr))
        if view.timestamps is not None and len(rated):
            first[rated] = np.minimum.reduceat(view.timestamps, view.indptr[:-1][rated])
        return first

    @cached_property
    def _weighted_means(self) -> Doubles:
        counts = self.dataset.item_counts
        sums = self.dataset.item_means.astype(np.float64) * counts
        return np.where(counts > 0, bayesian_means(self.interactions, sums, counts), -np.inf)

    def _by_scores(
        self,
        scores: Doubles,
        columns: dict[str, Any],
        k: int,
        filters: Filters | None,
        rules: Rules | None,
        none: str = "",
    ) -> pd.DataFrame:
        """The products with the highest scores, as a frame; -inf is in no list."""
        allowed = self.allowed(filters, rules)
        eligible = np.isfinite(scores) if allowed is None else np.isfinite(scores) & allowed

        def search(n: int, hidden: Rows) -> SearchResult:
            open_to = eligible.copy()
            open_to[hidden] = False
            rows = np.flatnonzero(open_to)
            best = rows[largest(scores[rows], n)]
            return SearchResult(best, scores[best].astype(np.float32))

        def score_of(rows: Rows) -> Floats:
            known: Floats = np.where(np.isfinite(scores[rows]), scores[rows], 0).astype(np.float32)
            return known

        found, did = self._ranked(search, k, np.empty(0, np.int64), filters, rules, score_of)
        shown = {name: values[found.rows] for name, values in columns.items()}
        for name in ("in_window", "before", "shared_raters"):
            if name in shown:
                shown[name] = shown[name].astype(np.int64)
        frame = self.dataset.ranked(found.rows, {"score": found.scores, **shown, **did})
        note = ""
        if frame.empty and k > 0:
            some = np.isfinite(scores).any()
            note = self._why_none(filters, rules) if some else none
        return label(frame, "list", self.version, note)

    def _empty_list(self, note: str) -> pd.DataFrame:
        frame = self.dataset.ranked(np.empty(0, np.int64), {"score": np.empty(0, np.float32)})
        return label(frame, "list", self.version, note)
