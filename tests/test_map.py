"""The map of a version: made in the build, stored, verified on opening, and optional."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from recsys.arrays import Floats
from recsys.config import BuildConfig, MapConfig
from recsys.errors import ArtifactError
from recsys.item_map import draw_map
from recsys.model.content import unit
from recsys.model.map import ItemMap, MapReport
from recsys.recommender import Recommender
from recsys.search.indexes import SimilarIndex
from recsys.versions import contents
from tests.cli.conftest import run_words
from tests.model.places import Places


def drawn(vectors: Floats, config: MapConfig | None = None, **given: Any) -> ItemMap | None:
    places = Places(vectors, **given)
    texts = dict.fromkeys(("title", "brand", "category"), pl.String)
    empty = pl.DataFrame({name: [None] * len(vectors) for name in texts}, schema=texts)
    return draw_map(SimilarIndex.build(places), places.item_degrees, empty, config)


def test_the_sample_store_has_a_map_that_keeps_most_neighbours(sample_artifacts: Path) -> None:
    store = Recommender.open(sample_artifacts)
    frame = store.map()
    assert set(frame.item_id) == set(store.items.ids(np.arange(1500)))
    assert frame.n_ratings.is_monotonic_decreasing
    assert frame[["x", "y"]].abs().to_numpy().max() == pytest.approx(1)
    assert frame.attrs["kind"] == "map"
    report = frame.attrs["report"]
    assert report.kept > 0.7
    assert (report.compared, report.seed) == (10, MapConfig().seed)
    assert frame.cluster_name.nunique() == len(report.names) == 20
    assert store.map().equals(frame)


def test_a_clusters_products_are_alike_in_what_is_known_of_them(sample_artifacts: Path) -> None:
    frame = Recommender.open(sample_artifacts).map()
    shares = frame.groupby("cluster").group.agg(lambda one: one.value_counts(normalize=True).iloc[0])
    assert shares.mean() > 2 * frame.group.value_counts(normalize=True).iloc[0]


def test_items_without_a_place_and_the_least_rated_are_left_out() -> None:
    vectors = unit(np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32))
    vectors[[3, 4]] = 0
    found = drawn(vectors, MapConfig(most_items=30))
    assert found is not None
    assert found.rows.tolist() == [row for row in range(30) if row not in (3, 4)]
    assert found.rows.dtype == np.int64
    fewer = drawn(vectors, MapConfig(most_items=30, whole_below=1))
    assert fewer is not None
    assert fewer.rows.tolist() == [row for row in range(17) if row not in (3, 4)]  # 30 / sqrt(3)
    assert drawn(np.zeros((40, 3), dtype=np.float32)) is None
    assert drawn(vectors[:11]) is None
    assert drawn(vectors[:0]) is None


def test_the_command_line_says_the_same(sample_artifacts: Path) -> None:
    wanted = Recommender.open(sample_artifacts).map()
    told = json.loads(run_words("map", "-n", 3, "--artifacts", sample_artifacts, "--json").stdout)
    assert [one["item_id"] for one in told["items"]] == wanted.item_id[:3].tolist()
    assert told["report"]["kept"] == pytest.approx(wanted.attrs["report"].kept)
    assert wanted.item_id[0] in run_words("map", "--artifacts", sample_artifacts).stdout


def test_without_a_map_a_version_opens_and_says_so(tmp_path: Path) -> None:
    lines = [f"u{u},i{i},{1 + (u + i) % 5}" for u in range(6) for i in range(u, u + 9)]
    (tmp_path / "ratings.csv").write_text("\n".join(["user_id,item_id,rating", *lines]))
    words = ("build", "--ratings", tmp_path / "ratings.csv", "--no-evaluate", "--artifacts", tmp_path / "out")
    assert run_words(*words, "--no-map").exit_code == 0
    store = Recommender.open(tmp_path / "out")
    assert store.item_map is None
    assert store.manifest.config.map.most_items == 0
    assert store.map().empty
    assert store.map().attrs["report"] is None
    assert run_words(*words).exit_code == 0
    assert len(Recommender.open(tmp_path / "out").map()) == 14


REPORT = MapReport(("a", "b"), 0.5, 10, 15.0, 45, 1)
SOUND = ItemMap(
    np.array([2, 0], dtype=np.int64), np.zeros((2, 2), dtype=np.float32), np.array([0, 1], np.int32), REPORT
)


class Stored:
    """A version in memory: what is written is what is read."""

    def __init__(self, found: ItemMap) -> None:
        self.folder, self.found = Path("versions/1"), found
        self.manifest: Any = type("M", (), {"summary": type("S", (), {"n_items": 3})})

    def holds(self, name: str) -> bool:
        return name == "map"

    def arrays(self, _: str) -> dict[str, Any]:
        return self.found.to_arrays()

    def document(self, *_: object) -> MapReport:
        return self.found.report


def test_a_sound_map_is_read() -> None:
    stored: Any = Stored(SOUND)
    found = contents.read_map(stored)
    assert found is not None
    np.testing.assert_array_equal(found.rows, SOUND.rows)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": np.array([3, 0], dtype=np.int64)},
        {"rows": np.array([2, 0], dtype=np.int32)},
        {"rows": np.array([-1, 0], dtype=np.int64)},
        {"coordinates": np.zeros((3, 2), dtype=np.float32)},
        {"coordinates": np.full((2, 2), np.nan, dtype=np.float32)},
        {"coordinates": np.full((2, 2), 1.5, dtype=np.float32)},
        {"clusters": np.array([0, 2], dtype=np.int32)},
        {"clusters": np.array([0], dtype=np.int32)},
    ],
)
def test_a_map_out_of_bounds_is_refused(changes: dict[str, Any]) -> None:
    stored: Any = Stored(replace(SOUND, **changes))
    with pytest.raises(ArtifactError, match="map"):
        contents.read_map(stored)


def test_a_version_of_an_older_build_opens(sample_artifacts: Path, tmp_path: Path) -> None:
    copy = tmp_path / "artifacts"
    shutil.copytree(sample_artifacts, copy)
    assert Recommender.open(copy).map().shape[0] == 1500
    assert BuildConfig().map.most_items == 50_000
