"""The popular list: the baseline every model must beat, and what is shown where taste is unknown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Popularity:
    """Items by their number of interactions; ties by row.

    Parameters
    ----------
    item_degrees : int64 array, shape (n_items,)
    """

    item_degrees: NDArray[np.int64]

    @property
    def scores(self) -> NDArray[np.float32]:
        """What the items are ranked by: their number of interactions, shape (n_items,)."""
        return self.item_degrees.astype(np.float32)

    @cached_property
    def _order(self) -> Rows:
        return np.argsort(-self.item_degrees, kind="stable")

    def order(self) -> Rows:
        """All item rows, most popular first."""
        return self._order

    def top(
        self,
        n: int,
        exclude: NDArray[np.integer] | None = None,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Rows:
        """The `n` most popular rows that are allowed and not excluded; fewer where fewer exist."""
        ranked = self._order if allowed is None else self._order[allowed[self._order]]
        hidden = np.empty(0, np.int64) if exclude is None else np.asarray(exclude, dtype=np.int64)
        head = ranked[: max(0, n) + len(hidden)]
        return head[~np.isin(head, hidden)][: max(0, n)]


def bayesian_mean(
    sums: NDArray[np.floating], counts: NDArray[np.integer], prior: float, weight: float = 10.0
) -> NDArray[np.float32]:
    """Mean ratings drawn towards `prior` as by `weight` more ratings of that value.

    Three ratings of five stars then stand below three hundred of 4.8.

    Parameters
    ----------
    sums, counts : arrays, shape (n_items,)
        Sum and number of the ratings of each item.
    prior : float
        The mean of all ratings.
    weight : float
        How many ratings the prior is worth.

    Returns
    -------
    float32 array, shape (n_items,), on the scale of the ratings
    """
    return ((sums + prior * weight) / (counts + weight)).astype(np.float32)
