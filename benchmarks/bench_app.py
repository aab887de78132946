"""The studio under load: viewers at once, the server's memory, and the first page after a start.

    python benchmarks/bench_app.py --artifacts artifacts
    python benchmarks/bench_app.py --artifacts artifacts --sessions 20 --minutes 5 --json

The viewers speak Streamlit's websocket protocol; each thinks, then opens a page, names a
user, changes how many, walks on. Seconds are from the request to the end of the script.
The first paint (the page's heading) and the whole page are timed in a real browser, which goes
there the moment a new server answers.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from harness import MB, quantiles, report, say
from viewer import Answer, Viewer

PAGES = (
    *("", "explore", "recommend", "similar", "map", "audience", "basket", "compare", "rules", "data"),
    *("quality", "export"),
)


@dataclass
class Log:
    """What was seen: answers by kind of interaction, and the server's memory over time."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    memory: list[dict[str, float]] = field(default_factory=list)

    def add(self, kind: str, answer: Answer) -> None:
        self.answers.setdefault(kind, []).append(answer)


@dataclass(frozen=True)
class Ids:
    """Users and items to ask about."""

    users: list[str]
    items: list[str]

    @classmethod
    def of(cls, artifacts: str) -> Ids:
        from recsys import Recommender

        recommender, rng = Recommender.open(artifacts), np.random.default_rng(0)
        users = [recommender.random_user(rng) for _ in range(500)]
        return cls(users, recommender.popular(500).item_id.tolist())


async def view(url: str, ids: Ids, log: Log, until: float, seed: int, think: float) -> None:
    """One viewer, until the time is up."""
    rng = np.random.default_rng(seed)
    await asyncio.sleep(float(rng.uniform(0, 2 * think)))
    viewer = await Viewer.join(url)
    while time.perf_counter() < until:
        for kind, step in script(viewer, ids, rng):
            log.add(kind, await step)
            await asyncio.sleep(float(rng.exponential(think)))
            if time.perf_counter() >= until:
                break
    await viewer.leave()


def query(page: str, user: str, item: str) -> dict[str, str]:
    """What makes a page answer something, where it needs to be told."""
    queries = {
        "recommend": {"user": user},
        "similar": {"item": item},
        "audience": {"a_item": item},
        "basket": {"items": f"{item}:5"},
        "compare": {"c_user": user},
    }
    return queries.get(page, {})


def script(viewer: Viewer, ids: Ids, rng: np.random.Generator) -> Any:
    """What a viewer does, as (kind, answer to wait for), one at a time."""
    user, item = str(rng.choice(ids.users)), str(rng.choice(ids.items))
    yield "open overview", viewer.open("")
    yield "open recommend", viewer.open("recommend", **query("recommend", user, item))
    for _ in range(3):
        yield "another user", viewer.set("User ID", string_value=str(rng.choice(ids.users)))
    if viewer.has("How many"):
        yield "change k", viewer.set("How many", double_array_value=[20.0])
    yield "search a prefix", viewer.set("User ID", string_value=user[:4])
    yield "open similar", viewer.open("similar", **query("similar", user, item))
    for _ in range(3):
        yield "another item", viewer.set("Product", string_value=str(rng.choice(ids.items)))
    for page in ("map", "audience", "basket", "compare", "rules", "data", "explore", "quality", "export"):
        yield f"open {page}", viewer.open(page, **query(page, user, item))


async def watch(pid: int, log: Log, until: float, every: float) -> None:
    """Note the server's memory: all that is resident, and what is its own (not mapped files)."""
    started = time.perf_counter()
    while time.perf_counter() < until:
        log.memory.append({"second": round(time.perf_counter() - started, 1), **memory(pid)})
        await asyncio.sleep(every)


def memory(pid: int) -> dict[str, float]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines if line.startswith(("VmRSS", "RssAnon", "VmHWM")))
    sizes = {name: int(value.split()[0]) * 1024 / MB for name, value in fields.items()}
    return {"resident_mb": sizes["VmRSS"], "own_mb": sizes["RssAnon"], "peak_mb": sizes["VmHWM"]}


async def load(url: str, pid: int, ids: Ids, options: argparse.Namespace) -> Log:
    log, until = Log(), time.perf_counter() + 60 * options.minutes
    seeds = range(options.sessions)
    viewers = [view(url, ids, log, until, seed, options.think) for seed in seeds]
    await asyncio.gather(watch(pid, log, until, every=max(1.0, options.minutes)), *viewers)
    return log


async def alone(url: str, ids: Ids) -> dict[str, dict[str, float]]:
    """Each page in a session of its own, nobody else there: bytes and seconds, first and again."""
    found = {}
    for page in PAGES:
        shown = query(page, ids.users[0], ids.items[0])
        viewer = await Viewer.join(url)
        first, again = await viewer.open(page, **shown), await viewer.open(page, **shown)
        await viewer.leave()
        found[page or "overview"] = {
            "first_ms": 1e3 * first.seconds,
            "again_ms": 1e3 * again.seconds,
            "mb": first.n_bytes / MB,
            "errors": first.errors,
        }
    return found


def first_paint(artifacts: str, folder: str) -> dict[str, float]:
    """Seconds from the start of a server's process until a browser shows a page, and all of it."""
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import CURE, find
    from tests.browser.server import Server
    from tests.browser.visit import FLAGS, Visit

    path = find()
    if path is None:
        raise SystemExit(CURE)
    found = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for page in PAGES:
            tab = browser.new_page()
            started = time.perf_counter()
            with Server(Path(artifacts).resolve(), Path(folder)) as server:
                ready = time.perf_counter()
                visit = Visit(tab)
                tab.goto(f"{server.url}/{page}")
                tab.get_by_role("heading").first.wait_for()
                drawn = time.perf_counter()
                visit.settle()
                whole = time.perf_counter()
            tab.close()
            times = {"server_s": ready - started, "paint_s": drawn - ready, "whole_s": whole - ready}
            found[page or "overview"] = times
            say(f"{page or 'overview'}: {', '.join(f'{name} {value:.1f}' for name, value in times.items())}")
        browser.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--artifacts", required=True, help="a folder that `python -m recsys build` made")
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--think", type=float, default=3.0, help="mean seconds between two interactions")
    parser.add_argument("--no-browser", action="store_true", help="leave the first paint out")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    from tests.browser.server import Server

    ids = Ids.of(options.artifacts)
    with tempfile.TemporaryDirectory() as folder:
        paint = {} if options.no_browser else first_paint(options.artifacts, folder)
        with Server(Path(options.artifacts).resolve(), Path(folder)) as server:
            pages = asyncio.run(alone(server.url, ids))
            say(f"{options.sessions} sessions for {options.minutes:g} minutes")
            log = asyncio.run(load(server.url, server.process.pid, ids, options))
            trouble = server.trouble()
    _report(paint, pages, log, trouble, options)


def _report(
    paint: dict[str, Any], pages: dict[str, Any], log: Log, trouble: list[str], options: argparse.Namespace
) -> None:
    kinds = {
        kind: {
            **quantiles([answer.seconds for answer in answers]),
            "max_ms": 1e3 * max(answer.seconds for answer in answers),
            "mb": max(answer.n_bytes for answer in answers) / MB,
        }
        for kind, answers in log.answers.items()
    }
    third = max(1, len(log.memory) // 3)
    resident = [point["resident_mb"] for point in log.memory]
    result = {
        "benchmark": "app",
        "sessions": options.sessions,
        "minutes": options.minutes,
        "think_s": options.think,
        "first_paint": paint,
        "pages_alone": pages,
        "interactions": kinds,
        "errors": sum(answer.errors for answers in log.answers.values() for answer in answers),
        "log_trouble": len(trouble),
        "memory": log.memory,
        "peak_mb": max(resident),
        "growth_mb": float(np.median(resident[-third:]) - np.median(resident[third : 2 * third])),
    }
    rows = [
        {
            "interaction": kind,
            **{name: figures[name] for name in ("n", "median_ms", "p99_ms", "max_ms", "mb")},
        }
        for kind, figures in kinds.items()
    ]
    rows += [
        {
            "interaction": f"{page}, alone",
            "median_ms": found["again_ms"],
            "max_ms": found["first_ms"],
            "mb": found["mb"],
        }
        for page, found in pages.items()
    ]
    if not options.json:
        say(
            f"Memory: at most {max(resident):,.0f} MB, grew {result['growth_mb']:+,.0f} MB in the last third."
        )
    report(result, rows, options.json)


if __name__ == "__main__":
    main()
