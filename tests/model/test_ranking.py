"""The ranking model: known recommendations, exact explanations, and the ends of the data."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest

from recsys.config import RankingConfig, RatingConfig, SvdConfig
from recsys.data.interactions import Interactions
from recsys.model.ranking import RankingModel, default_rank, fit_ranking, fit_svd
from recsys.model.rating import fit_rating
from recsys.progress import Progress, Stage
from recsys.search.indexes import UserIndex
from tests.builders import interactions_of


def checkerboard(n: int = 30) -> list[list[int]]:
    """User u rates the items of the parity of u, all but the item u itself."""
    return [[item for item in range(n) if (item + user) % 2 == 0 and item != user] for user in range(n)]


@pytest.fixture(scope="module")
def data() -> Interactions:
    """300 users with two tastes each among 80 items in 8 shelves; user 0 has rated everything,
    user 1 one item, and item 80 has no user but user 2, who has no other."""
    rng = np.random.default_rng(0)
    lists = [list(range(80)), [7], [80]]
    for _ in range(300):
        shelves = rng.choice(8, 2, replace=False)
        items = (shelves[:, None] * 10 + np.arange(10)).ravel()
        lists.append(sorted(rng.choice(items, rng.integers(2, 9), replace=False).tolist()))
    return interactions_of(lists)


@pytest.fixture(scope="module")
def model(data: Interactions) -> RankingModel:
    return fit_ranking(data, RankingConfig(n_factors=12))


def rated(data: Interactions, user: int) -> np.ndarray:
    return data.item_rows[data.slice(user)]


def recommend(model: RankingModel, items: np.ndarray, n: int) -> np.ndarray:
    found = UserIndex.build(model).search(model.user_vector(items)[None, :], n, exclude=[items])[0]
    assert np.isfinite(found.scores).all()
    assert (found.rows >= 0).all()
    assert not np.isin(found.rows, items).any()
    return found.rows


def test_checkerboard_gives_the_one_item_of_the_colour_that_is_missing() -> None:
    board = interactions_of(checkerboard())
    model = fit_ranking(board, RankingConfig(n_factors=10))
    for user in range(board.n_users):
        assert recommend(model, rated(board, user), 1).tolist() == [user]


def test_recommendations_come_from_the_shelves_of_the_user(data: Interactions, model: RankingModel) -> None:
    items = np.array([20, 21, 22, 50, 51, 52])
    assert set(recommend(model, items, 9) // 10) == {2, 5}


def test_scores_are_the_formula_written_out(data: Interactions, model: RankingModel) -> None:
    config, degrees = model.config, data.item_degrees.astype(np.float64)
    several = data.user_degrees >= 2
    matrix = data.csr().toarray()[several].astype(np.float64)
    weighted = (
        data.user_degrees[several, None] ** -config.user_exponent * matrix * degrees**-config.item_exponent
    )
    _, s, right = np.linalg.svd(weighted, full_matrices=False)
    s, v = s[:12] / s[0], right[:12].T
    leverage = (s ** (2 * config.leverage_exponent) * v**2).sum(axis=1)
    known = leverage > 1e-12
    scale = np.where(known, degrees**config.popularity_exponent, 0)
    scale[known] *= leverage[known] ** -config.leverage_power
    item_vectors = scale[:, None] * v * s**config.spectrum_exponent
    for user in (0, 1, 5, 100):
        folded = (degrees**-config.item_exponent)[rated(data, user)] @ v[rated(data, user)]
        scores = model.item_vectors @ model.user_vector(rated(data, user))
        np.testing.assert_allclose(scores, item_vectors @ folded, rtol=2e-3, atol=2e-4)


def test_the_second_term_is_the_formula_written_out(data: Interactions, model: RankingModel) -> None:
    config = replace(model.config, second_weight=0.3, second_popularity=0.6)
    two = fit_ranking(data, config)
    assert two.second_scales is not None
    degrees, v = data.item_degrees.astype(np.float64), model.components.astype(np.float64)
    term = degrees[:, None] ** 0.6 * v * (model.spectrum**2)[None, :]
    users = model.user_vectors(data.indptr, data.item_rows)  # all: fewer than are drawn at most
    few = np.random.default_rng(20_14).integers(0, data.n_users, 5)
    added = two.item_vectors - model.item_vectors
    weight = np.linalg.norm(added) / np.linalg.norm(term)
    assert added == pytest.approx(weight * term, abs=1e-5)
    with np.errstate(invalid="ignore"):
        spreads = (users @ model.item_vectors.T).std(axis=1) / (users @ term.T).std(axis=1)
    assert weight == pytest.approx(0.3 * np.nanmedian(spreads), rel=0.05)
    for user in few:
        items = rated(data, int(user))
        vector = two.user_vector(items)
        expected = two.item_vectors @ vector
        assert two.scores(vector) == pytest.approx(expected, abs=1e-5)
        target = int(np.argmax(expected))
        assert two.contributions(items, target).sum() == pytest.approx(expected[target], abs=1e-5)
    again = RankingModel.from_arrays(two.to_arrays(), config)
    assert np.array_equal(again.item_vectors, two.item_vectors)


def test_without_its_weight_the_second_term_changes_no_bit(data: Interactions, model: RankingModel) -> None:
    other = fit_ranking(data, replace(model.config, second_popularity=0.9))
    assert other.second_scales is None
    assert np.array_equal(other.item_vectors, model.item_vectors)


def test_contributions_sum_to_the_score(data: Interactions, model: RankingModel) -> None:
    for user in (0, 1, 3, 50):
        items = rated(data, user)
        for target in (0, 44, 80):
            parts = model.contributions(items, target)
            assert parts.shape == items.shape
            score = model.item_vectors[target] @ model.user_vector(items)
            assert parts.sum() == pytest.approx(score, rel=1e-4, abs=1e-6)


def test_batch_equals_single_to_the_bit(data: Interactions, model: RankingModel) -> None:
    together = model.user_vectors(data.indptr, data.item_rows)
    for user in range(0, data.n_users, 17):
        np.testing.assert_array_equal(model.user_vector(rated(data, user)), together[user])


def test_a_user_of_one_item_gets_its_shelf(data: Interactions, model: RankingModel) -> None:
    assert set(recommend(model, rated(data, 1), 9) // 10) == {0}


def test_a_user_who_rated_everything_gets_only_nothing(data: Interactions, model: RankingModel) -> None:
    assert len(recommend(model, rated(data, 0), 10)) == 0


def test_more_than_is_left_gives_what_is_left(data: Interactions, model: RankingModel) -> None:
    items = np.arange(75)
    assert sorted(recommend(model, items, 50)) == [75, 76, 77, 78, 79]


def test_an_item_without_company_is_zero_everywhere(data: Interactions, model: RankingModel) -> None:
    for vectors in (model.components, model.item_vectors, model.similarity_vectors):
        assert np.isfinite(vectors).all()
        assert not vectors[80].any()
        assert vectors[:80].any(axis=1).all()
    assert not model.user_vector(np.array([80])).any()
    assert not model.user_vector(np.array([], dtype=np.int64)).any()


def test_nobody_with_two_items_gives_a_model_that_says_nothing() -> None:
    lonely = interactions_of([[0], [1], [1]])
    model = fit_ranking(lonely)
    assert model.item_vectors.shape == (2, 0)
    assert model.energy == 0
    assert len(recommend(model, np.array([0]), 5)) == 0


def test_rank_beyond_the_data_gives_all_there_is(data: Interactions) -> None:
    model = fit_ranking(data, RankingConfig(n_factors=1000))
    assert model.n_factors <= 80
    assert model.energy == pytest.approx(1, abs=1e-5)


def test_second_fit_gives_the_same_bytes(data: Interactions, model: RankingModel) -> None:
    again = fit_ranking(data, RankingConfig(n_factors=12)).to_arrays()
    for name, values in model.to_arrays().items():
        assert values.tobytes() == again[name].tobytes(), name


def test_one_svd_serves_every_rank_and_exponent(data: Interactions) -> None:
    wide = fit_svd(data, 40)
    config = RankingConfig(n_factors=7, popularity_exponent=0.1, spectrum_exponent=1.5)
    reused, fitted = fit_ranking(data, config, svd=wide), fit_ranking(data, config)
    assert reused.n_factors == 7
    np.testing.assert_allclose(reused.item_vectors, fitted.item_vectors, rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match="items"):
        fit_ranking(interactions_of([[0, 1], [1, 2]]), svd=wide)


class DenseGram:
    """A^T A as one dense matrix: an engine that is not the local one."""

    made: ClassVar[list[tuple[float, float]]] = []

    def __init__(self, data: Interactions, a: float, b: float, config: SvdConfig | None = None) -> None:
        self.made.append((a, b))
        matrix = data.csr().toarray().astype(bool) * data.user_degrees[:, None] ** -a * data.item_degrees**-b
        matrix = matrix[data.user_degrees >= (config or SvdConfig()).min_user_items]
        self.n_items = self.n_columns = data.n_items
        self.item_rows = np.arange(data.n_items)
        self.squared_norm = float((matrix**2).sum())
        self.matrix = (matrix.T @ matrix).astype(np.float32)

    def gram(self, block: np.ndarray) -> np.ndarray:
        product: np.ndarray = self.matrix @ block
        return product


def test_the_products_can_come_from_another_engine(data: Interactions, model: RankingModel) -> None:
    DenseGram.made.clear()
    other = fit_ranking(data, RankingConfig(n_factors=12), gram=DenseGram)
    np.testing.assert_allclose(other.item_vectors, model.item_vectors, rtol=1e-2, atol=1e-3)
    assert other.energy == pytest.approx(model.energy, rel=1e-4)
    stars = replace(data, ratings=np.random.default_rng(0).integers(1, 6, data.n_ratings).astype(np.float32))
    config = RatingConfig(n_factors=2, n_basis=3, sweeps=5)
    local, dense = fit_rating(stars, config), fit_rating(stars, config, gram=DenseGram)
    np.testing.assert_allclose(dense.item_bias, local.item_bias, atol=1e-2)
    assert DenseGram.made == [(0.35, 0.4)] * 2


@pytest.mark.parametrize("reuse", [True, False])
def test_progress_grows_from_the_svd_to_the_last_sweep(data: Interactions, reuse: bool) -> None:
    heard: list[Progress] = []
    svd = fit_svd(data, 8, progress=Stage("Ranking", heard.append))
    assert {one.stage for one in heard} == {"Ranking"}
    fit_rating(data, RatingConfig(), svd=svd if reuse else None, progress=Stage("Rating", heard.append))
    fractions = [one.fraction for one in heard if one.stage == "Rating" and one.fraction is not None]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert 0.9 < fractions[-1] < 1


def test_popularity_exponent_moves_between_niche_and_popular(data: Interactions) -> None:
    wide, degrees = fit_svd(data, 12), data.item_degrees
    base = RankingConfig(n_factors=12)
    niche, popular = (fit_ranking(data, replace(base, popularity_exponent=c), svd=wide) for c in (-1.0, 2.0))
    items = np.array([3, 30, 60])
    assert degrees[recommend(niche, items, 10)].mean() < degrees[recommend(popular, items, 10)].mean()


def test_arrays_give_the_model_back(model: RankingModel) -> None:
    again = RankingModel.from_arrays(model.to_arrays(), model.config)
    np.testing.assert_array_equal(again.item_vectors, model.item_vectors)
    np.testing.assert_array_equal(again.fold_in_weights, model.fold_in_weights)
    np.testing.assert_array_equal(again.similarity_weights, model.similarity_weights)
    assert (again.energy, again.config) == (model.energy, model.config)


def test_some_vectors_are_those_of_all(model: RankingModel) -> None:
    rows = np.array([5, 80, 2])
    np.testing.assert_array_equal(model.item_vectors_of(rows), model.item_vectors[rows])
    np.testing.assert_allclose(model.similarity_vectors_of(rows), model.similarity_vectors[rows], rtol=1e-6)


def test_default_rank_grows_with_the_ratings_within_bounds() -> None:
    ranks = [default_rank(n // 10, 20_000, n) for n in (100, 10_000, 100_000, 1_000_000, 100_000_000)]
    assert ranks == sorted(ranks)
    assert ranks[0] >= 16
    assert ranks[-1] <= 1024
    assert default_rank(4_200_000, 476_000, 7_800_000) == 128
