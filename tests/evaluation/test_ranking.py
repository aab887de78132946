import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pytest

from recsys.config import RankingConfig
from recsys.data.encode import encode
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.rankers import SvdRanker, rank_items
from recsys.evaluation.ranking import MODEL, evaluate_ranking, measure, rankers_of, side_by_side
from recsys.evaluation.segments import by_segment, popular_items
from recsys.evaluation.splits import Split, random_hold_out, temporal
from recsys.model.ranking import fit_ranking

BLOCKS, SIDE = 6, 10
"""A checkerboard: users of a block rate only the items of their block, so any other item is wrong."""


def encoded(rows: list[tuple[str, str, int]]) -> Interactions:
    frame = pl.DataFrame(rows, schema=["user_id", "item_id", "timestamp"], orient="row").with_columns(
        pl.lit(4.0).cast(pl.Float32).alias("rating")
    )
    return encode(frame)


@pytest.fixture(scope="module")
def split() -> Split:
    rng = np.random.default_rng(5)
    rows = [
        (f"u{block}{user:02}", f"i{block}{item}", int(rng.integers(1e6)))
        for block in range(BLOCKS)
        for user in range(3 * SIDE)
        for item in rng.choice(SIDE, 6, replace=False)
    ]
    return random_hold_out(encoded(rows), share=0.2)


@pytest.fixture(scope="module")
def result(split: Split) -> dict[str, Any]:
    return evaluate_ranking(*split, RankingConfig(n_factors=BLOCKS), ks=(4, 10))


@dataclass
class Oracle:
    """Knows the test."""

    test: Interactions

    def scores(self, user_rows: np.ndarray) -> np.ndarray:
        return self.test.csr()[user_rows].toarray()


def test_the_model_finds_every_held_out_item_on_a_checkerboard(result: dict[str, Any]) -> None:
    # Five of ten items are in training, so that the rest of the block is at most five long.
    assert result["model"]["recall@10"]["value"] == 1
    assert result["baselines"]["popular"]["recall@10"]["value"] < 0.5
    assert result["ahead"]["popular"]["recall@10"]["low"] > 0


def test_result_has_the_promised_form_and_is_json(result: dict[str, Any]) -> None:
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["task"] == "ranking"
    assert set(result["baselines"]) == {"popular", "item-kNN", "random"}
    assert set(result["seconds"]) == {"tune", "fit", "evaluate"}
    assert result["chosen"]["n_factors"] == BLOCKS
    assert "all 60 items ranked" in result["protocol"]
    for figures in (result["model"], *result["baselines"].values()):
        assert {"recall@4", "ndcg@10", "map@4", "mrr@10", "hit_rate@4", "coverage@10", "gini@10"} < set(
            figures
        )
        assert {"novelty@10", "popularity_lift@10", "diversity@10"} < set(figures)
        for figure in figures.values():
            assert figure["low"] <= figure["value"] <= figure["high"]


def test_an_oracle_reaches_one_in_every_segment(split: Split) -> None:
    train, test = split
    result = measure({"oracle": Oracle(test), **rankers_of(Oracle(test), train)}, train, test)
    assert {result["model"][name]["value"] for name in ("recall@10", "ndcg@20", "map@20", "mrr@10")} == {1.0}
    of_oracle = [entry for entry in result["segments"] if entry["model"] == "oracle"]
    assert {entry["segment"] for entry in of_oracle} == {
        "users with 2–5 ratings",
        "popular items",
        "tail items",
    }
    assert {entry["value"] for entry in of_oracle} == {1.0}
    assert next(e for e in of_oracle if e["segment"] == "users with 2–5 ratings")["users"] == test.n_users


def test_popular_items_are_the_fewest_that_make_up_the_share() -> None:
    degrees = np.array([1, 50, 30, 0, 19])
    assert popular_items(degrees, 0.8).tolist() == [False, True, True, False, False]
    assert popular_items(degrees, 0.81).tolist() == [False, True, True, False, True]


def test_segments_count_only_the_items_of_the_segment() -> None:
    # Training: a has 9 of 10 ratings. The user is held out one popular and one tail item, and gets a.
    train = encoded([*((f"u{n}", "a", 0) for n in range(9)), ("u8", "b", 0), ("v", "c", 0)])
    test = train.select(np.zeros(train.n_ratings, dtype=bool))
    held = encoded([("v", "a", 0), ("v", "b", 0)])
    user = train.users.row("v")
    test = type(test)(
        train.users,
        train.items,
        np.where(np.arange(train.n_users + 1) > user, 2, 0).astype(np.int64),
        np.array([0, 1], dtype=np.int32),
        held.ratings,
    )
    entries = by_segment(train, test, np.array([user]), {"m": np.array([[0]], dtype=np.int32)}, 20)
    recalls = {e["segment"]: e["value"] for e in entries if e["metric"] == "recall@20"}
    assert recalls == {"users with 1 rating": 0.5, "popular items": 1.0, "tail items": 0.0}


def test_new_users_and_items_are_reported_apart() -> None:
    known = [(f"u{n}", item, 1) for n in range(6) for item in ("ab" if n % 2 else "cd")]
    later = [("u0", "a", 9), ("u1", "new", 9), ("fresh", "a", 9)]
    split = temporal(encoded(known + later), before=5)
    config = RankingConfig(n_factors=2)
    together, apart = (evaluate_ranking(*split, config, apart=flag) for flag in (False, True))
    assert apart["new"] == {"users": 1, "items": 1, "user_ratings": 1, "item_ratings": 1}
    assert "1 user with" in apart["protocol"]
    assert "3 users with" in together["protocol"]


def test_users_without_training_items_get_the_popular_list(split: Split) -> None:
    train, _ = split
    emptied = train.select(train.user_rows != 0)
    ranker = SvdRanker(fit_ranking(emptied, RankingConfig(n_factors=4)), emptied)
    listed = rank_items(ranker, emptied, np.array([0]), 5)[0]
    assert listed.tolist() == np.argsort(-emptied.item_degrees, kind="stable")[:5].tolist()


def test_nothing_to_measure_is_an_error(split: Split) -> None:
    train, test = split
    with pytest.raises(EvaluationError, match="No held-out rating"):
        evaluate_ranking(train, test.select(np.zeros(test.n_ratings, dtype=bool)), RankingConfig(n_factors=2))


def test_side_by_side_shows_each_rankers_list_with_its_hits(split: Split) -> None:
    train, test = split
    rankers = rankers_of(Oracle(test), train)
    table = side_by_side(train, test, rankers, n_users=7, k=4)
    assert table.columns == ["user_id", "model", "rank", "item_id", "hit"]
    assert table["user_id"].n_unique() == 7
    assert table["model"].unique(maintain_order=True).to_list() == list(rankers)
    oracle = table.filter(pl.col("model") == MODEL).partition_by("user_id")
    for mine in oracle:
        row = test.users.row(mine["user_id"][0])
        held = set(test.items.ids(test.item_rows[test.slice(row)]))
        assert mine["rank"].to_list() == [1, 2, 3, 4]
        assert set(mine.filter("hit")["item_id"]) == held
    assert table.equals(side_by_side(train, test, rankers, n_users=7, k=4))


def test_more_users_than_can_be_ranked_are_drawn_at_random_and_the_protocol_says_so(
    split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, test = split
    n_users = int(np.count_nonzero(test.user_degrees))
    monkeypatch.setattr("recsys.evaluation.ranking._MOST_SCORES", 50 * train.n_items)
    oracle = {MODEL: Oracle(test), "popular": Oracle(test)}
    sampled = measure(oracle, train, test, ks=(10,))
    drawn = f"50 users with at least one held-out item, drawn at random from {n_users:,};"
    assert drawn in sampled["protocol"]
    assert sampled["model"]["recall@10"]["value"] == 1
    monkeypatch.setattr("recsys.evaluation.ranking._MOST_SCORES", n_users * train.n_items)
    assert f"{n_users:,} users with at least one held-out item;" in measure(oracle, train, test)["protocol"]
