"""The rating model of data that no process holds: plain damped biases, summed up by the workers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from recsys.arrays import Doubles, Floats
from recsys.cluster.gram import Group, summed
from recsys.cluster.sending import to_all
from recsys.config import RatingConfig
from recsys.data.interactions import Interactions
from recsys.model.biases import alternate, residual_sums
from recsys.model.rating import RatingModel, damped_model

if TYPE_CHECKING:
    from distributed import Client


def fit_biases(
    client: Client, groups: Sequence[Group], interactions: Interactions, config: RatingConfig
) -> RatingModel:
    """As `recsys.model.rating.fit_rating` with `config.damping`."""
    assert config.damping is not None
    user_damping, item_damping = config.damping
    totals = client.gather(client.map(_total, groups, pure=False))
    mean = float(sum(totals)) / max(1, interactions.n_ratings)

    def sums(bias: Floats) -> Doubles:
        told = to_all(client, bias)
        parts = client.map(_sums, groups, bias=told, mean=mean, user_damping=user_damping, pure=False)
        found: Doubles = summed(client, parts)
        return found

    bias = alternate(sums, interactions.item_degrees, item_damping, config.bias_sweeps)
    return damped_model(mean, bias, user_damping, interactions.scale, config)


def _total(group: Group) -> float:
    return sum(float(block.array("ratings").sum(dtype=np.float64)) for block in group)


def _sums(group: Group, bias: Floats, mean: float, user_damping: float) -> Doubles:
    total = np.zeros(len(bias))
    for block in group:
        centred = block.array("ratings") - np.float32(mean)
        total += residual_sums(
            np.array(block.array("indptr")), np.array(block.array("item_rows")), centred, bias, user_damping
        )
    return total
