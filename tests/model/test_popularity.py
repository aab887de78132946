"""The popular list."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.model.popularity import Popularity

POPULARITY = Popularity(np.array([3, 9, 0, 9, 5]))


def test_order_is_by_interactions_and_ties_by_row() -> None:
    assert POPULARITY.top(5).tolist() == [1, 3, 4, 0, 2]


def test_top_leaves_out_what_is_excluded_or_not_allowed() -> None:
    assert POPULARITY.top(2).tolist() == [1, 3]
    assert POPULARITY.top(2, exclude=np.array([1, 4])).tolist() == [3, 0]
    allowed = np.array([True, False, True, True, False])
    assert POPULARITY.top(2, allowed=allowed).tolist() == [3, 0]
    assert POPULARITY.top(2, exclude=np.array([3]), allowed=allowed).tolist() == [0, 2]


@pytest.mark.parametrize(("n", "length"), [(0, 0), (-1, 0), (5, 5), (50, 5)])
def test_top_gives_no_more_than_there_is(n: int, length: int) -> None:
    assert len(POPULARITY.top(n)) == length
