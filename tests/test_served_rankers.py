"""A version serves the ranker that is best on its hold-out, or the one that was asked for, by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recsys.answers import answer_json
from recsys.config import BuildConfig, CleaningConfig, RankingConfig, SequentialConfig
from recsys.evaluation.baselines import ItemKnnRanker
from recsys.pipeline import build
from recsys.recommender import Recommender

SMALL = BuildConfig(ranking=RankingConfig(n_factors=8), sequential=SequentialConfig(n_factors=16))


def built(path: Path, lists: list[list[int]], config: BuildConfig) -> Recommender:
    path.mkdir(exist_ok=True)
    lines = [
        f"u{user},i{item:03},{1 + (user + item) % 5}" for user, items in enumerate(lists) for item in items
    ]
    (path / "ratings.csv").write_text("user,item,rating\n" + "\n".join(lines))
    build(path / "ratings.csv", out=path / "artifacts", config=config)
    return Recommender.open(path / "artifacts")


def shelves(n: int = 400) -> list[list[int]]:
    """Users who rate part of one shelf of ten products."""
    rng = np.random.default_rng(2)
    return [[10 * (user % 8) + int(one) for one in rng.choice(10, 5, replace=False)] for user in range(n)]


def walks(n: int = 600) -> list[list[int]]:
    """Users who walk along a ring of sixty products, from a random start."""
    rng = np.random.default_rng(3)
    return [[(int(start) + step) % 60 for step in range(6)] for start in rng.integers(60, size=n)]


@pytest.fixture(scope="module")
def knn(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    return built(tmp_path_factory.mktemp("knn"), shelves(), replace(SMALL, ranker="item-knn", evaluate=False))


def test_order_is_used_where_it_says_more(tmp_path: Path) -> None:
    config = replace(SMALL, cleaning=CleaningConfig(in_order=True), evaluate=True)
    store = built(tmp_path / "walks", walks(), config)
    assert store.manifest.served.ranker == "sequential"
    assert store.ranker().name == "sequential"
    assert {"static", "popular", "item-kNN", "next item"} < set(store.manifest.served.measured)
    assert store.recommend("u3").attrs["ranker"] == "sequential"


def test_popular_is_served_where_there_is_no_taste(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    weights = 1 / np.arange(1, 41) ** 1.5
    lists = [
        [int(i) for i in rng.choice(40, 4, replace=False, p=weights / weights.sum())] for _ in range(600)
    ]
    store = built(tmp_path / "fashion", lists, replace(SMALL, evaluate=True))
    assert store.manifest.served.ranker == "popular"
    assert store.manifest.evaluation is not None
    answer = store.recommend("u0", k=5)
    assert (answer.attrs["kind"], answer.attrs["ranker"]) == ("popular", "popular")
    rated = set(store.history("u0").item_id)
    expected = [one for one in store.popular(20).item_id if one not in rated][:5]
    assert answer.item_id.tolist() == expected
    assert store.recommend_many(["u0"], k=5).item_id.tolist() == expected
    assert store.recommend("u0", ranker="static").attrs["ranker"] == "static"
    assert store.explain("u0", expected[0]).contribution.sum() != 0
    assert len(store.stand_out("u0", expected[0]))


def test_item_knn_is_stored_and_gives_the_lists_that_were_measured(knn: Recommender) -> None:
    assert knn.manifest.served.ranker == "item-knn"
    scores = ItemKnnRanker(knn.interactions).scores(np.array([knn.dataset.user_row("u5")]))[0]
    answer = knn.recommend("u5", k=5)
    assert answer.attrs["ranker"] == "item-knn"
    rows = [knn.dataset.item_row(one) for one in answer.item_id]
    np.testing.assert_allclose(answer.score, scores[rows], rtol=1e-6)
    rated = [knn.dataset.item_row(one) for one in knn.history("u5").item_id]
    scores[rated] = -1
    np.testing.assert_allclose(answer.score, np.sort(scores)[::-1][:5], rtol=1e-6)


def test_contributions_of_item_knn_sum_to_the_score(knn: Recommender) -> None:
    best = knn.recommend("u5", k=1).iloc[0]
    parts = knn.explain("u5", best.item_id)
    assert parts.contribution.sum() == pytest.approx(best.score, rel=1e-5)
    assert best.reasons[0]["contribution"] == pytest.approx(parts.contribution.max())
    assert knn.stand_out("u5", best.item_id).expected[0] > 0


def test_batch_answers_of_item_knn_equal_single_ones(knn: Recommender) -> None:
    many = knn.recommend_many(["u1", "u2"], k=4)
    for user in ("u1", "u2"):
        assert many[many.user_id == user].item_id.tolist() == knn.recommend(user, k=4).item_id.tolist()


def test_the_ranker_stands_in_the_json_form_and_others_can_be_asked(knn: Recommender) -> None:
    assert answer_json(knn.recommend("u1"))["ranker"] == "item-knn"
    assert answer_json(knn.recommend("u1", ranker="popular"))["ranker"] == "popular"
    assert "ranker" not in answer_json(knn.similar("i001"))
    assert list(knn.rankers) == ["item-knn", "static"]
    assert knn.rated_next("i001").empty
