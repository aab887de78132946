"""Ways to hold ratings out: by time, at random, in folds.

Train and test always have the same user and item tables, so a row means the same in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

import numpy as np
from numba import prange
from numpy.typing import NDArray

from recsys.arrays import Doubles, Mask, Rows
from recsys.config import SEED
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.kernel_cache import jit


class Split(NamedTuple):
    """Ratings to learn from, and ratings to be measured on."""

    train: Interactions
    test: Interactions


def sample_users(user_rows: Rows, n_users: int, rng: np.random.Generator) -> Rows:
    """Sample `n_users` users without replacement, sorted; return all if there are no more."""
    if len(user_rows) <= n_users:
        return user_rows
    return np.sort(rng.choice(user_rows, n_users, replace=False))


def leave_last_out(interactions: Interactions, n_held: int = 1, seed: int = SEED) -> Split:
    """Hold out each user's latest `n_held` ratings, but leave at least one in training.

    Ratings of the same second are in random order. Users with one rating stay in training.

    Raises
    ------
    EvaluationError
        If no order of time is known, or no user has two ratings.
    """
    degrees = interactions.user_degrees
    held = np.clip(degrees - 1, 0, n_held)
    return _hold_out(interactions, held, _order(interactions, "leave-last-out"), seed)


def latest_hold_out(interactions: Interactions, share: float = 0.1, seed: int = SEED) -> Split:
    """Hold out the latest `share` of each user's ratings: at least one if the user has two.

    Raises
    ------
    EvaluationError
        If no order of time is known, or no user has two ratings.
    """
    times = _order(interactions, "a hold-out of the latest ratings")
    return _hold_out(interactions, _share_of(interactions.user_degrees, share), times, seed)


def random_hold_out(interactions: Interactions, share: float = 0.2, seed: int = SEED) -> Split:
    """Hold out a random `share` of each user's ratings: at least one if the user has two.

    Raises
    ------
    EvaluationError
        If no user has two ratings.
    """
    return _hold_out(interactions, _share_of(interactions.user_degrees, share), None, seed)


def temporal(interactions: Interactions, before: int | str | date | None = None, share: float = 0.2) -> Split:
    """Train on what was rated before a moment, test on the rest.

    Parameters
    ----------
    interactions : Interactions
    before : int, str or date, optional
        The moment: unix seconds, or a day such as "2014-01-31" (its first second, UTC). By
        default, the moment that leaves `share` of the ratings to the test.
    share : float

    Raises
    ------
    EvaluationError
        If the ratings have no timestamps, `before` is not a day, or one side is empty.
    """
    times = _times(interactions, "a temporal split")
    moment = int(np.quantile(times, 1 - share)) if before is None else _seconds(before)
    train = times < moment
    if train.all() or not train.any():
        first, last = (_day(t) for t in (times.min(), times.max()))
        side = "after" if train.all() else "before"
        raise EvaluationError(
            f"No ratings {side} {_day(moment)}. They are from {first} to {last}. Use --split random."
        )
    return Split(interactions.select(train), interactions.select(~train))


def k_folds(interactions: Interactions, n_folds: int = 5, seed: int = SEED) -> Iterator[Split]:
    """Random folds over the ratings: each rating is tested once.

    Raises
    ------
    EvaluationError
        If there are fewer than two folds, or more folds than ratings.
    """
    n = interactions.n_ratings
    if not 2 <= n_folds <= n:
        raise EvaluationError(f"Cannot make {n_folds} folds of {n} ratings: choose 2 to {n}.")
    fold = np.random.default_rng(seed).permutation(n) % n_folds
    for number in range(n_folds):
        yield Split(interactions.select(fold != number), interactions.select(fold == number))


def known_only(split: Split) -> tuple[Split, dict[str, int]]:
    """Keep only the test ratings whose user and item are both in training.

    Returns
    -------
    Split
    dict
        Counts of what was left out. users, items: new ones. user_ratings: ratings by new users.
        item_ratings: ratings of new items by known users.
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


def _share_of(degrees: Rows, share: float) -> Rows:
    held = np.maximum(1, np.round(degrees * share).astype(np.int64))
    return np.minimum(held, np.maximum(0, degrees - 1))


def _hold_out(interactions: Interactions, held: Rows, times: Rows | None, seed: int) -> Split:
    """Hold out the `held[u]` latest ratings of each user, or random ones if `times` is None."""
    if not held.any():
        raise EvaluationError("No user has two ratings, so none can be held out. Give a --test file.")
    users, chance = interactions.user_rows, np.random.default_rng(seed).random(interactions.n_ratings)
    if times is not None and held.max() == 1:
        test = _latest(interactions, held, times, chance)
        return Split(interactions.select(~test), interactions.select(test))
    keys: tuple[NDArray[Any], ...] = (chance, users) if times is None else (chance, -times, users)
    order = np.lexsort(keys)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    test = place - interactions.indptr[users] < held[users]
    return Split(interactions.select(~test), interactions.select(test))


def _latest(interactions: Interactions, held: Rows, times: Rows, chance: Doubles) -> Mask:
    """The latest rating of each user with `held`, as a mask; of equal times, the one with the least chance.

    What sorting all ratings would find, without sorting.
    """
    test = np.zeros(interactions.n_ratings, dtype=bool)
    _mark_latest(interactions.indptr, held, times, chance, test)
    return test


@jit(parallel=True)
def _mark_latest(
    indptr: Rows, held: Rows, times: Rows, chance: Doubles, test: Mask
) -> None:  # pragma: no cover - compiled
    for user in prange(len(held)):
        if held[user]:
            best = indptr[user]
            for place in range(best + 1, indptr[user + 1]):
                same = times[place] == times[best] and chance[place] < chance[best]
                if times[place] > times[best] or same:
                    best = place
            test[best] = True


def _times(interactions: Interactions, what: str) -> Rows:
    if interactions.timestamps is None:
        raise EvaluationError(
            f"These ratings have no timestamps, and {what} needs them. Use --split random instead."
        )
    return interactions.timestamps


def _order(interactions: Interactions, what: str) -> Rows:
    if interactions.order is None:
        raise EvaluationError(
            f"These ratings have no timestamps that differ, and {what} needs an order. If the ratings of each"
            " user stand in order of time, add --in-order; otherwise use --split random."
        )
    return interactions.order


def _seconds(moment: int | str | date) -> int:
    if isinstance(moment, int):
        return moment
    try:
        day = date.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError:
        raise EvaluationError(f"{moment!r} is not a day. Give one such as 2014-01-31.") from None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(int(seconds), tz=UTC).date().isoformat()
