"""Groups of items that share users."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse import csgraph

from recsys.data.groups import item_groups
from tests.builders import interactions_of

LISTS = st.lists(st.sets(st.integers(0, 30), min_size=1, max_size=4), min_size=1, max_size=25)


def test_items_of_a_group_are_connected_over_any_number_of_steps() -> None:
    groups = item_groups(interactions_of([[0, 1], [2, 3], [1, 4], [4, 0], [5], [6, 2]]))
    assert groups.tolist() == [0, 0, 1, 1, 0, 2, 1]


@given(LISTS)
def test_groups_are_the_connected_components(lists: list[set[int]]) -> None:
    data = interactions_of([sorted(items) for items in lists])
    ones = sparse.csr_array((np.ones(data.n_ratings), data.item_rows, data.indptr))
    _, expected = csgraph.connected_components(ones.T @ ones, directed=False)
    groups = item_groups(data)
    pairs = {(int(mine), int(theirs)) for mine, theirs in zip(groups, expected, strict=True)}
    assert len(pairs) == len(set(groups.tolist())) == len(set(expected.tolist()))
