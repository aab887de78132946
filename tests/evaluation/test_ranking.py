import json
from dataclasses import dataclass

import msgspec
import numpy as np
import polars as pl
import pytest

from recsys.config import RankingConfig, SequentialConfig
from recsys.data.interactions import Interactions, encode
from recsys.errors import EvaluationError
from recsys.evaluation.baseline_rankers import with_baselines
from recsys.evaluation.rankers import SvdRanker, rank_items
from recsys.evaluation.ranking import evaluate_ranking, measure
from recsys.evaluation.results import MODEL, TaskResult
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
        (f"u{block}{user:02}", f"i{block}{item}", int(rng.integers(1_000_000)))
        for block in range(BLOCKS)
        for user in range(3 * SIDE)
        for item in rng.choice(SIDE, 6, replace=False)
    ]
    return random_hold_out(encoded(rows), share=0.2)


@pytest.fixture(scope="module")
def result(split: Split) -> TaskResult:
    config, sequential = RankingConfig(n_factors=BLOCKS), SequentialConfig(n_factors=BLOCKS)
    return evaluate_ranking(*split, config, sequential=sequential, ks=(4, 10))


@dataclass
class Oracle:
    """Knows the test."""

    test: Interactions

    def scores(self, user_rows: np.ndarray) -> np.ndarray:
        return np.asarray(self.test.csr()[user_rows].toarray())


def test_the_model_finds_every_held_out_item_on_a_checkerboard(result: TaskResult) -> None:
    # Five of ten items are in training, so that the rest of the block is at most five long.
    assert result.model["recall@10"].value == 1
    assert result.baselines["popular"]["recall@10"].value < 0.5
    assert result.ahead["popular"]["recall@10"].lead == 1


def test_result_has_the_promised_form_and_is_json(result: TaskResult) -> None:
    plain = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert msgspec.convert(plain, TaskResult) == result
    assert result.task == "ranking"
    # The times are random, so the static model is as good and the simpler one.
    ordered = {"sequential", "recent item-kNN", "next item"}
    assert set(result.baselines) == {"popular", "item-kNN", "random"} | ordered
    assert set(result.seconds) == {"tune", "fit", "evaluate"}
    assert result.chosen["n_factors"] == BLOCKS
    assert "all 60 items ranked" in result.protocol
    for figures in (result.model, *result.baselines.values()):
        assert {"recall@4", "ndcg@10", "map@4", "mrr@10", "hit_rate@4", "coverage@10", "gini@10"} < set(
            figures
        )
        assert {"novelty@10", "popularity_lift@10", "diversity@10"} < set(figures)
        for figure in figures.values():
            assert figure.low <= figure.value <= figure.high


def test_an_oracle_reaches_one_in_every_segment(split: Split) -> None:
    train, test = split
    result = measure({"oracle": Oracle(test), **with_baselines(Oracle(test), train)}, train, test)
    assert {result.model[name].value for name in ("recall@10", "ndcg@20", "map@20", "mrr@10")} == {1.0}
    of_oracle = [entry for entry in result.segments if entry.model == "oracle"]
    assert {entry.segment for entry in of_oracle} == {
        "users with 2–5 ratings",
        "popular items",
        "tail items",
    }
    assert {entry.value for entry in of_oracle} == {1.0}
    assert next(e for e in of_oracle if e.segment == "users with 2–5 ratings").users == test.n_users


def test_new_users_and_items_are_reported_apart() -> None:
    known = [(f"u{n}", item, 1) for n in range(6) for item in ("ab" if n % 2 else "cd")]
    later = [("u0", "a", 9), ("u1", "new", 9), ("fresh", "a", 9)]
    split = temporal(encoded(known + later), before=5)
    config = RankingConfig(n_factors=2)
    together, apart = (evaluate_ranking(*split, config, apart=flag) for flag in (False, True))
    assert apart.new == {"users": 1, "items": 1, "user_ratings": 1, "item_ratings": 1}
    assert "1 user with" in apart.protocol
    assert "3 users with" in together.protocol


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


def test_more_users_than_can_be_ranked_are_drawn_at_random_and_the_protocol_says_so(
    split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, test = split
    n_users = int(np.count_nonzero(test.user_degrees))
    monkeypatch.setattr("recsys.evaluation.ranking._MOST_SCORES", 50 * train.n_items)
    oracle = {MODEL: Oracle(test), "popular": Oracle(test)}
    sampled = measure(oracle, train, test, ks=(10,))
    drawn = f"50 users with at least one held-out item, drawn at random from {n_users:,};"
    assert drawn in sampled.protocol
    assert sampled.model["recall@10"].value == 1
    monkeypatch.setattr("recsys.evaluation.ranking._MOST_SCORES", n_users * train.n_items)
    assert f"{n_users:,} users with at least one held-out item;" in measure(oracle, train, test).protocol
