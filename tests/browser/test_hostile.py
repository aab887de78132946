"""Text made to break out of the page, in every place that data can reach, with every request recorded."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import pytest

from recsys import BuildConfig, Recommender, build
from recsys.rules import Rules, Selection
from recsys.ui import basket_state, explore, rules_state
from tests.browser.server import Server
from tests.browser.visit import Visit

TEXTS = (
    "<b id=injected>bold</b><img src=http://evil.example/i.png onerror=\"window.hit=1\">",
    "<script>window.hit=1</script><iframe src=//evil.example></iframe>",
    "![picture](http://evil.example/p.png) [link](http://evil.example/l)",
    "http://evil.example/bare www.evil.example a@evil.example",
    "$\\href{http://evil.example}{x}$ and $$\\frac{1}{2}$$",
    ":smile: :material/home: :red[red] :streamlit: -> <- #",
    "</textarea></title><svg onload=window.hit=1><a href='javascript:window.hit=1'>x</a>",
    "%{x} %{customdata[0]} {{constructor}} ${7*7}",
    "\u202eright to left\u202c\x1b[31m red \u0007",
    "# heading\n\n* list\n\n| a | b |\n|---|---|\n| 1 | 2 |",
)  # fmt: skip
MEGABYTE = 1_000_000
LONG = (
    "x" * MEGABYTE,
    "word " * (MEGABYTE // 5),
    TEXTS[0] * (MEGABYTE // len(TEXTS[0])),
    "😀" * (MEGABYTE // 4),
)
INJECTED = """() => {
    const marked = '#injected, #root script, iframe, object, embed, .katex, [onerror], [onload]'
    const leads = found => {
        const url = new URL(found.href?.baseVal ?? found.href ?? found.src, location.href)
        return !['data:', 'blob:'].includes(url.protocol) && url.host !== location.host
    }
    const addresses = [...document.querySelectorAll('[href], [src]')].filter(leads)
    return [...document.querySelectorAll(marked), ...addresses].map(found => found.outerHTML.slice(0, 200))
}"""
"""Elements that only data can have put on the page, and addresses on other hosts."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose file name, ids, titles, brands, categories and bad rows are hostile or very long."""
    folder, rng = tmp_path_factory.mktemp("hostile"), np.random.default_rng(9)
    items = [" ".join(f"{text} {number}".split()) for number in range(3) for text in TEXTS]
    users = [" ".join(f"{text} user {number}".split()) for number in range(5) for text in TEXTS]
    rows = [
        (user, items[item], int(rng.integers(1, 6)), 1_500_000_000 + 86_400 * int(rng.integers(0, 900)))
        for user in users
        for item in rng.choice(len(items), int(rng.integers(3, 12)), replace=False)
    ]
    bad = [("bad", items[0], text, 0) for text in TEXTS[:3]]
    everything = [*TEXTS, *LONG]
    catalog = [
        (item, *(everything[(n + shift) % len(everything)] for shift in (0, 3, 5)), 5.0 + n)
        for n, item in enumerate(items)
    ]
    ratings = folder / "<img src=x onerror=window.hit=1> ![p](evil.example) $x$ :smile:.csv".replace("/", "")
    write(ratings, ("user_id", "item_id", "rating", "timestamp"), [*rows, *bad])
    write(folder / "items.csv", ("item_id", "title", "brand", "category", "price"), catalog)
    build(ratings, folder / "items.csv", folder / "artifacts", BuildConfig(evaluate=True))
    return folder / "artifacts"


@pytest.fixture(scope="module")
def hostile_server(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(hostile, tmp_path_factory.mktemp("server")) as running:
        yield running
    assert not running.trouble()


def write(path: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def queries(artifacts: Path) -> list[str]:
    """Every page and every view of it, with ids that are hostile or belong to the longest titles."""
    store = Recommender.open(artifacts)
    users = [store.users.id(row) for row in range(0, len(store.users), 9)]
    items = [store.items.id(row) for row in range(0, len(store.items), 3)]
    views = ("Recommended", "What they rated", "More like what they liked")
    named = Rules(
        exclude=Selection(brands=TEXTS[:3], categories=TEXTS[3:6], products=(items[0], *TEXTS[6:8]))
    )
    return [
        "",
        *(f"explore?{urlencode({'topic': topic})}" for topic in explore.topics(store)),
        *(f"recommend?{urlencode({'user': user, 'view': view})}" for user in users[:2] for view in views),
        f"recommend?{urlencode({'user': TEXTS[0]})}",
        f"similar?{urlencode({'item': TEXTS[2]})}",
        *(f"similar?{urlencode({'item': item})}" for item in items[:4]),
        f"similar?{urlencode({'item': items[0], 's_brand': TEXTS[3]})}",
        *(
            f"map?{urlencode({'m_colour': colour, **lit})}"
            for colour in ("Cluster", "Category")
            for lit in (
                {},
                {"m_item": items[1], "m_user": users[0]},
                {"m_cluster": store.map().cluster_name[0]},
            )
        ),
        f"basket?{urlencode({'items': basket_state.encode([(one, 5.0) for one in items[:4]])})}",
        f"compare?{urlencode({'c_user': users[1], 'niche': 0.2})}",
        f"rules?{urlencode({'draft': rules_state.encode(named)})}",
        "data?data_view=Versions",
        "quality",
    ]


def test_no_page_is_broken_out_of_or_slowed_by_its_data(
    hostile: Path, hostile_server: Server, visit: Visit
) -> None:
    visit.page.set_default_timeout(60_000)
    for query in queries(hostile):
        visit.open(f"{hostile_server.url}/{query}")
        assert not visit.page.evaluate(INJECTED), query
        assert visit.page.evaluate("() => window.hit") is None, query
        started = time.monotonic()
        visit.page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")
        assert time.monotonic() - started < 3, query
        assert len(visit.page.evaluate("() => document.body.innerText")) < 50_000, query
        assert not visit.trouble(), query


def test_hovering_and_opening_the_numbers_break_out_of_nothing(
    hostile: Path, hostile_server: Server, visit: Visit
) -> None:
    visit.page.set_default_timeout(60_000)
    store = Recommender.open(hostile)
    visit.open(f"{hostile_server.url}/recommend?{urlencode({'user': store.users.id(0)})}")
    for plot in visit.page.locator(".js-plotly-plot").all():
        box = plot.bounding_box()
        assert box is not None
        for part in (0.3, 0.5, 0.7):
            visit.page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + part * box["height"])
            visit.page.wait_for_timeout(100)
            assert not visit.page.evaluate(INJECTED)
    visit.open(f"{hostile_server.url}/map")
    for mark in visit.page.locator(".js-plotly-plot .point").all()[:30]:
        mark.hover(force=True)
        assert not visit.page.evaluate(INJECTED)
    for topic in explore.topics(store):
        visit.open(f"{hostile_server.url}/explore?{urlencode({'topic': topic})}")
        for numbers in visit.page.get_by_text("The numbers").all():
            numbers.click()
            visit.settle()
        assert not visit.page.evaluate(INJECTED)
    assert not visit.page.evaluate(INJECTED)
    assert visit.page.evaluate("() => window.hit") is None
