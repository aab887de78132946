"""Some users of data that no process holds, to measure models on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recsys.config import SEED
from recsys.data.interactions import Interactions

MOST_RATINGS = 4_000_000
"""Data with more are measured on users who have about as many."""


def users_drawn(data: Interactions) -> Interactions:
    """The ratings of users drawn at random, about `MOST_RATINGS`; the others keep their rows, empty."""
    degrees = data.user_degrees
    order = np.random.default_rng(SEED).permutation(len(degrees))
    n_drawn = int(np.searchsorted(np.cumsum(degrees[order]), MOST_RATINGS))
    counts = np.zeros(len(degrees), dtype=np.int64)
    counts[order[:n_drawn]] = degrees[order[:n_drawn]]
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    at = np.repeat(data.indptr[:-1] - indptr[:-1], counts) + np.arange(indptr[-1])
    return replace(
        data,
        indptr=indptr,
        item_rows=np.asarray(data.item_rows[at]),
        ratings=np.asarray(data.ratings[at]),
        timestamps=None if data.timestamps is None else np.asarray(data.timestamps[at]),
        places=None if data.places is None else np.asarray(data.places[at]),
    )
