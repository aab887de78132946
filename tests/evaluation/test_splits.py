from collections.abc import Callable

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

DAY = 86_400


def ratings(rows: list[tuple[str, str, int]], with_times: bool = True) -> Interactions:
    frame = pl.DataFrame(rows, schema=["user_id", "item_id", "timestamp"], orient="row").with_columns(
        pl.lit(5.0).cast(pl.Float32).alias("rating")
    )
    return encode(frame if with_times else frame.drop("timestamp"))


def pairs(interactions: Interactions) -> set[tuple[str, str]]:
    users = interactions.users.ids(interactions.user_rows)
    return set(zip(users, interactions.items.ids(interactions.item_rows), strict=True))


@pytest.fixture
def some() -> Interactions:
    return ratings(
        [("ann", "a", 10 * DAY), ("ann", "b", 30 * DAY), ("ann", "c", 20 * DAY), ("bob", "a", 40 * DAY)]
        + [("cyd", item, n * DAY) for n, item in enumerate("abcdefghijklmnopqrst")]
    )


def assert_parts(whole: Interactions, split: Split) -> None:
    assert pairs(split.train) | pairs(split.test) == pairs(whole)
    assert not pairs(split.train) & pairs(split.test)
    assert split.train.items is whole.items
    assert split.test.users is whole.users


def test_leave_last_out_holds_out_the_latest_of_each_user(some: Interactions) -> None:
    split = leave_last_out(some)
    assert_parts(some, split)
    assert pairs(split.test) == {("ann", "b"), ("cyd", "t")}


def test_leave_last_out_leaves_one_rating_when_more_are_asked_for(some: Interactions) -> None:
    split = leave_last_out(some, n_held=5)
    assert pairs(split.train) >= {("ann", "a"), ("bob", "a")}
    assert split.train.user_degrees.tolist() == [1, 1, 15]


def test_leave_last_out_breaks_ties_at_random_but_the_same_for_a_seed() -> None:
    tied = ratings([(f"u{n}", item, n) for n in range(50) for item in "abcd"])
    first, again, other = leave_last_out(tied), leave_last_out(tied), leave_last_out(tied, seed=1)
    assert np.array_equal(first.test.item_rows, again.test.item_rows)
    assert not np.array_equal(first.test.item_rows, other.test.item_rows)
    assert len(set(first.test.item_rows.tolist())) == 4


def test_latest_hold_out_holds_out_a_share_of_each_user(some: Interactions) -> None:
    split = latest_hold_out(some, share=0.25)
    assert_parts(some, split)
    assert pairs(split.test) == {("ann", "b")} | {("cyd", item) for item in "pqrst"}


def test_random_hold_out_holds_out_a_share_of_each_user_and_needs_no_times() -> None:
    whole = ratings([(f"u{n}", f"i{m}", 0) for n in range(9) for m in range(10)], with_times=False)
    split = random_hold_out(whole, share=0.2)
    assert_parts(whole, split)
    assert split.test.user_degrees.tolist() == [2] * 9
    assert not np.array_equal(split.test.item_rows, random_hold_out(whole, share=0.2, seed=1).test.item_rows)


def test_random_hold_out_never_takes_the_only_rating(some: Interactions) -> None:
    assert random_hold_out(some, share=0.9).train.user_degrees.min() == 1


def test_temporal_splits_at_the_first_second_of_a_day(some: Interactions) -> None:
    split = temporal(some, before="1970-01-21")
    assert_parts(some, split)
    assert pairs(split.test) == {("ann", "b"), ("ann", "c"), ("bob", "a")}
    assert temporal(some, before=20 * DAY).test.n_ratings == 3


def test_temporal_leaves_a_share_to_the_test_when_no_day_is_given(some: Interactions) -> None:
    split = temporal(some, share=0.25)
    assert split.test.n_ratings / some.n_ratings == pytest.approx(0.25, abs=0.05)
    assert split.train.timestamps is not None
    assert split.test.timestamps is not None
    assert split.train.timestamps.max() < split.test.timestamps.min()


def test_known_only_reports_new_users_and_items_apart() -> None:
    whole = ratings([("ann", "a", 0), ("bob", "b", 0), ("ann", "b", 9), ("ann", "c", 9), ("cyd", "c", 9)])
    split, new = known_only(temporal(whole, before=5))
    assert pairs(split.test) == {("ann", "b")}
    assert new == {"users": 1, "items": 1, "user_ratings": 1, "item_ratings": 1}


def test_k_folds_test_every_rating_once(some: Interactions) -> None:
    folds = list(k_folds(some, 5))
    assert len(folds) == 5
    tested = [pair for fold in folds for pair in pairs(fold.test)]
    assert len(tested) == len(set(tested)) == some.n_ratings
    for fold in folds:
        assert_parts(some, fold)
        assert fold.test.n_ratings in (4, 5)


@pytest.mark.parametrize("split", [leave_last_out, latest_hold_out, temporal])
def test_splits_by_time_are_refused_without_timestamps(split: Callable[[Interactions], Split]) -> None:
    with pytest.raises(EvaluationError, match=r"no timestamps.*--split random"):
        split(ratings([("ann", "a", 0), ("ann", "b", 0)], with_times=False))


def test_times_that_are_all_the_same_are_no_order() -> None:
    same = ratings([("ann", "a", 9), ("ann", "b", 9), ("bob", "a", 9)])
    assert same.order is None
    for split in (leave_last_out, latest_hold_out, temporal):
        with pytest.raises(EvaluationError, match="--split random"):
            split(same)


def test_splits_say_what_is_wrong_when_nothing_can_be_held_out() -> None:
    lonely = ratings([("ann", "a", 0), ("bob", "b", 0)])
    with pytest.raises(EvaluationError, match="No user has two ratings"):
        random_hold_out(lonely)
    with pytest.raises(EvaluationError, match=r"No ratings after 2000-01-01. They are from 1970-01-01"):
        temporal(lonely, before="2000-01-01")
    with pytest.raises(EvaluationError, match="'yesterday' is not a day"):
        temporal(lonely, before="yesterday")
    with pytest.raises(EvaluationError, match="Cannot make 3 folds of 2 ratings"):
        list(k_folds(lonely, 3))
