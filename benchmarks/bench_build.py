"""From a ratings file to a model in service: this project, the original one's way, and implicit.

    python benchmarks/bench_build.py --ratings ratings_Electronics.csv
    python benchmarks/bench_build.py --sample 4200000,476000,7800000 --rounds 3 --json

The file is CSV without a header: user, item, rating, unix seconds. `ours` is the whole
build (read, clean, encode, both models, both indexes, exploration tables, publishing);
the others read, encode and fit, and stop before any index or table.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from harness import MB, answer_as_side, in_own_process, of_rounds, report, say

NAMES = ["user", "item", "rating", "time"]


def ours(ratings: str, factors: int) -> dict[str, Any]:
    from recsys.config import BuildConfig, RankingConfig
    from recsys.pipeline import build
    from recsys.versions.store import ArtifactStore

    config = BuildConfig(ranking=RankingConfig(n_factors=factors), evaluate=False)
    with tempfile.TemporaryDirectory() as out:
        version = build(ratings, out=out, config=config)
        manifest = ArtifactStore(out).manifest(version)
        size = sum(path.stat().st_size for path in Path(out).rglob("*") if path.is_file())
    return {"steps": manifest.seconds, "artifacts_mb": size / MB}


def original(ratings: str, factors: int) -> dict[str, Any]:
    """Pandas, Surprise's trainset and its SVD, with the 100 factors that project had."""
    import pandas as pd
    from surprise import SVD, Dataset, Reader

    clock = Clock()
    frame = pd.read_csv(ratings, names=NAMES)
    clock.lap("read")
    data = Dataset.load_from_df(frame[NAMES[:3]], Reader(rating_scale=(1, 5)))
    trainset = data.build_full_trainset()
    clock.lap("encode")
    SVD(n_factors=100, random_state=0).fit(trainset)
    clock.lap("fit")
    return {"steps": clock.laps}


def implicit_als(ratings: str, factors: int) -> dict[str, Any]:
    import numpy as np
    import pandas as pd
    from implicit.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits

    clock = Clock()
    frame = pd.read_csv(ratings, names=NAMES, dtype={"user": "category", "item": "category"})
    clock.lap("read")
    rows = frame["user"].cat.codes.to_numpy(), frame["item"].cat.codes.to_numpy()
    matrix = csr_matrix((np.ones(len(frame), np.float32), rows))
    clock.lap("encode")
    with threadpool_limits(1, "blas"):  # as implicit itself asks: its own threads do the work
        AlternatingLeastSquares(factors=factors, random_state=0).fit(matrix, show_progress=False)
    clock.lap("fit")
    return {"steps": clock.laps}


class Clock:
    """Seconds between calls, by name."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name], self._since = now - self._since, now


SIDES = {"ours": ours, "original": original, "implicit_als": implicit_als}


def main() -> None:
    answer_as_side(SIDES)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--ratings", help="CSV without a header: user,item,rating,unix seconds")
    data.add_argument("--sample", default="4200000,476000,7800000", help="users,items,ratings to make up")
    parser.add_argument("--factors", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--peers", default="original,implicit_als", help="which others to run, by comma")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    names = ["ours", *filter(None, options.peers.split(","))]
    with tempfile.TemporaryDirectory() as scratch:
        ratings = options.ratings or _make_up(options.sample, scratch)
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        for number in range(options.rounds):
            for name in names:
                arguments = {"ratings": str(Path(ratings).resolve()), "factors": options.factors}
                runs[name].append(in_own_process(__file__, name, arguments))
                say(f"round {number + 1}, {name}: {runs[name][-1]['seconds']:.1f} s")
    _report({name: of_rounds(each) for name, each in runs.items()}, options)


def _make_up(sizes: str, folder: str) -> str:
    from recsys.data.sample.files import write_sample

    users, items, ratings = (int(size) for size in sizes.split(","))
    path = f"{folder}/ratings.csv"
    say(f"Making up {ratings:,} ratings")
    write_sample(path, n_users=users, n_items=items, n_ratings=ratings)
    return path


def _report(sides: dict[str, dict[str, Any]], options: argparse.Namespace) -> None:
    reference = sides["ours"]
    rows = [
        {
            "build": name,
            "seconds": side["seconds"],
            "peak MB": side["peak_mb"],
            "times ours": side["seconds"] / reference["seconds"],
            "memory of ours": side["peak_mb"] / reference["peak_mb"],
            "steps (s)": ", ".join(f"{step} {value:.1f}" for step, value in side["steps"].items()),
        }
        for name, side in sides.items()
    ]
    peers = [name for name in sides if name != "ours"]
    result = {
        "benchmark": "build",
        "data": options.ratings or options.sample,
        "factors": options.factors,
        "rounds": options.rounds,
        "sides": sides,
        "speedup": {name: sides[name]["seconds"] / reference["seconds"] for name in peers},
        "memory": {name: reference["peak_mb"] / sides[name]["peak_mb"] for name in peers},
    }
    report(result, rows, options.json)


if __name__ == "__main__":
    main()
