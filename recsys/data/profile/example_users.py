"""Users to begin with."""

from __future__ import annotations

import numpy as np
import polars as pl

from recsys.data.interactions import Interactions


def example_users(data: Interactions, per_kind: int = 4) -> pl.DataFrame:
    """A few users of each kind.

    The kinds are the most active, active (around the 99th percentile of users with two
    ratings or more), typical (their median) and light (one rating).

    Returns
    -------
    polars.DataFrame
        user_id, n_ratings, kind; each user once.
    """
    degrees = data.user_degrees
    several = np.flatnonzero(degrees >= 2)
    several = several[np.argsort(-degrees[several], kind="stable")]
    middle = len(several) // 2
    kinds = {
        "most active": several[:per_kind],
        "active": several[len(several) // 100 :][:per_kind],
        "typical": several[middle : middle + per_kind],
        "one rating": np.flatnonzero(degrees == 1)[:per_kind],
    }
    seen: set[int] = set()
    entries = []
    for kind, rows in kinds.items():
        fresh = [int(row) for row in rows if int(row) not in seen]
        seen.update(fresh)
        entries += [(data.users.id(row), int(degrees[row]), kind) for row in fresh]
    return pl.DataFrame(entries, schema=["user_id", "n_ratings", "kind"], orient="row")
