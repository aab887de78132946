"""The truncated SVD of one matrix: this project's and scikit-learn's, and the machine's limit.

    python benchmarks/bench_svd.py --ratings ratings_Electronics.csv
    python benchmarks/bench_svd.py --users 4200000 --items 476000 --ratings-count 7800000 --json

Both sides decompose the whole matrix A = Du^-a R Di^-b, each in a process of its own. Users
with one item are included (the product leaves them out), so that the matrix is the same.
Singular values are compared with a reference: this project's method with a basis twice as
wide. Captured energy is |A V|^2 of the vectors found, computed in the same way for both.

The limit is the time of the same steps if every array were moved once a step at the speed of
reading memory, and every product ran at the speed of a large matrix product. Both speeds are
measured in the same run. The random access of a sparse product is not counted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
from harness import answer_as_side, in_own_process, report, say

EVERY_USER = 1


def read(folder: str) -> Any:
    """The interactions written by `prepare`, without ids."""
    from recsys.data.ids import IdTable
    from recsys.data.interactions import Interactions

    def nameless(n: int) -> IdTable:
        return IdTable(np.empty(0, np.uint8), np.zeros(n + 1, np.int64))

    indptr, item_rows, sizes = (np.load(f"{folder}/{name}.npy") for name in ("indptr", "item_rows", "sizes"))
    ratings = np.broadcast_to(np.float32(1), item_rows.shape)
    return Interactions(nameless(sizes[0]), nameless(sizes[1]), indptr, item_rows, ratings)


def ours(folder: str, rank: int) -> dict[str, Any]:
    from recsys.config import RankingConfig, SvdConfig
    from recsys.model.ranking import fit_svd

    config = RankingConfig(svd=SvdConfig(min_user_items=EVERY_USER))
    data = read(folder)
    fit_svd(_few(data), 2, config)  # compiles the kernels outside the measured time
    started = time.perf_counter()
    svd = fit_svd(data, rank, config)
    seconds = time.perf_counter() - started
    np.save(f"{folder}/ours.npy", svd.components)
    return {"seconds": seconds, "singular_values": svd.singular_values.tolist()}


def sklearn(folder: str, rank: int) -> dict[str, Any]:
    from scipy.sparse import csr_matrix
    from sklearn.decomposition import TruncatedSVD

    from recsys.config import RankingConfig

    data, config = read(folder), RankingConfig()
    values = np.repeat(data.user_degrees**-config.user_exponent, data.user_degrees).astype(np.float32)
    by_item = np.maximum(1, data.item_degrees) ** -config.item_exponent
    values *= by_item.astype(np.float32)[data.item_rows]
    matrix = csr_matrix((values, data.item_rows, data.indptr), shape=(data.n_users, data.n_items))
    solver = TruncatedSVD(rank, random_state=0)
    started = time.perf_counter()
    solver.fit(matrix)
    seconds = time.perf_counter() - started
    np.save(f"{folder}/sklearn.npy", np.ascontiguousarray(solver.components_.T))
    return {"seconds": seconds, "singular_values": solver.singular_values_.tolist()}


def judge(folder: str, rank: int) -> dict[str, Any]:
    """A more accurate decomposition, the energy that each side's vectors capture, and the limit."""
    from recsys.config import RankingConfig, SvdConfig
    from recsys.linalg.gram import NormalisedGram
    from recsys.linalg.krylov import basis_width
    from recsys.linalg.svd import truncated_svd

    config = RankingConfig(svd=SvdConfig(min_user_items=EVERY_USER))
    operator = NormalisedGram(read(folder), config.user_exponent, config.item_exponent, config.svd)
    width = basis_width(rank, operator.n_columns, config.svd)
    wider = SvdConfig(min_user_items=EVERY_USER, oversampling=2 * width / rank - 1, max_extra=2 * width)
    reference = truncated_svd(operator, rank, wider)
    captured = {}
    for side in ("ours", "sklearn"):
        vectors = np.ascontiguousarray(np.load(f"{folder}/{side}.npy")[operator.item_rows])
        energy = np.einsum("if,if->", vectors, operator.gram(vectors.copy()), dtype=np.float64)
        captured[side] = float(energy / operator.squared_norm)
    return {
        "singular_values": reference.singular_values.tolist(),
        "captured": captured,
        "limit": limit(operator.n_columns, operator.n_entries, width, rank),
    }


SIDES = {"ours": ours, "sklearn": sklearn, "judge": judge}


def limit(n_columns: int, n_entries: int, width: int, rank: int) -> dict[str, float]:
    """Seconds that the machine needs at the least for the steps of `recsys.linalg.krylov`."""
    from recsys.linalg.krylov import block_width

    step = block_width(width)
    moved = flops = 0.0
    for done in range(step, width + 1, step):
        # The product: the entries, a block in and out. Orthogonalisation: the basis twice, the
        # block in and out twice, and in and out of two rounds of Cholesky QR; once into the basis.
        moved += 4 * n_entries + 4 * n_columns * (2 * done + 12 * step)
        flops += 4.0 * n_entries * step + 4.0 * n_columns * step * (done + 2 * step)
    moved += 4 * n_columns * (width + rank)
    flops += 2.0 * n_columns * width * rank
    bandwidth, rate = measured_bandwidth(), measured_rate()
    return {
        "seconds": moved / bandwidth + flops / rate,
        "gigabytes": moved / 1e9,
        "gigaflops": flops / 1e9,
        "gigabytes_per_second": bandwidth / 1e9,
        "gigaflops_per_second": rate / 1e9,
    }


def measured_bandwidth(rounds: int = 5) -> float:
    """Bytes a second at which all processors together read memory."""
    from recsys.linalg.blocked import n_threads

    parts = np.array_split(np.ones(1 << 27, dtype=np.float32), n_threads())

    def once() -> float:
        started = time.perf_counter()
        list(pool.map(np.max, parts))
        return time.perf_counter() - started

    with ThreadPoolExecutor(len(parts)) as pool:
        return sum(part.nbytes for part in parts) / min(once() for _ in range(rounds))


def measured_rate(n: int = 3072, rounds: int = 5) -> float:
    """float32 operations a second of a large matrix product."""
    matrix = np.ones((n, n), dtype=np.float32)
    out = np.empty_like(matrix)

    def once() -> float:
        started = time.perf_counter()
        np.matmul(matrix, matrix, out=out)
        return time.perf_counter() - started

    return 2.0 * n**3 / min(once() for _ in range(rounds))


def _few(data: Any) -> Any:
    """The first hundred users."""
    users = min(100, data.n_users)
    end = int(data.indptr[users])
    small = replace(data.users, offsets=data.users.offsets[: users + 1])
    return replace(
        data,
        users=small,
        indptr=data.indptr[: users + 1],
        item_rows=data.item_rows[:end],
        ratings=data.ratings[:end],
    )


def prepare(options: argparse.Namespace, folder: str) -> dict[str, int]:
    """Write the matrix where every side can read it."""
    from recsys.data.clean import load_interactions
    from recsys.data.sample.files import write_sample

    path = options.ratings
    if path is None:
        path = f"{folder}/ratings.csv"
        say(f"Making up {options.ratings_count:,} ratings")
        write_sample(path, n_users=options.users, n_items=options.items, n_ratings=options.ratings_count)
    data, _ = load_interactions(path)
    np.save(f"{folder}/indptr.npy", data.indptr)
    np.save(f"{folder}/item_rows.npy", data.item_rows)
    np.save(f"{folder}/sizes.npy", np.array([data.n_users, data.n_items]))
    return {"users": data.n_users, "items": data.n_items, "ratings": data.n_ratings}


def main() -> None:
    answer_as_side(SIDES)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", help="a ratings file of any kind that the project reads")
    parser.add_argument("--users", type=int, default=4_200_000)
    parser.add_argument("--items", type=int, default=476_000)
    parser.add_argument("--ratings-count", type=int, default=7_800_000)
    parser.add_argument("--rank", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sizes = prepare(options, folder)
        arguments = {"folder": folder, "rank": options.rank}
        runs: dict[str, list[dict[str, Any]]] = {"ours": [], "sklearn": []}
        for number in range(options.rounds):
            for name, done in runs.items():
                done.append(in_own_process(__file__, name, arguments))
                say(f"round {number + 1}, {name}: {done[-1]['seconds']:.1f} s")
        say("Judging both")
        verdict = in_own_process(__file__, "judge", arguments)
    _report(runs, verdict, sizes, options)


def _report(
    runs: dict[str, list[dict[str, Any]]],
    verdict: dict[str, Any],
    sizes: dict[str, int],
    options: argparse.Namespace,
) -> None:
    half = max(1, options.rank // 2)
    exact = np.array(verdict["singular_values"][:half])
    sides = {
        name: {
            "seconds": median(run["seconds"] for run in done),
            "peak_mb": median(run["peak_mb"] for run in done),
            "captured_energy": verdict["captured"][name],
            "error_of_first_half": _error(done[0]["singular_values"][:half], exact),
        }
        for name, done in runs.items()
    }
    ours_side, other = sides["ours"], sides["sklearn"]
    result = {
        "benchmark": "svd",
        "data": options.ratings or "made up",
        **sizes,
        "rank": options.rank,
        "rounds": options.rounds,
        "speedup_vs_sklearn": other["seconds"] / ours_side["seconds"],
        "memory_vs_sklearn": ours_side["peak_mb"] / other["peak_mb"],
        "times_the_limit": ours_side["seconds"] / verdict["limit"]["seconds"],
        "difference_of_first_half": _error(
            runs["ours"][0]["singular_values"][:half], np.array(runs["sklearn"][0]["singular_values"][:half])
        ),
        "limit": verdict["limit"],
        "sides": sides,
    }
    rows = [
        {
            "truncated SVD": name,
            "seconds": side["seconds"],
            "peak MB": side["peak_mb"],
            "captured energy": f"{side['captured_energy']:.6f}",
            "error of the first half": f"{side['error_of_first_half']:.1e}",
            "times the limit": side["seconds"] / verdict["limit"]["seconds"],
        }
        for name, side in sides.items()
    ]
    report(result, rows, options.json)
    if not options.json:
        print(
            f"\n{result['speedup_vs_sklearn']:.1f} times as fast as scikit-learn"
            f" in {result['memory_vs_sklearn']:.2f} of the memory;"
            f" {result['times_the_limit']:.1f} times the limit of this machine."
        )


def _error(found: list[float], exact: np.ndarray) -> float:
    """Largest relative difference."""
    n = min(len(found), len(exact))
    return float(np.abs(np.array(found[:n]) / exact[:n] - 1).max(initial=0))


if __name__ == "__main__":
    main()
