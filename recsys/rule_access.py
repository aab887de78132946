"""The rules of a shop, as a recommender obeys them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np
import pandas as pd

from recsys.answers import label
from recsys.arrays import Floats, Mask, Rows
from recsys.dataset_access import DatasetAccess
from recsys.filters import Filters
from recsys.notes import why_none_passes
from recsys.rules.in_force import RulesInForce, unmatched
from recsys.rules.rules import Rules
from recsys.search.results import SearchResult


class RuleAccess(DatasetAccess):
    """What applies rules to the products of a version; part of `Recommender`."""

    def popular(
        self,
        k: int = 10,
        *,
        filters: Filters | None = None,
        exclude: Iterable[str] = (),
        rules: Rules | None = None,
    ) -> pd.DataFrame:
        """The most-rated items: rank, item_id, what the catalogue knows, score (ratings), …

        Under rules, also `rule`: what they did.
        """
        if not rules:
            return self.dataset.popular(k, filters=filters, exclude=exclude)
        hidden = self.items.rows(list(exclude))
        found, did = self._most_popular(k, hidden[hidden >= 0], filters, rules)
        frame = self.dataset.ranked(found.rows, {"score": found.scores, **did})
        return label(frame, "popular", self.version, "" if len(frame) else self._why_none(filters, rules))

    def unmatched(self, rules: Rules) -> list[str]:
        """The products, categories and brands that rules name and this version does not know."""
        return unmatched(rules, [self.dataset.catalog.frame, self.dataset.unrated.catalog.frame])

    @cached_property
    def _in_force(self) -> dict[Rules, RulesInForce]:
        return {}  # the rules that were asked for last

    def in_force(self, rules: Rules | None) -> RulesInForce | None:
        """What rules say of each product; None where there are none."""
        if not rules:
            return None
        known = self._in_force.get(rules)
        if known is None:  # several threads may ask at once: none relies on what another put here
            catalog, counts = self.dataset.catalog.frame, self.dataset.item_counts
            known = RulesInForce.of(rules, catalog, counts, self.dataset.item_means)
            self._in_force.clear()
            self._in_force[rules] = known
        return known

    def allowed(self, filters: Filters | None, rules: Rules | None) -> Mask | None:
        """Which items pass the filters and the rules, bool (n_items,); None where all do."""
        filtered, force = self.dataset.allowed(filters), self.in_force(rules)
        if force is None or filtered is None:
            return filtered if force is None else force.shown
        both: Mask = force.shown & filtered
        return both

    def _ranked(
        self,
        search: Callable[[int, Rows], SearchResult],
        k: int,
        exclude: Rows,
        filters: Filters | None,
        rules: Rules | None,
        score_of: Callable[[Rows], Floats],
    ) -> tuple[SearchResult, dict[str, list[str]]]:
        """The first `k` of a search under the rules, and the column `rule`; none without rules."""
        force = self.in_force(rules)
        if force is None:
            return search(k, exclude), {}
        filtered = self.dataset.allowed(filters)
        may_pin = np.ones(len(self.items), dtype=bool) if filtered is None else filtered.copy()
        may_pin[exclude] = False
        found, pinned = force.ranked(
            lambda n, rows: search(n, np.concatenate([exclude, rows])), k, may_pin, score_of
        )
        return found, {"rule": force.words(found.rows, pinned)}

    def _most_popular(
        self, k: int, exclude: Rows, filters: Filters | None, rules: Rules | None
    ) -> tuple[SearchResult, dict[str, list[str]]]:
        allowed = self.allowed(filters, rules)

        def ratings(rows: Rows) -> Floats:
            return self.dataset.item_counts[rows].astype(np.float32)

        def search(n: int, hidden: Rows) -> SearchResult:
            rows = self.dataset.popularity.top(n, hidden, allowed)
            return SearchResult(rows, ratings(rows))

        return self._ranked(search, k, exclude, filters, rules, ratings)

    def _why_none(self, filters: Filters | None, rules: Rules | None) -> str:
        """Why nothing can be listed, in a sentence: the filters, or the rules."""
        force = self.in_force(rules)
        if force is None:
            return self.dataset.why_nothing(filters)
        return why_none_passes(self.dataset, filters, force.shown)
