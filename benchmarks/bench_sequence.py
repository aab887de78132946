"""What comes next: the sequential model beside baselines that know the order, and implicit's ALS.

    python benchmarks/bench_sequence.py sequences.txt --in-order [--json]
    python benchmarks/bench_sequence.py ratings.csv more.csv

For each file, each user's last item is looked for among all items that they have not rated: HR@10
(the share of users who find it in a list of 10) and NDCG@10. In three ways:

    folded in      models fitted without the last two items of each user; the second last is in the
                   history that they are asked with (the usual protocol of published tables)
    not folded in  the same models, asked without the second last
    refitted       models fitted on all but the last item

Nothing is tuned on the last items. Our models are fitted as a build does by default; ALS has the
settings that find the second last items best.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bench_accuracy
import harness
import numpy as np
from scipy import sparse

from recsys.config import SEED, CleaningConfig
from recsys.data.clean import load_interactions
from recsys.data.interactions import Interactions
from recsys.data.sequences import Sequences, ages
from recsys.errors import RecsysError
from recsys.evaluation.baselines import ItemKnnRanker
from recsys.evaluation.splits import leave_last_out, sample_users
from recsys.evaluation.tuning.rank import choose_static
from recsys.evaluation.tuning.sequential import choose_sequential
from recsys.model.ranking import fit_ranking
from recsys.model.sequential import fit_sequential

LENGTH, SPAN, BLOCK = 10, 10, 512
NAMES = (
    "sequential",
    "next item",
    "recent item-kNN",
    "item-kNN",
    "static, recent",
    "static",
    "popular",
    "ALS",
)
Score = Callable[[sparse.csr_matrix, sparse.csr_matrix], np.ndarray]
"""Scores of all items for users, given their histories with weights 1, and with weights 1 / age."""


def ours(fit: Interactions) -> Iterator[tuple[str, Score]]:
    """Our models: the sequential one, and the static one with and without recency in the fold-in."""
    static = fit_ranking(fit, choose_static(fit).config)
    sources = static.components * static.fold_in_weights[:, None]
    items, no_vector = np.ascontiguousarray(static.item_vectors.T), ~static.components.any(axis=1)
    yield "static", lambda flat, recent: _without(no_vector, (flat @ sources) @ items)
    yield "static, recent", lambda flat, recent: _without(no_vector, (recent @ sources) @ items)
    ordered = fit_sequential(fit, choose_sequential(fit).config)
    asks = ordered.sources * ordered.fold_in_weights[:, None]
    shown, in_no_pair = np.ascontiguousarray(ordered.item_vectors.T), ordered.item_scales == 0

    def sequential(flat: sparse.csr_matrix, recent: sparse.csr_matrix) -> np.ndarray:
        faded = recent.copy()
        faded.data **= np.float32(ordered.config.recency_exponent)
        return _without(in_no_pair, (faded @ asks) @ shown)

    yield "sequential", sequential


def _without(items: np.ndarray, scores: np.ndarray) -> np.ndarray:
    scores[:, items] = -np.inf
    return scores


def baselines(fit: Interactions) -> Iterator[tuple[str, Score]]:
    """Best-sellers, item-kNN with and without recency, and how often an item came soon after another."""
    n = fit.n_items
    starts, targets, similarities = ItemKnnRanker(fit).lists
    near, after = sparse.csr_matrix((similarities, targets, starts), shape=(n, n)), next_item(fit)
    yield "popular", lambda flat, recent: np.zeros((flat.shape[0], n), dtype=np.float32)
    yield "item-kNN", lambda flat, recent: (flat @ near).toarray()
    yield "recent item-kNN", lambda flat, recent: (recent @ near).toarray()
    yield "next item", lambda flat, recent: (recent @ after).toarray()


def next_item(fit: Interactions) -> sparse.csr_matrix:
    """Pairs of an item and one up to `SPAN` places later, weight 1 / places; of one time, both ways."""
    sequences = Sequences.of(fit)
    users = np.repeat(np.arange(len(sequences.lengths)), sequences.lengths)
    places, items = np.cumsum(sequences.fresh), sequences.items
    total = sparse.csr_matrix((fit.n_items, fit.n_items), dtype=np.float32)
    for apart in range(1, SPAN + 1):
        early = np.flatnonzero(users[:-apart] == users[apart:])
        lag = places[early + apart] - places[early]
        tied = early[lag == 0]
        first = np.concatenate([items[early], items[tied + apart]])
        second = np.concatenate([items[early + apart], items[tied]])
        weight = np.concatenate([1 / np.maximum(1, lag), np.ones(len(tied))]).astype(np.float32)
        total += sparse.csr_matrix((weight, (first, second)), shape=total.shape)
    return total


def als(fit: Interactions, settings: dict[str, Any]) -> Score:
    """implicit's ALS; users are folded in from their histories."""
    model = bench_accuracy.make("implicit ALS", settings)
    model.fit(_histories(fit)[0], show_progress=False)
    items = np.asarray(model.item_factors).T

    def score(flat: sparse.csr_matrix, recent: sparse.csr_matrix) -> np.ndarray:
        return np.asarray(model.recalculate_user(np.arange(flat.shape[0]), flat)) @ items

    return score


def tune_als(fit: Interactions, valid: Interactions, users: np.ndarray) -> dict[str, Any]:
    """The settings that find the second last items best."""
    tried = []
    for settings in bench_accuracy.als():
        value = measure(als(fit, settings), fit, fit, valid, users)[1]
        harness.say(f"ALS {settings}: NDCG@{LENGTH} {value:.4f}")
        tried.append((value, settings))
    return max(tried, key=lambda pair: pair[0])[1]


def measure(
    score: Score, fit: Interactions, known: Interactions, test: Interactions, users: np.ndarray
) -> tuple[float, float]:
    """HR@10 and NDCG@10 of the one held-out item of each user, among all items not in their history."""
    flat, recent = _histories(known)
    popular = fit.item_degrees.astype(np.float32)
    ties = popular / (1e6 * max(1.0, float(popular.max())))
    ranks = []
    for start in range(0, len(users), BLOCK):
        block = users[start : start + BLOCK]
        scores = np.asarray(score(flat[block], recent[block]), dtype=np.float64)
        scores[~np.where(np.isfinite(scores), scores, 0).any(axis=1)] = popular
        scores += ties
        scores[:, popular == 0] = -np.inf
        scores[flat[block].nonzero()] = -np.inf
        held = test.item_rows[test.indptr[block]]
        own = scores[np.arange(len(block)), held]
        rank = 1 + (scores > own[:, None]).sum(axis=1)
        ranks.append(np.where(np.isfinite(own), rank, test.n_items + LENGTH))
    rank = np.concatenate(ranks)
    found = rank <= LENGTH
    return float(found.mean()), float((found / np.log2(rank + 1)).mean())


def _histories(known: Interactions) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    shape = (known.n_users, known.n_items)
    weights = (np.ones(known.n_ratings, np.float32), (1 / ages(known)).astype(np.float32))
    flat, recent = (sparse.csr_matrix((w, known.item_rows, known.indptr), shape=shape) for w in weights)
    return flat, recent


def compare(data: Interactions, n_users: int) -> dict[str, dict[str, tuple[float, float]]]:
    """HR@10 and NDCG@10 of every ranker in each of the three ways."""
    but_last, last = leave_last_out(data)
    but_two, second_last = leave_last_out(but_last)
    rng = np.random.default_rng(SEED)
    users = sample_users(np.flatnonzero(last.user_degrees), n_users, rng)
    settings = None
    if importlib.util.find_spec("implicit") is None:
        harness.say("implicit is not installed, so ALS is left out: see benchmarks/requirements.txt.")
    else:
        settings = tune_als(but_two, second_last, users[second_last.user_degrees[users] > 0])
    ways = {"folded in": (but_two, but_last), "not folded in": (but_two, but_two),
            "refitted": (but_last, but_last)}  # fmt: skip
    found: dict[str, dict[str, tuple[float, float]]] = {way: {} for way in ways}
    for fit in (but_two, but_last):
        scores = dict([*ours(fit), *baselines(fit)])
        if settings is not None:
            scores["ALS"] = als(fit, settings)
        for way, (fitted, known) in ways.items():
            if fitted is fit:
                harness.say(f"Ranking for {len(users):,} users: {way}")
                found[way] = {
                    name: measure(scores[name], fit, known, last, users) for name in NAMES if name in scores
                }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ratings", nargs="+", type=Path, help="files of ratings with times, or in order")
    parser.add_argument("--in-order", action="store_true", help="each user's rows stand in order of time")
    parser.add_argument("--users", type=int, default=25_000, help="at most so many users (25,000)")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    results, rows = {}, []
    for path in asked.ratings:
        harness.say(f"Reading {path}")
        try:
            data, _ = load_interactions(path, config=CleaningConfig(in_order=asked.in_order))
            results[str(path)] = compare(data, asked.users)
        except RecsysError as error:
            raise SystemExit(str(error)) from None
        for way, each in results[str(path)].items():
            words = {name: f"{rate:.4f}/{ndcg:.4f}" for name, (rate, ndcg) in each.items()}
            rows.append({"data": path.name, "second last": way, **words})
    harness.report({"metrics": ["hit_rate@10", "ndcg@10"], "results": results}, rows, asked.json)


if __name__ == "__main__":
    main()
