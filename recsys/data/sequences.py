"""Ratings as sequences: each user's items in order of time, and how long ago each was.

Ratings of the same time have no order. The place of a rating is the rank of its time among the
different times of its user, and its age counts those places from the end: 1 for the latest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import prange

from recsys.arrays import Mask, Rows, Rows32
from recsys.data.interactions import Interactions
from recsys.kernel_cache import jit

_FEW = 32
"""Up to so many ratings are sorted by insertion: faster than any call."""


@dataclass(frozen=True)
class Sequences:
    """Each user's items in order of time.

    Parameters
    ----------
    indptr : int64 array, shape (n + 1,)
        Sequence `u` has the entries `indptr[u]` to `indptr[u + 1]`.
    items : int32 array, shape (n_entries,)
        Item rows, earliest first.
    fresh : bool array, shape (n_entries,)
        False where an entry has the same time as the one before it.
    """

    indptr: Rows
    items: Rows32
    fresh: Mask

    @classmethod
    def of(cls, interactions: Interactions, least: int = 2) -> Sequences:
        """The sequences of all users with `least` ratings or more; without an order, all at one time."""
        users = np.flatnonzero(interactions.user_degrees >= least)
        degrees = interactions.user_degrees[users]
        indptr = np.concatenate([[0], np.cumsum(degrees)]).astype(np.int64)
        starts, times = interactions.indptr[users], _times(interactions)
        positions = _by_time(indptr, starts, times)
        return cls(indptr, interactions.item_rows[positions], _fresh(indptr, positions, times))

    @property
    def lengths(self) -> Rows:
        """Entries of each sequence, shape (n,)."""
        return np.diff(self.indptr)


def ages(interactions: Interactions, user_rows: Rows | None = None) -> Rows32:
    """How many different times ago each rating was, in the order of the ratings; 1 is the latest.

    Parameters
    ----------
    interactions : Interactions
        Without an order, every age is 1.
    user_rows : int64 array, optional
        Only the ratings of these users, one user after the other.
    """
    users = np.arange(interactions.n_users) if user_rows is None else user_rows
    indptr = np.concatenate([[0], np.cumsum(interactions.user_degrees[users])]).astype(np.int64)
    starts, times = interactions.indptr[users], _times(interactions)
    return _ages(indptr, starts, _by_time(indptr, starts, times), times)


def _times(interactions: Interactions) -> Rows:
    if interactions.order is None:
        return np.zeros(interactions.n_ratings, dtype=np.int64)
    return interactions.order


@jit(parallel=True)
def _by_time(indptr: Rows, starts: Rows, times: Rows) -> Rows32:  # pragma: no cover - compiled
    """Positions of the ratings, user by user, earliest first; of equal times the lower item first."""
    out = np.empty(indptr[-1], dtype=np.int32)
    for u in prange(len(starts)):
        first, n = indptr[u], indptr[u + 1] - indptr[u]
        if n > _FEW:
            order = np.argsort(times[starts[u] : starts[u] + n], kind="mergesort")
            for place in range(n):
                out[first + place] = starts[u] + order[place]
            continue
        for place in range(n):
            rating, free = starts[u] + place, first + place
            while free > first and times[out[free - 1]] > times[rating]:
                out[free] = out[free - 1]
                free -= 1
            out[free] = rating
    return out


@jit(parallel=True)
def _fresh(indptr: Rows, positions: Rows32, times: Rows) -> Mask:  # pragma: no cover - compiled
    out = np.ones(len(positions), dtype=np.bool_)
    for u in prange(len(indptr) - 1):
        for n in range(indptr[u] + 1, indptr[u + 1]):
            out[n] = times[positions[n]] != times[positions[n - 1]]
    return out


@jit(parallel=True)
def _ages(
    indptr: Rows, starts: Rows, positions: Rows32, times: Rows
) -> Rows32:  # pragma: no cover - compiled
    out = np.empty(len(positions), dtype=np.int32)
    for u in prange(len(starts)):
        age, shift = 1, indptr[u] - starts[u]
        for n in range(indptr[u + 1] - 1, indptr[u] - 1, -1):
            if n + 1 < indptr[u + 1] and times[positions[n]] != times[positions[n + 1]]:
                age += 1
            out[positions[n] + shift] = age
    return out
