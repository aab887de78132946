"""Whom a product is for: the scores of the model turned round, and what a user leans to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from recsys.config import BuildConfig, RankingConfig
from recsys.errors import FilterError, UnknownItemError, UnknownUserError
from recsys.pipeline import build
from recsys.recommender import Filters, Recommender
from recsys.served import History
from tests.cli.conftest import run_words
from tests.test_recommender import CIRCLES, N, catalog, rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audience")
    (folder / "ratings.csv").write_text("\n".join(rows()))
    (folder / "items.csv").write_text(catalog())
    config = BuildConfig(ranking=RankingConfig(n_factors=4), evaluate=False)
    order = ("user", "item", "rating", "timestamp")
    build(folder / "ratings.csv", folder / "items.csv", folder / "artifacts", config, columns=order)
    return folder / "artifacts"


@pytest.fixture(scope="module")
def store(folder: Path) -> Recommender:
    return Recommender.open(folder)


def test_a_product_is_for_the_one_of_its_circle_who_lacks_it(store: Recommender) -> None:
    for circle, items in CIRCLES.items():
        for user in range(N):
            answer = store.audience(items[user], 3)
            assert answer.user_id[0] == f"{circle}{user}"
            assert answer.score[0] > 10 * answer.score[1:].max() if len(answer) > 1 else True
            reasons = answer.reasons[0]
            assert {reason["item_id"] for reason in reasons} < set(items)
            assert reasons[0]["contribution"] >= reasons[-1]["contribution"] > 0


def test_raters_are_left_out_unless_they_are_asked_for(store: Recommender) -> None:
    item = CIRCLES["reader"][0]
    raters = {f"reader{user}" for user in range(1, N)} | {"all"}
    assert not raters & set(store.audience(item, 100).user_id)
    assert raters <= set(store.audience(item, 100, include_raters=True).user_id)


def test_closeness_is_the_score_with_heavy_users_damped(sample_artifacts: Path) -> None:
    store = Recommender.open(sample_artifacts)
    item, static = store.popular(5).item_id[4], store.ranker("static")
    answer = store.audience(item, 50, include_raters=True)
    for user, score, n in answer[["user_id", "score", "n_ratings"]].itertuples(index=False):
        history = History.of_user(store.interactions, store.dataset.user_row(user))
        own = static.contributions(history, store.dataset.item_row(item)).sum()
        assert score == pytest.approx(own * n**-store.ranking.config.user_exponent, rel=1e-4)
    assert answer.score.is_monotonic_decreasing
    assert answer["rank"].tolist() == list(range(1, 51))


def test_a_category_is_for_whom_its_products_are_together(store: Recommender) -> None:
    answer = store.audience(filters=Filters(categories=("Shop > reader",)), n=100, include_raters=True)
    assert set(answer.user_id[: N + 1]) == {f"reader{user}" for user in range(N)} | {"all"}
    alone = 0.0
    for item in CIRCLES["reader"]:
        one = store.audience(item, 100, include_raters=True)
        alone += dict(zip(one.user_id, one.score, strict=True))["reader3"]
    together = dict(zip(answer.user_id, answer.score, strict=True))["reader3"]
    assert together == pytest.approx(alone, rel=1e-4)
    others = store.audience(filters=Filters(brands=("writers",)), n=100)
    assert not any(user.startswith("writer") for user in others.user_id)


def test_how_many_are_how_close_falls_and_ends_with_all(store: Recommender) -> None:
    answer = store.audience(CIRCLES["reader"][0], 2, include_raters=True)
    reach = answer.attrs["reach"]
    assert reach["users"][-1] == answer.attrs["n_close"]
    assert (np.diff(reach["score"]) <= 0).all()
    assert reach["score"][0] == pytest.approx(answer.score[0])


def test_who_has_nothing_to_do_with_it_is_not_listed_and_the_note_says_so(store: Recommender) -> None:
    answer = store.audience("lonely", 5)
    assert answer.empty
    assert "0 users" in answer.attrs["note"]


def test_what_is_not_there_is_refused(store: Recommender) -> None:
    with pytest.raises(UnknownItemError):
        store.audience("none")
    with pytest.raises(FilterError):
        store.audience()
    with pytest.raises(UnknownUserError):
        store.leanings("none")


def test_a_user_leans_to_the_circle_they_are_in(store: Recommender) -> None:
    answer = store.leanings("reader1")
    brands = answer[answer.kind == "brand"]
    assert brands.name.tolist() == ["readers"]
    n = N - 1
    everybody = 2 * (N * n + N)
    assert brands.n_ratings.tolist() == [n]
    assert brands.usual[brands.index[0]] == pytest.approx((N * n + N) / everybody)
    assert brands.share[brands.index[0]] == 1
    assert brands.lift[brands.index[0]] == pytest.approx((n + 1) / (n / 2 + 1))
    assert store.leanings("all").empty


def test_the_command_line_answers_as_the_package(folder: Path, store: Recommender) -> None:
    item = CIRCLES["writer"][4]
    said = run_words("audience", item, "--artifacts", folder, "--json", "-n", 2, "--include-raters")
    assert said.exit_code == 0, said.stderr
    listed = [entry["user_id"] for entry in json.loads(said.stdout)["items"]]
    assert listed == store.audience(item, 2, include_raters=True).user_id.tolist()
    by_brand = run_words(
        "audience", "--brand", "readers", "--include-raters", "--artifacts", folder, "--json"
    )
    assert json.loads(by_brand.stdout)["items"][0]["user_id"].startswith("reader")
    assert run_words("audience", "--artifacts", folder).exit_code == 2
    leanings = run_words("leanings", "reader1", "--artifacts", folder, "--json")
    assert json.loads(leanings.stdout)["items"][-1]["name"] == "readers"


def test_audiences_are_measured_beside_active_and_random_users(sample_artifacts: Path) -> None:
    evaluation = Recommender.open(sample_artifacts).manifest.evaluation
    assert evaluation is not None
    result = evaluation.audience
    assert result is not None
    figures = {name: one["raters_found@100"] for name, one in result.models().items()}
    assert figures["this model"].low > figures["most active"].high > figures["random"].value
    assert figures["random"].value == pytest.approx(100 / 7_900, rel=0.05)
    assert len(evaluation.tasks()) == 5
