"""Ratings in item order, made by the workers a range of items at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from recsys.arrays import Rows
from recsys.cluster.blocks import Block, concatenated, save
from recsys.data.interactions import Interactions, ItemView, stable_order

if TYPE_CHECKING:
    from distributed import Client

_RATINGS = 8_000_000
"""About how many ratings a range of items has."""


def by_item(client: Client, blocks: Sequence[Block], data: Interactions, folder: Path) -> ItemView:
    """As `Interactions.by_item`, in files that are mapped."""
    indptr = np.concatenate([[0], np.cumsum(data.item_degrees)]).astype(np.int64)
    ends = np.searchsorted(indptr, np.arange(_RATINGS, data.n_ratings, _RATINGS))
    ranges = list(pairwise(np.unique(np.concatenate([[0], ends, [data.n_items]])).tolist()))
    targets = [folder / f"items-{number}" for number in range(len(ranges))]
    client.gather(client.map(_write_range, ranges, targets, blocks=tuple(blocks), pure=False))

    def whole(name: str) -> np.ndarray | None:
        return concatenated([target / f"{name}.npy" for target in targets], folder / f"by-item-{name}.npy")

    rows, ratings = whole("user_rows"), whole("ratings")
    assert rows is not None
    assert ratings is not None
    return ItemView(indptr, rows, ratings, whole("timestamps"), whole("places"))


def _write_range(bounds: tuple[int, int], target: Path, blocks: tuple[Block, ...]) -> None:
    """Write the ratings of the items from one row to another, by item and then by user."""
    low, high = bounds
    chosen = list(_chosen(blocks, low, high))
    items = np.concatenate([items for items, _, _, _ in chosen])
    order = stable_order(items - np.int32(low), high - low)
    save(target, "user_rows", np.concatenate([users for _, users, _, _ in chosen])[order])
    for name in ("ratings", "timestamps", "places"):
        if blocks[0].holds(name):
            save(target, name, np.concatenate([block.array(name)[at] for _, _, block, at in chosen])[order])


def _chosen(
    blocks: Sequence[Block], low: int, high: int
) -> Iterator[tuple[np.ndarray, np.ndarray, Block, Rows]]:
    """Of each block, what it has of these items: their rows, the users' rows, and where they stand."""
    first = 0
    for block in blocks:
        items, indptr = block.array("item_rows"), block.array("indptr")
        at = np.flatnonzero((items >= low) & (items < high))
        users = (np.searchsorted(indptr, at, side="right") - 1 + first).astype(np.int32)
        yield items[at], users, block, at
        first += block.n_users
