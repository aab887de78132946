"""Items in two dimensions: this project's map beside UMAP and PaCMAP, by neighbours kept and time.

    python benchmarks/bench_map.py                              # the made-up sample store
    python benchmarks/bench_map.py --artifacts artifacts --json # the 50,000 most rated items of a version

All sides get the neighbours that FAISS finds once, and a seed; UMAP and PaCMAP run with their defaults. Each
runs in a process of its own, so that its time holds what it compiles. Neighbours kept is the share of the
ten nearest of each item that are among its ten nearest on the map. Processor seconds are those of all
threads: they say more than seconds on a machine that does other work.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from harness import answer_as_side, in_own_process, of_rounds, report, say

Layout = Callable[[Any, Any], Any]
"""From neighbours (places, cosines, directions) and a config to two dimensions."""


def ours(near: Any, config: Any) -> Any:
    from recsys.model.map import lay_out

    distances = np.sqrt(np.maximum(0, 2 - 2 * near["cosines"]))
    return lay_out(near["places"], distances, near["directions"], config)


def umap(near: Any, config: Any) -> Any:
    from umap import UMAP

    own = np.arange(len(near["places"]))[:, None]
    places = np.concatenate([own, near["places"]], axis=1)[:, :15]
    distances = np.concatenate([np.zeros_like(own), 1 - near["cosines"]], axis=1)[:, :15].astype(np.float32)
    known = places, distances, None
    return UMAP(precomputed_knn=known, random_state=config.seed % 2**31).fit_transform(near["directions"])


def pacmap(near: Any, config: Any) -> Any:
    from pacmap import PaCMAP

    n, m = len(near["places"]), 10
    pairs = np.stack([np.repeat(np.arange(n), m), near["places"][:, :m].ravel()], axis=1).astype(np.int32)
    method = PaCMAP(distance="angular", pair_neighbors=pairs, random_state=config.seed % 2**31)
    return method.fit_transform(near["directions"])


def components(near: Any, _: Any) -> Any:
    centred = near["directions"] - near["directions"].mean(axis=0)
    return centred @ np.linalg.eigh(centred.T @ centred)[1][:, -2:]


def measured(layout: Layout) -> Callable[[str], dict[str, Any]]:
    """A side: lays the saved neighbours out, and says how many it keeps."""

    def side(folder: str) -> dict[str, Any]:
        from recsys.config import MapConfig
        from recsys.model.map import neighbours_kept

        near, config = np.load(f"{folder}/near.npz"), MapConfig()
        near = {name: near[name] for name in near}
        started, worked = time.perf_counter(), time.process_time()
        places = np.asarray(layout(near, config), dtype=np.float32)
        seconds, processor = time.perf_counter() - started, time.process_time() - worked
        kept = neighbours_kept(near["places"], places, config.compared)
        return {"seconds": seconds, "processor_seconds": processor, "kept": kept}

    return side


SIDES = {
    "t-SNE (openTSNE), this project": measured(ours),
    "UMAP": measured(umap),
    "PaCMAP": measured(pacmap),
    "the first two components": measured(components),
}


def prepare(artifacts: str | None, folder: str) -> dict[str, Any]:
    """Find the neighbours of the most rated items, and save them for every side."""
    from recsys import BuildConfig, Recommender, build
    from recsys.config import MapConfig

    if artifacts is None:
        artifacts = f"{folder}/artifacts"
        build(out=artifacts, config=BuildConfig(evaluate=False, map=MapConfig(most_items=0)))
    recommender, config = Recommender.open(artifacts), MapConfig()
    index, counts = recommender.similar_index, recommender.dataset.item_counts
    rows = index.findable(np.argsort(-counts, kind="stable")[: config.most_items])
    started, worked = time.perf_counter(), time.process_time()
    near = index.neighbours(rows, config.neighbours)
    found = {
        "neighbours_seconds": time.perf_counter() - started,
        "neighbours_processor": time.process_time() - worked,
    }
    np.savez(f"{folder}/near.npz", **near._asdict())
    return {"items": len(rows), "factors": near.directions.shape[1], **found}


def main() -> None:
    answer_as_side(SIDES)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--artifacts", help="a version to take the items of; by default the sample store")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.artifacts and not Path(options.artifacts).is_dir():
        parser.error(f"{options.artifacts} is no folder.")
    with tempfile.TemporaryDirectory() as folder:
        sizes = prepare(options.artifacts, folder)
        say(f"{sizes['items']:,} items; neighbours in {sizes['neighbours_seconds']:.1f} s")
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in SIDES}
        for number in range(options.rounds):
            for name, done in runs.items():
                done.append(in_own_process(__file__, name, {"folder": folder}))
                say(f"round {number + 1}, {name}: {done[-1]['seconds']:.1f} s, kept {done[-1]['kept']:.3f}")
    sides = {name: of_rounds(done) for name, done in runs.items()}
    rows = [{"map": name, **figures} for name, figures in sides.items()]
    report({"benchmark": "map", **sizes, "rounds": options.rounds, "sides": sides}, rows, options.json)


if __name__ == "__main__":
    main()
