"""Validation hold-outs of the training data, and how well many settings do on them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.accuracy import find_hits
from recsys.evaluation.rankers import Ranker, best, rank_items
from recsys.evaluation.splits import Split, draw_users, latest_hold_out, random_hold_out
from recsys.linalg.svd import SVD
from recsys.model.ranking import degree_power

Scores = NDArray[np.float64]

LENGTH = 20
SHARE = 0.1
TILTS = (0.0, -0.3, 0.3)
"""Powers of an item's degree that a hit on it is weighted by; the first leaves all alike."""
_FEW_USERS = 8_000
_HOLD_OUTS = 5
_MOST_USERS = 2_000
_BLOCK_ELEMENTS = 1 << 25


@dataclass(frozen=True)
class HoldOut:
    """One validation split and the users it is measured on.

    A score is recall@20 + NDCG@20 of a user, under each of `TILTS`: with hits weighted
    towards rare items, and towards popular ones, as a test set might be.
    """

    split: Split
    user_rows: NDArray[np.int64]

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        degrees = np.maximum(1, self.split.train.item_degrees)[:, None]
        return degrees.astype(np.float64) ** np.array(TILTS)

    @cached_property
    def _relevant(self) -> Scores:
        """Total weight of each user's held-out items, shape (n_users, n_tilts)."""
        test = self.split.test
        totals = np.empty((test.n_users, len(TILTS)))
        for tilt in range(len(TILTS)):
            weights = self._weights[test.item_rows, tilt]
            totals[:, tilt] = np.bincount(test.user_rows, weights, minlength=test.n_users)
        return totals[self.user_rows]

    def of_lists(self, ranked: NDArray[np.int32]) -> Scores:
        """Scores of ranked lists, shape (n_users, n_tilts)."""
        hits = find_hits(ranked, self.split.test, self.user_rows)
        gained = np.where(hits[:, :, None], self._weights[ranked], 0.0)
        discounts = 1 / np.log2(np.arange(2, LENGTH + 2))
        counts = self.split.test.user_degrees[self.user_rows]
        ideal = np.cumsum(discounts)[np.minimum(counts, LENGTH) - 1]
        mean_weight = self._relevant / counts[:, None]
        recall = gained.sum(axis=1) / self._relevant
        ndcg = np.einsum("unt,n->ut", gained, discounts) / (ideal[:, None] * mean_weight)
        return recall + ndcg

    def of_ranker(self, ranker: Ranker) -> Scores:
        """Scores of any ranker."""
        return self.of_lists(rank_items(ranker, self.split.train, self.user_rows, LENGTH))

    def of_svd(
        self,
        svd: SVD,
        item_exponent: float,
        leverage: tuple[float, float],
        ranks: Sequence[int],
        spectrum_exponents: Iterable[float],
        popularity_exponents: Sequence[float],
    ) -> dict[tuple[int, float, float], Scores]:
        """Scores of the ranking model for every rank, p and c, from one SVD.

        The inner products are summed factor by factor, so that all ranks cost as much as the
        widest alone: a rank and a c only change the scale of each item.
        """
        train = self.split.train
        spectrum = svd.singular_values.astype(np.float64) / svd.singular_values[0]
        scales = {
            (rank, c): _item_scale(train, svd, spectrum, rank, leverage, c)
            for rank in ranks
            for c in popularity_exponents
        }
        weights = degree_power(train.item_degrees, -item_exponent)
        step = max(1, _BLOCK_ELEMENTS // max(1, train.n_items))
        lists: dict[tuple[int, float, float], list[NDArray[np.int32]]] = {}
        for start in range(0, len(self.user_rows), step):
            users = self.user_rows[start : start + step]
            vectors = _fold_in(train, users, weights, svd)
            for p in spectrum_exponents:
                products = np.zeros((len(users), train.n_items), dtype=np.float32)
                done = 0
                for rank in sorted(ranks):
                    part = slice(done, rank)
                    factors = svd.components[:, part] * (spectrum[part] ** p).astype(np.float32)
                    products += vectors[:, part] @ factors.T
                    done = rank
                    for c in popularity_exponents:
                        ranked = np.full((len(users), LENGTH), -1, dtype=np.int32)
                        best(products, scales[rank, c], train, users, ranked)
                        lists.setdefault((rank, p, c), []).append(ranked)
        return {key: self.of_lists(np.concatenate(parts)) for key, parts in lists.items()}


def hold_outs(train: Interactions, latest: bool | None, seed: int) -> list[HoldOut]:
    """A tenth of each user's training ratings: the latest where there are times, else random.

    Below 8,000 users several random hold-outs, to be averaged; at most 2,000 users in each.
    """
    latest = train.timestamps is not None if latest is None else latest
    several = not latest and np.count_nonzero(train.user_degrees >= 2) < _FEW_USERS
    made = []
    for number in range(_HOLD_OUTS if several else 1):
        split = (latest_hold_out if latest else random_hold_out)(train, SHARE, seed=seed + number)
        users = np.flatnonzero(split.test.user_degrees)
        made.append(HoldOut(split, draw_users(users, _MOST_USERS, np.random.default_rng(seed + number))))
    return made


def _fold_in(
    train: Interactions, users: NDArray[np.int64], weights: NDArray[np.float32], svd: SVD
) -> NDArray[np.float32]:
    rows = train.csr()[users]
    rows.data = weights[rows.indices]
    return np.asarray(rows @ svd.components)


def _item_scale(
    train: Interactions,
    svd: SVD,
    spectrum: NDArray[np.float64],
    rank: int,
    leverage: tuple[float, float],
    c: float,
) -> NDArray[np.float32]:
    exponent, power = leverage
    weights = (spectrum[:rank] ** (2 * exponent)).astype(np.float32)
    heights = (svd.components[:, :rank] ** 2) @ weights
    return degree_power(train.item_degrees, c) * degree_power(heights, -power)
