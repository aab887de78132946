"""The rank that is chosen is near the best one, and what is named or too large is kept."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.config import RankingConfig
from recsys.evaluation.splits import random_hold_out, sample_users
from recsys.evaluation.tuning import rank as rank_choice
from recsys.evaluation.tuning.holdouts import HoldOut
from recsys.evaluation.tuning.rank import choose_static
from recsys.model.ranking import default_rank, fit_svd
from tests.evaluation.tuning.test_ranking import circles


@pytest.mark.parametrize("n_circles", [8, 40])
def test_the_chosen_rank_is_within_a_fiftieth_of_the_best_on_the_test(n_circles: int) -> None:
    train, test = random_hold_out(circles(n_users=1200, n_circles=n_circles), 0.2)
    config = RankingConfig()
    chosen = choose_static(train, config)
    users = sample_users(np.flatnonzero(test.user_degrees), 2000, np.random.default_rng(0))
    ranks = sorted({16, 32, 64, 128, int(chosen.config.n_factors or 0)})
    ranks = [rank for rank in ranks if rank <= train.n_items]
    part = HoldOut(random_hold_out(circles(n_users=1200, n_circles=n_circles), 0.2), users)
    svd = fit_svd(train, max(ranks), config)
    scores = part.of_svd(svd, config, ranks, [config.spectrum_exponent], [config.popularity_exponent])
    values = {key[0]: float(each[:, 0].mean()) for key, each in scores.items()}
    assert values[int(chosen.config.n_factors or 0)] > 0.98 * max(values.values())
    assert chosen.trail
    assert chosen.per_user is not None


def test_a_rank_that_is_named_is_kept_and_measured_only_if_asked() -> None:
    data, config = circles(), RankingConfig(n_factors=5)
    kept = choose_static(data, config)
    assert (kept.config.n_factors, kept.trail, kept.per_user) == (5, (), None)
    compared = choose_static(data, config, compare=True)
    assert compared.config.n_factors == 5
    assert compared.per_user is not None


def test_too_large_data_keep_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    data = circles()
    monkeypatch.setattr(rank_choice, "_MOST_WORK", 10)
    found = choose_static(data)
    assert found.trail == ()
    assert found.config.n_factors == default_rank(data.n_users, data.n_items, data.n_ratings)


@pytest.mark.parametrize(
    ("n_users", "n_items", "n_ratings", "low", "high"),
    [
        (1_540, 5_689, 52_232, 16, 64),  # electronics-dense50
        (8_000, 1_500, 113_000, 64, 128),  # the sample store
        (19_412, 11_924, 148_185, 512, 1024),  # toys
        (29_858, 40_981, 810_128, 1024, 1024),  # gowalla
        (6_040, 3_706, 1_000_209, 128, 256),  # films
        (72_000, 2_400, 90_000, 64, 128),  # a sparse shop
        (76_430, 40_228, 78_245, 16, 16),  # hardly anybody has two
        (4_200_000, 476_000, 7_800_000, 128, 128),  # what memory allows
    ],
)
def test_the_rule_without_a_hold_out_is_near_the_best_measured(
    n_users: int, n_items: int, n_ratings: int, low: int, high: int
) -> None:
    assert low <= default_rank(n_users, n_items, n_ratings) <= high
