"""The map keeps planted groups together, is the same for a seed, and stands whatever the vectors."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.arrays import Floats, Rows32
from recsys.config import MapConfig
from recsys.model.content import unit
from recsys.model.map import clusters_of, lay_out, neighbours_kept
from recsys.search.indexes import SimilarIndex
from tests.model.places import Places

GROUPS, EACH = 4, 60


@pytest.fixture(scope="module")
def planted() -> tuple[Floats, Rows32]:
    """Directions around four centres, and the group of each."""
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(GROUPS, dtype=np.int32), EACH)
    return unit(
        (np.eye(GROUPS, 6)[groups] + rng.normal(0, 0.15, (len(groups), 6))).astype(np.float32)
    ), groups


def laid_out(directions: Floats, config: MapConfig | None = None) -> tuple[Floats, float]:
    """The map of some directions, and how many neighbours it keeps."""
    config = config or MapConfig()
    index = SimilarIndex.build(Places(directions))
    rows = index.findable(np.arange(len(directions)))
    near = index.neighbours(rows, config.neighbours)
    distances = np.sqrt(np.maximum(0, 2 - 2 * near.cosines))
    coordinates = lay_out(near.places, distances, near.directions, config)
    return coordinates, neighbours_kept(near.places, coordinates, config.compared)


def test_planted_groups_stand_apart(planted: tuple[Floats, Rows32]) -> None:
    directions, groups = planted
    coordinates, kept = laid_out(directions)
    assert coordinates.dtype == np.float32
    assert coordinates.shape == (GROUPS * EACH, 2)
    assert np.abs(coordinates).max() == pytest.approx(1)
    centres = np.array([coordinates[groups == group].mean(axis=0) for group in range(GROUPS)])
    nearest = np.linalg.norm(coordinates[:, None] - centres, axis=2).argmin(axis=1)
    assert (nearest == groups).mean() > 0.98
    assert kept > 4 * 10 / len(groups)


def test_the_same_seed_gives_the_same_map(planted: tuple[Floats, Rows32]) -> None:
    directions, _ = planted
    np.testing.assert_array_equal(laid_out(directions)[0], laid_out(directions)[0])
    assert not np.array_equal(laid_out(directions)[0], laid_out(directions, MapConfig(seed=1))[0])


def test_clusters_are_the_planted_groups_the_largest_first(planted: tuple[Floats, Rows32]) -> None:
    directions, groups = planted
    some = np.concatenate([np.arange(EACH * GROUPS), np.flatnonzero(groups == 2)])
    found = clusters_of(np.ascontiguousarray(directions[some]), MapConfig(items_per_cluster=70))
    assert (found[groups[some] == 2] == 0).all()
    assert len({(int(a), int(b)) for a, b in zip(found, groups[some], strict=True)}) == GROUPS
    assert (np.diff(np.bincount(found)) <= 0).all()


@pytest.mark.parametrize(
    "vectors",
    [
        np.ones((30, 3)),
        np.repeat(np.eye(6), 5, axis=0),
        np.random.default_rng(0).choice([-1.0, 1.0], (30, 1)),
        np.random.default_rng(0).normal(size=(10, 4)),
    ],
    ids=["all the same", "pairs", "one factor", "few"],
)
def test_any_vectors_have_a_map(vectors: Floats) -> None:
    coordinates, kept = laid_out(unit(vectors.astype(np.float32)))
    assert np.isfinite(coordinates).all()
    assert np.abs(coordinates).max() <= 1
    assert 0 <= kept <= 1


def test_neighbours_kept_counts_those_that_are_near_on_the_map() -> None:
    line = np.stack([np.arange(6.0), np.zeros(6)], axis=1).astype(np.float32)
    same = np.array([[1], [0], [3], [2], [5], [4]])
    gaps = line + np.array([[0, 0], [0, 0], [9, 0], [9, 0], [18, 0], [18, 0]], dtype=np.float32)
    assert neighbours_kept(same, gaps, 1) == 1
    assert neighbours_kept((same + 3) % 6, gaps, 1) == 0
    assert 0 <= neighbours_kept(same, np.zeros((6, 2), dtype=np.float32), 1) <= 1
