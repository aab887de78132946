"""Ways to hold ratings out: by time, at random, in folds.

Train and test are always over the same users and items, so that rows mean the same in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError

SEED = 20_140_723


class Split(NamedTuple):
    """What to learn from, and what to be measured on."""

    train: Interactions
    test: Interactions


def draw_users(user_rows: NDArray[np.int64], n_users: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """So many of the users at random, in their order; all, and nothing drawn, where they are no more."""
    if len(user_rows) <= n_users:
        return user_rows
    return np.sort(rng.choice(user_rows, n_users, replace=False))


def leave_last_out(interactions: Interactions, n_held: int = 1, seed: int = SEED) -> Split:
    """Each user's latest `n_held` ratings are held out, as far as one is left to learn from.

    Ratings of the same second are in random order. Users with one rating stay in training.

    Raises
    ------
    EvaluationError
        Where the ratings have no timestamps, or nobody has two.
    """
    degrees = interactions.user_degrees
    held = np.clip(degrees - 1, 0, n_held)
    return _hold_out(interactions, held, _times(interactions, "leave-last-out"), seed)


def latest_hold_out(interactions: Interactions, share: float = 0.1, seed: int = SEED) -> Split:
    """The latest `share` of each user's ratings are held out: at least one where there are two.

    Raises
    ------
    EvaluationError
        Where the ratings have no timestamps, or nobody has two.
    """
    times = _times(interactions, "a hold-out of the latest ratings")
    return _hold_out(interactions, _share_of(interactions.user_degrees, share), times, seed)


def random_hold_out(interactions: Interactions, share: float = 0.2, seed: int = SEED) -> Split:
    """A random `share` of each user's ratings is held out: at least one where there are two.

    Raises
    ------
    EvaluationError
        Where nobody has two ratings.
    """
    return _hold_out(interactions, _share_of(interactions.user_degrees, share), None, seed)


def temporal(interactions: Interactions, before: int | str | date | None = None, share: float = 0.2) -> Split:
    """Train on what was rated before a moment, test on the rest.

    Parameters
    ----------
    interactions : Interactions
    before : int, str or date, optional
        The moment: unix seconds, or a day such as "2014-01-31" (its first second, UTC). By
        default the one that leaves `share` of the ratings to the test.
    share : float

    Raises
    ------
    EvaluationError
        Where the ratings have no timestamps, `before` is no day, or one side is left empty.
    """
    times = _times(interactions, "a temporal split")
    moment = int(np.quantile(times, 1 - share)) if before is None else _seconds(before)
    train = times < moment
    if train.all() or not train.any():
        first, last = (_day(t) for t in (times.min(), times.max()))
        side = "after" if train.all() else "before"
        raise EvaluationError(f"No ratings {side} {_day(moment)}. They are from {first} to {last}.")
    return Split(interactions.select(train), interactions.select(~train))


def k_folds(interactions: Interactions, n_folds: int = 5, seed: int = SEED) -> Iterator[Split]:
    """Random folds over the ratings: each rating is tested once.

    Raises
    ------
    EvaluationError
        With fewer than two folds, or more than ratings.
    """
    n = interactions.n_ratings
    if not 2 <= n_folds <= n:
        raise EvaluationError(f"Cannot make {n_folds} folds of {n} ratings: choose 2 to {n}.")
    fold = np.random.default_rng(seed).permutation(n) % n_folds
    for number in range(n_folds):
        yield Split(interactions.select(fold != number), interactions.select(fold == number))


def known_only(split: Split) -> tuple[Split, dict[str, int]]:
    """The test without what training has never seen, and how much that was.

    Returns
    -------
    Split
        With only the test ratings by users, and of items, that are in training.
    dict
        users, items: how many are new. user_ratings: test ratings by new users.
        item_ratings: test ratings of new items by known users.
    """
    train, test = split
    old_user = train.user_degrees[test.user_rows] > 0
    old_item = train.item_degrees[test.item_rows] > 0
    counts = {
        "users": int(np.count_nonzero((train.user_degrees == 0) & (test.user_degrees > 0))),
        "items": int(np.count_nonzero((train.item_degrees == 0) & (test.item_degrees > 0))),
        "user_ratings": int(np.count_nonzero(~old_user)),
        "item_ratings": int(np.count_nonzero(old_user & ~old_item)),
    }
    return Split(train, test.select(old_user & old_item)), counts


def _share_of(degrees: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    held = np.maximum(1, np.round(degrees * share).astype(np.int64))
    return np.minimum(held, np.maximum(0, degrees - 1))


def _hold_out(
    interactions: Interactions, held: NDArray[np.int64], times: NDArray[np.int64] | None, seed: int
) -> Split:
    """The `held[u]` latest ratings of each user, or any where there are no times."""
    if not held.any():
        raise EvaluationError("No user has two ratings, so none can be held out. Give a --test file.")
    users, chance = interactions.user_rows, np.random.default_rng(seed).random(interactions.n_ratings)
    keys: tuple[NDArray[Any], ...] = (chance, users) if times is None else (chance, -times, users)
    order = np.lexsort(keys)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    test = place - interactions.indptr[users] < held[users]
    return Split(interactions.select(~test), interactions.select(test))


def _times(interactions: Interactions, what: str) -> NDArray[np.int64]:
    if interactions.timestamps is None:
        raise EvaluationError(
            f"These ratings have no timestamps, and {what} needs them. Use --split random instead."
        )
    return interactions.timestamps


def _seconds(moment: int | str | date) -> int:
    if isinstance(moment, int):
        return moment
    try:
        day = date.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError:
        raise EvaluationError(f"{moment!r} is no day. Give one such as 2014-01-31.") from None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(int(seconds), tz=UTC).date().isoformat()
