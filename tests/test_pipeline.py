"""A build says what it does, and what it stores says what was done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import recsys
from recsys import errors
from recsys.config import BuildConfig, IndexConfig, RankingConfig, RatingConfig, SvdConfig
from recsys.model import rating, variational_bayes
from recsys.pipeline import build
from recsys.progress import Progress
from recsys.recommender import Recommender
from recsys.versions.store import ArtifactStore, default_folder
from tests.versions.examples import overwrite

CONFIG = BuildConfig(
    ranking=RankingConfig(n_factors=4, popularity_exponent=0.3, svd=SvdConfig(seed=7)),
    rating=RatingConfig(n_factors=3, n_basis=4, sweeps=5, spread_strength=30),
    index=IndexConfig(exact_below=10),
    evaluate=False,
)


@pytest.fixture(scope="module")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    pairs = np.unique(rng.integers(0, (60, 30), (900, 2)), axis=0)
    lines = [f"u{user:02},i{item:02},{1 + (user + item) % 5}" for user, item in pairs]
    path = tmp_path_factory.mktemp("ratings") / "ratings.csv"
    path.write_text("user_id,item_id,rating\n" + "\n".join(lines))
    return path


@pytest.mark.parametrize("strength", [30.0, np.inf])
def test_reopened_models_have_the_config_they_were_fitted_with(
    ratings: Path, tmp_path: Path, strength: float
) -> None:
    config = BuildConfig(
        ranking=CONFIG.ranking,
        rating=RatingConfig(n_factors=3, n_basis=4, sweeps=5, spread_strength=strength),
        evaluate=False,
    )
    build(ratings, out=tmp_path, config=config)
    recommender = Recommender.open(tmp_path)
    assert recommender.ranking.config == config.ranking
    assert recommender.rating is not None
    assert recommender.rating.config == config.rating
    assert recommender.manifest.config == config


def test_a_listener_hears_every_step_begin_and_end_and_the_fractions_of_the_svd(
    ratings: Path, tmp_path: Path
) -> None:
    heard: list[Progress] = []
    build(ratings, out=tmp_path, config=CONFIG, progress=heard.append)
    seconds = Recommender.open(tmp_path).manifest.seconds
    stages = list(dict.fromkeys(progress.stage for progress in heard))
    assert stages[:-1] == list(seconds)
    assert stages[-1] == "Publishing"
    for stage in stages:
        fractions = [one.fraction for one in heard if one.stage == stage]
        assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    svd = [one.fraction for one in heard if "ranking model" in one.stage and one.fraction is not None]
    assert any(0 < fraction < 1 for fraction in svd)
    assert svd == sorted(svd)


def test_the_ranking_models_svd_serves_the_rating_model_too(
    ratings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []
    fit = variational_bayes.fit_variational

    def spy(*arguments: object, **options: object) -> object:
        given.append(options["svd"])
        return fit(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(rating, "fit_variational", spy)
    build(ratings, out=tmp_path / "same", config=CONFIG)
    other = RankingConfig(n_factors=4, item_exponent=0.5)
    build(ratings, out=tmp_path / "other", config=BuildConfig(ranking=other, evaluate=False))
    assert given[0] is not None
    assert given[1] is None


def test_every_file_that_is_stored_stands_in_the_manifest(ratings: Path, tmp_path: Path) -> None:
    version = build(ratings, out=tmp_path, config=CONFIG)
    stored = {path.name for path in ArtifactStore(tmp_path).folder(version).iterdir()}
    files = Recommender.open(tmp_path).manifest.files
    assert stored == {*files, "manifest.json", "manifest.json.sha256"}
    assert {"ranking.config.json", "rating.config.json", "similar_index.settings.json"} <= stored


def test_a_damaged_config_names_the_file(ratings: Path, tmp_path: Path) -> None:
    version = build(ratings, out=tmp_path, config=CONFIG)
    path = ArtifactStore(tmp_path).folder(version) / "ranking.config.json"
    overwrite(path, json.dumps({"n_factors": "many"}).encode())
    with pytest.raises(errors.ArtifactError, match=r"ranking\.config\.json"):
        Recommender.open(tmp_path)


def test_the_folder_is_that_of_the_environment_the_newer_name_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FACET_ARTIFACTS", "RECSYS_ARTIFACTS"):
        monkeypatch.delenv(name, raising=False)
    assert default_folder() == "artifacts"
    monkeypatch.setenv("RECSYS_ARTIFACTS", "old")
    assert default_folder() == "old"
    monkeypatch.setenv("FACET_ARTIFACTS", "new")
    assert default_folder() == "new"


def test_the_public_names_exist_and_nothing_is_loaded_before_it_is_asked_for() -> None:
    code = (
        "import sys, recsys;"
        "assert not {'numpy', 'pandas', 'faiss', 'streamlit'} & set(sys.modules), 'loaded too early';"
        "assert set(recsys.__all__) <= set(dir(recsys));"
        "[getattr(recsys, name) for name in recsys.__all__];"
        "assert 'streamlit' not in sys.modules;"
        "assert 'resource' not in vars(sys.modules['recsys.pipeline'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_error_is_public() -> None:
    classes = (value for value in vars(errors).values() if isinstance(value, type))
    named = {value.__name__ for value in classes if value.__module__ == errors.__name__}
    assert named <= set(recsys.__all__)
