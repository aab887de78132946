"""An export of recommendations for all users: seconds, users a second, and memory while it runs.

    python benchmarks/bench_export.py --artifacts artifacts
    python benchmarks/bench_export.py --artifacts artifacts --peer 2000

With `--peer N` implicit recommends to N random users in batches, with the same vectors on all cores, and
writes them in the same form: users a second are compared, since all users would take it hours. Memory is
that of all processes together, mapped files that they share counted once (PSS).
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from harness import MB, report, say

K = 10


def together(pid: int) -> float:
    """The memory of a process and its children in MB, what they share counted once."""
    total = 0
    for one in [pid, *_children(pid)]:
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024 / MB


def _children(pid: int) -> list[int]:
    try:
        direct = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*direct, *(deeper for one in direct for deeper in _children(one))]


def whole(artifacts: str, folder: Path, workers: int | None) -> dict[str, Any]:
    """The export, and the memory of its processes every second."""
    from recsys.export import ExportRequest, export

    seen: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(1.0):
            seen.append(together(os.getpid()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        made = export(
            artifacts, folder / "all.parquet", ExportRequest("recommendations", k=K), workers=workers
        )
    finally:
        done.set()
        watcher.join()
    half = len(seen) // 2
    return {
        "side": "facet export",
        "users": made.n_asked,
        "seconds": made.seconds,
        "users_a_second": made.n_asked / made.seconds,
        "mb_written": made.n_bytes / MB,
        "peak_mb": max(seen, default=0.0),
        "grew_mb": float(np.median(seen[half:]) - np.median(seen[:half])) if half else 0.0,
    }


def peer(artifacts: str, folder: Path, n: int) -> dict[str, Any]:
    """The same by implicit, for some users."""
    from implicit.cpu.als import AlternatingLeastSquares

    from recsys import Recommender
    from recsys.served import History

    recommender = Recommender.open(artifacts)
    data, ranker = recommender.interactions, recommender.ranker("static")
    rows = np.sort(np.random.default_rng(0).choice(data.n_users, n, replace=False))
    vectors = ranker.item_vectors(slice(None))
    model = AlternatingLeastSquares(factors=vectors.shape[1], num_threads=0)
    model.item_factors = vectors
    matrix = data.csr()
    started = time.perf_counter()
    for start in range(0, n, 1_000):
        part = rows[start : start + 1_000]
        model.user_factors = ranker.vectors([History.of_user(data, int(row)) for row in part])
        found, scores = model.recommend(np.arange(len(part)), matrix[part], N=K)
        users = np.repeat(recommender.users.ids(part), K)
        items = recommender.items.ids(found.ravel())
        frame = pl.DataFrame({"user_id": users, "item_id": items, "score": scores.ravel()})
        frame.write_parquet(folder / f"peer-{start}.parquet")
    seconds = time.perf_counter() - started
    return {"side": "implicit recommend", "users": n, "seconds": seconds, "users_a_second": n / seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--artifacts", required=True, help="a folder that `python -m recsys build` made")
    parser.add_argument("--workers", type=int, help="processes; by default one for each core")
    parser.add_argument("--peer", type=int, default=0, metavar="N", help="let implicit recommend to N users")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [peer(options.artifacts, Path(folder), options.peer)] if options.peer else []
        say("Exporting for all users")
        rows.append(whole(options.artifacts, Path(folder), options.workers))
    result: dict[str, Any] = {"benchmark": "export", "sides": rows}
    if options.peer:
        result["ratio"] = rows[1]["users_a_second"] / rows[0]["users_a_second"]
        rows[1]["times_as_fast"] = result["ratio"]
    report(result, rows[::-1], options.json)


if __name__ == "__main__":
    main()
