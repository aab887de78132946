"""The products of the normalised interactions, computed by the workers of a cluster.

    A^T A block = sum over groups of blocks of users of (A_g^T A_g block)

Each group of users lies at the disposal of every worker, in files. The block of columns goes to the workers,
and the sums come back by a tree. The Krylov basis, items only, stays with the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from uuid import uuid4

import numpy as np

from recsys.arrays import Floats, Rows, Rows32
from recsys.cluster.blocks import Block, as_one
from recsys.cluster.sending import to_all
from recsys.config import SvdConfig
from recsys.linalg.gram import ScaledGram, popularity_order, user_layout

if TYPE_CHECKING:
    from distributed import Client

T = TypeVar("T")
Group = tuple[Block, ...]


def entries(group: Group, least: int, n_items: int) -> tuple[Rows, Rows, Rows]:
    """Of each item: all ratings, those of users with `least` or more, and those that are the user's only."""
    totals = np.zeros((3, n_items), dtype=np.int64)
    for block in group:
        degrees, items = np.diff(block.array("indptr")), block.array("item_rows")
        each = np.repeat(degrees, degrees)
        totals[0] += np.bincount(items, minlength=n_items)
        totals[1] += np.bincount(items[each >= least], minlength=n_items)
        totals[2] += np.bincount(items[each == 1], minlength=n_items)
    return totals[0], totals[1], totals[2]


class Layout(NamedTuple):
    """What a worker needs beside the ratings to multiply; `token` tells two of them apart."""

    token: str
    rank: Rows32
    scale: Floats
    item_rows: Rows
    n_items: int
    a: float
    least: int


class ClusterGram:
    """A^T A of the interactions in blocks; a `GramOperator`.

    Parameters
    ----------
    client : distributed.Client
    groups : sequence of groups of blocks
        Each is the work of one task.
    n_items : int
    a, b : float
        Exponents of the user and item degrees.
    config : SvdConfig, optional
        As of `recsys.linalg.gram.NormalisedGram`.
    """

    def __init__(
        self,
        client: Client,
        groups: Sequence[Group],
        n_items: int,
        a: float,
        b: float,
        config: SvdConfig | None = None,
    ) -> None:
        least = (config or SvdConfig()).min_user_items
        self._client, self._groups, self.n_items = client, list(groups), n_items
        counted = client.gather(client.map(entries, self._groups, least=least, n_items=n_items, pure=False))
        degrees, kept, single = (sum(parts) for parts in zip(*counted, strict=True))
        alone = single if least < 2 else np.zeros(n_items, dtype=np.int64)
        self.item_rows, rank = popularity_order(kept, alone)
        self.n_columns = len(self.item_rows)
        weights = degrees[self.item_rows].astype(np.float64) ** -b
        self._diagonal = (alone[self.item_rows] * weights**2).astype(np.float32)
        self._scale = weights.astype(np.float32)
        self._layout = to_all(
            client, Layout(uuid4().hex, rank, self._scale, self.item_rows, n_items, a, least)
        )
        norms = client.map(_norm, self._groups, layout=self._layout, pure=False)
        self.squared_norm = float(sum(client.gather(norms))) + float(self._diagonal.sum(dtype=np.float64))

    def gram(self, block: Floats) -> Floats:
        """A^T (A block), float32 (n_columns, w)."""
        sent = to_all(self._client, block)
        sums = self._client.map(_product, self._groups, layout=self._layout, block=sent, pure=False)
        product: Floats = np.array(summed(self._client, sums))
        product += self._diagonal[:, None] * block
        return product


def summed(client: Client, futures: Sequence[Any]) -> Any:
    """The sum of what some tasks give, by a tree of tasks."""
    sums = list(futures)
    while len(sums) > 1:
        pairs = [sums[at : at + 2] for at in range(0, len(sums), 2)]
        sums = [client.submit(_add, *pair, pure=False) if len(pair) > 1 else pair[0] for pair in pairs]
    return sums[0].result()


def _norm(group: Group, layout: Layout) -> float:
    return _operator(group, layout).squared_norm


def _product(group: Group, layout: Layout, block: Floats) -> Floats:
    return _operator(group, layout).gram(np.array(block, order="C"))


def _add(one: Floats, other: Floats) -> Floats:
    return one + other


_kept: dict[tuple[Group, str], Any] = {}


def kept(group: Group, token: str, make: Callable[[], T]) -> T:
    """What a worker has made of a group for one operator, kept from one task to the next."""
    if (group, token) not in _kept:
        for other in [key for key in _kept if key[1] != token]:
            del _kept[other]  # the operator before, as large as this one
        _kept[group, token] = make()
    found: T = _kept[group, token]
    return found


def _operator(group: Group, layout: Layout) -> ScaledGram:
    def make() -> ScaledGram:
        data = as_one(group)
        return ScaledGram(
            *user_layout(data.indptr, data.item_rows, layout.rank, layout.a, layout.least),
            layout.scale,
            layout.item_rows,
            layout.n_items,
        )

    return kept(group, layout.token, make)
