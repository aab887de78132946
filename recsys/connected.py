"""Searches that find only items which share a user with the items asked about, at least through others.

The others score nothing but rounding noise. They are seldom among the best, and only then is a search
done again without them, so the rule costs next to nothing.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from recsys.arrays import Floats, Mask, Rows
from recsys.dataset import Dataset
from recsys.search.indexes import SimilarIndex, SimilarItems, UserSearch
from recsys.search.results import SearchResult


class Searchable(Protocol):
    """What a search needs of a recommender."""

    @property
    def dataset(self) -> Dataset: ...

    @property
    def similar_index(self) -> SimilarIndex: ...


def best_for_user(
    dataset: Dataset,
    index: UserSearch,
    query: Floats,
    k: int,
    rated: Rows,
    exclude: Rows,
    allowed: Mask | None,
    found: SearchResult | None = None,
) -> SearchResult:
    """The best `k` for a user among the items connected with those rated.

    Parameters
    ----------
    index : UserSearch
        Of the item vectors that the query is for.
    query : float32 array, shape (n_factors,)
        The user's vector; where it is zero, nothing is found.
    rated, exclude : int64 arrays
        Item rows the user rated, and those that may not be found.
    found : SearchResult, optional
        The best of all items, where that search has been done.
    """
    if not query.any():
        return SearchResult(np.empty(0, np.int64), np.empty(0, np.float32))

    def search(mask: Mask | None) -> SearchResult:
        return index.search(query[None, :], k, exclude=[exclude], allowed=mask)[0]

    best = found or search(allowed)
    if dataset.connected(rated, best.rows).all():
        return best
    return search(_both(dataset.connected(rated), allowed))


def best_for_item(where: Searchable, row: int, k: int, allowed: Mask | None) -> SimilarItems:
    """The `k` items most like one, among those connected with it."""
    one, best = np.array([row]), where.similar_index.search(row, k, allowed=allowed)
    if where.dataset.connected(one, best.rows).all():
        return best
    return where.similar_index.search(row, k, allowed=_both(where.dataset.connected(one), allowed))


def _both(mask: Mask, other: Mask | None) -> Mask:
    return mask if other is None else mask & other
