"""Ranking accuracy beside implicit's ALS and BPR, tuned on the same validation split.

    python benchmarks/bench_accuracy.py --train train.csv --test test.csv [--json]

All models learn from the same training ratings, choose their settings on the same hold-outs, and
are measured in the same evaluation: whole catalogue, training items masked, 95% intervals over
users, and the paired lead of our model over each other one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import product
from typing import Any

import harness
import numpy as np

from recsys.config import SEED
from recsys.data.clean import load_split
from recsys.data.interactions import Interactions
from recsys.evaluation.baselines import ItemKnnRanker, PopularRanker
from recsys.evaluation.rankers import SvdRanker
from recsys.evaluation.ranking import measure
from recsys.evaluation.results import Figure
from recsys.evaluation.tuning.holdouts import hold_outs
from recsys.evaluation.tuning.item_knn import tune_item_knn
from recsys.evaluation.tuning.ranking import tune_ranking
from recsys.model.ranking import fit_ranking
from recsys.progress import Stage

METRICS = ("recall@20", "ndcg@20")


class ImplicitRanker:
    """A fitted model of implicit's as a ranker."""

    def __init__(self, model: Any, train: Interactions) -> None:
        ratings = train.csr().copy()
        ratings.data[:] = 1
        model.fit(ratings, show_progress=False)
        self._users, self._items = np.asarray(model.user_factors), np.asarray(model.item_factors)

    def scores(self, user_rows: np.ndarray) -> np.ndarray:
        """Inner products of the fitted factors."""
        return (self._users[user_rows] @ self._items.T).astype(np.float32)


def als() -> Iterator[dict[str, Any]]:
    """Settings of ALS to choose from."""
    for factors, regularization, alpha in product((16, 32, 64, 128), (0.01, 0.1), (1.0, 10.0)):
        yield {"factors": factors, "regularization": regularization, "alpha": alpha, "iterations": 15}


def bpr() -> Iterator[dict[str, Any]]:
    """Settings of BPR to choose from."""
    for factors, rate, regularization in product((32, 64, 128), (0.01, 0.05), (0.01, 0.05)):
        yield {
            "factors": factors,
            "learning_rate": rate,
            "regularization": regularization,
            "iterations": 100,
        }


SETTINGS = {"implicit ALS": als, "implicit BPR": bpr}


def make(name: str, settings: dict[str, Any]) -> Any:
    """An unfitted model of implicit's."""
    # Imported here, so that --help works without the peers.
    from implicit.als import AlternatingLeastSquares
    from implicit.bpr import BayesianPersonalizedRanking

    kinds = {"implicit ALS": AlternatingLeastSquares, "implicit BPR": BayesianPersonalizedRanking}
    return kinds[name](**settings, random_state=SEED)


def tune_peer(name: str, train: Interactions) -> dict[str, Any]:
    """The settings that do best on the hold-outs our own tuning uses."""
    parts = hold_outs(train, None, SEED)
    best: tuple[float, dict[str, Any]] = (-1.0, {})
    for tried in SETTINGS[name]():
        rankers = [ImplicitRanker(make(name, tried), part.split.train) for part in parts]
        value = np.mean([part.of_ranker(r)[:, 0].mean() for part, r in zip(parts, rankers, strict=True)])
        best = max(best, (float(value), tried), key=lambda pair: pair[0])
        harness.say(f"{name} {tried}: {value:.4f}")
    return best[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", required=True)
    parser.add_argument("--test", required=True)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    train, test, _ = load_split(asked.train, asked.test)
    told = Stage("Tuning", lambda report: harness.say(report.detail))
    ours, item_knn = tune_ranking(train, progress=told), tune_item_knn(train, progress=told)
    chosen = {name: tune_peer(name, train) for name in SETTINGS}
    rankers: dict[str, Any] = {
        "ours": SvdRanker(fit_ranking(train, ours.config), train),
        "popular": PopularRanker(train),
        "item-kNN": ItemKnnRanker(train, item_knn),
    }
    for name, settings in chosen.items():
        rankers[name] = ImplicitRanker(make(name, settings), train)
    result = measure(rankers, train, test)
    if asked.json:
        settings = {"ours": ours.chosen, "item-kNN": asdict(item_knn), **chosen}
        print(json.dumps({**result.to_json(), "chosen": settings}))
        return
    print(result.protocol)
    for name, figures in {"ours": result.model, **result.baselines}.items():
        print(f"{name:14}", "  ".join(_words(metric, figures[metric]) for metric in METRICS))
    for name, figures in result.ahead.items():
        print(f"lead over {name:14}", "  ".join(_words(metric, figures[metric]) for metric in METRICS))


def _words(metric: str, figure: Figure) -> str:
    return f"{metric} {figure.value:.4f} [{figure.low:.4f}, {figure.high:.4f}]"


if __name__ == "__main__":
    main()
