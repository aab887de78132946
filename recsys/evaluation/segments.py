"""For whom, and for which items, is it good: figures by segment.

Users by how much they have in training; held-out items by whether they are popular. Popular
are the fewest items that make up the first 80% of the training ratings, the others are tail.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.accuracy import find_hits, intervals_by_model, ndcg, recall

Rows = NDArray[np.int64]
Lists = NDArray[np.int32]

USER_SEGMENTS = {
    "users with 1 rating": (1, 1),
    "users with 2–5 ratings": (2, 5),
    "users with 6–20 ratings": (6, 20),
    "users with 21+ ratings": (21, np.inf),
}
POPULAR_SHARE = 0.8


def popular_items(item_degrees: NDArray[np.int64], share: float = POPULAR_SHARE) -> NDArray[np.bool_]:
    """The fewest items that make up at least `share` of all ratings, as a mask."""
    order = np.argsort(-item_degrees, kind="stable")
    before = np.concatenate([[0], np.cumsum(item_degrees[order])[:-1]])
    mask = np.zeros(len(item_degrees), dtype=bool)
    mask[order[before < share * item_degrees.sum()]] = True
    return mask & (item_degrees > 0)


def by_segment(
    train: Interactions, test: Interactions, user_rows: Rows, lists: dict[str, Lists], k: int
) -> list[dict[str, Any]]:
    """Recall@k and NDCG@k of each model in each segment that has users.

    Parameters
    ----------
    train, test : Interactions
    user_rows : int64 array
        The users whom the lists are of.
    lists : dict of int32 arrays, shape (len(user_rows), at least k)
        Ranked item rows of each model.
    k : int

    Returns
    -------
    list of dict
        segment, model, metric, value, low, high, users.
    """
    entries = []
    for segment, part, held in _segments(train, test, user_rows):
        relevant = held.user_degrees[user_rows]
        part = part & (relevant > 0)
        if not part.any():
            continue
        values = {}
        for model, ranked in lists.items():
            hits, held_out = find_hits(ranked[part], held, user_rows[part]), relevant[part]
            values[model] = {f"recall@{k}": recall(hits, held_out, k), f"ndcg@{k}": ndcg(hits, held_out, k)}
        entries += [
            {"segment": segment, "model": model, "metric": metric, **figure, "users": int(part.sum())}
            for model, figures in intervals_by_model(values).items()
            for metric, figure in figures.items()
        ]
    return entries


def _segments(
    train: Interactions, test: Interactions, user_rows: Rows
) -> Iterator[tuple[str, NDArray[np.bool_], Interactions]]:
    degrees = train.user_degrees[user_rows]
    for name, (least, most) in USER_SEGMENTS.items():
        yield name, (degrees >= least) & (degrees <= most), test
    everyone, popular = np.ones(len(user_rows), dtype=bool), popular_items(train.item_degrees)
    yield "popular items", everyone, test.select(popular[test.item_rows])
    yield "tail items", everyone, test.select(~popular[test.item_rows])
