"""A build's evaluation: every model is fitted once, and all tasks and tables use that fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from recsys.config import BuildConfig, RankingConfig
from recsys.data.interactions import Interactions, encode
from recsys.evaluation import baselines, fitted_rankers, rating, run
from recsys.evaluation.metrics.registry import of
from recsys.evaluation.run import BuildEvaluation, evaluate_build
from recsys.evaluation.similar import evaluate_similar
from recsys.linalg.svd import SVD
from recsys.model.ranking import fit_ranking
from recsys.model.rating import fit_rating
from recsys.progress import Progress, Stage


def shop() -> Interactions:
    rng = np.random.default_rng(1)
    users, items = np.nonzero(rng.random((300, 80)) < 0.15)
    stars = rng.integers(1, 6, len(users)).astype(np.float32)
    ids = {"user_id": [f"u{u:03}" for u in users], "item_id": [f"i{i:02}" for i in items]}
    return encode(pl.DataFrame({**ids, "rating": stars}))


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """What was fitted: ranking models, rating models (their SVDs), neighbours."""
    seen: dict[str, list[Any]] = {"ranking": [], "rating": [], "neighbours": []}
    nearest = baselines._nearest

    def ranking_fit(*args: Any, **options: Any) -> Any:
        seen["ranking"].append(args[1])
        return fit_ranking(*args, **options)

    def rating_fit(train: Any, config: Any, *args: Any, **options: Any) -> Any:
        if config.damping is None:
            seen["rating"].append(options.get("svd"))
        return fit_rating(train, config, *args, **options)

    def count(*args: Any) -> Any:
        seen["neighbours"].append(args[-2:])
        return nearest(*args)

    monkeypatch.setattr(fitted_rankers, "fit_ranking", ranking_fit)
    monkeypatch.setattr(rating, "fit_rating", rating_fit)
    monkeypatch.setattr(baselines, "_nearest", count)
    return seen


CONFIG = BuildConfig(ranking=RankingConfig(n_factors=32))


def test_a_build_fits_each_model_once(calls: dict[str, list[Any]]) -> None:
    evaluate_build(shop(), CONFIG)
    assert len(calls["ranking"]) == len(calls["neighbours"]) == 1
    (svd,) = calls["rating"]
    assert isinstance(svd, SVD)
    assert svd.components.shape == (80, 32)


def test_another_damping_of_users_shares_no_svd(calls: dict[str, list[Any]]) -> None:
    evaluate_build(shop(), replace(CONFIG, ranking=replace(CONFIG.ranking, user_exponent=0.5)))
    evaluate_build(shop(), replace(CONFIG, ranking=replace(CONFIG.ranking, n_factors=16)))
    assert calls["rating"] == [None, None]


def test_figures_from_the_shared_svd_are_those_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = evaluate_build(shop(), CONFIG)
    monkeypatch.setattr(run, "_shared", lambda fitted: None)
    own = evaluate_build(shop(), CONFIG)
    for one, other in zip(_rating(shared).values(), _rating(own).values(), strict=True):
        assert one.value == pytest.approx(other.value, abs=5e-4)


def _rating(found: BuildEvaluation) -> dict[str, Any]:
    assert found.evaluation is not None
    assert found.evaluation.rating is not None
    return dict(found.evaluation.rating.model)


def test_every_figure_of_a_build_is_in_the_registry_and_its_progress_ascends() -> None:
    heard: list[Progress] = []
    measured = evaluate_build(shop(), CONFIG, Stage("Measuring", heard.append))
    held, found = measured.held_out, measured.evaluation
    assert found is not None
    assert held is not None
    found = replace(found, similar=evaluate_similar(held.train, held.test, held.model))
    assert [task.task for task in found.tasks()] == ["ranking", "rating", "similar"]
    for task in found.tasks():
        for figures in (*task.models().values(), *task.ahead.values()):
            assert all(of(name).label for name in figures)
        assert all(of(entry.metric).label for entry in task.segments)
    assert set(found.to_json()) == {"split", "ranking", "rating", "similar"}
    fractions = [report.fraction for report in heard if report.fraction is not None]
    assert fractions == sorted(fractions)
    assert {report.stage for report in heard} == {"Measuring"}


def test_tuned_settings_come_back_in_the_config_and_are_used_side_by_side(
    calls: dict[str, list[Any]],
) -> None:
    data = replace(shop(), implicit=True)
    found = evaluate_build(data, replace(CONFIG, tune=True))
    assert found.evaluation is not None
    assert found.evaluation.ranking is not None
    chosen = found.evaluation.ranking.chosen
    assert {name: getattr(found.config.ranking, name) for name in chosen} == chosen
    knn = found.evaluation.ranking.baselines_chosen["item-kNN"]
    assert calls["neighbours"][-1] == (knn["n_neighbours"], knn["shrinkage"])
    # One for each shrinkage that tuning tries, and the one that is measured.
    assert len(calls["neighbours"]) == 3
    assert found.evaluation.rating is None


def test_large_data_are_measured_on_a_sample_of_users_by_smaller_models(
    monkeypatch: pytest.MonkeyPatch, calls: dict[str, list[Any]]
) -> None:
    data = replace(shop(), timestamps=np.arange(shop().n_ratings))
    for name, value in {"LARGE": 0, "LARGE_RANK": 8, "_MOST_USERS": 50, "_MOST_RATERS": 40}.items():
        monkeypatch.setattr(run, name, value)
    monkeypatch.setattr("recsys.evaluation.rankers.DENSE_ITEMS", 0)
    found = evaluate_build(data, CONFIG)
    assert found.evaluation is not None
    assert found.config == CONFIG
    assert [config.n_factors for config in calls["ranking"]] == [8]
    ranking, rating = found.evaluation.ranking, found.evaluation.rating
    assert ranking is not None
    assert rating is not None
    assert ranking.protocol.startswith("50 users with at least one held-out item, drawn at random from 300")
    assert "64 factors" in ranking.protocol or "8 factors" in ranking.protocol
    assert rating.protocol.startswith("40 held-out ratings by 40 users")
    assert set(ranking.models()) == {
        *("this model", "popular", "item-kNN", "random", "recent item-kNN", "next item", "sequential"),
    }
    assert found.tables["side_by_side"]["user_id"].n_unique() == 50
