"""A build on a real cluster of worker processes is the build of one process."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from distributed import LocalCluster

from recsys.cluster.engine import dask_engine
from recsys.cluster.gram import ClusterGram
from recsys.config import BuildConfig, RankingConfig, RatingConfig
from recsys.pipeline import build
from recsys.recommender import Recommender
from recsys.versions.files import Artifacts
from recsys.versions.store import ArtifactStore
from tests.cli.conftest import run_words

ROWS = 6_000


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ratings in three files: some users in all of them, some pairs twice, some rows that are none; one is
    packed."""
    folder, rng = tmp_path_factory.mktemp("ratings"), np.random.default_rng(0)
    frame = pl.DataFrame(
        {
            "user_id": [f"u{n}" for n in rng.integers(0, 400, ROWS)],
            "item_id": [f"i{n}" for n in np.minimum(rng.geometric(0.02, ROWS), 200)],
            "rating": [str(n) for n in rng.integers(1, 6, ROWS)],
            "timestamp": rng.integers(1_500_000_000, 1_600_000_000, ROWS),
        }
    )
    frame = frame.with_columns(
        rating=pl.when(pl.int_range(pl.len()) % 500 == 7).then(pl.lit("bad")).otherwise("rating")
    )
    for place in range(3):
        text = frame.slice(place * 2_000, 2_000).write_csv()
        if place == 2:
            (folder / "part-2.csv.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (folder / f"part-{place}.csv").write_text(text)
    return folder


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a cluster of two processes."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, memory_limit="1GB", dashboard_address=":0"
    ) as cluster:
        yield str(cluster.scheduler_address)


def built(parts: Path, out: Path, *words: object) -> tuple[Artifacts, Recommender]:
    told = ("build", "--ratings", parts, "--out", out, "--rank", 16, "--no-evaluate")
    result = run_words(*told, *words)
    assert result.exit_code == 0, result.stderr
    return ArtifactStore(out).open(), Recommender.open(out)


def test_a_dask_build_is_the_local_build(parts: Path, scheduler: str, tmp_path: Path) -> None:
    local, local_answers = built(parts, tmp_path / "local")
    dask, dask_answers = built(
        parts, tmp_path / "dask", "--engine", "dask", "--workers", 2, "--memory-limit", "1GB"
    )
    one, other = local.manifest, dask.manifest
    assert one.summary == other.summary
    assert one.cleaning.n_rejected == other.cleaning.n_rejected == 12
    assert one.cleaning.duplicates == other.cleaning.duplicates > 0
    by_user = ("by_user.indptr", "by_user.item_rows", "by_user.ratings", "by_user.timestamps")
    by_item = ("by_item.indptr", "by_item.user_rows", "by_item.ratings", "by_item.timestamps")
    for name in (
        "users.data",
        "users.offsets",
        "items.data",
        *by_user,
        *by_item,
        "item_means",
        "item_groups",
    ):
        np.testing.assert_array_equal(local.array(name), dask.array(name), err_msg=name)
    for values in ("ranking.singular_values", "sequential.singular_values"):
        np.testing.assert_allclose(dask.array(values), local.array(values), rtol=1e-5, err_msg=values)
    for user in ("u1", "u77", "u399"):
        lists = [one.recommend(user, 10)["item_id"].tolist() for one in (local_answers, dask_answers)]
        assert lists[0] == lists[1]
    assert not list((tmp_path / "dask").glob(".scratch-*"))


def test_counts_of_one_pair_are_added_up_over_the_files(scheduler: str, tmp_path: Path) -> None:
    rng, folder = np.random.default_rng(1), tmp_path / "counts"
    folder.mkdir()
    for place in range(3):
        pl.DataFrame(
            {
                "user": [f"u{n}" for n in rng.integers(0, 60, 800)],
                "item": [f"i{n}" for n in rng.integers(0, 40, 800)],
                "plays": rng.geometric(0.2, 800) ** 2,
            }
        ).write_csv(folder / f"{place}.csv")
    local, _ = built(folder, tmp_path / "local")
    dask, _ = built(folder, tmp_path / "dask", "--engine", "dask", "--scheduler", scheduler)
    assert local.manifest.summary == dask.manifest.summary
    assert local.manifest.summary.implicit
    assert local.manifest.cleaning.duplicates == dask.manifest.cleaning.duplicates
    for name in ("by_user.item_rows", "by_user.ratings"):
        np.testing.assert_array_equal(local.array(name), dask.array(name))


def test_large_data_are_measured_on_some_users_and_get_plain_biases(
    parts: Path, scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys.cluster.sample.MOST_RATINGS", 3_000)
    monkeypatch.setattr("recsys.cluster.engine.MOST_RATINGS", 3_000)
    local = ArtifactStore(tmp_path / "local")
    config = BuildConfig(
        ranking=RankingConfig(n_factors=16), rating=RatingConfig(damping=(5.0, 3.0)), evaluate=False
    )
    local.open(build(parts, out=local.root, config=config))
    with dask_engine(scheduler) as engine:
        config = BuildConfig(ranking=RankingConfig(n_factors=16))
        build(parts, out=tmp_path / "dask", config=config, engine=engine)
    dask = ArtifactStore(tmp_path / "dask").open()
    assert dask.manifest.evaluation is not None
    assert all("drawn at random from 400" in task.protocol for task in dask.manifest.evaluation.tasks())
    assert dask.manifest.summary.n_ratings == local.open().manifest.summary.n_ratings
    for name in ("rating.item_bias", "rating.mean"):
        np.testing.assert_allclose(dask.array(name), local.open().array(name), atol=1e-5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--engine", "dask"), "--ratings"),
        (("--ratings", "x.csv", "--workers", "2"), "--engine dask"),
        (("--ratings", "x.csv", "--engine", "dask", "--scheduler", "tcp://a:1", "--workers", "2"), "either"),
        (("--ratings", "x.csv", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1"), "scheduler"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsys.cluster.engine._PATIENCE", 0.5)
    result = run_words("build", *words)
    assert result.exit_code != 0
    assert said in result.stderr.strip().splitlines()[-1]


def test_a_worker_that_is_killed_costs_time_only(
    parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local, _ = built(parts, tmp_path / "local", "--ranker", "static")
    product, n_products = ClusterGram.gram, 0

    def deadly(operator: ClusterGram, block: np.ndarray) -> np.ndarray:
        nonlocal n_products
        n_products += 1
        if n_products == 3:
            victim = next(iter(operator._client.scheduler_info(n_workers=-1)["workers"]))
            operator._client.run(os._exit, 1, workers=[victim], on_error="ignore")
        return product(operator, block)

    monkeypatch.setattr(ClusterGram, "gram", deadly)
    config = BuildConfig(ranking=RankingConfig(n_factors=16), evaluate=False, ranker="static")
    with dask_engine(workers=2, memory_limit="1GB") as engine:
        build(parts, out=tmp_path / "dask", config=config, engine=engine)
    dask, name = ArtifactStore(tmp_path / "dask").open(), "ranking.singular_values"
    assert n_products > 3
    np.testing.assert_allclose(dask.array(name), local.array(name), rtol=1e-5)
