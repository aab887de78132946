"""Figures by segment: for which users, and for which items, a model is good.

Users are grouped by their number of training ratings, held-out items by whether they are popular. The
popular items are the fewest that make up 80% of the training ratings; the others are the tail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from recsys.arrays import Mask, Rows
from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.accuracy import Counts, Lists, find_hits, ndcg, recall
from recsys.evaluation.metrics.bootstrap import intervals_by_model
from recsys.evaluation.results import SegmentFigure

USER_SEGMENTS = {
    "users with 1 rating": (1, 1),
    "users with 2–5 ratings": (2, 5),
    "users with 6–20 ratings": (6, 20),
    "users with 21+ ratings": (21, np.inf),
}
"""Fewest and most training ratings of a user."""
POPULAR_SHARE = 0.8


def users_by_activity(degrees: Counts) -> dict[str, Mask]:
    """Which users belong to each user segment, given their numbers of training ratings."""
    return {name: (degrees >= least) & (degrees <= most) for name, (least, most) in USER_SEGMENTS.items()}


def popular_items(item_degrees: Rows, share: float = POPULAR_SHARE) -> Mask:
    """The fewest items that make up at least `share` of all ratings, as a mask."""
    order = np.argsort(-item_degrees, kind="stable")
    before = np.concatenate([[0], np.cumsum(item_degrees[order])[:-1]])
    mask = np.zeros(len(item_degrees), dtype=bool)
    mask[order[before < share * item_degrees.sum()]] = True
    return mask & (item_degrees > 0)


def by_segment(
    train: Interactions,
    test: Interactions,
    user_rows: Rows,
    lists: Mapping[str, Lists],
    k: int,
    known: Interactions | None = None,
) -> tuple[SegmentFigure, ...]:
    """Recall@k and NDCG@k of each model in each segment that has users.

    Parameters
    ----------
    train, test : Interactions
    user_rows : int64 array
        Users the lists belong to.
    lists : dict of int32 arrays, shape (len(user_rows), at least k)
        Ranked item rows of each model.
    k : int
    known : Interactions, optional
        The ratings that users are folded in from, where they are more than `train`.
    """
    degrees = (known or train).user_degrees[user_rows]
    entries: list[SegmentFigure] = []
    for segment, members, held in _segments(train, test, degrees):
        relevant = held.user_degrees[user_rows]
        members = members & (relevant > 0)
        if not members.any():
            continue
        values = {}
        for model, ranked in lists.items():
            hits, held_out = find_hits(ranked[members], held, user_rows[members]), relevant[members]
            values[model] = {f"recall@{k}": recall(hits, held_out, k), f"ndcg@{k}": ndcg(hits, held_out, k)}
        entries += [
            SegmentFigure(segment, model, metric, each.value, each.low, each.high, int(members.sum()))
            for model, figures in intervals_by_model(values).items()
            for metric, each in figures.items()
        ]
    return tuple(entries)


def _segments(
    train: Interactions, test: Interactions, degrees: Counts
) -> Iterator[tuple[str, Mask, Interactions]]:
    """The name of each segment, its users, and the held-out ratings that count."""
    for name, members in users_by_activity(degrees).items():
        yield name, members, test
    everyone, popular = np.ones(len(degrees), dtype=bool), popular_items(train.item_degrees)
    yield "popular items", everyone, test.select(popular[test.item_rows])
    yield "tail items", everyone, test.select(~popular[test.item_rows])
