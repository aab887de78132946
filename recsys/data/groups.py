"""Which items are connected: by a user who rated both, or through others, over any number of steps."""

from __future__ import annotations

import numpy as np

from recsys.arrays import Rows, Rows32
from recsys.data.interactions import Interactions
from recsys.kernel_cache import jit


def item_groups(data: Interactions) -> Rows32:
    """The group of each item, int32 (n_items,), numbered from 0 by each group's first item.

    Items of two groups share no user, not even through other items and users: the groups are the
    connected components of the graph of users and items. What the ratings say of one group says
    nothing of another.
    """
    first = _first_of_group(data.indptr, data.item_rows, data.n_items)
    groups: Rows32 = (np.cumsum(first == np.arange(len(first))) - 1).astype(np.int32)[first]
    return groups


@jit()
def _first_of_group(indptr: Rows, items: Rows32, n_items: int) -> Rows32:
    """The first item row of each item's group: union-find, with paths halved (Tarjan 1975)."""
    above = np.arange(n_items).astype(np.int32)
    for user in range(len(indptr) - 1):
        rated = items[indptr[user] : indptr[user + 1]]
        for other in rated[1:]:
            left, right = rated[0], other
            while above[left] != left:
                above[left] = above[above[left]]
                left = above[left]
            while above[right] != right:
                above[right] = above[above[right]]
                right = above[right]
            above[max(left, right)] = min(left, right)
    for item in range(n_items):  # what stands above an item comes before it, and is settled
        above[item] = above[above[item]]
    return above
