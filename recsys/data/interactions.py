"""Clean, encoded ratings as a sparse matrix, by user and by item."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.data.ids import IdTable


@dataclass(frozen=True)
class ItemView:
    """The same ratings by item (CSC order): `indptr` over items, users ascending."""

    indptr: NDArray[np.int64]
    user_rows: NDArray[np.int32]
    ratings: NDArray[np.float32]
    timestamps: NDArray[np.int64] | None


@dataclass(frozen=True)
class Interactions:
    """Clean, encoded ratings: one per (user, item), in CSR order.

    Parameters
    ----------
    users, items : IdTable
    indptr : int64 array, shape (n_users + 1,)
        Where each user's ratings start.
    item_rows : int32 array, shape (n_ratings,)
        Ascending within a user.
    ratings : float32 array, shape (n_ratings,)
    timestamps : int64 array, shape (n_ratings,), or None
        Unix seconds.
    scale : (float, float)
        Lowest and highest rating a user can give.
    implicit : bool
        True where the source records that something happened, not how it was liked.
    """

    users: IdTable
    items: IdTable
    indptr: NDArray[np.int64]
    item_rows: NDArray[np.int32]
    ratings: NDArray[np.float32]
    timestamps: NDArray[np.int64] | None = None
    scale: tuple[float, float] = (1.0, 5.0)
    implicit: bool = False

    @property
    def n_users(self) -> int:
        return len(self.users)

    @property
    def n_items(self) -> int:
        return len(self.items)

    @property
    def n_ratings(self) -> int:
        return len(self.item_rows)

    @property
    def density(self) -> float:
        """Share of the user-item pairs that are rated, between 0 and 1."""
        return self.n_ratings / max(1, self.n_users * self.n_items)

    @cached_property
    def user_degrees(self) -> NDArray[np.int64]:
        """Ratings per user."""
        return np.diff(self.indptr)

    @cached_property
    def item_degrees(self) -> NDArray[np.int64]:
        """Ratings per item."""
        return np.bincount(self.item_rows, minlength=self.n_items)

    @cached_property
    def user_rows(self) -> NDArray[np.int32]:
        """The user row of each rating, shape (n_ratings,)."""
        return np.repeat(np.arange(self.n_users, dtype=np.int32), self.user_degrees)

    def csr(self) -> sparse.csr_matrix:
        """Ratings as a users x items float32 matrix that shares these arrays."""
        shape = (self.n_users, self.n_items)
        return sparse.csr_matrix((self.ratings, self.item_rows, self.indptr), shape=shape, copy=False)

    def slice(self, user_row: int) -> slice:
        """Where this user's ratings stand in the rating arrays."""
        return slice(int(self.indptr[user_row]), int(self.indptr[user_row + 1]))

    def select(self, keep: NDArray[np.bool_]) -> Interactions:
        """The ratings where `keep` is True, over the same users and items."""
        counts = np.bincount(self.user_rows[keep], minlength=self.n_users)
        return replace(
            self,
            indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            item_rows=self.item_rows[keep],
            ratings=self.ratings[keep],
            timestamps=None if self.timestamps is None else self.timestamps[keep],
        )

    def by_item(self) -> ItemView:
        """The ratings in item order; within an item, by user."""
        order = stable_order(self.item_rows, self.n_items)
        indptr = np.concatenate([[0], np.cumsum(self.item_degrees)]).astype(np.int64)
        times = None if self.timestamps is None else self.timestamps[order]
        return ItemView(indptr, self.user_rows[order], self.ratings[order], times)


def stable_order(rows: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    """Stable argsort of small whole numbers, by counting.

    A matrix with one entry in each column has that order as the columns of its rows.
    """
    entries = sparse.csc_array(
        (np.ones(len(rows), np.int8), rows, np.arange(len(rows) + 1, dtype=np.int32)), shape=(n, len(rows))
    )
    return entries.tocsr().indices
