"""Text made to break out of the page, in every place that data can reach, with every request recorded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from recsys import Recommender
from recsys.rules import Rules, Selection
from recsys.ui import basket_state, explore, rules_state
from tests.browser.hostile import TEXTS
from tests.browser.server import Server
from tests.browser.visit import Visit

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
def hostile_server(hostile: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(hostile, tmp_path_factory.mktemp("server")) as running:
        yield running
    assert not running.trouble()


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
        f"?{urlencode({'l_list': 'Best rated', 'l_brand': TEXTS[3]})}",
        f"audience?{urlencode({'a_item': items[1]})}",
        f"audience?{urlencode({'a_for': 'A brand', 'a_brand': TEXTS[3]})}",
        f"export?{urlencode({'x_what': 'Audiences of products', 'x_brand': TEXTS[3]})}",
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
