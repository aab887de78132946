"""Rules applied to the products of one version: before the top k are taken, and exactly.

A list under rules is found by asking a search for more and more items until no item beyond them could
belong to the list. So every ranker, and every index, obeys the same rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
import polars as pl

from recsys.arrays import Floats, Mask, Rows
from recsys.columns import BRAND, CATEGORY, IN_STOCK, ITEM
from recsys.filters import in_categories
from recsys.rules.rules import Boost, Limit, Rules, Selection
from recsys.search.results import SearchResult

_WIDER = 4
"""How many times more items are looked at when those looked at do not settle a list."""
NOTHING = np.empty(0, np.int64)


class Results(Protocol):
    """What a search finds, best first."""

    @property
    def rows(self) -> Rows: ...

    @property
    def scores(self) -> Floats: ...


Found = TypeVar("Found", bound=Results)


class Group(NamedTuple):
    """Products of which a list may hold at most `n`: of each number from 0, or with the mark True."""

    n: int
    of: Rows


@dataclass(frozen=True)
class RulesInForce:
    """What rules say of each product.

    Attributes
    ----------
    shown : bool array, shape (n_items,)
        Products that may be shown.
    in_stock : bool array, shape (n_items,)
        False for those that are hidden because they are out of stock: not even a pin shows them.
    factors : float32 array, shape (n_items,), or None
        What scores are multiplied by; None where nothing is boosted.
    groups : tuple of Group
    pins : tuple of (int, int)
        Places from 1, ascending, and item rows.
    """

    shown: Mask
    in_stock: Mask
    factors: Floats | None
    groups: tuple[Group, ...]
    pins: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, rules: Rules, catalog: pl.DataFrame, item_counts: Rows, item_means: Floats) -> RulesInForce:
        """What the rules say of some products.

        Parameters
        ----------
        rules : Rules
        catalog : polars.DataFrame
            One row for each item, with the catalogue's columns.
        item_counts : int64 array, shape (n_items,)
            Ratings of each item.
        item_means : float32 array, shape (n_items,)
            Mean rating of each item; NaN where it has none.
        """
        in_stock = np.ones(len(catalog), dtype=bool)
        if rules.hide_out_of_stock and IN_STOCK in catalog.columns:
            in_stock = catalog[IN_STOCK].fill_null(True).to_numpy()
        shown = in_stock & (item_counts >= rules.min_ratings) & ~selected(rules.exclude, catalog)
        if rules.min_stars is not None:
            shown &= item_means >= rules.min_stars
        if rules.only:
            shown &= selected(rules.only, catalog)
        place_of = {pin.product: pin.place for pin in rules.pin}
        rows = np.flatnonzero(catalog[ITEM].is_in(list(place_of)).to_numpy())
        pins = sorted((place_of[catalog[ITEM][int(row)]], int(row)) for row in rows)
        groups = tuple(_group(limit, catalog) for limit in rules.at_most)
        return cls(shown, in_stock, _factors(rules.boost, catalog), groups, tuple(pins))

    def best(self, search: Callable[[int], Found], k: int, taken: Rows = NOTHING) -> tuple[Found, Rows]:
        """What a search finds, and the places in it of the first `k` items under the rules, in their order.

        Parameters
        ----------
        search : callable
            From a number n to the n best of the items that may be listed, or all where there are fewer.
        k : int
        taken : int64 array, optional
            Items that the list holds already: they count in what is at most allowed.
        """
        n = k
        while True:
            found = search(n)
            places, settled = self._choose(found, k, taken)
            if settled or len(found.rows) < n:
                return found, places
            n *= _WIDER

    def ranked(
        self,
        search: Callable[[int, Rows], SearchResult],
        k: int,
        may_pin: Mask,
        score_of: Callable[[Rows], Floats],
    ) -> tuple[SearchResult, Mask]:
        """The first `k` items under the rules, and which of them are pinned.

        Parameters
        ----------
        search : callable
            As in `best`, without some item rows.
        k : int
        may_pin : bool array, shape (n_items,)
            Products that this list may hold, whatever the rules say of others.
        score_of : callable
            The scores of some item rows.
        """
        pins = [
            (place, row) for place, row in self.pins if place <= k and may_pin[row] and self.in_stock[row]
        ]
        pinned = np.array([row for _, row in pins], dtype=np.int64)
        found, places = self.best(lambda n: search(n, pinned), k - len(pins), pinned)
        rows, scores = found.rows[places].tolist(), found.scores[places].tolist()
        for (place, row), score in zip(pins, score_of(pinned).tolist(), strict=True):
            rows.insert(place - 1, row)
            scores.insert(place - 1, score)
        listed = np.array(rows, dtype=np.int64)
        return SearchResult(listed, np.array(scores, dtype=np.float32)), np.isin(listed, pinned)

    def words(self, rows: Rows, pinned: Mask | None = None) -> list[str]:
        """What the rules did to each of some items: "pinned", "×1.5", or nothing."""
        factors = np.ones(len(rows)) if self.factors is None else self.factors[rows]
        marks = [f"×{factor:.3g}" if factor != 1 else "" for factor in factors.tolist()]
        if pinned is None:
            return marks
        return ["pinned" if is_pinned else mark for is_pinned, mark in zip(pinned, marks, strict=True)]

    def _choose(self, found: Results, k: int, taken: Rows) -> tuple[Rows, bool]:
        """The places of the first `k`, and whether no item beyond those found can be among them."""
        rows, scores = found.rows, found.scores
        if self.factors is None:
            places = self._within_limits(rows, k, taken)
            return places, len(places) == k
        changed = boosted(scores, self.factors[rows])
        order = np.lexsort((rows, -changed))
        places = order[self._within_limits(rows[order], k, taken)]
        if len(places) < k or not k:
            return places, not k
        # No item beyond those found has a better score than the last one, nor a larger factor than any.
        bound = boosted(scores[-1:], self.factors.max(keepdims=True))[0]
        return places, bool(changed[places[-1]] > bound)

    def _within_limits(self, rows: Rows, k: int, taken: Rows) -> Rows:
        """The places of the first `k` items that no limit leaves out."""
        if not self.groups:
            return np.arange(min(k, len(rows)))
        full = [np.bincount(group.of[taken][group.of[taken] >= 0], minlength=1) for group in self.groups]
        counts = [dict(enumerate(one.tolist())) for one in full]
        kept: list[int] = []
        for place, row in enumerate(rows.tolist()):
            if len(kept) == k:
                break
            own = [int(group.of[row]) for group in self.groups]
            parts = list(zip(self.groups, counts, own, strict=True))
            if any(one >= 0 and count.get(one, 0) >= group.n for group, count, one in parts):
                continue
            for _, count, one in parts:
                count[one] = count.get(one, 0) + 1
            kept.append(place)
        return np.array(kept, dtype=np.int64)


def boosted(scores: Floats, factors: Floats) -> Floats:
    """Scores times factors; a score below 0 is divided, so that the order of factors is never reversed."""
    with np.errstate(over="ignore"):
        changed: Floats = np.where(scores > 0, scores * factors, scores / factors).astype(np.float32)
    return changed


def selected(selection: Selection, catalog: pl.DataFrame) -> Mask:
    """Which items of a catalogue a selection names, bool (n_items,)."""
    tests = [pl.lit(False)]
    if selection.products:
        tests.append(pl.col(ITEM).is_in(list(selection.products)))
    if selection.brands:
        tests.append(pl.col(BRAND).is_in(list(selection.brands)))
    if selection.categories:
        tests.append(in_categories(selection.categories))
    named = catalog.select(pl.any_horizontal(tests).fill_null(False).alias("named"))["named"].to_numpy()
    mask: Mask = named if len(named) == len(catalog) else named.repeat(len(catalog))
    return mask


def unmatched(rules: Rules, catalogs: Sequence[pl.DataFrame]) -> list[str]:
    """The products, categories and brands that rules name and no catalogue knows, each once."""
    missing: dict[str, None] = {}
    for part in rules.selections():
        for kind in ("products", "categories", "brands"):
            for name in getattr(part, kind):
                one = Selection(**{kind: (name,)})
                if not any(selected(one, catalog).any() for catalog in catalogs):
                    missing[name] = None
    return list(missing)


def _factors(boosts: Sequence[Boost], catalog: pl.DataFrame) -> Floats | None:
    if not boosts:
        return None
    factors = np.ones(len(catalog), dtype=np.float32)
    for boost in boosts:
        factors[selected(boost, catalog)] *= np.float32(boost.factor)
    return factors


def _group(limit: Limit, catalog: pl.DataFrame) -> Group:
    if limit.each is None:
        return Group(limit.n, np.where(selected(limit, catalog), 0, -1).astype(np.int64))
    column = {"brand": BRAND, "category": CATEGORY}[limit.each]
    numbers = catalog[column].rank("dense").cast(pl.Int64).fill_null(0) - 1
    return Group(limit.n, numbers.to_numpy())
