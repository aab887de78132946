"""What tuning chooses, and what it may not see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from recsys.config import RankingConfig
from recsys.data.interactions import Interactions, encode
from recsys.evaluation.baselines import ItemKnnConfig
from recsys.evaluation.rankers import SvdRanker
from recsys.evaluation.ranking import evaluate_ranking
from recsys.evaluation.splits import random_hold_out
from recsys.evaluation.tuning.holdouts import hold_outs
from recsys.evaluation.tuning.item_knn import tune_item_knn
from recsys.evaluation.tuning.ranking import tune_ranking
from recsys.evaluation.tuning.result import with_chosen
from recsys.model.ranking import fit_ranking, fit_svd


def circles(n_users: int = 240, n_circles: int = 8, each: int = 12) -> Interactions:
    """Users who rate a part of the items of one circle, and a popular item or two."""
    rng = np.random.default_rng(0)
    rows = []
    for user in range(n_users):
        own = user % n_circles * each
        items = {own + int(i) for i in rng.choice(each, 6, replace=False)} | {int(rng.integers(0, 6))}
        rows += [(f"u{user:03}", f"i{item:03}") for item in items]
    frame = pl.DataFrame(rows, schema=["user_id", "item_id"], orient="row")
    return encode(frame.with_columns(pl.lit(4.0).cast(pl.Float32).alias("rating")))


@pytest.fixture(scope="module")
def data() -> Interactions:
    return circles()


def test_tuning_is_no_worse_than_the_default_on_its_own_validation(data: Interactions) -> None:
    tuned = tune_ranking(data)
    by_step = {step: [t for t in tuned.trail if t.step == step] for step in ("rank", "damping", "exponents")}
    assert all(by_step.values())
    for tried in by_step.values():
        start = next(t.value for t in tried if t.gain == 0)
        assert max(t.value for t in tried if (t.gain or 0) >= 0) >= start
    assert with_chosen(RankingConfig(), tuned.chosen) == tuned.config


def test_tuning_never_reads_the_test_data(data: Interactions) -> None:
    train, test = random_hold_out(data)
    poisoned = replace(test, item_rows=np.random.default_rng(1).permutation(test.item_rows))
    honest, misled = (evaluate_ranking(train, held_out, tune=True, ks=(5,)) for held_out in (test, poisoned))
    assert honest.chosen == misled.chosen
    assert honest.trail == misled.trail
    assert honest.model["recall@5"] != misled.model["recall@5"]


def test_a_rank_that_is_named_is_kept(data: Interactions) -> None:
    assert tune_ranking(data, RankingConfig(n_factors=5)).config.n_factors == 5


def test_nothing_to_hold_out_leaves_the_defaults() -> None:
    ratings = pl.Series([1.0, 2.0], dtype=pl.Float32)
    single = encode(pl.DataFrame({"user_id": ["a", "b"], "item_id": ["x", "y"], "rating": ratings}))
    tuned = tune_ranking(single)
    assert tuned.trail == ()
    assert tune_item_knn(single) == ItemKnnConfig()
    assert tuned.config == replace(RankingConfig(), n_factors=tuned.config.n_factors)


def test_scores_of_a_grid_equal_those_of_each_model_by_itself(data: Interactions) -> None:
    part = hold_outs(data, latest=None, seed=0)[0]
    config = RankingConfig(n_factors=8)
    svd = fit_svd(part.split.train, 8, config)
    grid = part.of_svd(svd, config, (4, 8), (0.5, 1.0), (0.2, 0.4))
    assert len(grid) == 8
    for (rank, p, c), scores in grid.items():
        settings = replace(config, n_factors=rank, spectrum_exponent=p, popularity_exponent=c)
        alone = SvdRanker(fit_ranking(part.split.train, settings, svd=svd), part.split.train)
        np.testing.assert_allclose(scores.mean(axis=0), part.of_ranker(alone).mean(axis=0), atol=0.01)
