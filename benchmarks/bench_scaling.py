"""Cost against size: build time and memory per rating, from one million ratings up.

    python benchmarks/bench_scaling.py
    python benchmarks/bench_scaling.py --millions 1,4,8,32 --rounds 3 --json

Users and products grow with the ratings, in the proportions of the reference data
(4.2 million users and 476,000 products to 7.8 million ratings).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from bench_build import ours
from harness import MB, answer_as_side, in_own_process, of_rounds, report, say

USERS, ITEMS = 4.2 / 7.8, 0.476 / 7.8


def make_up(path: str, ratings: int) -> dict[str, Any]:
    from recsys.data.sample.files import write_sample

    users, items = int(USERS * ratings), int(ITEMS * ratings)
    write_sample(path, n_users=users, n_items=items, n_ratings=ratings)
    return {"users": users, "items": items, "file_mb": Path(path).stat().st_size / MB}


def main() -> None:
    answer_as_side({"make_up": make_up, "ours": ours})
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--millions", default="1,4,8,32", help="millions of ratings, by comma")
    parser.add_argument("--factors", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sizes = [int(float(size) * 1e6) for size in options.millions.split(",")]
    with tempfile.TemporaryDirectory() as scratch:
        steps = [_measure(size, scratch, options) for size in sizes]
    rows = [
        {
            "ratings": f"{step['ratings']:,}",
            "seconds": step["seconds"],
            "µs a rating": step["us_per_rating"],
            "peak MB": step["peak_mb"],
            "peak bytes a rating": step["peak_bytes_per_rating"],
            "artifacts bytes a rating": step["artifact_bytes_per_rating"],
        }
        for step in steps
    ]
    report({"benchmark": "scaling", "factors": options.factors, "sizes": steps}, rows, options.json)


def _measure(size: int, folder: str, options: argparse.Namespace) -> dict[str, Any]:
    path = f"{folder}/ratings.csv"
    made = in_own_process(__file__, "make_up", {"path": path, "ratings": size})
    say(f"{size:,} ratings made up in {made['seconds']:.0f} s, {made['peak_mb']:.0f} MB")
    runs = []
    for _ in range(options.rounds):
        runs.append(in_own_process(__file__, "ours", {"ratings": path, "factors": options.factors}))
        say(f"{size:,} ratings: {runs[-1]['seconds']:.1f} s, {runs[-1]['peak_mb']:.0f} MB")
    side = of_rounds(runs)
    return {
        "ratings": size,
        "users": made["users"],
        "items": made["items"],
        **side,
        "us_per_rating": 1e6 * side["seconds"] / size,
        "peak_bytes_per_rating": side["peak_mb"] * MB / size,
        "artifact_bytes_per_rating": side["artifacts_mb"] * MB / size,
        "make_up": {name: made[name] for name in ("seconds", "peak_mb", "file_mb")},
    }


if __name__ == "__main__":
    main()
