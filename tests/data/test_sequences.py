"""Sequences in order of time, and how long ago each rating was."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.data.interactions import Interactions, encode
from recsys.data.sequences import Sequences, ages
from tests.builders import interactions_of, sequences_of


def lists_of(sequences: Sequences) -> list[list[int]]:
    return [part.tolist() for part in np.split(sequences.items, sequences.indptr[1:-1])]


def test_items_stand_in_order_of_time_and_users_of_one_item_are_left_out() -> None:
    data = sequences_of([[4, 0, 2], [1], [3, 2]])
    assert lists_of(Sequences.of(data)) == [[4, 0, 2], [3, 2]]
    assert Sequences.of(data).fresh.all()
    assert ages(data).tolist() == [2, 1, 3, 1, 1, 2]  # items 0 2 4 | 1 | 2 3


def test_items_of_one_time_share_an_age_and_have_no_order() -> None:
    data = sequences_of([[3, 0, 2, 1]], [[10, 20, 20, 30]])
    sequences = Sequences.of(data)
    assert lists_of(sequences) == [[3, 0, 2, 1]]
    assert sequences.fresh.tolist() == [True, True, False, True]
    assert ages(data).tolist() == [2, 1, 2, 3]  # items 0 1 2 3


def test_without_an_order_everything_is_of_one_time() -> None:
    data = interactions_of([[2, 0, 1], [1, 2]])
    assert Sequences.of(data).fresh.sum() == 2
    assert set(ages(data).tolist()) == {1}


@settings(deadline=None, max_examples=30)
@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=60), min_size=1, max_size=5))
def test_order_agrees_with_a_stable_sort_for_few_and_for_many_ratings(times: list[list[int]]) -> None:
    data = sequences_of([list(range(len(own))) for own in times], times)
    expected = [np.argsort(own, kind="stable").tolist() for own in times if len(own) > 1]
    assert [one for one in lists_of(Sequences.of(data)) if one] == expected
    age = np.concatenate([[len({t for t in own if t >= when}) for when in own] for own in times])
    assert ages(data).tolist() == age.tolist()


def test_ages_of_some_users_follow_the_order_asked_for() -> None:
    data = sequences_of([[0, 1], [2, 1, 0], [3, 4]])
    assert ages(data, np.array([2, 0])).tolist() == [2, 1, 2, 1]


@pytest.fixture
def rows_in_order() -> Interactions:
    frame = pl.DataFrame(
        {
            "user_id": ["b", "a", "b", "a", "b"],
            "item_id": ["z", "y", "x", "x", "z"],
            "rating": pl.Series([1, 1, 1, 1, 1], dtype=pl.Float32),
            "timestamp": [9, 8, 7, 6, 5],
        }
    )
    return encode(frame, in_order=True)


def test_rows_in_order_decide_what_came_first_whatever_the_times(rows_in_order: Interactions) -> None:
    # The pair b, z comes twice: the later row counts, with its time.
    assert rows_in_order.places is not None
    assert rows_in_order.places.tolist() == [3, 1, 2, 4]
    assert lists_of(Sequences.of(rows_in_order)) == [[1, 0], [0, 2]]
    assert rows_in_order.timestamps is not None
    assert rows_in_order.timestamps.tolist() == [6, 8, 7, 5]


def test_places_stay_with_their_ratings(rows_in_order: Interactions) -> None:
    some = rows_in_order.select(np.array([True, False, True, True]))
    assert some.places is not None
    assert some.places.tolist() == [3, 2, 4]
    view = rows_in_order.by_item()
    assert view.order is not None
    assert view.order.tolist() == [3, 2, 1, 4]
    # Of x: b then a. After x, b rated z; after z nobody rated x.
    assert view.raters_after(0, np.array([1, 2])).tolist() == [0, 1]
    assert view.raters_after(2, np.array([0, 1])).tolist() == [0, 0]
