"""How fast answers are on one core; the sides take turns query by query.

    python benchmarks/bench_answers.py --artifacts artifacts
    python benchmarks/bench_answers.py --ratings ratings_Electronics.csv --queries 200 --json

implicit and NumPy get this project's own vectors, so all rank the same numbers; the benchmark
reports how often their answers agree. `original` is the per-user path of the project that this
one began as: Surprise's estimate for every item in a Python loop, then a sort.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
from harness import MB, in_turns, peak_memory, quantiles, report, say

K = 10
Call = Callable[[], Any]


class Asked:
    """One opened version, and what the other sides need from it."""

    def __init__(self, folder: str, rated: int, queries: int) -> None:
        from recsys import Recommender

        before = peak_memory()
        self.recommender = Recommender.open(folder)
        self.opened_mb = (peak_memory() - before) / MB
        self.user_index, self.similar_index = self.recommender.user_index, self.recommender.similar_index
        self.data, self.ranking = self.recommender.interactions, self.recommender.ranking
        rng = np.random.default_rng(0)
        degrees = np.diff(self.data.indptr)
        # The users whose number of ratings is nearest to the one asked for; several share it.
        near = np.argsort(np.abs(degrees - rated), kind="stable")[: 5 * queries]
        self.users = rng.choice(near, min(queries, len(near)), replace=False)
        popular = np.argsort(-self.recommender.dataset.item_counts, kind="stable")[: 20 * queries]
        self.items = rng.choice(popular, min(queries, len(popular)), replace=False)
        self.vectors = np.ascontiguousarray(self.ranking.item_vectors)
        self.likeness = np.ascontiguousarray(self.ranking.similarity_vectors)

    def rated(self, user_row: int) -> np.ndarray:
        return np.asarray(self.data.item_rows[self.data.slice(user_row)], np.int64)

    def vector(self, user_row: int) -> np.ndarray:
        return self.ranking.user_vector(self.rated(user_row))


def brute_force(vectors: np.ndarray, query: np.ndarray, hidden: np.ndarray, k: int) -> np.ndarray:
    scores = vectors @ query
    scores[hidden] = -np.inf
    best = np.argpartition(-scores, k)[:k]
    return best[np.argsort(-scores[best])]


def original(asked: Asked, user_row: int) -> list[int]:
    query, seen = asked.vector(user_row), set(asked.rated(user_row).tolist())
    mean, bias = 4.0, np.zeros(len(asked.vectors))
    estimates = [
        (item, mean + bias[item] + np.dot(asked.vectors[item], query))
        for item in range(len(asked.vectors))
        if item not in seen
    ]
    return [item for item, _ in sorted(estimates, key=lambda pair: pair[1], reverse=True)[:K]]


def implicit_model(factors: np.ndarray, users: np.ndarray) -> Any:
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=factors.shape[1], num_threads=1)
    model.item_factors, model.user_factors = factors, users
    return model


def recommend_sides(asked: Asked) -> dict[str, Callable[[int], Any]]:
    """For one user, the side's answer as item rows (`ours` is the whole answer, with its reasons)."""
    ids = {int(row): asked.recommender.users.id(int(row)) for row in asked.users}
    matrix = asked.data.csr()
    position = {int(row): at for at, row in enumerate(asked.users)}
    queries = np.stack([asked.vector(int(row)) for row in asked.users])
    model = implicit_model(asked.vectors, queries)
    return {
        "ours: recommend()": lambda row: asked.recommender.recommend(ids[row], K),
        "ours: the search alone": lambda row: asked.user_index.search(
            asked.vector(row)[None], K, exclude=[asked.rated(row)]
        )[0][0],
        "implicit recommend": lambda row: model.recommend(position[row], matrix[row], N=K)[0],
        "NumPy brute force": lambda row: brute_force(asked.vectors, asked.vector(row), asked.rated(row), K),
    }


def similar_sides(asked: Asked) -> dict[str, Callable[[int], Any]]:
    ids = {int(row): asked.recommender.items.id(int(row)) for row in asked.items}
    model = implicit_model(asked.likeness, asked.likeness[:1])
    weighted = asked.likeness * np.asarray(asked.ranking.similarity_weights)[:, None]
    return {
        "ours: similar()": lambda row: asked.recommender.similar(ids[row], K),
        "ours: the search alone": lambda row: asked.similar_index.search(row, K)[0],
        "implicit similar_items": lambda row: model.similar_items(row, N=K + 1)[0],
        "NumPy brute force": lambda row: brute_force(weighted, asked.likeness[row], np.array([row]), K),
    }


def prefix_sides(asked: Asked) -> dict[str, Callable[[str], Any]]:
    series = asked.recommender.users.to_series()
    return {
        "ours: search_users()": lambda text: asked.recommender.search_users(text),
        "polars starts_with": lambda text: series.filter(series.str.starts_with(text)).head(50),
    }


def time_queries(sides: dict[str, Callable[[Any], Any]], queries: list[Any]) -> dict[str, dict[str, float]]:
    """Each query to each side in turn; milliseconds."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for call in sides.values():
        call(queries[0])
    for query in queries:
        for name, (taken,) in in_turns(_bound(sides, query), rounds=1, warm_up=0).items():
            seconds[name].append(taken)
    return {name: quantiles(taken) for name, taken in seconds.items()}


def _bound(sides: dict[str, Callable[[Any], Any]], query: Any) -> dict[str, Call]:
    return {name: lambda call=call: call(query) for name, call in sides.items()}


def same_answers(one: Callable[[int], Any], other: Callable[[int], Any], rows: list[int]) -> float:
    """Mean share of the other's answer that is in the first one's."""
    return float(np.mean([np.isin(other(row), one(row)).mean() for row in rows]))


def measure(asked: Asked, options: argparse.Namespace) -> dict[str, Any]:
    users, items = asked.users.tolist(), asked.items.tolist()
    recommend, similar = recommend_sides(asked), similar_sides(asked)
    prefixes = [asked.recommender.users.id(row)[: 3 + row % 6] for row in users]
    say("Answers on one core")
    answers = {
        "recommend": time_queries(recommend, users),
        "similar": time_queries(similar, items),
        "prefix": time_queries(prefix_sides(asked), prefixes),
    }
    say("The original project's path")
    slow = {"original project": lambda row: original(asked, row)}
    answers["recommend"] |= time_queries(slow, users[: options.slow])
    return {
        "answers": answers,
        "same_as_numpy": {
            "recommend": same_answers(
                recommend["NumPy brute force"], recommend["ours: the search alone"], users
            ),
            "implicit recommend": same_answers(
                recommend["NumPy brute force"], recommend["implicit recommend"], users
            ),
        },
        "similar_recall_at_50": similar_recall(asked, items),
    }


def similar_recall(asked: Asked, rows: list[int]) -> float:
    """Recall@50 of the similar-items search against the exact answer."""
    weighted = asked.likeness * np.asarray(asked.ranking.similarity_weights)[:, None]
    return same_answers(
        lambda row: asked.similar_index.search(row, 50)[0],
        lambda row: brute_force(weighted, asked.likeness[row], np.array([row]), 50),
        rows,
    )


def batch(asked: Asked, n: int, rounds: int) -> dict[str, Any]:
    """Users a second, all cores, for many users at once."""
    degrees = np.diff(asked.data.indptr)
    rows = np.random.default_rng(1).choice(np.flatnonzero(degrees >= 2), n)
    ids = [asked.recommender.users.id(int(row)) for row in rows]
    matrix = asked.data.csr()[rows]
    queries = asked.ranking.user_vectors(matrix.indptr.astype(np.int64), matrix.indices)
    model = implicit_model(asked.vectors, queries)
    model.num_threads = 0
    sides: dict[str, Call] = {
        "ours: recommend_many()": lambda: asked.recommender.recommend_many(ids, K),
        "implicit recommend": lambda: model.recommend(np.arange(n), matrix, N=K),
    }
    seconds = in_turns(sides, rounds, warm_up=0)
    return {name: {"users_per_second": n / float(np.median(taken))} for name, taken in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--artifacts", help="a folder that `python -m recsys build` made")
    parser.add_argument("--ratings", help="build from this file first")
    parser.add_argument("--factors", type=int, default=128)
    parser.add_argument("--rated", type=int, default=20, help="ratings of the users who ask")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--slow", type=int, default=5, help="queries to the original project's path")
    parser.add_argument("--batch", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3, help="of the batch")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        asked = Asked(options.artifacts or _build(options, scratch), options.rated, options.queries)
        result = one_core(lambda: measure(asked, options))
        result["batch"] = batch(asked, options.batch, options.rounds)
    result |= {"benchmark": "answers", "k": K, "opened_mb": asked.opened_mb, "peak_mb": peak_memory() / MB}
    result |= {"users": asked.data.n_users, "items": asked.data.n_items, "factors": asked.vectors.shape[1]}
    report(result, _rows(result), options.json)


def _build(options: argparse.Namespace, folder: str) -> str:
    from recsys.config import BuildConfig, RankingConfig
    from recsys.pipeline import build

    config = BuildConfig(ranking=RankingConfig(n_factors=options.factors), evaluate=False)
    build(options.ratings, out=folder, config=config, progress=say)
    return folder


def one_core(measured: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    import faiss
    import numba
    from threadpoolctl import threadpool_limits

    numba.set_num_threads(1)
    faiss.omp_set_num_threads(1)
    with threadpool_limits(1):
        result = measured()
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)
    faiss.omp_set_num_threads(numba.config.NUMBA_NUM_THREADS)
    return result


def _rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for question, sides in result["answers"].items():
        first = next(iter(sides.values()))["median_ms"]
        rows += [
            {
                "question": question,
                "side": name,
                "median ms": figures["median_ms"],
                "99th percentile ms": figures["p99_ms"],
                "times ours": figures["median_ms"] / first,
            }
            for name, figures in sides.items()
        ]
    for name, figures in result["batch"].items():
        rows.append({"question": "batch", "side": name, "users a second": figures["users_per_second"]})
    return rows


if __name__ == "__main__":
    main()
