"""Two worlds of users with no item in common: what is said of one says nothing of the other."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.answers import answer_json
from recsys.config import BuildConfig
from recsys.filters import Filters
from recsys.pipeline import build
from recsys.recommender import Recommender

N_ITEMS = 8


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Recommender:
    folder = tmp_path_factory.mktemp("worlds")
    rng, lines = np.random.default_rng(24), ["user,item,rating"]
    for user in range(20):
        for world in "AB":
            items = rng.choice(N_ITEMS, N_ITEMS if user == 19 else 4, replace=False)
            lines += [f"{world.lower()}{user},{world}{item},{rng.integers(3, 6)}" for item in items]
    lines += ["alone,C0,5", "both,A0,5", "both,A1,4"]
    (folder / "ratings.csv").write_text("\n".join(lines))
    build(folder / "ratings.csv", out=folder / "artifacts", config=BuildConfig(evaluate=False))
    return Recommender.open(folder / "artifacts")


def worlds(items: list[str]) -> set[str]:
    return {item[0] for item in items}


@pytest.mark.parametrize("user", ["a0", "a7", "b3", "both"])
def test_a_personal_list_ends_where_the_world_does_and_says_so(store: Recommender, user: str) -> None:
    answer = store.recommend(user, k=20)
    own = "B" if user[0] == "b" and user != "both" else "A"
    n_rated = len(store.history(user))
    assert answer.attrs["kind"] == "personal"
    assert worlds(answer.item_id.tolist()) == {own}
    assert len(answer) == N_ITEMS - n_rated
    assert f"{len(answer)} of the {2 * N_ITEMS + 1 - n_rated} items" in answer.attrs["note"]
    assert all(answer.reasons)
    assert store.recommend(user, k=2).attrs["note"] == ""


def test_many_users_get_the_same_lists_as_one(store: Recommender) -> None:
    users = [f"{world}{number}" for world in "ab" for number in range(20)]
    many = store.recommend_many(users, k=12)
    for user in users:
        assert many[many.user_id == user].item_id.tolist() == store.recommend(user, 12).item_id.tolist()


def test_who_rated_the_whole_world_gets_popular_items_under_their_own_name(store: Recommender) -> None:
    answer = store.recommend("a19", k=5)
    assert answer.attrs["kind"] == "popular"
    assert len(answer) == 5
    assert worlds(answer.item_id.tolist()) <= {"B", "C"}
    assert not any(answer.reasons)
    assert "shares a user" in answer.attrs["note"]


def test_similar_items_are_of_the_same_world(store: Recommender) -> None:
    assert worlds(store.similar("A0", k=20).item_id.tolist()) == {"A"}
    assert worlds(store.similar_many(["B1"], k=20).item_id.tolist()) == {"B"}
    assert "Nobody" in store.similar("C0").attrs["note"]


def test_what_is_left_when_filters_and_ratings_leave_nothing_is_said(store: Recommender) -> None:
    everything = store.recommend_basket(dict.fromkeys(store.items.ids(np.arange(2 * N_ITEMS + 1)), 5.0))
    assert everything.empty
    assert "every product" in everything.attrs["note"]
    dear = store.recommend("a0", filters=Filters(max_price=20))
    assert dear.empty
    assert "Highest price: 20 (passed by 0 of 17)" in dear.attrs["note"]
    assert "No product has a price" in answer_json(dear)["note"]
    several = Filters(min_price=1, min_ratings=10**6)
    assert store.similar("A0", filters=several).attrs["note"].count("passed by 0") == 2


def test_a_group_is_found_again_where_an_older_build_stored_none(store: Recommender) -> None:
    from recsys.data.groups import item_groups

    np.testing.assert_array_equal(item_groups(store.interactions), store.dataset.item_groups)


def test_contributions_hold_no_noise_and_still_sum_to_the_score(store: Recommender) -> None:
    basket = {"A0": 5.0, "A1": 4.0, "B0": 5.0}
    answer = store.recommend_basket(basket, k=3)
    for entry in answer_json(answer)["items"]:
        assert worlds([reason["item_id"] for reason in entry["reasons"]]) == {entry["item_id"][0]}
    parts = store.explain("a0", answer.item_id[0])
    assert not ((parts.contribution != 0) & (parts.contribution.abs() < 1e-12)).any()
