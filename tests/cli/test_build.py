"""`facet build`, `facet preview` and `facet sample`."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from recsys.versions.store import ArtifactStore
from tests.cli.conftest import Run, write_ratings


def test_build_says_what_was_built_and_a_line_for_each_stage(run: Run, ratings: Path, tmp_path: Path) -> None:
    result = run("build", "--ratings", ratings, "--artifacts", tmp_path, "--rank", 8)
    assert result.exit_code == 0, result.stderr
    n_ratings = len(ratings.read_text().splitlines()) - 1
    assert f"{n_ratings:,} ratings by 60 users of 40 items" in result.stdout
    stages = result.stderr.splitlines()
    assert all(line != following for line, following in pairwise(stages))
    assert "Reading the ratings" in stages


def test_build_as_json_is_alone_on_stdout(run: Run, ratings: Path, tmp_path: Path) -> None:
    result = run("build", "--ratings", ratings, "--out", tmp_path, "--no-evaluate", "--json")
    built = json.loads(result.stdout)
    assert built["version"] == ArtifactStore(tmp_path).current()
    assert (built["n_users"], built["n_items"]) == (60, 40)


def test_a_second_build_of_the_same_file_is_byte_identical(run: Run, ratings: Path, tmp_path: Path) -> None:
    for _ in range(2):
        result = run("build", "--ratings", ratings, "--out", tmp_path, "--no-evaluate", "--rank", 8)
        assert result.exit_code == 0
    store = ArtifactStore(tmp_path)
    first, second = (store.manifest(version).files for version in store.versions())
    assert first == second


def test_bad_input_exits_1_and_leaves_the_artifacts_in_service(
    run: Run, artifacts: Path, tmp_path: Path
) -> None:
    before = ArtifactStore(artifacts).current()
    bad = tmp_path / "bad.csv"
    bad.write_text("user_id,item_id,rating\na,b,lots\nc,d,many\n")
    for ratings in (bad, tmp_path / "missing.csv", tmp_path):
        result = run("build", "--ratings", ratings, "--out", artifacts)
        assert result.exit_code == 1
        assert ratings.name in result.stderr
    assert ArtifactStore(artifacts).current() == before
    assert run("doctor", "--artifacts", artifacts).exit_code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a file's name may not hold control characters")
def test_text_of_a_file_does_not_steer_the_terminal(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a\x1b[2Jb.csv"
    write_ratings(file).write_text("user,item,rating\nu1\x1b[31m,i1,3\nu2,i2,4\nu3,i3,5\n")
    for words in (("preview", file), ("preview", file, "--json"), ("build", "--ratings", file)):
        result = run(*words)
        assert "\x1b" not in result.stdout + result.stderr


def test_preview_says_how_a_file_is_read(run: Run, ratings: Path) -> None:
    result = run("preview", ratings)
    assert result.exit_code == 0
    assert result.stdout.startswith("ratings.csv: CSV with header")
    rows = json.loads(run("preview", ratings, "--json").stdout)["rows"]
    first = ratings.read_text().splitlines()[1].split(",")
    assert [str(rows[0][name]) for name in ("user_id", "item_id")] == first[:2]


def test_sample_writes_what_it_was_asked_for(run: Run, tmp_path: Path) -> None:
    out, catalog = tmp_path / "r.csv", tmp_path / "c.csv"
    sizes = ("--users", 500, "--items", 100, "--ratings", 3000)
    result = run("sample", *sizes, "--out", out, "--catalog", catalog, "--json")
    assert json.loads(result.stdout) == {"ratings": str(out), "catalog": str(catalog)}
    assert len(out.read_text().splitlines()) == pytest.approx(3000, rel=0.1)
    assert len(catalog.read_text().splitlines()) == 101


def test_sample_in_parts_holds_the_same_ratings(run: Run, tmp_path: Path) -> None:
    sizes = ("--users", 500, "--items", 100, "--ratings", 3000)
    run("sample", *sizes, "--out", tmp_path / "r.csv")
    run("sample", *sizes, "--out", tmp_path / "parts", "--parts", 3)
    names = ["user_id", "item_id", "rating", "timestamp"]
    whole = pl.read_csv(tmp_path / "r.csv", has_header=False, new_columns=names)
    parts = [pl.read_parquet(path) for path in sorted((tmp_path / "parts").iterdir())]
    assert [part.height for part in parts] == [1000, 1000, 1000]
    together = pl.concat(parts).with_columns(pl.col("rating").cast(pl.Float64))
    assert together.sort(names[:2]).equals(whole.sort(names[:2]))
