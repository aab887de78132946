"""Metrics by hand, and beside an independent library."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from recsys.data.interactions import Interactions, encode
from recsys.evaluation.metrics import bootstrap_interval, find_hits, per_user

HITS = np.array([[True, False, True, False], [False, False, False, False], [False, True, False, False]])
RELEVANT = np.array([3, 2, 1])


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("recall@4", [2 / 3, 0, 1]),
        ("recall@2", [1 / 3, 0, 1]),
        ("precision@4", [2 / 4, 0, 1 / 4]),
        ("hit_rate@1", [1, 0, 0]),
        ("mrr@4", [1, 0, 1 / 2]),
        ("map@4", [(1 + 2 / 3) / 3, 0, 1 / 2]),
        ("ndcg@4", [(1 + 1 / 2) / (1 + 1 / np.log2(3) + 1 / 2), 0, 1 / np.log2(3)]),
        ("ndcg@2", [1 / (1 + 1 / np.log2(3)), 0, 1 / np.log2(3)]),
    ],
)
def test_metric_equals_what_is_worked_out_by_hand(metric: str, expected: list[float]) -> None:
    values = per_user(HITS, RELEVANT, ks=(1, 2, 4))[metric]
    np.testing.assert_allclose(values, expected, atol=1e-12)


def drawn() -> tuple[Interactions, np.ndarray]:
    """60 users with one to nine held-out items, and a list of 30 for each."""
    rng = np.random.default_rng(0)
    frame = [(f"u{u:02}", f"i{i:03}") for u in range(60) for i in rng.choice(100, 1 + u % 9, replace=False)]
    users, items = zip(*frame, strict=True)
    columns = {"user_id": users, "item_id": items, "rating": pl.Series([1.0] * len(frame), dtype=pl.Float32)}
    test = encode(pl.DataFrame(columns))
    lists = np.stack([rng.permutation(test.n_items)[:30] for _ in range(60)]).astype(np.int32)
    return test, lists


INDEPENDENT = """
import json, sys
from ranx import Qrels, Run, evaluate
truth, lists, names = json.load(sys.stdin)
truth, lists = Qrels(truth), Run(lists)
print(json.dumps({name: float(evaluate(truth, lists, name, make_comparable=True)) for name in names}))
"""


def test_metrics_agree_with_an_independent_library() -> None:
    test, lists = drawn()
    truth = {str(u): {str(i): 1 for i in test.item_rows[test.slice(u)]} for u in range(60)}
    run = {str(u): {str(i): 1 / (rank + 1) for rank, i in enumerate(lists[u])} for u in range(60)}
    ours = per_user(find_hits(lists, test, np.arange(60)), test.user_degrees, ks=(5, 20))
    # In a process of its own, uncompiled: compiling ranx's metrics takes a minute.
    done = subprocess.run(
        [sys.executable, "-c", INDEPENDENT],
        input=json.dumps([truth, run, list(ours)]),
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = json.loads(done.stdout.splitlines()[-1])
    assert theirs == pytest.approx({name: values.mean() for name, values in ours.items()})


def test_hits_are_found_where_the_list_has_a_held_out_item_and_ended_lists_have_none() -> None:
    test, _ = drawn()
    own = test.item_rows[test.slice(8)]
    lists = np.array([[own[0], -1, -1], [-1, -1, -1]], dtype=np.int32)
    np.testing.assert_array_equal(
        find_hits(lists, test, np.array([8, 9])), [[True, False, False], [False, False, False]]
    )


def test_interval_is_that_of_a_mean_and_shrinks_with_users() -> None:
    values = np.random.default_rng(1).random(4000)
    low, high = bootstrap_interval(values)
    error = values.std() / np.sqrt(len(values))
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.3 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.3 * error)
    wide = bootstrap_interval(values[:100])
    assert wide[1] - wide[0] > 4 * (high - low)
    assert bootstrap_interval(values) == (low, high)
    assert bootstrap_interval(np.full(50, 0.25)) == (0.25, 0.25)
