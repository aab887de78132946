"""The early stop never changes the answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.errors import ArtifactError
from recsys.search.length_ordered import LengthOrderedIndex
from tests.search.files import reader, writer

N, K = 6_000, 12


def skewed(seed: int = 0) -> np.ndarray:
    """Vectors whose lengths fall steeply, as those of products do; every tenth is zero."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(N, K)).astype(np.float32) * rng.pareto(1.0, (N, 1)).astype(np.float32)
    vectors[::10] = 0
    return vectors


VECTORS = {
    "skewed": skewed(),
    "all of one length": np.random.default_rng(1).choice([-1.0, 1.0], (N, K)).astype(np.float32),
}


def brute_force(vectors: np.ndarray, query: np.ndarray, n: int, open_rows: np.ndarray) -> np.ndarray:
    """The n largest inner products among the rows that may be found, descending."""
    return np.sort(vectors[open_rows] @ query)[::-1][:n]


@pytest.mark.parametrize("kind", VECTORS)
@pytest.mark.parametrize("n", [1, 10, 300])
def test_search_equals_brute_force(kind: str, n: int) -> None:
    vectors = VECTORS[kind]
    queries = np.random.default_rng(2).normal(size=(40, K)).astype(np.float32)
    rated = [np.random.default_rng(q).choice(N, 7 * q, replace=False) for q in range(40)]
    found = LengthOrderedIndex.build(vectors).search(queries, n, exclude=rated)
    for query, seen, answer in zip(queries, rated, found, strict=True):
        open_rows = np.setdiff1d(np.flatnonzero(vectors.any(axis=1)), seen)
        np.testing.assert_allclose(answer.scores, brute_force(vectors, query, n, open_rows), rtol=1e-5)
        np.testing.assert_allclose(vectors[answer.rows] @ query, answer.scores, rtol=1e-5)
        assert len(set(answer.rows)) == n
        assert not set(answer.rows) & set(seen)


def test_batch_equals_single_to_the_bit() -> None:
    index = LengthOrderedIndex.build(VECTORS["skewed"])
    queries = np.random.default_rng(3).normal(size=(700, K)).astype(np.float32)
    together = index.search(queries, 10)
    for query, answer in zip(queries[::50], together[::50], strict=True):
        alone = index.search(query[None, :], 10)[0]
        np.testing.assert_array_equal(alone.rows, answer.rows)
        np.testing.assert_array_equal(alone.scores, answer.scores)


def test_a_mask_holds_before_the_top_n() -> None:
    vectors = VECTORS["skewed"]
    allowed = np.zeros(N, dtype=bool)
    allowed[np.flatnonzero(vectors.any(axis=1))[-25:]] = True
    query = np.ones((1, K), np.float32)
    found = LengthOrderedIndex.build(vectors).search(query, 20, allowed=allowed)[0]
    np.testing.assert_allclose(
        found.scores, brute_force(vectors, query[0], 20, np.flatnonzero(allowed)), rtol=1e-5
    )
    everything = LengthOrderedIndex.build(vectors).search(query, 1000, allowed=allowed)[0]
    assert sorted(everything.rows) == np.flatnonzero(allowed).tolist()


def test_fewer_come_back_only_where_fewer_are_left() -> None:
    index = LengthOrderedIndex.build(np.eye(4, dtype=np.float32))
    query = np.ones((1, 4), np.float32)
    assert index.search(query, 9, exclude=[np.array([2])])[0].rows.tolist() == [0, 1, 3]
    assert index.search(query, 10**15)[0].rows.tolist() == [0, 1, 2, 3]
    assert index.search(query, 0)[0].rows.tolist() == []
    assert index.search(query, 3, allowed=np.zeros(4, dtype=bool))[0].rows.tolist() == []


def test_nothing_to_search_gives_nothing() -> None:
    index = LengthOrderedIndex.build(np.zeros((5, 3), np.float32))
    assert len(index) == 0
    assert index.search(np.ones((2, 3), np.float32), 4)[1].rows.tolist() == []


def test_read_gives_back_what_was_written_and_cannot_be_changed(tmp_path: Path) -> None:
    index = LengthOrderedIndex.build(VECTORS["skewed"])
    index.write("x", writer(tmp_path))
    opened = LengthOrderedIndex.read("x", reader(tmp_path), N)
    query = np.random.default_rng(4).normal(size=(1, K)).astype(np.float32)
    np.testing.assert_array_equal(opened.search(query, 50)[0].rows, index.search(query, 50)[0].rows)
    with pytest.raises(ValueError, match="read-only"):
        opened.vectors.head[0] = 1


@pytest.mark.parametrize("head", [0, 2048, 4000])
def test_vectors_behind_the_head_are_asked_for_and_change_nothing(head: int, tmp_path: Path) -> None:
    vectors = VECTORS["all of one length"]
    whole, short = (
        LengthOrderedIndex.build(vectors),
        LengthOrderedIndex.build(vectors, vectors.__getitem__, head),
    )
    short.write("x", writer(tmp_path))
    opened = LengthOrderedIndex.read("x", reader(tmp_path), N, vectors.__getitem__)
    allowed = np.random.default_rng(5).random(N) < 0.5
    queries = np.random.default_rng(6).normal(size=(5, K)).astype(np.float32)
    for index in (short, opened):
        for mask in (None, allowed):
            for one, other in zip(
                whole.search(queries, 30, allowed=mask), index.search(queries, 30, allowed=mask), strict=True
            ):
                np.testing.assert_array_equal(one.rows, other.rows)
                np.testing.assert_array_equal(one.scores, other.scores)
        np.testing.assert_array_equal(index.vectors_of(np.arange(50)), vectors[:50])


def test_an_index_without_its_vectors_needs_a_source(tmp_path: Path) -> None:
    vectors = VECTORS["skewed"]
    LengthOrderedIndex.build(vectors, vectors.__getitem__, 10).write("x", writer(tmp_path))
    with pytest.raises(ArtifactError):
        LengthOrderedIndex.read("x", reader(tmp_path), N)
