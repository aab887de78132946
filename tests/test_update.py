"""An update of the version in service is what a build of everything would be."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.config import BuildConfig, RankingConfig
from recsys.data.sample.files import sample_shop
from recsys.errors import ArtifactError, DataFormatError
from recsys.pipeline import build
from recsys.recommender import Recommender
from recsys.version_before import VersionBefore
from recsys.versions.store import ArtifactStore
from tests.cli.conftest import run_words, write_ratings

CONFIG = BuildConfig(ranking=RankingConfig(n_factors=16), evaluate=False)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path, Path]:
    """Ratings of the sample store: all of them, the first 98%, the rest with corrections; the catalogue."""
    folder = tmp_path_factory.mktemp("shop")
    ratings, catalog = sample_shop(folder)
    header, *lines = ratings.read_text().splitlines()
    cut = len(lines) * 98 // 100
    old, new = folder / "old.csv", folder / "new.csv"
    # A hundred ratings of the old file were wrong, and are corrected a second later.
    right, before = lines[: cut : cut // 100][:100], lines[:cut]
    for place, line in zip(range(0, cut, cut // 100), right, strict=False):
        user, item, stars, time = line.split(",")
        before[place] = f"{user},{item},{6 - float(stars):g},{int(time) - 1}"
    old.write_text("\n".join([header, *before]))
    new.write_text("\n".join([header, *right, *lines[cut:]]))
    return ratings, old, new, catalog


@pytest.fixture(scope="module")
def stores(
    shop: tuple[Path, Path, Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """The artifacts of a build of everything, and of an update."""
    everything, old, new, catalog = shop
    whole, updated = (tmp_path_factory.mktemp(name) / "artifacts" for name in ("whole", "updated"))
    build(everything, catalog, whole, CONFIG)
    build(old, catalog, updated, CONFIG)
    build(new, None, updated, BuildConfig(evaluate=False), update=True)
    return whole, updated


def test_the_data_are_those_of_all_files(stores: tuple[Path, Path]) -> None:
    whole, updated = (Recommender.open(folder) for folder in stores)
    for name in ("indptr", "item_rows", "ratings", "timestamps"):
        assert (getattr(whole.interactions, name) == getattr(updated.interactions, name)).all(), name
    assert whole.users.to_series().equals(updated.users.to_series())
    assert whole.catalog.frame.equals(updated.catalog.frame)
    assert len(whole.new.products) == len(updated.new.products)


def test_the_factors_are_as_good_as_those_of_a_build_of_everything(stores: tuple[Path, Path]) -> None:
    """The tolerance that the manual states: singular values to 2 in 100, the first half to 1 in 1,000."""
    whole, updated = (Recommender.open(folder).ranking for folder in stores)
    assert updated.n_factors == whole.n_factors == 16
    assert updated.singular_values == pytest.approx(whole.singular_values, rel=0.02)
    assert updated.singular_values[:8] == pytest.approx(whole.singular_values[:8], rel=1e-3)
    cosines = np.linalg.svd(whole.components[:, :8].T @ updated.components)[1]
    assert cosines.min() > 0.999
    assert updated.config == whole.config


def test_the_lists_are_nearly_the_same(stores: tuple[Path, Path]) -> None:
    whole, updated = (Recommender.open(folder) for folder in stores)
    shared = [
        len(set(whole.recommend(user, 10).item_id) & set(updated.recommend(user, 10).item_id))
        for user in whole.example_users().user_id
    ]
    assert np.mean(shared) > 9.5


def test_the_manifest_says_what_it_was_made_of(
    stores: tuple[Path, Path], shop: tuple[Path, Path, Path, Path]
) -> None:
    manifest = Recommender.open(stores[1]).manifest
    assert manifest.name == "old.csv, updated by new.csv"
    assert {"ratings", "catalog", "update_ratings"} <= set(manifest.inputs)
    assert any("2,400 ratings are new, and 100 were there before" in note for note in manifest.cleaning.notes)
    assert manifest.config.ranking == replace(CONFIG.ranking, n_factors=16)


def test_an_update_needs_a_version_and_rows_of_its_kind(tmp_path: Path) -> None:
    ratings = write_ratings(tmp_path / "ratings.csv")
    with pytest.raises(ArtifactError, match="nothing to update"):
        build(ratings, out=tmp_path / "none", update=True)
    out = tmp_path / "artifacts"
    version = build(ratings, out=out, config=CONFIG)
    no_times, no_stars = tmp_path / "times.csv", tmp_path / "stars.csv"
    with ratings.open(newline="") as file:
        rows = list(csv.reader(file))
    no_times.write_text("\n".join(",".join(row[:3]) for row in rows))
    no_stars.write_text("\n".join(",".join([row[0], row[1], row[3]]) for row in rows))
    for path, said in ((no_times, "has no times"), (no_stars, "no ratings")):
        with pytest.raises(DataFormatError, match=said):
            build(path, out=out, config=CONFIG, update=True)
    assert ArtifactStore(out).current() == version


def test_new_products_and_users_get_a_place(tmp_path: Path) -> None:
    ratings, out = write_ratings(tmp_path / "ratings.csv"), tmp_path / "artifacts"
    build(ratings, out=out, config=CONFIG)
    more = tmp_path / "more.csv"
    rows = [f"new{n % 9},extra{n % 4},5,{1_500_000_000 + n}" for n in range(36)]
    rows += [f"new{n},i0{n},4,{1_500_000_100 + n}" for n in range(9)]
    more.write_text("\n".join(["user_id,item_id,rating,timestamp", *rows]))
    result = run_words("build", "--update", more, "--out", out, "--no-evaluate", "--json")
    assert result.exit_code == 0, result.stderr
    store = Recommender.open(out)
    assert store.recommend("new3", 5).attrs["kind"] == "personal"
    assert "extra1" in store.similar("extra0", 5).item_id.tolist()
    assert VersionBefore.in_service(ArtifactStore(out)).name_with("x.csv") == "ratings.csv, updated by x.csv"


@pytest.mark.parametrize(
    "words", [("--update", "a", "--ratings", "b"), ("--update", "a", "--query", "SELECT 1")]
)
def test_an_update_is_not_all_the_data(words: tuple[str, ...]) -> None:
    assert run_words("build", "--source", "sqlite:///x.db", *words).exit_code == 2
