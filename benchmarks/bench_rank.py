"""Whether the rank that a build chooses is as good as the best one.

    python benchmarks/bench_rank.py FILE … [--in-order] [--test HELD_OUT] [--json]

For each file, test ratings are held out that the choice never sees: those of `--test`, else each user's
latest where the order is known, else a random fifth of each user's. The rest is what a build would get.
It chooses a rank on a hold-out of its own, and every rank is then measured on the test ratings: NDCG@20
over the whole catalogue, without what the user has rated. All ranks share one SVD and one popularity
exponent, so that only the rank differs.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import harness
import numpy as np

from recsys.arrays import Doubles
from recsys.config import SEED, CleaningConfig
from recsys.data.clean import load_interactions, load_split
from recsys.errors import RecsysError
from recsys.evaluation.metrics.accuracy import Lists, find_hits, ndcg
from recsys.evaluation.splits import Split, known_only, leave_last_out, random_hold_out, sample_users
from recsys.evaluation.tuning.holdouts import LENGTH, HoldOut
from recsys.evaluation.tuning.rank import RANKS, choose_static
from recsys.model.ranking import fit_svd


class NdcgHoldOut(HoldOut):
    """A hold-out whose score is NDCG@20 alone."""

    def of_lists(self, ranked: Lists) -> Doubles:
        """NDCG of each user, shape (n_users,)."""
        hits = find_hits(ranked, self.split.test, self.user_rows)
        return ndcg(hits, self.split.test.user_degrees[self.user_rows], LENGTH)


def compare(split: Split, n_users: int) -> dict[str, Any]:
    """NDCG@20 of every rank on the test ratings, and the rank that a build chooses."""
    split, _ = known_only(split)
    train, test = split
    chosen = choose_static(train).config
    rank = int(chosen.n_factors or 0)
    users = sample_users(np.flatnonzero(test.user_degrees), n_users, np.random.default_rng(SEED))
    ranks = sorted({*(each for each in RANKS if each <= train.n_items // 2), rank})
    harness.say(f"Measuring {len(users):,} users at ranks up to {max(ranks)}")
    svd = fit_svd(train, max(ranks), chosen)
    p, c = chosen.spectrum_exponent, chosen.popularity_exponent
    found = NdcgHoldOut(split, users).of_svd(svd, chosen, ranks, [p], [c])
    values = {each: float(found[each, p, c].mean()) for each in ranks}
    return {"chosen": rank, "popularity_exponent": c, "users": len(users), "ndcg@20": values}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ratings", nargs="+", type=Path, help="files of ratings")
    parser.add_argument("--in-order", action="store_true", help="each user's rows stand in order of time")
    parser.add_argument("--test", type=Path, help="held-out ratings of the one file that is given")
    parser.add_argument("--users", type=int, default=10_000, help="at most so many users (10,000)")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.test is not None and len(asked.ratings) > 1:
        parser.error("--test goes with one file of ratings.")
    results, rows = {}, []
    for path in asked.ratings:
        try:
            result = compare(_split(path, asked), asked.users)
        except RecsysError as error:
            raise SystemExit(str(error)) from None
        results[str(path)], values = result, result["ndcg@20"]
        best = max(values, key=values.__getitem__)
        figures = {f"rank {rank}": f"{values[rank]:.4f}" if rank in values else None for rank in RANKS}
        behind = f"{1 - values[result['chosen']] / values[best]:.1%}"
        rows.append({"data": path.name, **figures, "best": best, "chosen": result["chosen"], "loss": behind})
    harness.report({"metric": "ndcg@20", "results": results}, rows, asked.json)


def _split(path: Path, asked: argparse.Namespace) -> Split:
    harness.say(f"Reading {path}")
    config = CleaningConfig(in_order=asked.in_order)
    if asked.test is not None:
        return Split(*load_split(path, asked.test, config=config)[:2])
    data, _ = load_interactions(path, config=config)
    return random_hold_out(data) if data.order is None else leave_last_out(data)


if __name__ == "__main__":
    main()
