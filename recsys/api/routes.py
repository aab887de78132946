"""The questions that can be asked, one function each: what the package answers, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import numpy as np
import pandas as pd
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from recsys.answers import answer_json, records
from recsys.api import schemas
from recsys.api.parameters import (
    MOST,
    MOST_OF_AUDIENCE,
    MOST_OF_BATCH,
    MOST_ON_MAP,
    BasketBody,
    BatchBody,
    Days,
    Filtered,
    Item,
    K,
    List,
    OptionalItem,
    Ranker,
    Shop,
    Text,
    User,
)
from recsys.api.problems import documented, problem
from recsys.api.replies import Asked, asked, reply

router = APIRouter()
_Asked = Annotated[Asked, Depends(asked)]
New = Annotated[int, Query(ge=0, le=MOST, description="How many products that nobody has rated yet.")]
_LIST = documented(422, 503)
_ONE = documented(404, 422, 503)


@router.get("/recommend", response_model=schemas.Answer, responses=_ONE, tags=["answers"])
def recommend(
    one: _Asked,
    user: User,
    filters: Filtered,
    k: K = 10,
    include_rated: bool = False,
    ranker: Ranker = None,
    new: New = 0,
    rules: Shop = "shop",
) -> Response:
    """Products for a user, with the reasons."""
    shown: dict[str, Any] = {"filters": filters, "rules": one.rules(rules)}
    answer = one.recommender.recommend(user, k, include_rated=include_rated, ranker=ranker, **shown)
    apart = one.recommender.recommend_new(user, new, **shown) if new else None
    return reply(one, _answer(answer, apart))


@router.get("/similar", response_model=schemas.Answer, responses=_ONE, tags=["answers"])
def similar(
    one: _Asked, item: Item, filters: Filtered, k: K = 10, new: New = 0, rules: Shop = "shop"
) -> Response:
    """Products similar to a product."""
    shown: dict[str, Any] = {"filters": filters, "rules": one.rules(rules)}
    answer = one.recommender.similar(item, k, **shown)
    return reply(one, _answer(answer, one.recommender.similar_new(item, new, **shown) if new else None))


@router.get("/next", response_model=schemas.Answer, responses=_ONE, tags=["answers"])
def rated_next(one: _Asked, item: Item, filters: Filtered, k: K = 10, rules: Shop = "shop") -> Response:
    """What people rated after a product."""
    answer = one.recommender.rated_next(item, k, filters=filters, rules=one.rules(rules))
    return reply(one, _answer(answer))


@router.post(
    "/basket", response_model=schemas.Answer, responses=_ONE | documented(400, 413), tags=["answers"]
)
def basket(one: _Asked, body: BasketBody) -> Response:
    """Products for a basket, as if a user had rated just that, in that order."""
    low, high = one.recommender.summary.scale
    pairs: list[tuple[str, Any]] = [(e.item, high if e.rating is None else e.rating) for e in body.items]
    for entry in body.items:
        if isinstance(entry.rating, float) and not low <= entry.rating <= high:
            return problem(422, f"The ratings of these data are from {low:g} to {high:g}.")
    answer = one.recommender.recommend_basket(
        pairs,
        body.k,
        include_rated=body.include_rated,
        ranker=body.ranker,
        filters=body.filters.to_filters(),
        rules=one.rules(body.rules),
    )
    return reply(one, _answer(answer))


@router.get("/explain", response_model=schemas.Answer, responses=_ONE, tags=["answers"])
def explain(one: _Asked, user: User, item: Item, ranker: Ranker = None) -> Response:
    """What each of a user's items adds to the score of a product; the sum is the score."""
    return reply(one, _answer(one.recommender.explain(user, item, ranker=ranker)))


@router.get("/audience", response_model=schemas.Audience, responses=_ONE | documented(400), tags=["answers"])
def audience(
    one: _Asked,
    filters: Filtered,
    item: OptionalItem = None,
    n: Annotated[int, Query(ge=1, le=MOST_OF_AUDIENCE, description="How many users.")] = 20,
    include_raters: bool = False,
) -> Response:
    """The users that a product is for, or all products together that the filters leave."""
    if (item is None) == (not filters.active()):
        return problem(422, "Name either a product, or filters such as a category or a brand.")
    answer = one.recommender.audience(item, n, filters=filters, include_raters=include_raters)
    found = answer_json(answer)
    return reply(one, {**found, "users": found.pop("items"), "n_close": answer.attrs["n_close"]})


@router.get("/leanings", response_model=schemas.Leanings, responses=_ONE, tags=["answers"])
def leanings(one: _Asked, user: User, n: Annotated[int, Query(ge=1, le=100)] = 10) -> Response:
    """The categories and brands that a user leans to, against everybody."""
    return reply(one, {"user_id": user, "leanings": _rows(one.recommender.leanings(user, n))})


@router.get("/map", response_model=schemas.Map, responses=_LIST, tags=["data"])
def map_of_products(one: _Asked, k: Annotated[int, Query(ge=1, le=MOST_ON_MAP)] = 1_000) -> Response:
    """Where the most rated products stand on the map, and in which cluster."""
    found = one.recommender.map()
    report = found.attrs["report"]
    told = None if report is None else asdict(report)
    return reply(one, {"total": len(found), "items": _rows(found.head(k)), "report": told})


@router.get("/popular", response_model=schemas.Answer, responses=_LIST, tags=["answers"])
def popular(one: _Asked, filters: Filtered, k: K = 10, rules: Shop = "shop") -> Response:
    """The products with the most ratings."""
    return reply(one, _answer(one.recommender.popular(k, filters=filters, rules=one.rules(rules))))


@router.get("/top", response_model=schemas.Answer, responses=_LIST, tags=["answers"])
def top(
    one: _Asked, kind: List, filters: Filtered, k: K = 10, days: Days = 90, rules: Shop = "shop"
) -> Response:
    """A list that needs no user: popular in a window, rising, new, or best rated."""
    answer = one.recommender.top(kind, k, days=days, filters=filters, rules=one.rules(rules))
    return reply(one, _answer(answer))


@router.get("/together", response_model=schemas.Answer, responses=_ONE, tags=["answers"])
def together(one: _Asked, item: Item, filters: Filtered, k: K = 10, rules: Shop = "shop") -> Response:
    """What people rated together with a product more often than chance would give."""
    answer = one.recommender.together(item, k, filters=filters, rules=one.rules(rules))
    return reply(one, _answer(answer))


@router.post("/batch", response_model=schemas.Batch, responses=_ONE | documented(400, 413), tags=["answers"])
def batch(one: _Asked, body: BatchBody) -> Response:
    """Lists for many users, and products similar to many products, in one request."""
    if (len(body.users) + len(body.items)) * body.k > MOST_OF_BATCH:
        return problem(
            422, f"A batch has at most {MOST_OF_BATCH:,} items in all: ask for fewer, or a smaller k."
        )
    recommender, rules = one.recommender, one.rules(body.rules)
    lists = recommender.recommend_many(body.users, body.k, ranker=body.ranker, rules=rules)
    near = recommender.similar_many(body.items, body.k, rules=rules)
    return reply(
        one, {"users": _by_id(lists, "user_id", body.users), "items": _by_id(near, "query_id", body.items)}
    )


@router.get("/search", response_model=schemas.FoundItems, responses=_LIST, tags=["data"])
def search(one: _Asked, text: Text, limit: Annotated[int, Query(ge=1, le=50)] = 20) -> Response:
    """Products by the start of their ID, or by words of their title or brand."""
    found = one.recommender.search_items(text, limit)
    return reply(one, {"total": found.attrs["total"], "items": _rows(found)})


@router.get("/users", response_model=schemas.FoundUsers, responses=_LIST, tags=["data"])
def users(one: _Asked, text: Text, limit: Annotated[int, Query(ge=1, le=50)] = 20) -> Response:
    """Users by the start of their ID."""
    found = one.recommender.search_users(text, limit)
    return reply(one, {"total": found.attrs["total"], "users": _rows(found)})


@router.get("/user", response_model=schemas.UserHistory, responses=_ONE, tags=["data"])
def user(one: _Asked, user: User, limit: Annotated[int, Query(ge=1, le=MOST)] = 100) -> Response:
    """What a user rated, latest first."""
    history = one.recommender.history(user)
    return reply(one, {"user_id": user, "n_ratings": len(history), "items": _rows(history.head(limit))})


@router.get("/product", response_model=schemas.Product, responses=_ONE, tags=["data"])
def product(one: _Asked, item: Item) -> Response:
    """All that is known of a product."""
    card = dict(one.recommender.item(item))
    histogram, by_month = card.pop("histogram"), card.pop("by_month")
    plain = _rows(pd.DataFrame([card]))[0]
    months = None if by_month is None else _rows(by_month)
    return reply(one, {**plain, "histogram": _rows(histogram), "by_month": months})


@router.get("/version", response_model=schemas.Model, responses=documented(422, 503), tags=["service"])
def version(one: _Asked) -> Response:
    """The version in service: what it was built from, how, and how good it is."""
    manifest = one.recommender.manifest
    evaluation = None if manifest.evaluation is None else manifest.evaluation.to_json()
    model = {
        "built_at": manifest.built_at,
        "data": manifest.summary,
        "served": one.recommender.ranker().name,
        "why": manifest.served.sentence(),
        "rankers": list(one.recommender.rankers),
        "n_factors": manifest.model.n_factors,
        "evaluation": evaluation,
    }
    return reply(one, model)


def _answer(frame: pd.DataFrame, new: pd.DataFrame | None = None) -> dict[str, Any]:
    return answer_json(frame) | ({} if new is None else {"new": answer_json(new)})


def _rows(frame: pd.DataFrame) -> list[Mapping[str, Any]]:
    return answer_json(frame)["items"]  # type: ignore[no-any-return]


def _by_id(frame: pd.DataFrame, name: str, ids: list[str]) -> list[dict[str, Any]]:
    """The lists of a long table, one for each id in the order asked for."""
    columns = ["rank", "item_id", "score"]
    frame = frame.assign(score=frame["score"].astype(np.float64).round(6))
    found = {one: records(part[columns]) for one, part in frame.groupby(name, sort=False)}
    return [{"id": one, "items": found.get(one, [])} for one in ids]
