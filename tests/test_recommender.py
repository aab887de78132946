"""Answers over a store small enough to know by hand.

Two circles of ten users each rate only their own items: readers the items `00…`, writers
the items `W…`. Everybody skips one item of the circle, so the right recommendation is known.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from recsys.config import BuildConfig, RankingConfig
from recsys.errors import UnknownItemError, UnknownUserError
from recsys.pipeline import build
from recsys.recommender import Filters, Recommender, answer_json
from recsys.rules import Limit, Pin, Rules, Selection

N = 10
CIRCLES = {"reader": [f"00{i}" for i in range(N)], "writer": [f"W<b>{i}" for i in range(N)]}


def rows() -> list[str]:
    lines = []
    for circle, items in CIRCLES.items():
        for user in range(N):
            rated = [item for place, item in enumerate(items) if place != user]
            lines += [
                f"{circle}{user},{item},{1 + (user + place) % 5},{1_300_000_000 + 86_400 * place}"
                for place, item in enumerate(rated)
            ]
    # One user with nothing in common with anybody, one with everything of both circles.
    lines.append("NA,lonely,4,1300000000")
    lines += [f"all,{item},5,1300000000" for items in CIRCLES.values() for item in items]
    return lines


def catalog() -> str:
    lines = ["item_id,title,brand,category,price"]
    for circle, items in CIRCLES.items():
        lines += [
            f'{item},"{circle} item *{n}*",{circle}s,Shop > {circle},{n + 1}.5'
            for n, item in enumerate(items)
        ]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    folder = tmp_path_factory.mktemp("store")
    (folder / "ratings.csv").write_text("\n".join(rows()))
    (folder / "items.csv").write_text(catalog())
    config = BuildConfig(ranking=RankingConfig(n_factors=4), evaluate=False)
    order = ("user", "item", "rating", "timestamp")
    build(folder / "ratings.csv", folder / "items.csv", folder / "artifacts", config, columns=order)
    return Recommender.open(folder / "artifacts")


def test_the_first_row_of_a_headerless_file_is_kept(store: Recommender) -> None:
    assert store.history("reader0").item_id.tolist()[-1] == "001"
    assert store.interactions.n_ratings == len(rows())


@pytest.mark.parametrize("circle", CIRCLES)
@pytest.mark.parametrize("user", range(N))
def test_recommend_finds_the_one_item_of_the_circle_not_yet_rated(
    store: Recommender, circle: str, user: int
) -> None:
    answer = store.recommend(f"{circle}{user}", k=3)
    assert answer.item_id[0] == CIRCLES[circle][user]
    assert answer["rank"].tolist() == [1, 2, 3]
    assert answer.score.is_monotonic_decreasing
    assert answer.attrs["kind"] == "personal"


def test_recommend_never_returns_what_was_rated_unless_asked(store: Recommender) -> None:
    rated = set(store.history("reader3").item_id)
    assert not rated & set(store.recommend("reader3", k=100).item_id)
    assert rated & set(store.recommend("reader3", k=5, include_rated=True).item_id)


def test_recommend_returns_ids_and_never_nan(store: Recommender) -> None:
    for user in ("reader0", "writer5", "NA", "all"):
        answer = store.recommend(user, k=100)
        assert all(item in store.items for item in answer.item_id)
        assert answer[["score", "predicted_rating", "mean_rating"]].notna().all().all()
        assert answer.predicted_rating.between(1, 5).all()


def test_a_user_who_rated_everything_gets_only_what_is_left(store: Recommender) -> None:
    assert set(store.recommend("all", k=10).item_id) <= {"lonely"}


def test_a_user_whose_items_say_nothing_gets_the_popular_list_labelled(store: Recommender) -> None:
    answer = store.recommend("NA", k=4)
    assert answer.attrs["kind"] == "popular"
    assert "Popular" in answer.attrs["note"]
    assert answer.item_id.tolist() == store.popular(4, exclude=["lonely"]).item_id.tolist()


def test_ids_keep_their_zeros_and_their_na(store: Recommender) -> None:
    assert "NA" in store.users
    assert "000" in store.items
    assert store.history("NA").item_id.tolist() == ["lonely"]


@pytest.mark.parametrize("circle", CIRCLES)
def test_similar_items_are_of_the_same_circle_and_never_the_item_itself(
    store: Recommender, circle: str
) -> None:
    for item in CIRCLES[circle]:
        answer = store.similar(item, k=N - 1)
        assert set(answer.item_id) == set(CIRCLES[circle]) - {item}
        assert answer.cosine.between(-1.00001, 1.00001).all()


def test_shared_raters_are_counted_exactly(store: Recommender) -> None:
    answer = store.similar("000", k=N - 1)
    # Of the ten readers two skip one of a pair each; the user "all" rated both.
    assert (answer.shared_raters == N - 2 + 1).all()


def test_similar_to_an_item_without_company_says_why_it_is_empty(store: Recommender) -> None:
    answer = store.similar("lonely")
    assert answer.empty
    assert "Nobody who rated this product" in answer.attrs["note"]


def test_explain_sums_to_the_score_and_names_each_item_once(store: Recommender) -> None:
    answer = store.recommend("writer2", k=1).iloc[0]
    parts = store.explain("writer2", answer.item_id)
    assert sorted(parts.item_id) == sorted(store.history("writer2").item_id)
    assert parts.contribution.sum() == pytest.approx(answer.score, rel=1e-4)
    assert parts.share.sum() == pytest.approx(1)
    assert answer.reasons[0]["item_id"] == parts.item_id[0]


def test_a_basket_like_a_users_gives_the_users_recommendations(store: Recommender) -> None:
    history = store.history("reader4")[::-1]  # a basket is in order of time
    basket = dict(zip(history.item_id, history.rating, strict=True))
    by_basket, by_user = store.recommend_basket(basket, k=5), store.recommend("reader4", k=5)
    assert by_basket.item_id.tolist() == by_user.item_id.tolist()
    np.testing.assert_allclose(by_basket.score, by_user.score)
    np.testing.assert_allclose(by_basket.predicted_rating, by_user.predicted_rating)


def test_batch_answers_equal_single_ones(store: Recommender) -> None:
    users = ["reader1", "NA", "all", "writer9"]
    many = store.recommend_many(users, k=4)
    for user in users:
        single = store.recommend(user, k=4)
        mine = many[many.user_id == user]
        assert mine.item_id.tolist() == single.item_id.tolist()
        np.testing.assert_allclose(mine.score, single.score, rtol=1e-5)
    similar = store.similar_many(["000", "lonely"], k=3)
    assert similar[similar.query_id == "000"].item_id.tolist() == store.similar("000", k=3).item_id.tolist()
    assert "lonely" not in set(similar.query_id)


def test_filters_hold_before_the_top_k(store: Recommender) -> None:
    writers = Filters(categories=("Shop > writer",))
    answer = store.recommend("reader0", k=5, filters=writers)
    assert len(answer) == 5
    assert set(answer.category) == {"Shop > writer"}
    cheap = Filters(brands=("readers",), max_price=3.0)
    assert set(store.similar("005", k=5, filters=cheap).item_id) == {"000", "001"}
    assert store.popular(50, filters=Filters(min_ratings=2)).n_ratings.min() >= 2


@pytest.mark.parametrize("user", ["reader0", "NA"])
def test_filters_that_leave_nothing_are_named(store: Recommender, user: str) -> None:
    filters = Filters(brands=("nobody",), min_ratings=1)
    answers = (
        store.similar("005", filters=filters),
        store.recommend(user, filters=filters),
        store.popular(filters=filters),
    )
    for answer in answers:
        assert answer.empty
        assert "nobody" in answer.attrs["note"]
        assert "Fewest ratings" not in answer.attrs["note"]


def test_rules_hold_in_every_list(store: Recommender) -> None:
    rules = Rules(exclude=Selection(products=("001",)), pin=(Pin(product="lonely", place=2),))
    for frame in (
        store.recommend("reader3", 5, rules=rules),
        store.recommend_basket({"002": 5}, 5, rules=rules),
        store.recommend_many(["reader3"], 5, rules=rules),
        store.popular(5, rules=rules),
    ):
        assert frame.item_id[1] == "lonely"
        assert "001" not in set(frame.item_id)
    assert "001" in set(store.similar("002", 20).item_id)
    assert "001" not in set(store.similar("002", 20, rules=rules).item_id)
    assert store.recommend("reader3", 5, rules=rules)["rule"].tolist()[:2] == ["", "pinned"]
    assert "rule" not in store.recommend("reader3", 5)


def test_rules_that_leave_nothing_say_so(store: Recommender) -> None:
    nothing = Rules(min_ratings=10_000)
    for frame in (store.recommend("reader3", rules=nothing), store.similar("002", rules=nothing)):
        assert frame.empty
        assert "rules" in frame.attrs["note"]
    few = Rules(at_most=(Limit(n=1, each="category"),))
    answer = store.recommend("reader3", 10, rules=few)
    assert answer.category.is_unique
    assert "rules" in answer.attrs["note"]


def test_an_answer_keeps_its_kind_note_and_version_in_json(store: Recommender) -> None:
    kinds = {
        "personal": store.recommend("reader0", k=2),
        "popular": store.recommend("NA", k=2),
        "similar": store.similar("000", k=2),
        "explanation": store.explain("reader0", "000"),
    }
    for kind, frame in kinds.items():
        answer = answer_json(frame)
        assert (answer["kind"], answer["version"]) == (kind, store.version)
        assert [item["item_id"] for item in answer["items"]] == frame.item_id.tolist()
    assert answer_json(kinds["popular"])["note"]
    assert answer_json(kinds["personal"])["items"][0]["reasons"][0]["contribution"] > 0
    json.dumps([answer_json(frame) for frame in kinds.values()], allow_nan=False)


def test_unknown_ids_are_named_with_those_near(store: Recommender) -> None:
    with pytest.raises(UnknownUserError, match=r"'reader77'.*reader7"):
        store.recommend("reader77")
    with pytest.raises(UnknownItemError) as caught:
        store.similar("0077")
    assert caught.value.nearest[0] == "007"


def test_search_finds_by_prefix_of_id_and_by_words_of_the_title(store: Recommender) -> None:
    assert store.search_users("writ").user_id.tolist() == [f"writer{i}" for i in range(N)]
    assert store.search_users("zz").empty
    assert set(store.search_items("00").item_id) == set(CIRCLES["reader"])
    assert store.search_items("writer *3*").item_id.tolist() == ["W<b>3"]
    assert store.search_items("no such thing").empty


def test_an_items_card_counts_every_rating(store: Recommender) -> None:
    card = store.item("000")
    assert card["title"] == "reader item *0*"
    assert card["n_ratings"] == card["histogram"]["count"].sum() == card["by_month"]["count"].sum() == N
    assert card["mean_rating"] == pytest.approx(
        np.average(card["histogram"].rating, weights=card["histogram"]["count"])
    )


def test_more_like_liked_leaves_out_what_was_rated(store: Recommender) -> None:
    rated = set(store.history("reader3").item_id)
    pairs = store.more_like_liked("reader3", k=2)
    assert len(pairs) == 5
    for liked, similar in pairs:
        assert liked["rating"] >= store.history("reader3").rating.mean()
        assert not rated & set(similar.item_id)
    assert pairs[0][1].item_id[0] == "003"


def test_example_and_random_users_exist(store: Recommender) -> None:
    examples = store.example_users()
    assert examples.user_id.is_unique
    assert {"most active", "one rating"} <= set(examples.kind)
    assert store.random_user(np.random.default_rng(0)) in store.users
