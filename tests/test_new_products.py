"""Products without ratings are placed beside those that their words are like, and only there."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from recsys.answers import answer_json
from recsys.config import BuildConfig, ContentConfig, RankingConfig
from recsys.errors import UnknownItemError
from recsys.filters import Filters
from recsys.pipeline import build
from recsys.recommender import Recommender
from tests.planted import GROUPS, NEW, write_shop

CONFIG = BuildConfig(ranking=RankingConfig(n_factors=8), content=ContentConfig(n_factors=16))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    build(*write_shop(folder), out=folder / "artifacts", config=CONFIG)
    return folder


@pytest.fixture(scope="module")
def store(folder: Path) -> Recommender:
    return Recommender.open(folder / "artifacts")


def groups(items: list[str]) -> set[str]:
    return {item.removeprefix("new-").split("-")[0] for item in items}


@pytest.mark.parametrize("number", range(len(GROUPS)))
def test_a_new_product_stands_among_the_products_its_words_are_like(store: Recommender, number: int) -> None:
    group = GROUPS[number]
    answer = store.similar(f"new-{group}-0", k=10)
    assert answer.attrs["kind"] == "content"
    assert groups(answer.item_id.tolist()) == {group}
    assert (answer.n_ratings > 0).all()
    others = store.similar_new(f"new-{group}-0", k=NEW - 1)
    assert groups(others.item_id.tolist()) == {group}
    assert f"new-{group}-0" not in others.item_id.tolist()
    assert (others.n_ratings == 0).all()
    assert group in others.words[0]


@pytest.mark.parametrize("user", range(12))
def test_a_user_is_recommended_the_new_products_of_their_group(store: Recommender, user: int) -> None:
    answer = store.recommend_new(f"u{user:03}", k=NEW)
    assert answer.attrs["kind"] == "content"
    assert groups(answer.item_id.tolist()) == {GROUPS[user % len(GROUPS)]}
    assert answer["rank"].tolist() == [1, 2, 3, 4]
    assert (np.diff(answer.score) <= 0).all()
    assert all(answer.reasons)


def test_contributions_of_items_and_of_words_sum_to_the_score(store: Recommender) -> None:
    answer = store.recommend_new("u007", k=3)
    for item_id, score, reasons in zip(answer.item_id, answer.score, answer.reasons, strict=True):
        parts = store.explain("u007", item_id)
        assert parts.contribution.sum() == pytest.approx(score, rel=1e-4)
        assert reasons[0]["contribution"] == pytest.approx(parts.contribution.iloc[0])
    query = store.new.query_of("camera-00")
    assert query is not None
    near = store.similar_new("camera-00", k=1)
    words = store.new.word_parts(near.item_id[0], query)
    assert sum(part["contribution"] for part in words) == pytest.approx(near.score[0], rel=1e-4)
    assert words[0]["word"] == "camera"


def test_new_products_are_found_and_opened(store: Recommender) -> None:
    found = store.search_items("kettle", limit=100)
    assert found.n_ratings.eq(0).sum() == NEW
    assert found.n_ratings.iloc[:-NEW].gt(0).all()
    assert store.search_items("new-tent").item_id.tolist() == [f"new-tent-{n}" for n in range(NEW)]
    card = store.item("new-tent-1")
    assert card["n_ratings"] == 0
    assert "tent" in card["title"]
    assert card["mean_rating"] is None
    assert card["histogram"].empty
    assert store.knows("new-tent-1")
    assert not store.knows("nothing")
    with pytest.raises(UnknownItemError):
        store.similar_new("nothing")


def test_they_are_in_no_list_of_rated_products_and_in_no_count(store: Recommender) -> None:
    assert store.summary.n_items == len(store.items) <= 180
    assert len(store.new.products) == len(GROUPS) * NEW + 1
    assert not [item for item in store.recommend("u001", k=200).item_id if item.startswith("new-")]
    assert not [item for item in store.popular(200).item_id if item.startswith("new-")]


def test_a_product_without_words_is_opened_and_nothing_is_said_of_it(store: Recommender) -> None:
    assert store.item("new-untitled")["n_ratings"] == 0
    for answer in (store.similar("new-untitled"), store.similar_new("new-untitled")):
        assert answer.empty
        assert answer.attrs["note"]
    assert "new-untitled" not in store.recommend_new("u000", k=100).item_id.tolist()


def test_few_ratings_are_helped_by_words(store: Recommender) -> None:
    assert store.new.rating_share("new-tent-0") == 0
    shares = [store.new.rating_share(item) for item in store.popular(180).item_id]
    assert all(0 < share < 1 for share in shares)
    assert shares == sorted(shares, reverse=True)
    many = store.similar_many(["camera-03"], 5)
    assert many.item_id.tolist() == store.similar("camera-03", 5).item_id.tolist()


def test_filters_hold_and_say_so(store: Recommender) -> None:
    answer = store.recommend_new("u001", filters=Filters(min_ratings=1))
    assert answer.empty
    assert "filters" in answer.attrs["note"]


def test_answers_travel_as_json(store: Recommender) -> None:
    plain = answer_json(store.recommend_new("u001", 2))
    assert plain["kind"] == "content"
    assert plain["items"][0]["words"]
    json.dumps(plain, allow_nan=False)


def test_the_build_measures_them_and_words_win(store: Recommender) -> None:
    evaluation = store.manifest.evaluation
    assert evaluation is not None
    assert evaluation.new_products is not None
    result = evaluation.new_products
    ours = result.model["co_ratings@20"]
    assert ours.low > 0.3
    assert ours.low > result.baselines["popular"]["co_ratings@20"].high
    assert store.described is not None
    assert store.described.model.config.evidence == result.chosen["evidence"]
    assert store.manifest.config.content.evidence == result.chosen["evidence"]


def test_the_same_files_make_the_same_bytes(folder: Path, store: Recommender) -> None:
    build(folder / "ratings.csv", folder / "items.csv", out=folder / "again", config=CONFIG)
    again = Recommender.open(folder / "again").manifest.files
    names = [name for name in again if name.split(".")[0] in ("content", "unrated_index", "unrated")]
    assert len(names) > 8
    assert {name: again[name].sha256 for name in names} == {
        name: store.manifest.files[name].sha256 for name in names
    }


@pytest.mark.parametrize("few", [False, True])
def test_without_enough_words_it_is_off_and_says_so(folder: Path, tmp_path: Path, few: bool) -> None:
    config = BuildConfig(ranking=RankingConfig(n_factors=8), content=ContentConfig(min_products=1000))
    build(folder / "ratings.csv", folder / "items.csv" if few else None, out=tmp_path, config=config)
    store = Recommender.open(tmp_path)
    assert store.described is None
    assert store.recommend_new("u001").empty
    assert store.recommend_new("u001").attrs["note"] == store.new.why_off
    assert "catalogue" in store.new.why_off
    assert ("Too few" in store.new.why_off) == few
    assert len(store.similar("camera-00")) == 10
    assert store.new.rating_share("camera-00") == 1
    if few:
        assert store.similar("new-tent-0").empty
        assert store.item("new-tent-0")["n_ratings"] == 0
    evaluation = store.manifest.evaluation
    assert evaluation is not None
    assert evaluation.new_products is None
