"""What is held out, and what is left to learn from."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from recsys.data.interactions import Interactions, encode
from recsys.errors import EvaluationError
from recsys.evaluation.splits import (
    Split,
    k_folds,
    known_only,
    latest_hold_out,
    leave_last_out,
    random_hold_out,
    temporal,
)

ROWS = [
    ("a", "x", 1), ("a", "y", 2), ("a", "z", 3),
    ("b", "x", 9), ("b", "z", 4),
    ("c", "w", 5),
]  # fmt: skip


def data(with_times: bool = True, rows: list[tuple[str, str, int]] = ROWS) -> Interactions:
    users, items, times = zip(*rows, strict=True)
    frame = {"user_id": users, "item_id": items, "rating": pl.Series([5.0] * len(rows), dtype=pl.Float32)}
    if with_times:
        frame["timestamp"] = pl.Series(times, dtype=pl.Int64)
    return encode(pl.DataFrame(frame))


def pairs(part: Interactions) -> set[tuple[str, str]]:
    return set(zip(part.users.ids(part.user_rows), part.items.ids(part.item_rows), strict=True))


def test_leave_last_out_holds_each_users_latest_and_keeps_single_ratings() -> None:
    train, test = leave_last_out(data())
    assert pairs(test) == {("a", "z"), ("b", "x")}
    assert pairs(train) == {("a", "x"), ("a", "y"), ("b", "z"), ("c", "w")}


def test_latest_hold_out_takes_a_share_but_at_least_one() -> None:
    _, test = latest_hold_out(data(), share=0.67)
    assert pairs(test) == {("a", "y"), ("a", "z"), ("b", "x")}


def test_temporal_trains_before_and_tests_from_the_moment_on() -> None:
    train, test = temporal(data(), before=4)
    assert pairs(train) == {("a", "x"), ("a", "y"), ("a", "z")}
    assert pairs(test) == {("b", "z"), ("b", "x"), ("c", "w")}


def test_temporal_reports_new_users_and_items_apart() -> None:
    split, new = known_only(temporal(data(), before=5))
    assert pairs(split.test) == {("b", "x")}
    assert new == {"users": 1, "items": 1, "user_ratings": 1, "item_ratings": 0}


@pytest.mark.parametrize("before", [0, 100])
def test_temporal_with_an_empty_side_says_where_the_ratings_are(before: int) -> None:
    with pytest.raises(EvaluationError, match="They are from 1970-01-01"):
        temporal(data(), before=before)


@pytest.mark.parametrize("split", [leave_last_out, latest_hold_out, temporal])
def test_splits_by_time_refuse_data_without_times(split) -> None:
    with pytest.raises(EvaluationError, match="no timestamps"):
        split(data(with_times=False))


def many() -> Interactions:
    drawn = np.unique(np.random.default_rng(0).integers(0, (50, 40), (900, 2)), axis=0)
    return data(rows=[(f"u{u:02}", f"i{i:02}", t) for t, (u, i) in enumerate(drawn)])


def check_parts(whole: Interactions, split: Split) -> None:
    assert pairs(split.train) | pairs(split.test) == pairs(whole)
    assert not pairs(split.train) & pairs(split.test)


def test_random_hold_out_takes_a_fifth_of_each_user_and_repeats_by_seed() -> None:
    whole = many()
    split = random_hold_out(whole, 0.2, seed=1)
    check_parts(whole, split)
    np.testing.assert_array_equal(split.test.user_degrees, np.round(0.2 * whole.user_degrees))
    assert pairs(random_hold_out(whole, 0.2, seed=1).test) == pairs(split.test)
    assert pairs(random_hold_out(whole, 0.2, seed=2).test) != pairs(split.test)


def test_nobody_with_two_ratings_cannot_be_split() -> None:
    with pytest.raises(EvaluationError, match="No user has two ratings"):
        random_hold_out(data(rows=[("a", "x", 1), ("b", "y", 2)]))


def test_folds_test_every_rating_once() -> None:
    whole = many()
    folds = list(k_folds(whole, 5))
    for fold in folds:
        check_parts(whole, fold)
    assert sum(fold.test.n_ratings for fold in folds) == whole.n_ratings
    with pytest.raises(EvaluationError, match="2 to"):
        next(k_folds(whole, 1))
