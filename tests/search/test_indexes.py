"""The two indexes over a fitted model."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
import polars as pl
import pytest

from recsys.config import IndexConfig, RankingConfig
from recsys.data.interactions import encode
from recsys.errors import ArtifactError
from recsys.model.ranking import RankingModel, fit_ranking
from recsys.search.clustered import ClusteredIndex
from recsys.search.indexes import SimilarIndex, UserIndex
from tests.search.files import reader, writer

LONELY = 60


@pytest.fixture(scope="module")
def model() -> RankingModel:
    """60 items in company, and one whose only user rated nothing else."""
    pairs = np.unique(np.random.default_rng(0).integers(0, (300, LONELY), (4000, 2)), axis=0)
    frame = pl.DataFrame(
        {
            "user_id": [f"u{user:03}" for user, _ in pairs] + ["alone"],
            "item_id": [f"i{item:02}" for _, item in pairs] + [f"i{LONELY}"],
            "rating": pl.Series([3.0] * (len(pairs) + 1), dtype=pl.Float32),
        }
    )
    return fit_ranking(encode(frame), RankingConfig(n_factors=16))


def test_user_search_is_the_inner_product_with_every_item(model: RankingModel) -> None:
    queries = np.stack([model.user_vector(np.array([item, item + 1])) for item in range(20)])
    for query, found in zip(queries, UserIndex.build(model).search(queries, 10), strict=True):
        expected = np.sort(model.item_vectors[:LONELY] @ query)[::-1][:10]
        np.testing.assert_allclose(found.scores, expected, rtol=1e-4)


def test_similar_is_the_cosine_times_the_evidence_without_the_item_itself(model: RankingModel) -> None:
    index = SimilarIndex.build(model)
    vectors = model.similarity_vectors
    for item in range(0, LONELY, 7):
        found = index.search(item, 59)
        assert item not in found.rows
        np.testing.assert_allclose(found.cosines, vectors[found.rows] @ vectors[item], atol=1e-5)
        degrees = model.item_degrees[found.rows]
        evidence = degrees / (degrees + 3.0)
        np.testing.assert_allclose(found.scores, found.cosines * evidence, atol=1e-5)
        assert (np.diff(found.scores) <= 0).all()


def test_an_item_without_company_has_none_similar_and_is_nobodys_neighbour(model: RankingModel) -> None:
    index = SimilarIndex.build(model)
    assert len(index.search(LONELY, 5).rows) == 0
    assert LONELY not in index.search(0, 100).rows


CLUSTERED = IndexConfig(exact_below=10, first_probes=1, target_recall=0.9)


def test_a_large_catalogue_is_searched_as_far_as_the_recall_asks_for(model: RankingModel) -> None:
    index = SimilarIndex.build(model, CLUSTERED)
    assert index.report.recall >= 0.9
    assert index.report.kind == "the nearest clusters"
    lazy = SimilarIndex.build(model, IndexConfig(exact_below=10, first_probes=1, target_recall=0.0))
    assert lazy.report.recall < 0.9
    depth, deeper = lazy.report.depth, index.report.depth
    assert depth is not None
    assert deeper is not None
    assert depth < deeper


def test_what_clusters_find_has_the_exact_scores_in_order(model: RankingModel) -> None:
    exact, index = SimilarIndex.build(model), SimilarIndex.build(model, CLUSTERED)
    for item in range(0, LONELY, 7):
        found, truth = index.search(item, 5), exact.search(item, LONELY)
        by_row = dict(zip(truth.rows.tolist(), truth.scores.tolist(), strict=True))
        assert item not in found.rows
        np.testing.assert_allclose(found.scores, [by_row[row] for row in found.rows.tolist()], atol=1e-6)
        assert (np.diff(found.scores) <= 0).all()


def test_a_filter_leaves_as_many_as_exist_and_is_exact(model: RankingModel) -> None:
    lazy = SimilarIndex.build(model, IndexConfig(exact_below=10, first_probes=1, target_recall=0.0))
    allowed = np.zeros(LONELY + 1, dtype=bool)
    by_evidence = np.argsort(-model.item_degrees[:LONELY], kind="stable")
    allowed[by_evidence[-12:]] = True
    item = int(by_evidence[0])
    assert sorted(lazy.search(item, 12, allowed=allowed).rows) == np.flatnonzero(allowed).tolist()
    truth = SimilarIndex.build(model).search(item, 5, allowed=allowed)
    np.testing.assert_array_equal(lazy.search(item, 5, allowed=allowed).rows, truth.rows)


def test_an_index_of_an_unknown_kind_is_refused(model: RankingModel, tmp_path: Path) -> None:
    UserIndex.build(model).write(writer(tmp_path))
    (tmp_path / "user_index.kind.json").write_text('{"kind": "tree"}')
    with pytest.raises(ArtifactError, match="tree"):
        UserIndex.read(reader(tmp_path), model)


@pytest.mark.parametrize("damage", ["cut short", "of other items"])
def test_damaged_clusters_are_refused(model: RankingModel, tmp_path: Path, damage: str) -> None:
    SimilarIndex.build(model, CLUSTERED).write(writer(tmp_path))
    path = tmp_path / "similar_index.clusters"
    if damage == "cut short":
        path.write_bytes(path.read_bytes()[:100])
    else:
        small = ClusteredIndex.build(np.eye(16, dtype=np.float32))
        faiss.write_index(small.index, str(path))
    with pytest.raises(ArtifactError):
        SimilarIndex.read(reader(tmp_path), model)


def test_read_gives_back_what_was_written(model: RankingModel, tmp_path: Path) -> None:
    similar, users = SimilarIndex.build(model, CLUSTERED), UserIndex.build(model)
    similar.write(writer(tmp_path))
    users.write(writer(tmp_path))
    opened = SimilarIndex.read(reader(tmp_path), model)
    assert opened.report == similar.report
    np.testing.assert_array_equal(opened.search(3, 9).rows, similar.search(3, 9).rows)
    query = model.user_vector(np.array([1, 2]))[None, :]
    again = UserIndex.read(reader(tmp_path), model).search(query, 9)[0]
    np.testing.assert_array_equal(again.scores, users.search(query, 9)[0].scores)
