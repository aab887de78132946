"""How close every user is to a product, or to several together.

    a_j = deg_j^-b (V_j . t)           t: the item's vector, or the sum of those of the products asked for
    closeness_u = n_u^-a sum over items j rated by u of a_j

That is the user's row of Du^-a R Di^-b V (see `recsys.model.ranking`) times t: the score of the product for
the user, with heavy users damped as the model damps them. It is one product of all ratings with a vector of
items, and no users x k array exists.
"""

from __future__ import annotations

import numpy as np

from recsys.arrays import Floats, Mask
from recsys.data.interactions import Interactions
from recsys.linalg import blocked
from recsys.model.ranking import RankingModel, degree_power


def audience_weights(model: RankingModel, asked: Mask) -> Floats:
    """a: what each item in a history adds to the closeness to the items asked for, float32 (n_items,)."""
    target = model.item_vectors_of(np.flatnonzero(asked)).sum(axis=0)
    components = model.components
    products = blocked.over_blocks(components, lambda rows: components[rows] @ target)
    parts: Floats = np.concatenate([np.zeros(0, np.float32), *products]) * model.fold_in_weights
    return parts


def closeness_of(data: Interactions, parts: Floats, user_exponent: float) -> Floats:
    """The closeness of every user, float32 (n_users,); 0 for users without ratings."""
    damping = degree_power(np.arange(int(data.user_degrees.max(initial=0)) + 1), -user_exponent)
    found = []
    for part in data.parts():
        degrees = part.user_degrees
        if degrees.all():  # without a copy of the pointers
            sums = np.add.reduceat(parts[part.item_rows], part.indptr[:-1]) if len(degrees) else parts[:0]
        else:
            sums, rated = np.zeros(part.n_users, dtype=np.float32), np.flatnonzero(degrees)
            if len(rated):
                sums[rated] = np.add.reduceat(parts[part.item_rows], part.indptr[:-1][rated])
        found.append(sums * damping[degrees])
    closeness: Floats = np.concatenate(found)
    return closeness
