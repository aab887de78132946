"""REST under load: recommendations by `facet serve`, beside implicit's ALS behind the same framework.

    python benchmarks/bench_api.py --artifacts artifacts [--workers 2] [--seconds 20] [--json]
    python benchmarks/bench_api.py --artifacts artifacts --publish 300 --connections 8

Real users of the version in service are asked for ten products each, with the reasons, at 1, 8 and 64
connections that each send the next request when the answer is there. The callers run in a process of their
own on the same machine. `implicit` answers with ids and scores only, from a model of as many factors; it is
left out where it is not installed.

With `--publish SECONDS` the load lasts that long while the kept versions take turns in service; every answer
is checked: its status, and that its header and its body name one version.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import harness
import numpy as np

K = 10
N_USERS = 20_000
FOLDER = "BENCH_ARTIFACTS"


def ask(port: int, paths: list[str], connections: int, seconds: float, check: bool) -> dict[str, Any]:
    """Send requests over some connections; seconds of each, and what went wrong."""
    return asyncio.run(_ask(port, paths, connections, seconds, check))


async def _ask(port: int, paths: list[str], connections: int, seconds: float, check: bool) -> dict[str, Any]:
    taken: list[float] = []
    errors: list[str] = []
    versions: set[str] = set()
    deadline = time.perf_counter() + seconds

    async def caller(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        turn = number
        while time.perf_counter() < deadline:
            path, turn = paths[turn % len(paths)], turn + connections
            started = time.perf_counter()
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            body = await reader.readexactly(length)
            taken.append(time.perf_counter() - started)
            if " 200 " not in head.split("\r\n")[0]:
                errors.append(head.split("\r\n")[0])
            elif check:
                version = head.partition("facet-version: ")[2].partition("\r\n")[0]
                versions.add(version)
                if json.loads(body)["version"] != version:
                    errors.append("a body of another version than its header's")
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(caller(number) for number in range(connections)))
    return {
        "taken": taken,
        "errors": errors,
        "versions": sorted(versions),
        "seconds": time.perf_counter() - started,
    }


def in_own_process(*words: Any) -> dict[str, Any]:
    """`ask`, in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(ask, words)


@contextmanager
def server(command: list[str], port: int, ready: str, environment: dict[str, str]) -> Iterator[None]:
    """A server in processes of its own, until the block ends."""
    process = subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 900
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{ready}", timeout=30):
                    break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{' '.join(command)} does not answer.") from None
                time.sleep(0.3)
        yield
    finally:
        process.terminate()
        process.wait()


def implicit_app() -> Any:
    """ALS of implicit behind FastAPI: ids and scores for a user."""
    from fastapi import FastAPI
    from implicit.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    from recsys.recommender import Recommender

    data = Recommender.open(os.environ[FOLDER])
    ratings = data.interactions.csr().copy()
    ratings.data[:] = 1
    threadpool_limits(1, "blas")
    model = AlternatingLeastSquares(factors=data.ranking.n_factors, iterations=2, num_threads=0)
    model.fit(ratings, show_progress=False)
    app = FastAPI()

    @app.get("/recommend")
    def recommend(user: str, k: int = K) -> dict[str, Any]:
        row = data.dataset.user_row(user)
        items, scores = model.recommend(row, ratings[row], N=k)
        ids = data.items.ids(items.astype(np.int64))
        return {"items": [{"item_id": one, "score": float(s)} for one, s in zip(ids, scores, strict=True)]}

    return app


def drawn_users(folder: str) -> list[str]:
    """Users of two ratings or more, drawn at random."""
    from recsys.dataset import Dataset

    data = Dataset.open(folder).interactions
    rows = np.flatnonzero(data.user_degrees >= 2)
    rng = np.random.default_rng(0)
    return data.users.ids(rng.choice(rows, min(N_USERS, len(rows)), replace=False))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def measure(port: int, paths: list[str], connections: list[int], seconds: float) -> list[dict[str, Any]]:
    """Latency and throughput at each number of connections, after a warm-up."""
    in_own_process(port, paths, 4, 3.0, False)
    rows = []
    for number in connections:
        found = in_own_process(port, paths, number, seconds, False)
        if found["errors"]:
            raise SystemExit(f"{len(found['errors'])} requests failed: {found['errors'][0]}")
        rate = len(found["taken"]) / found["seconds"]
        rows.append({"connections": number, "requests_a_second": rate, **harness.quantiles(found["taken"])})
    return rows


def publishing(folder: str, port: int, paths: list[str], connections: int, seconds: float) -> dict[str, Any]:
    """The load while the kept versions take turns in service."""
    from recsys.versions.store import ArtifactStore

    store, turns = ArtifactStore(folder), 0
    current, versions = store.current(), store.versions()
    if len(versions) < 2:
        raise SystemExit(f"{folder} keeps one version only: build another, so that they can take turns.")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        load = pool.apply_async(ask, (port, paths, connections, seconds, True))
        while not load.ready():
            store.rollback(versions[turns % len(versions)])
            turns += 1
            load.wait(10)
        found = load.get()
    if current is not None:
        store.rollback(current)
    return {
        "connections": connections,
        "requests": len(found["taken"]),
        "errors": len(found["errors"]),
        "put_in_service": turns,
        "versions_seen": len(found["versions"]),
        **harness.quantiles(found["taken"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--artifacts", default="artifacts", help="artifacts folder")
    parser.add_argument("--workers", type=int, default=2, help="processes of each server (2)")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement (20)")
    parser.add_argument("--publish", type=float, metavar="SECONDS", help="load while versions take turns")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    folder = str(Path(asked.artifacts).resolve())
    users = [quote(user, safe="") for user in drawn_users(folder)]
    port = free_port()
    command = [sys.executable, "-m", "recsys", "serve", "--artifacts", folder, "--port", str(port)]
    rows: list[dict[str, Any]] = []
    with server([*command, "--workers", str(asked.workers)], port, "/api/health/ready", _here()):
        paths = [f"/api/recommend?user={user}&k={K}" for user in users]
        if asked.publish:
            found = publishing(folder, port, paths, asked.connections[0], asked.publish)
            harness.report({"publishing": found}, [found], asked.json)
            return
        rows += [
            {"side": "facet serve", **one} for one in measure(port, paths, asked.connections, asked.seconds)
        ]
    if importlib.util.find_spec("implicit") is None:
        harness.say("implicit is not installed, so it is left out: see benchmarks/requirements.txt.")
    else:
        port = free_port()
        command = [
            sys.executable,
            "-m",
            "uvicorn",
            "bench_api:implicit_app",
            "--factory",
            "--port",
            str(port),
        ]
        command += [
            "--workers",
            str(asked.workers),
            "--no-access-log",
            "--app-dir",
            str(Path(__file__).parent),
        ]
        first = f"/recommend?user={users[0]}"
        with server(command, port, first, {**_here(), FOLDER: folder}):
            paths = [f"/recommend?user={user}&k={K}" for user in users]
            found_rows = measure(port, paths, asked.connections, asked.seconds)
            rows += [{"side": "implicit behind FastAPI", **one} for one in found_rows]
    harness.report({"results": rows}, rows, asked.json)


def _here() -> dict[str, str]:
    return {"PYTHONPATH": str(harness.ROOT)}


if __name__ == "__main__":
    main()
