import json
import os
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from recsys.arrays import Doubles
from recsys.data.interactions import Interactions, encode
from recsys.evaluation.metrics import accuracy as metrics
from recsys.evaluation.metrics.accuracy import find_hits
from recsys.evaluation.metrics.figures import accuracy_per_user
from recsys.evaluation.metrics.registry import Family, select

# One user with three held-out items, met at ranks 2 and 4; one with one, met at rank 1; one without a hit.
HITS = np.array([[0, 1, 0, 1, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]], dtype=bool)
RELEVANT = np.array([3, 1, 2])
LOG3, LOG5 = np.log2(3), np.log2(5)


@pytest.mark.parametrize(
    ("metric", "k", "expected"),
    [
        (metrics.recall, 4, [2 / 3, 1, 0]),
        (metrics.recall, 2, [1 / 3, 1, 0]),
        (metrics.precision, 4, [1 / 2, 1 / 4, 0]),
        (metrics.hit_rate, 1, [0, 1, 0]),
        (metrics.ndcg, 4, [(1 / LOG3 + 1 / LOG5) / (1 + 1 / LOG3 + 1 / 2), 1, 0]),
        (metrics.ndcg, 2, [(1 / LOG3) / (1 + 1 / LOG3), 1, 0]),
        (metrics.average_precision, 4, [(1 / 2 + 2 / 4) / 3, 1, 0]),
        (metrics.average_precision, 2, [(1 / 2) / 3, 1, 0]),
        (metrics.reciprocal_rank, 4, [1 / 2, 1, 0]),
        (metrics.reciprocal_rank, 1, [0, 1, 0]),
    ],
)
def test_metric_equals_the_hand_computed_value(
    metric: Callable[..., Doubles], k: int, expected: list[float]
) -> None:
    assert metric(HITS, RELEVANT, k) == pytest.approx(expected)


def test_metrics_hold_when_k_is_longer_than_the_lists() -> None:
    for metric in select(Family.RANKING):
        values = metric(HITS, RELEVANT, 20)
        assert ((values >= 0) & (values <= 1)).all()
    assert metrics.precision(HITS, RELEVANT, 20)[0] == 2 / 20


def random_case(n_users: int = 40, n_items: int = 60, n: int = 20) -> tuple[np.ndarray, Interactions]:
    rng = np.random.default_rng(7)
    held = [(u, i) for u in range(n_users) for i in rng.choice(n_items, rng.integers(1, 9), replace=False)]
    frame = pl.DataFrame(
        {
            "user_id": [f"u{u:02}" for u, _ in held],
            "item_id": [f"i{i:02}" for _, i in held],
            "rating": np.ones(len(held), np.float32),
        }
    )
    ranked = np.array([rng.permutation(n_items)[:n] for _ in range(n_users)], dtype=np.int32)
    return ranked, encode(frame)


RANX = """
import json, sys
from ranx import Qrels, Run, evaluate
qrels, run, names = json.load(sys.stdin)
print(json.dumps({name: float(evaluate(Qrels(qrels), Run(run), name)) for name in names}))
"""


def test_metrics_agree_with_an_independent_library() -> None:
    ranked, test = random_case()
    users = np.arange(test.n_users)
    ours = accuracy_per_user(find_hits(ranked, test, users), test.user_degrees, (5, 20))
    qrels = {f"u{u}": {f"i{i}": 1 for i in test.item_rows[test.slice(u)]} for u in users.tolist()}
    run = {f"u{u}": {f"i{i}": 100.0 - place for place, i in enumerate(ranked[u])} for u in users}
    # Interpreted, in a process of its own: compiling that library takes longer than all its work here.
    done = subprocess.run(
        [sys.executable, "-c", RANX],
        input=json.dumps([qrels, run, list(ours)]),
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    theirs = json.loads(done.stdout)
    assert {name: values.mean() for name, values in ours.items()} == pytest.approx(theirs, abs=1e-9)


def test_find_hits_marks_held_out_items_and_never_the_end_of_a_list() -> None:
    _, test = random_case()
    mine = test.item_rows[test.slice(3)]
    other = next(i for i in range(test.n_items) if i not in mine)
    ranked = np.array([[mine[0], other, -1]], dtype=np.int32)
    assert find_hits(ranked, test, np.array([3])).tolist() == [[True, False, False]]
