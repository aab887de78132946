"""What if: negative examples, ranks, and the two dials, over the sample store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys import Recommender, UnknownItemError, UnknownUserError
from recsys.search.diversity import diverse


@pytest.fixture(scope="module")
def store(sample_artifacts: Path) -> Recommender:
    return Recommender.open(sample_artifacts)


@pytest.fixture(scope="module")
def user(store: Recommender) -> str:
    return str(store.example_users().query("kind == 'active'").user_id.iloc[0])


def basket(store: Recommender, user: str) -> list[tuple[str, float]]:
    """A user's items, the latest last."""
    own = store.history(user).iloc[::-1]
    return list(zip(own.item_id, own.rating, strict=True))


def test_a_negative_example_is_subtracted(store: Recommender) -> None:
    first, second, third = store.popular(3).item_id
    target = store.recommend_basket([(first, 5), (second, 5)], k=1).item_id[0]
    liked = store.explain_basket([(first, 5), (second, 5)], target).set_index("item_id")
    mixed = store.explain_basket([(first, 5), (second, "not")], target).set_index("item_id")
    assert mixed.contribution[first] == liked.contribution[first]
    assert mixed.contribution[second] == -liked.contribution[second]
    assert mixed.mark.to_dict() == {first: "5", second: "not"}
    answer = store.recommend_basket([(first, 5), (second, "not"), (third, 4)], k=5)
    assert not {first, second, third} & set(answer.item_id)
    assert answer.predicted_rating.between(1, 5).all()
    parts = store.explain_basket([(first, 5), (second, "not"), (third, 4)], answer.item_id[0])
    assert parts.contribution.sum() == pytest.approx(answer.score[0], rel=1e-4)
    assert second not in [reason["item_id"] for why in answer.reasons for reason in why]


def test_negative_examples_alone_say_nothing_of_taste(store: Recommender) -> None:
    item = store.popular(1).item_id[0]
    answer = store.recommend_basket([(item, "not")], k=5)
    assert answer.attrs["kind"] == "popular"
    assert item not in answer.item_id.tolist()
    standing = store.rank_of([(item, "not")], store.popular(2).item_id[1])
    assert standing.rank is None
    assert "taste" in standing.why
    assert store.turned([], 5).empty


@pytest.mark.parametrize("ranker", ["sequential", "static"])
def test_ranks_are_those_of_the_list(store: Recommender, user: str, ranker: str) -> None:
    if ranker not in store.rankers:
        pytest.skip(f"The sample store does not serve the {ranker} ranker.")
    answer = store.recommend(user, k=len(store.items), ranker=ranker)
    for place in (0, 7, 199, 200, len(answer) // 2, len(answer) - 1):
        standing = store.rank_of(user, answer.item_id[place], ranker=ranker)
        assert standing.n_ranked == len(answer)
        assert standing.score == pytest.approx(answer.score[place], rel=1e-4, abs=1e-7)
        assert standing.rank is not None
        assert abs(standing.rank - place - 1) <= (0 if place < 200 else 1)


def test_what_cannot_be_ranked_says_why(store: Recommender, user: str) -> None:
    rated = store.history(user).item_id[0]
    assert store.rank_of(user, rated).rank is None
    assert "rated already" in store.rank_of(user, rated).why
    with pytest.raises(UnknownItemError):
        store.rank_of(user, "<no such item>")
    with pytest.raises(UnknownUserError):
        store.rank_of("<nobody>", rated)
    with pytest.raises(UnknownItemError):
        store.explain_basket({"<none>": 5}, rated)


def test_dials_at_rest_give_the_list_of_recommend(store: Recommender, user: str) -> None:
    assert store.turned(user, 20).item_id.tolist() == store.recommend(user, 20).item_id.tolist()
    own = basket(store, user)
    assert store.turned(own, 20).item_id.tolist() == store.recommend_basket(own, 20).item_id.tolist()


def test_niche_lists_hold_products_with_fewer_ratings(store: Recommender, user: str) -> None:
    counts = [store.turned(user, 20, niche=turn).n_ratings.median() for turn in (-0.5, 0.0, 0.5)]
    assert counts[0] > counts[1] > counts[2]
    scores = store.turned(user, 20, niche=0.3).score
    assert scores.is_monotonic_decreasing
    # The turned score is the exact score times a power of the number of ratings.
    best = store.turned(user, 1, niche=0.3).iloc[0]
    exact = store.rank_of(user, best.item_id).score
    assert best.score == pytest.approx(exact * best.n_ratings**-0.3, rel=1e-4)


def test_variety_lowers_how_alike_a_list_is(store: Recommender, user: str) -> None:
    spread = [
        store.list_variety(store.turned(user, 10, variety=turn).item_id.tolist()) for turn in (0, 0.5, 1)
    ]
    assert spread[0] < spread[1] < spread[2]
    assert store.turned(user, 10, variety=0.5).item_id[0] == store.recommend(user, 1).item_id[0]
    assert np.isnan(store.list_variety([]))


def test_diverse_takes_the_unlike_one_first() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    scores = np.array([1.0, 0.9, 0.5], dtype=np.float32)
    assert diverse(scores, vectors, 3, 0.0).tolist() == [0, 1, 2]
    assert diverse(scores, vectors, 3, 0.5).tolist() == [0, 2, 1]
    assert not len(diverse(scores[:0], vectors[:0], 3, 0.5))
