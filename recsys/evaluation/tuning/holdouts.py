"""Validation hold-outs of the training data, and how well many settings do on them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from recsys.arrays import Doubles, Rows
from recsys.config import RankingConfig
from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.accuracy import Lists, find_hits
from recsys.evaluation.rankers import Ranker, fill_best, rank_items, rows_of
from recsys.evaluation.splits import Split, latest_hold_out, random_hold_out, sample_users
from recsys.linalg.svd import SVD
from recsys.model.ranking import RankingModel, fit_ranking

LENGTH = 20
"""Length of the lists that settings are compared by."""
SHARE = 0.1
"""Share of each user's ratings that is held out."""
TILTS = (0.0, -0.3, 0.3)
"""Powers of an item's degree that weight a hit on it; the first weights all hits equally."""
SEED = 41
"""Not the seed of the test split: the two draws must not be related."""
_FEW_USERS = 8_000
_HOLD_OUTS = 5
_MOST_USERS = 2_000
_JUDGE_USERS = 6_000
_BLOCK_ELEMENTS = 1 << 25
"""Scores held at once: 128 MB."""

Key = tuple[int, float, float]
"""Rank, spectrum exponent p, popularity exponent c."""


@dataclass(frozen=True)
class HoldOut:
    """One validation split and the users it is measured on.

    The score of a user is recall@20 + NDCG@20, once for each of `TILTS`. The tilts weight hits towards
    rare items or towards popular ones, because a test set may be tilted either way.
    """

    split: Split
    user_rows: Rows

    @cached_property
    def _weights(self) -> Doubles:
        """Weight of a hit on each item, shape (n_items, n_tilts)."""
        degrees = np.maximum(1, self.split.train.item_degrees)[:, None]
        return np.asarray(degrees.astype(np.float64) ** np.array(TILTS))

    @cached_property
    def _relevant(self) -> Doubles:
        """Total weight of each user's held-out items, shape (n_users, n_tilts)."""
        test = self.split.test
        totals = np.empty((test.n_users, len(TILTS)))
        for tilt in range(len(TILTS)):
            weights = self._weights[test.item_rows, tilt]
            totals[:, tilt] = np.bincount(test.user_rows, weights, minlength=test.n_users)
        return totals[self.user_rows]

    def of_lists(self, ranked: Lists) -> Doubles:
        """Scores of ranked lists, shape (n_users, n_tilts)."""
        hits = find_hits(ranked, self.split.test, self.user_rows)
        gained = np.where(hits[:, :, None], self._weights[ranked], 0.0)
        discounts = 1 / np.log2(np.arange(2, LENGTH + 2))
        counts = self.split.test.user_degrees[self.user_rows]
        ideal = np.cumsum(discounts)[np.minimum(counts, LENGTH) - 1]
        mean_weight = self._relevant / counts[:, None]
        recall = gained.sum(axis=1) / self._relevant
        ndcg = np.einsum("unt,n->ut", gained, discounts) / (ideal[:, None] * mean_weight)
        return np.asarray(recall + ndcg)

    def of_ranker(self, ranker: Ranker) -> Doubles:
        """Scores of any ranker."""
        return self.of_lists(rank_items(ranker, self.split.train, self.user_rows, LENGTH))

    def of_svd(
        self,
        svd: SVD,
        config: RankingConfig,
        ranks: Sequence[int],
        spectrum_exponents: Sequence[float],
        popularity_exponents: Sequence[float],
    ) -> dict[Key, Doubles]:
        """Scores of the ranking model for every rank, p and c, from one SVD.

        The inner products are summed factor by factor, so that all ranks together cost as much as the
        widest alone: a rank and a c only change the scale of each item.

        Parameters
        ----------
        svd : SVD
            Of the training part, at least as wide as the largest rank.
        config : RankingConfig
            The other settings.
        """
        train = self.split.train
        widest = fit_ranking(train, replace(config, n_factors=max(ranks)), svd=svd)
        scales = {
            (rank, c): _at(train, svd, config, rank, c).item_scales
            for rank in ranks
            for c in popularity_exponents
        }
        lists: dict[Key, list[Lists]] = {}
        step = max(1, _BLOCK_ELEMENTS // max(1, train.n_items))
        for start in range(0, len(self.user_rows), step):
            users = self.user_rows[start : start + step]
            vectors = widest.user_vectors(*rows_of(train, users))
            for p in spectrum_exponents:
                products, done = np.zeros((len(users), train.n_items), dtype=np.float32), 0
                for rank in sorted(ranks):
                    part = slice(done, rank)
                    factors = widest.components[:, part] * (widest.spectrum[part] ** p).astype(np.float32)
                    products += vectors[:, part] @ factors.T
                    done = rank
                    for c in popularity_exponents:
                        ranked = np.full((len(users), LENGTH), -1, dtype=np.int32)
                        fill_best(products, scales[rank, c], train, users, ranked)
                        lists.setdefault((rank, p, c), []).append(ranked)
        return {key: self.of_lists(np.concatenate(parts)) for key, parts in lists.items()}


def _at(train: Interactions, svd: SVD, config: RankingConfig, rank: int, c: float) -> RankingModel:
    """The model of a rank and a popularity exponent."""
    return fit_ranking(train, replace(config, n_factors=rank, popularity_exponent=c), svd=svd)


def judge(train: Interactions, latest: bool | None, searched: HoldOut, seed: int) -> HoldOut:
    """A second hold-out, of more users, which the settings that did best on the first must win too.

    Random ones are drawn with another seed. A user's latest ratings are always the same, so there the
    users are others than those `searched`.
    """
    latest = train.order is not None if latest is None else latest
    split = searched.split if latest else random_hold_out(train, SHARE, seed=seed)
    users = np.flatnonzero(split.test.user_degrees)
    if latest and len(others := np.setdiff1d(users, searched.user_rows)) >= _MOST_USERS // 2:
        users = others
    return HoldOut(split, sample_users(users, _JUDGE_USERS, np.random.default_rng(seed)))


def hold_outs(train: Interactions, latest: bool | None, seed: int) -> list[HoldOut]:
    """Hold out a tenth of each user's training ratings, and sample at most 2,000 users to measure.

    Parameters
    ----------
    train : Interactions
    latest : bool or None
        Hold out the latest ratings rather than random ones; None: if there is an order.
    seed : int

    Returns
    -------
    list of HoldOut
        Several random ones, to be averaged, if fewer than 8,000 users have two ratings; else one.

    Raises
    ------
    EvaluationError
        If no user has two ratings.
    """
    latest = train.order is not None if latest is None else latest
    several = not latest and np.count_nonzero(train.user_degrees >= 2) < _FEW_USERS
    made = []
    for number in range(_HOLD_OUTS if several else 1):
        split = (latest_hold_out if latest else random_hold_out)(train, SHARE, seed=seed + number)
        users = np.flatnonzero(split.test.user_degrees)
        made.append(HoldOut(split, sample_users(users, _MOST_USERS, np.random.default_rng(seed + number))))
    return made
