"""The popular list: the baseline every model must beat, shown where nothing is known of a user's taste."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import Mask, Rows


@dataclass(frozen=True)
class Popularity:
    """Items by their number of interactions; ties in row order.

    Parameters
    ----------
    item_degrees : int64 array, shape (n_items,)
    """

    item_degrees: Rows

    @cached_property
    def _order(self) -> Rows:
        return np.argsort(-self.item_degrees, kind="stable")

    def top(
        self,
        n: int,
        exclude: NDArray[np.integer] | None = None,
        allowed: Mask | None = None,
    ) -> Rows:
        """The `n` most popular item rows that are allowed and not excluded; fewer where fewer exist."""
        ranked = self._order if allowed is None else self._order[allowed[self._order]]
        hidden = np.empty(0, np.int64) if exclude is None else np.asarray(exclude, dtype=np.int64)
        head = ranked[: max(0, n) + len(hidden)]
        return head[~np.isin(head, hidden)][: max(0, n)]
