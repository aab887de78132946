"""Every question gets the answer of the package."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from starlette.testclient import TestClient

from recsys.answers import answer_json
from recsys.filters import Filters
from recsys.recommender import Recommender


def ids(answer: dict[str, Any]) -> list[str]:
    return [one["item_id"] for one in answer["items"]]


def same(answer: dict[str, Any], frame: pd.DataFrame) -> bool:
    expected = answer_json(frame)
    return {name: answer[name] for name in expected} == expected


def test_a_user_gets_what_the_package_recommends(client: TestClient, store: Recommender, user: str) -> None:
    answer = client.get("/recommend", params={"user": user, "k": 7, "new": 2}).json()
    assert same(answer, store.recommend(user, 7))
    assert same(answer["new"], store.recommend_new(user, 2))
    rated = client.get(
        "/recommend", params={"user": user, "include_rated": True, "ranker": "sequential"}
    ).json()
    assert same(rated, store.recommend(user, include_rated=True, ranker="sequential"))


def test_a_product_gets_what_is_similar_and_what_is_rated_next(
    client: TestClient, store: Recommender, item: str
) -> None:
    assert same(client.get("/similar", params={"item": item, "k": 4}).json(), store.similar(item, 4))
    assert same(client.get("/next", params={"item": item, "k": 4}).json(), store.rated_next(item, 4))


def test_lists_that_need_no_user_and_what_is_rated_together(
    client: TestClient, store: Recommender, item: str
) -> None:
    for kind in store.lists:
        answer = client.get("/top", params={"kind": kind, "days": 365, "k": 4, "min_ratings": 3}).json()
        assert same(answer, store.top(kind, 4, days=365, filters=Filters(min_ratings=3)))
    assert same(client.get("/together", params={"item": item, "k": 4}).json(), store.together(item, 4))
    assert client.get("/top", params={"kind": "worst"}).status_code == 422
    assert client.get("/together", params={"item": "none"}).status_code == 404


def test_an_audience_and_leanings_are_those_of_the_package(
    client: TestClient, store: Recommender, item: str, user: str
) -> None:
    answer = client.get("/audience", params={"item": item, "n": 5}).json()
    assert [one["user_id"] for one in answer["users"]] == store.audience(item, 5).user_id.tolist()
    assert answer["n_close"] == store.audience(item, 5).attrs["n_close"]
    assert client.get("/audience").status_code == 422
    found = client.get("/leanings", params={"user": user, "n": 3}).json()["leanings"]
    assert [one["name"] for one in found] == store.leanings(user, 3).name.tolist()


def test_a_word_that_is_not_known_or_stands_twice_is_refused(client: TestClient, item: str) -> None:
    for query, said in (
        (f"/similar?item={item}&min_rating=3", "min_ratings"),
        (f"/similar?item={item}&k=3&k=5", "k stands 2 times"),
        ("/version?verbose=1", "verbose"),
    ):
        answer = client.get(query)
        assert answer.status_code == 422
        assert said in answer.json()["detail"]
    assert client.get(f"/similar?item={item}&brand=a&brand=b").status_code == 200


def test_true_is_no_number(client: TestClient) -> None:
    for body in ({"items": [], "k": True}, {"items": [], "filters": {"min_ratings": False}}):
        assert client.post("/basket", json=body).status_code == 422


def test_the_map_is_that_of_the_package(client: TestClient, store: Recommender) -> None:
    answer, wanted = client.get("/map", params={"k": 5}).json(), store.map()
    assert ids(answer) == wanted.item_id[:5].tolist()
    assert [one["x"] for one in answer["items"]] == pytest.approx(wanted.x[:5].tolist(), abs=1e-6)
    assert answer["total"] == len(wanted)
    assert answer["report"]["names"] == list(wanted.attrs["report"].names)


def test_a_filter_has_the_words_of_the_links(client: TestClient, store: Recommender, user: str) -> None:
    brands = [str(name) for name in store.catalog.frame["brand"].drop_nulls().unique().sort()[:2]]
    filters = Filters(brands=tuple(brands), min_price=20.0, min_ratings=3)
    params = {"user": user, "brand": brands, "min_price": "20", "min_ratings": "3"}
    answer = client.get("/recommend", params=params).json()
    assert same(answer, store.recommend(user, filters=filters))
    assert {one["brand"] for one in answer["items"]} <= set(brands)
    assert same(
        client.get("/popular", params={"category": "Electronics > Headphones"}).json(),
        store.popular(filters=Filters(categories=("Electronics > Headphones",))),
    )


def test_a_basket_is_taken_in_order_with_negative_examples(
    client: TestClient, store: Recommender, user: str
) -> None:
    first, second, third = store.popular(3).item_id
    body = {"items": [{"item": first}, {"item": second, "rating": 2.5}, {"item": third, "rating": "not"}]}
    answer = client.post("/basket", json=body | {"k": 5, "filters": {"min_ratings": 2}}).json()
    basket: list[tuple[str, Any]] = [(first, 5.0), (second, 2.5), (third, "not")]
    assert same(answer, store.recommend_basket(basket, 5, filters=Filters(min_ratings=2)))
    too_high = client.post("/basket", json={"items": [{"item": first, "rating": 9}]})
    assert too_high.status_code == 422
    assert "from 1 to 5" in too_high.json()["detail"]


def test_an_explanation_sums_to_the_score(client: TestClient, store: Recommender, user: str) -> None:
    best = client.get("/recommend", params={"user": user, "k": 1}).json()["items"][0]
    parts = client.get("/explain", params={"user": user, "item": best["item_id"]}).json()["items"]
    assert sum(part["contribution"] for part in parts) == pytest.approx(best["score"], abs=1e-3)


def test_a_batch_has_a_list_for_each_in_the_order_asked_for(client: TestClient, store: Recommender) -> None:
    users = list(store.example_users().user_id[:3])[::-1]
    items = list(store.popular(2).item_id)[::-1]
    answer = client.post("/batch", json={"users": users, "items": items, "k": 3}).json()
    assert [one["id"] for one in answer["users"]] == users
    assert [one["id"] for one in answer["items"]] == items
    for one in answer["users"]:
        assert ids(one) == store.recommend(one["id"], 3).item_id.tolist()
        assert [line["rank"] for line in one["items"]] == [1, 2, 3]
    for one in answer["items"]:
        assert ids(one) == store.similar(one["id"], 3).item_id.tolist()
    assert client.post("/batch", json={}).json()["users"] == []
    assert client.post("/batch", json={"users": users * 300, "k": 1000}).status_code == 422


def test_data_are_searched_and_shown(client: TestClient, store: Recommender, user: str, item: str) -> None:
    found = client.get("/search", params={"text": item[:4], "limit": 5}).json()
    assert ids(found) == store.search_items(item[:4], 5).item_id.tolist()
    people = client.get("/users", params={"text": user[:4]}).json()
    assert user in [one["user_id"] for one in people["users"]]
    history = client.get("/user", params={"user": user, "limit": 3}).json()
    assert history["n_ratings"] == len(store.history(user))
    assert ids(history) == store.history(user).item_id.tolist()[:3]
    card = client.get("/product", params={"item": item}).json()
    assert card["n_ratings"] == sum(bar["count"] for bar in card["histogram"])
    assert sum(month["count"] for month in card["by_month"]) == card["n_ratings"]


def test_products_without_ratings_can_be_opened_and_asked_about(
    client: TestClient, store: Recommender
) -> None:
    new = store.new.products.ids.id(0)
    assert client.get("/product", params={"item": new}).json()["n_ratings"] == 0
    assert client.get("/similar", params={"item": new}).json()["kind"] == "content"
    assert client.get("/next", params={"item": new}).status_code == 404


def test_the_version_says_what_it_is_and_how_good(client: TestClient, store: Recommender) -> None:
    model = client.get("/version").json()
    assert model["version"] == store.version
    assert model["data"]["n_users"] == store.summary.n_users
    assert model["served"] == store.manifest.served.ranker
    assert set(model["evaluation"]) >= {"ranking", "rating", "similar"}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/recommend?user=nobody", 404),
        ("/similar?item=nothing", 404),
        ("/recommend", 422),
        ("/recommend?user=x&k=0", 422),
        ("/recommend?user=x&k=1001", 422),
        ("/popular?min_price=cheap", 422),
        ("/popular?min_price=inf", 422),
        ("/popular?ranker=x&rules=mine", 422),
        ("/search?text=x&limit=51", 422),
        ("/nothing", 404),
    ],
)
def test_what_cannot_be_answered_is_a_problem_in_one_sentence(
    client: TestClient, path: str, status: int
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["detail"]
    assert "\n" not in problem["detail"]


def test_unknown_ids_come_with_the_nearest(client: TestClient, user: str) -> None:
    problem = client.get("/recommend", params={"user": user[:-1]}).json()
    assert user in problem["nearest"]


def test_words_that_are_not_known_are_refused_in_a_body(client: TestClient) -> None:
    assert client.post("/basket", json={"items": [], "n": 3}).status_code == 422
    assert (
        client.post("/basket", content=b"{", headers={"content-type": "application/json"}).status_code == 422
    )
    assert client.post("/batch", json={"users": ["x" * 5000]}).status_code == 422
    assert client.get("/batch").status_code == 405
