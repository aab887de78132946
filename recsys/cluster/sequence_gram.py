"""The products of the ordered pairs, computed by the workers of a cluster.

    N = sum over groups of users of N_g,    N^T N block = sum over g of N_g^T (sum over g of N_g block)

So each product takes two rounds, with a sum by a tree after each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import numpy as np

from recsys.arrays import Floats, Rows, Rows32
from recsys.cluster.blocks import as_one
from recsys.cluster.gram import Group, kept, summed
from recsys.cluster.sending import to_all
from recsys.config import SequentialConfig
from recsys.data.sequences import Sequences
from recsys.linalg.gram import popularity_order
from recsys.linalg.sequence_gram import OrderedPairs, pair_weights

if TYPE_CHECKING:
    from distributed import Client


class _Layout(NamedTuple):
    """What a worker needs beside the ratings to multiply; `token` tells two of them apart."""

    token: str
    rank: Rows32
    scale: Floats
    a: float


class ClusterSequenceGram:
    """N^T N of the ratings in blocks; a `SequenceOperator`.

    Parameters
    ----------
    client : distributed.Client
    groups : sequence of groups of blocks
        Each is the work of one task.
    item_degrees : int64 array, shape (n_items,)
    config : SequentialConfig
    """

    def __init__(
        self, client: Client, groups: Sequence[Group], item_degrees: Rows, config: SequentialConfig
    ) -> None:
        self._client, self._groups, self.n_items = client, list(groups), len(item_degrees)
        counts = summed(client, client.map(_counts, self._groups, n_items=self.n_items, pure=False))
        self.item_rows, rank = popularity_order(counts, np.zeros_like(counts))
        self.n_columns = len(self.item_rows)
        scale = item_degrees[self.item_rows].astype(np.float64) ** -config.item_exponent
        layout = _Layout(uuid4().hex, rank, scale.astype(np.float32), config.user_exponent)
        self._layout = to_all(client, layout)
        self._forward, self._backward = pair_weights(config.lag_exponent, config.backward)

    def gram(self, block: Floats) -> Floats:
        """N^T (N block), float32 (n_columns, w)."""
        return self._product(self.times(block), self._forward)

    def times(self, block: Floats) -> Floats:
        """N block, float32 (n_columns, w)."""
        return self._product(block, self._backward)

    def _product(self, block: Floats, weights: Floats) -> Floats:
        sent = to_all(self._client, block)
        parts = self._client.map(
            _product, self._groups, layout=self._layout, block=sent, weights=weights, pure=False
        )
        return np.array(summed(self._client, parts))


def _counts(group: Group, n_items: int) -> Rows:
    """How often each item is in a sequence."""
    total = np.zeros(n_items, dtype=np.int64)
    for block in group:
        degrees = np.diff(block.array("indptr"))
        total += np.bincount(block.array("item_rows")[np.repeat(degrees >= 2, degrees)], minlength=n_items)
    return total


def _product(group: Group, layout: _Layout, block: Floats, weights: Floats) -> Floats:
    def make() -> OrderedPairs:
        return OrderedPairs(Sequences.of(as_one(group)), layout.rank, layout.a, layout.scale)

    pairs = kept(group, layout.token, make)
    return pairs.products(np.array(block, order="C"), (weights,))
