"""Words are mapped to factors: a planted map is found, and what is saved comes back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from recsys.config import ContentConfig, RankingConfig
from recsys.linalg.svd import SVD
from recsys.model.content import ContentModel, asked_by, describe, fit_content, unit
from recsys.model.ranking import RankingModel

N_WORDS, N_ITEMS, K = 40, 600, 6


@pytest.fixture(scope="module")
def planted() -> tuple[pl.DataFrame, RankingModel]:
    """Products of six words each, whose factors are the sum of their words' factors."""
    rng = np.random.default_rng(1)
    of_words = rng.standard_normal((N_WORDS, K))
    chosen = np.stack([rng.choice(N_WORDS, 6, replace=False) for _ in range(N_ITEMS + 50)])
    titles = [" ".join(f"w{word}" for word in words) for words in chosen]
    components = unit(of_words[chosen].sum(axis=1).astype(np.float32))
    svd = SVD(np.ones(K, np.float32), components[:N_ITEMS], 1.0)
    degrees = rng.integers(1, 50, N_ITEMS)
    model = RankingModel.of(svd, degrees, RankingConfig())
    frame = pl.DataFrame({"title": titles}).with_columns(
        category=pl.lit(None, pl.String), brand=pl.lit(None, pl.String), truth=pl.Series(components.tolist())
    )
    return frame, model


@pytest.fixture(scope="module")
def fitted(planted: tuple[pl.DataFrame, RankingModel]) -> ContentModel:
    frame, ranking = planted
    descriptions = describe(frame, ContentConfig(n_factors=N_WORDS))
    assert descriptions is not None
    model = fit_content(descriptions, ranking)
    assert model is not None
    return model


def test_products_never_seen_are_placed_where_their_words_say(
    planted: tuple[pl.DataFrame, RankingModel], fitted: ContentModel
) -> None:
    frame, _ = planted
    unseen = frame[N_ITEMS:]
    cosines = (unit(fitted.vectors(unseen)) * np.array(unseen["truth"].to_list())).sum(axis=1)
    assert cosines.min() > 0.8
    assert cosines.mean() > 0.95


def test_the_place_of_a_product_is_the_sum_over_its_words(
    planted: tuple[pl.DataFrame, RankingModel], fitted: ContentModel
) -> None:
    frame, _ = planted
    query = np.random.default_rng(2).standard_normal(K).astype(np.float32)
    words, parts = fitted.word_parts(frame[3:4], query)
    assert set(words) == set(frame["title"][3].split())
    assert parts.sum() == pytest.approx(float(fitted.vectors(frame[3:4])[0] @ query), rel=1e-5)


def test_ratings_count_for_more_the_more_there_are(fitted: ContentModel) -> None:
    ratings, words = np.eye(K, dtype=np.float32)[:1], 3 * np.eye(K, dtype=np.float32)[1:2]
    model = replace(fitted, config=replace(fitted.config, evidence=5.0))
    for degree, share in ((0, 0.0), (5, 0.5), (45, 0.9)):
        assert model.rating_share(np.array([degree]))[0] == pytest.approx(share)
        blended = model.blend(ratings, words, np.array([degree]))[0]
        assert np.linalg.norm(blended) == pytest.approx(1, rel=1e-5)
        assert blended[0] * (1 - share) == pytest.approx(blended[1] * share, abs=1e-6)


def test_what_is_saved_comes_back(planted: tuple[pl.DataFrame, RankingModel], fitted: ContentModel) -> None:
    frame, _ = planted
    again = ContentModel.from_arrays(fitted.to_arrays(), fitted.config)
    assert (again.vectors(frame) == fitted.vectors(frame)).all()


def test_the_same_data_give_the_same_bytes(
    planted: tuple[pl.DataFrame, RankingModel], fitted: ContentModel
) -> None:
    frame, ranking = planted
    descriptions = describe(frame, ContentConfig(n_factors=N_WORDS))
    assert descriptions is not None
    again = fit_content(descriptions, ranking)
    assert again is not None
    assert again.factors.tobytes() == fitted.factors.tobytes()
    assert again.config == fitted.config


def test_too_few_products_or_no_words_give_no_model(planted: tuple[pl.DataFrame, RankingModel]) -> None:
    frame, ranking = planted
    descriptions = describe(frame)
    assert descriptions is not None
    assert fit_content(descriptions, ranking, ContentConfig(min_products=N_ITEMS + 1)) is None
    assert describe(frame.with_columns(title=pl.lit(None, pl.String))) is None


def test_the_inner_product_with_what_is_asked_is_the_models_score(
    planted: tuple[pl.DataFrame, RankingModel],
) -> None:
    _, ranking = planted
    uneven = replace(ranking, singular_values=np.linspace(1, 0.2, K, dtype=np.float32))
    user = uneven.user_vector(np.array([4, 9]))
    rows = np.array([11])
    power = uneven.config.similarity_spectrum
    vectors = uneven.components[rows] * (uneven.spectrum**power).astype(np.float32)
    length = np.linalg.norm(vectors)
    expected = float(user @ uneven.item_vectors_of(11)) / uneven.item_scales[11] / length
    assert float(uneven.similarity_vectors_of(rows)[0] @ asked_by(uneven, user)) == pytest.approx(
        expected, rel=1e-5
    )
