"""Lists by search are those of dense scores."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from recsys.config import RankingConfig, SequentialConfig
from recsys.data.interactions import Interactions, encode
from recsys.evaluation import rankers
from recsys.evaluation.choice import SEQUENTIAL, STATIC
from recsys.evaluation.fitted_rankers import fit_rankers
from recsys.evaluation.rankers import SparseRanker, rank_items
from recsys.evaluation.splits import leave_last_out


def shop(n_users: int = 400, n_items: int = 150, seed: int = 2) -> Interactions:
    """A long tail of items; some users have one rating, one has most of the catalogue."""
    rng = np.random.default_rng(seed)
    chance = 0.4 / np.arange(1, n_items + 1) ** 0.7
    wanted = rng.random((n_users, n_items)) < chance * rng.random((n_users, 1)) * 2
    wanted[0, : n_items - 5] = True
    users, items = np.nonzero(wanted)
    return encode(
        pl.DataFrame(
            {
                "user_id": [f"u{u:03}" for u in users],
                "item_id": [f"i{i:03}" for i in items],
                "rating": rng.integers(1, 6, len(users)).astype(np.float32),
                "timestamp": rng.integers(0, 50, len(users)),
            }
        )
    )


@pytest.mark.parametrize("n", [1, 20, 200])
def test_lists_by_search_are_those_of_dense_scores(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = leave_last_out(shop())
    users = np.flatnonzero(test.user_degrees)[::2]
    fitted = fit_rankers(
        train, RankingConfig(n_factors=16), sequential=SequentialConfig(n_factors=16), users=users
    )
    monkeypatch.setattr(rankers, "_HEAVY", 100)
    assert train.user_degrees[0] > rankers._HEAVY
    for name, ranker in fitted.rankers.items():
        dense = rank_items(ranker, train, users, n)
        assert isinstance(ranker, SparseRanker), name
        monkeypatch.setattr(rankers, "DENSE_ITEMS", 0)
        sparse = rank_items(ranker, train, users, n)
        monkeypatch.setattr(rankers, "DENSE_ITEMS", 50_000)
        if name in ("this model", STATIC, SEQUENTIAL):
            # Inner products are summed in another order: equal scores may change places.
            _assert_same_scores(ranker.scores(users), dense, sparse)
        else:
            assert np.array_equal(dense, sparse), name


def _assert_same_scores(scores: np.ndarray, dense: np.ndarray, sparse: np.ndarray) -> None:
    assert np.array_equal(dense >= 0, sparse >= 0)
    assert np.mean(dense == sparse) > 0.99
    ours, theirs = (np.take_along_axis(scores, np.maximum(one, 0), 1) for one in (dense, sparse))
    assert np.allclose(ours, theirs, rtol=1e-4, atol=1e-6)
