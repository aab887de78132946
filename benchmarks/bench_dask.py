"""A build on Dask workers beside the local build: the same answers, seconds by step, memory, bytes moved.

    facet sample --users 20000000 --items 1000000 --ratings 100000000 --parts 100 --out hundred
    python benchmarks/bench_dask.py hundred --workers 2 --memory-limit 4GB --rank 64
    python benchmarks/bench_dask.py hundred --kill 200 --no-local      # a worker is killed after 200 s

Each side runs once, in a process of its own. Bytes moved are those that this machine's loopback device has
carried meanwhile. Lists are those of 200 users, compared with ties in any order.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from harness import MB, answer_as_side, in_own_process, report, say

USERS = 200


def build_local(ratings: str, out: str, rank: int | None, evaluate: bool) -> dict[str, Any]:
    from recsys.pipeline import build

    return _facts(out, build(ratings, out=out, config=_config(rank, evaluate)))


def build_on_workers(
    ratings: str,
    out: str,
    rank: int | None,
    evaluate: bool,
    workers: int,
    memory_limit: str,
    kill: float | None,
) -> dict[str, Any]:
    import psutil

    from recsys.cluster.engine import dask_engine
    from recsys.pipeline import build

    def carried() -> int:
        return int(psutil.net_io_counters(pernic=True)["lo"].bytes_sent)

    before, peaks, done = carried(), {}, threading.Event()

    def watch() -> None:
        while not done.wait(0.25):
            for child in psutil.Process().children(recursive=True):
                try:
                    peaks[child.pid] = max(peaks.get(child.pid, 0), child.memory_info().rss)
                except psutil.Error:
                    continue

    def shoot() -> None:
        if kill is not None and not done.wait(kill):
            victim = max(psutil.Process().children(recursive=True), key=lambda one: one.memory_info().rss)
            say(f"Killing worker {victim.pid}")
            victim.kill()

    for task in (watch, shoot):
        threading.Thread(target=task, daemon=True).start()
    with dask_engine(workers=workers, memory_limit=memory_limit) as engine:
        version = build(ratings, out=out, config=_config(rank, evaluate), engine=engine)
    done.set()
    largest = sorted(peaks.values(), reverse=True)[: workers + (kill is not None)]
    return {
        **_facts(out, version),
        "worker_peaks_mb": [peak / MB for peak in largest],
        "moved_mb": (carried() - before) / MB,
    }


def _config(rank: int | None, evaluate: bool) -> Any:
    from recsys.config import BuildConfig, RankingConfig, SequentialConfig

    return BuildConfig(
        ranking=RankingConfig(n_factors=rank), sequential=SequentialConfig(n_factors=rank), evaluate=evaluate
    )


def _facts(out: str, version: str) -> dict[str, Any]:
    from recsys.versions.store import ArtifactStore

    manifest = ArtifactStore(out).manifest(version)
    return {"ratings": manifest.summary.n_ratings, "steps": dict(manifest.seconds)}


def compare(local: str, workers: str) -> dict[str, Any]:
    """How far the singular values are apart, and how many of the lists are the same."""
    import numpy as np

    from recsys.recommender import Recommender
    from recsys.versions.store import ArtifactStore

    stores = [ArtifactStore(one).open() for one in (local, workers)]
    apart = 0.0
    for name in ("ranking.singular_values", "sequential.singular_values"):
        if all(store.holds(name.partition(".")[0]) for store in stores):
            one, other = (store.array(name).astype(np.float64) for store in stores)
            apart = max(apart, float(np.abs(one / other - 1).max()))
    asked = [Recommender.open(one) for one in (local, workers)]
    users = asked[0].dataset.interactions.users
    rows = np.random.default_rng(0).choice(len(users), min(USERS, len(users)), replace=False)
    same = 0
    for user in users.ids(rows):
        one, other = (each.recommend(user, 10, ranker="static") for each in asked)
        scores = np.allclose(one["score"], other["score"], rtol=1e-3)
        same += scores and len(set(one["item_id"]) & set(other["item_id"])) >= len(one) - 1
    return {"singular_values_apart": apart, "same_lists": same / len(rows)}


def main() -> None:
    answer_as_side({"local": build_local, "workers": build_on_workers, "compare": compare})
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ratings", help="a folder of files, or a file")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--memory-limit", default="4GB")
    parser.add_argument("--rank", type=int)
    parser.add_argument("--no-evaluate", action="store_true")
    parser.add_argument("--no-local", action="store_true", help="on workers only")
    parser.add_argument("--kill", type=float, metavar="SECONDS", help="kill a worker after so long")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    ratings = str(Path(asked.ratings).resolve())
    with tempfile.TemporaryDirectory() as folder:
        told = {"ratings": ratings, "rank": asked.rank, "evaluate": not asked.no_evaluate}
        more = {"workers": asked.workers, "memory_limit": asked.memory_limit, "kill": asked.kill}
        started = time.perf_counter()
        sides = {"Dask": in_own_process(__file__, "workers", {**told, **more, "out": f"{folder}/dask"})}
        say(f"Dask: {time.perf_counter() - started:,.0f} s")
        result: dict[str, Any] = {}
        if not asked.no_local:
            sides["local"] = in_own_process(__file__, "local", {**told, "out": f"{folder}/local"})
            there = {"local": f"{folder}/local", "workers": f"{folder}/dask"}
            result = in_own_process(__file__, "compare", there)
    steps = dict.fromkeys(step for side in sides.values() for step in side["steps"])
    rows: list[dict[str, Any]] = [
        {"step": step, **{name: side["steps"].get(step) for name, side in sides.items()}} for step in steps
    ]
    rows.append({"step": "all, seconds", **{name: side["seconds"] for name, side in sides.items()}})
    rows.append(
        {"step": "peak of the command, MB", **{name: side["peak_mb"] for name, side in sides.items()}}
    )
    for number, peak in enumerate(sides["Dask"]["worker_peaks_mb"], 1):
        rows.append({"step": f"peak of worker {number}, MB", "Dask": peak})
    rows.append({"step": "bytes moved, MB", "Dask": sides["Dask"]["moved_mb"]})
    rows += [
        {"step": name, "Dask": result[name]} for name in ("singular_values_apart", "same_lists") if result
    ]
    report({"benchmark": "dask", "sides": sides, **result}, rows, asked.json)


if __name__ == "__main__":
    main()
