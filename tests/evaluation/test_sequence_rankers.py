"""Rankers that know the order, and the choice of the sequential model's rank and fading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.config import BuildConfig, CleaningConfig, SequentialConfig
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baselines import ItemKnnRanker
from recsys.evaluation.fitted_rankers import must_have_order
from recsys.evaluation.rankers import Ranker, rank_items
from recsys.evaluation.ranking import evaluate_ranking
from recsys.evaluation.run import evaluate_ratings, natural_split
from recsys.evaluation.sequence_rankers import NextItemRanker, RecentKnnRanker, SequentialRanker
from recsys.evaluation.splits import leave_last_out
from recsys.evaluation.tuning.sequential import choose_sequential
from recsys.model.sequential import fit_sequential
from tests.builders import interactions_of, sequences_of

N_CHAINS, LENGTH = 6, 8


def walks(n_users: int = 300, seed: int = 0) -> list[list[int]]:
    """Each user walks a part of one of six chains, after an item of another."""
    rng, lists = np.random.default_rng(seed), []
    for _ in range(n_users):
        chain, start, links = (int(rng.integers(*span)) for span in ((N_CHAINS,), (LENGTH - 3,), (3, 6)))
        stop = min(LENGTH, start + links)
        first = int(LENGTH * ((chain + 1) % N_CHAINS) + rng.integers(LENGTH))
        lists.append([first, *range(LENGTH * chain + start, LENGTH * chain + stop)])
    return lists


@pytest.fixture(scope="module")
def data() -> Interactions:
    return sequences_of(walks())


def hit_rate(ranker: Ranker, data: Interactions, n: int = 1) -> float:
    train, test = leave_last_out(data)
    users = np.flatnonzero(test.user_degrees)
    lists = rank_items(ranker, train, users, n)
    return float(np.mean((lists == test.item_rows[:, None]).any(axis=1)))


def test_rankers_that_know_the_order_find_the_next_link(data: Interactions) -> None:
    train = leave_last_out(data).train
    knn = ItemKnnRanker(train)
    sequential = SequentialRanker(fit_sequential(train, SequentialConfig(n_factors=40)), train)
    assert hit_rate(NextItemRanker(train), data) > 0.7
    assert hit_rate(sequential, data) > 0.7
    assert hit_rate(knn, data) < 0.5
    assert hit_rate(RecentKnnRanker(train, knn), data) > hit_rate(knn, data)


def test_next_item_counts_are_the_pairs_written_out() -> None:
    train = sequences_of([[0, 1, 2], [1, 2], [3, 0]], [[1, 2, 3], [5, 5], [1, 2]])
    scores = NextItemRanker(train).scores(np.array([0]))[0]
    # User 0 has 0, 1, 2 at ages 3, 2, 1. Nothing followed 2 but 1, of the same time, for user 1.
    expected = [0, 1 / 3 + 1, 1 / 2 / 3 + 2 / 2, 0]
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_the_model_is_the_ranker_that_is_served_and_the_other_a_baseline(data: Interactions) -> None:
    train, test = leave_last_out(data)
    auto = evaluate_ranking(train, test, ks=(10,))
    static = evaluate_ranking(train, test, ks=(10,), ranker="static")
    assert "static" in auto.baselines
    assert "sequential" in static.baselines
    assert auto.model["hit_rate@10"] == static.baselines["sequential"]["hit_rate@10"]
    assert auto.chosen["lag_exponent"] == SequentialConfig().lag_exponent
    assert auto.ahead["static"]["ndcg@10"].lead == 1


def test_without_an_order_there_is_no_sequential_ranker() -> None:
    unordered = interactions_of(walks(40))
    must_have_order(unordered, "auto")
    assert natural_split(unordered) == "random"
    with pytest.raises(EvaluationError, match="--in-order"):
        must_have_order(unordered, "sequential")
    with pytest.raises(EvaluationError, match="--in-order"):
        leave_last_out(unordered)


def test_fading_is_fast_where_the_last_item_says_all_and_slow_where_order_means_nothing(
    data: Interactions,
) -> None:
    fast = choose_sequential(data).config
    rng, lists = np.random.default_rng(1), []
    for _ in range(400):
        shelf = rng.integers(8) * 10
        other = rng.integers(8) * 10
        own = [*(shelf + rng.choice(10, 5, replace=False)), *(other + rng.choice(10, 2, replace=False))]
        lists.append([int(one) for one in rng.permutation(own)])
    slow = choose_sequential(sequences_of(lists)).config
    assert slow.recency_exponent < 1
    assert slow.recency_exponent < fast.recency_exponent
    assert choose_sequential(data).config == fast


def test_a_rank_that_is_named_is_kept(data: Interactions) -> None:
    assert choose_sequential(data, SequentialConfig(n_factors=20)).config.n_factors == 20


def test_lists_in_order_are_split_by_their_order(tmp_path: Path) -> None:
    path = tmp_path / "walks.txt"
    path.write_text("\n".join(f"{user} {' '.join(map(str, walk))}" for user, walk in enumerate(walks())))
    config = BuildConfig(cleaning=CleaningConfig(in_order=True))
    result = evaluate_ratings(path, "leave-last", None, "ranking", config)
    assert result.split == "leave-last"
    assert result.model["hit_rate@10"].value > 0.75
    with pytest.raises(EvaluationError, match="temporal"):
        evaluate_ratings(path, "temporal", None, "ranking", config)
