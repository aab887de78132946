"""The sequential model: planted chains, exact explanations, and what is left of it without an order."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.config import RankingConfig, SequentialConfig
from recsys.data.interactions import Interactions
from recsys.data.sequences import ages
from recsys.model.ranking import fit_ranking
from recsys.model.sequential import SequentialModel, default_rank, fit_sequential
from recsys.search.indexes import UserIndex
from tests.builders import interactions_of, sequences_of

N_CHAINS, LENGTH = 8, 10


@pytest.fixture(scope="module")
def chains() -> Interactions:
    """400 users who follow one of 8 chains of 10 items, item 10 c + n before 10 c + n + 1, from some
    link on, with other chains' items thrown in at the beginning."""
    rng = np.random.default_rng(0)
    lists = []
    for _ in range(400):
        chain, start, links = (int(rng.integers(*span)) for span in ((N_CHAINS,), (LENGTH - 3,), (3, 6)))
        own = list(range(10 * chain + start, 10 * chain + min(LENGTH, start + links)))
        noise = [int(item) for item in rng.choice(80, 1) if item not in own]
        lists.append(noise + own)
    return sequences_of(lists)


@pytest.fixture(scope="module")
def model(chains: Interactions) -> SequentialModel:
    return fit_sequential(chains, SequentialConfig(n_factors=60))


def recommend(model: SequentialModel, items: list[int], n: int) -> list[int]:
    """For a user who rated `items` in this order."""
    when = np.arange(len(items), 0, -1)
    query = model.user_vector(np.array(items), when)[None, :]
    found = UserIndex.build(model).search(query, n, exclude=[np.array(items)])[0]
    return [int(row) for row in found.rows]


def test_what_comes_next_in_a_chain_leads_and_what_came_before_does_not(model: SequentialModel) -> None:
    for chain in range(N_CHAINS):
        for link in range(2, 7):
            item = 10 * chain + link
            scores = model.item_vectors @ model.user_vector(np.array([item]), np.array([1]))
            assert scores[item + 1] > 3 * scores[item - 1]
            assert recommend(model, [item - 1, item], 1) == [item + 1]


def test_the_order_of_a_history_changes_its_list(model: SequentialModel) -> None:
    assert recommend(model, [12, 45], 1) == [46]
    assert recommend(model, [45, 12], 1) == [13]


def test_scores_are_the_formula_written_out(chains: Interactions, model: SequentialModel) -> None:
    config, degrees = model.config, np.maximum(1, chains.item_degrees).astype(np.float64)
    spectrum = model.singular_values.astype(np.float64) / model.singular_values[0]
    leverage = (model.targets.astype(np.float64) ** 2) @ spectrum**config.leverage_exponent
    scale = degrees**config.popularity_exponent * np.maximum(leverage, 1e-30) ** -config.leverage_power
    items = model.targets * spectrum ** (config.spectrum_exponent / 2) * scale[:, None]
    rated, when = np.array([3, 14, 15]), np.array([3, 2, 1])
    weights = when ** -float(config.recency_exponent) * degrees[rated] ** -config.item_exponent
    expected = items @ (weights @ model.sources[rated])
    scores = model.item_vectors @ model.user_vector(rated, when)
    known = leverage > 0
    np.testing.assert_allclose(scores[known], expected[known], rtol=1e-3, atol=1e-5)
    assert not scores[~known].any()


def test_contributions_sum_to_the_score_and_batch_equals_single(
    chains: Interactions, model: SequentialModel
) -> None:
    together = model.user_vectors(chains.indptr, chains.item_rows, ages(chains))
    for user in (0, 17, 399):
        own = chains.slice(user)
        rated, when = chains.item_rows[own], ages(chains, np.array([user]))
        alone = model.user_vector(rated, when)
        np.testing.assert_array_equal(alone, together[user])
        for target in (0, 33, 79):
            parts = model.contributions(rated, when, target)
            np.testing.assert_allclose(parts.sum(), alone @ model.item_vectors[target], rtol=1e-4, atol=1e-6)


def test_same_data_same_bytes(chains: Interactions, model: SequentialModel) -> None:
    again = fit_sequential(chains, SequentialConfig(n_factors=60))
    for name, values in model.to_arrays().items():
        np.testing.assert_array_equal(values, again.to_arrays()[name])
    back = SequentialModel.from_arrays(model.to_arrays(), model.config)
    np.testing.assert_array_equal(back.item_vectors, model.item_vectors)


def shelves(seed: int = 0) -> Interactions:
    """300 users with two tastes each among 80 items in 8 shelves, in no order."""
    rng, lists = np.random.default_rng(seed), []
    for _ in range(300):
        tastes = rng.choice(8, 2, replace=False)
        items = (tastes[:, None] * 10 + np.arange(10)).ravel()
        lists.append(rng.choice(items, rng.integers(3, 9), replace=False).tolist())
    return interactions_of(lists)


def test_without_an_order_it_behaves_as_the_static_model() -> None:
    # With the same exponents only the diagonal differs: an item makes no pair with itself.
    data = shelves()
    static = fit_ranking(data, RankingConfig(n_factors=8))
    same = static.config
    config = SequentialConfig(
        n_factors=8,
        user_exponent=same.user_exponent,
        item_exponent=same.item_exponent,
        spectrum_exponent=same.spectrum_exponent,
        leverage_exponent=same.leverage_exponent,
        leverage_power=same.leverage_power,
        popularity_exponent=same.popularity_exponent,
    )
    model = fit_sequential(data, config)
    np.testing.assert_allclose(np.abs(model.sources), np.abs(model.targets), atol=1e-3)
    overlap = []
    for user in range(data.n_users):
        rated = data.item_rows[data.slice(user)]
        when = np.ones(len(rated), dtype=np.int64)
        ours = UserIndex.build(model).search(model.user_vector(rated, when)[None, :], 10, exclude=[rated])[0]
        theirs = UserIndex.build(static).search(static.user_vector(rated)[None, :], 10, exclude=[rated])[0]
        overlap.append(len(np.intersect1d(ours.rows, theirs.rows)) / 10)
    assert np.mean(overlap) > 0.8


def test_default_rank_grows_with_the_ratings_beyond_each_users_first() -> None:
    assert default_rank(shelves()) == 16
    rng = np.random.default_rng(0)
    lists = [rng.choice(900, 30, replace=False).tolist() for _ in range(700)]
    assert default_rank(interactions_of(lists)) == 64  # 900 items: one for 12, in steps of 16
