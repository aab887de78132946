"""Ratings and words place a product together, by the evidence there is."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from recsys.config import ContentConfig, RankingConfig
from recsys.data.interactions import encode
from recsys.model.content import describe, unit
from recsys.model.placement import Placement
from recsys.model.ranking import fit_ranking

N_ITEMS = 40


@pytest.fixture(scope="module")
def placement() -> Placement:
    """Two kinds of products, each with its own raters; the last is rated by one who rated no other."""
    rng = np.random.default_rng(3)
    rows = [
        (f"u{u:02}", f"i{i:02}") for u in range(60) for i in rng.permutation(20)[:8] * 2 + u % 2 if i < 39
    ]
    rows.append(("alone", "i39"))
    users, items = zip(*rows, strict=True)
    data = encode(pl.DataFrame({"user_id": users, "item_id": items, "rating": [5.0] * len(rows)}))
    assert data.n_items == N_ITEMS
    titles = [None if i == 0 else ("lamp bright" if i % 2 else "rope long") for i in range(N_ITEMS)]
    titles[1], titles[2] = "lamp", "rope"
    empty = pl.Series([None] * N_ITEMS, dtype=pl.String)
    descriptions = describe(pl.DataFrame({"title": titles, "category": empty, "brand": empty}))
    assert descriptions is not None
    model = fit_ranking(data, RankingConfig(n_factors=4))
    placed = Placement.fit(descriptions, model, ContentConfig(n_factors=2, evidence=5.0, min_products=10))
    assert placed is not None
    return placed


def test_the_place_is_the_blend_of_both_by_the_evidence(placement: Placement) -> None:
    row = np.array([4])
    y = placement.ranking.similarity_vectors_of(row)
    z = unit(placement.content.vectors_of(placement.words.of_products(row)))
    degree = placement.item_degrees[4]
    expected = unit((degree * y + 5.0 * z).astype(np.float32))
    assert placement.similarity_vectors_of(row) == pytest.approx(expected, abs=1e-6)
    weight = degree / (degree + placement.ranking.config.similarity_evidence)
    assert placement.weighted_similarity_vectors_of(row) == pytest.approx(expected * weight, abs=1e-6)


def test_without_words_ratings_alone_place_a_product(placement: Placement) -> None:
    first = np.array([0])
    assert placement.similarity_vectors_of(first) == pytest.approx(
        placement.ranking.similarity_vectors_of(first), abs=1e-6
    )


def test_ratings_by_people_who_rated_nothing_else_are_no_evidence(placement: Placement) -> None:
    last = np.array([N_ITEMS - 1])
    assert not placement.ranking.similarity_vectors_of(last).any()
    words = unit(placement.content.vectors_of(placement.words.of_products(last)))
    assert placement.similarity_vectors_of(last) == pytest.approx(words, abs=1e-6)


def test_what_is_stored_places_products_alike(placement: Placement) -> None:
    again = Placement.from_arrays(placement.to_arrays(), placement.ranking, placement.content)
    whole = slice(None)
    assert (again.similarity_vectors_of(whole) == placement.similarity_vectors_of(whole)).all()
    one_by_one = np.concatenate([again.similarity_vectors_of(np.array([row])) for row in range(N_ITEMS)])
    assert again.similarity_vectors_of(whole) == pytest.approx(one_by_one, abs=1e-6)
