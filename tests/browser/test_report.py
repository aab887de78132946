"""The report as people open it: a file, without the network, on a screen and on paper."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from recsys import Recommender
from recsys.report import report_html
from tests.browser.hostile import TEXTS
from tests.browser.test_accessibility import GRAVE

Scheme = Literal["light", "dark"]
DRAWN = """() => [...document.querySelectorAll('.chart')].map(place => {
    const [box, svg] = [place, place.querySelector('.main-svg')].map(found => found.getBoundingClientRect())
    return svg.width > 100 && svg.height > 60 && svg.right <= box.right + 1 && svg.bottom <= box.bottom + 1
})"""
"""Whether each chart is drawn, and no larger than its place."""
INJECTED = """() => [...document.querySelectorAll('#injected, iframe, object, img, [onerror], [onload]')].map(
    found => found.outerHTML.slice(0, 200))"""
COLOUR = "() => getComputedStyle(document.querySelector('.chart .xtick text')).fill"
WIDTH = "() => document.querySelector('.chart .main-svg').getBoundingClientRect().width"


@pytest.fixture(scope="module")
def report(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(sample_artifacts, tmp_path_factory.mktemp("report"))


def written(artifacts: Path, folder: Path) -> Path:
    path = folder / "report.html"
    path.write_text(report_html(Recommender.open(artifacts)), encoding="utf-8")
    return path


@contextmanager
def opened(browser: Browser, path: Path, scheme: Scheme = "light", width: int = 1366) -> Iterator[Page]:
    """The file in an empty profile without the network; errors and requests fail the test."""
    context = browser.new_context(
        offline=True, color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    page, trouble = context.new_page(), list[str]()
    page.on("pageerror", lambda error: trouble.append(f"uncaught: {error}"))
    page.on("console", lambda message: trouble.append(f"console: {message.text}"))
    page.on("request", lambda request: trouble.append(f"request: {request.url[:200]}"))
    page.goto(path.as_uri())
    yield page
    context.close()
    asked = [words for words in trouble if not words.startswith(("request: file:", "request: data:,"))]
    assert not asked
    assert sum(words.startswith("request: file:") for words in trouble) == 1


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1366), ("light", 1920)])
def test_it_is_drawn_at_every_width(browser: Browser, report: Path, scheme: Scheme, width: int) -> None:
    with opened(browser, report, scheme, width) as page:
        drawn = page.evaluate(DRAWN)
        assert len(drawn) > 15
        assert all(drawn)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_charts_follow_the_window_and_the_colours(browser: Browser, report: Path) -> None:
    with opened(browser, report) as page:
        before = page.evaluate(COLOUR)
        page.set_viewport_size({"width": 1000, "height": 900})
        until(page, lambda: all(page.evaluate(DRAWN)))
        page.emulate_media(color_scheme="dark")
        until(page, lambda: page.evaluate(COLOUR) != before)


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait for something. The page's policy forbids Playwright's own way, which evaluates text."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(100)
    pytest.fail("It did not come true.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_has_no_serious_finding(browser: Browser, report: Path, scheme: Scheme) -> None:
    with opened(browser, report, scheme, 390) as page:
        for width in (390, 1366):
            page.set_viewport_size({"width": width, "height": 900})
            found = [
                f"{one['id']}: {one['nodes'][0]['html'][:160]}"
                for one in Axe().run(page).response["violations"]
                if one["impact"] in GRAVE
            ]
            assert not found


def test_it_prints_light_on_several_pages(browser: Browser, report: Path) -> None:
    with opened(browser, report, "dark") as page:
        shown, colour = page.evaluate(WIDTH), page.evaluate(COLOUR)
        page.evaluate(
            f"() => addEventListener('beforeprint', () => {{ window.printed = [({WIDTH})(), ({COLOUR})()] }})"
        )
        pdf = page.pdf(format="A4", print_background=True)
        assert len(pages(pdf)) > 5
        assert len(pdf) > 50_000
        width, printed = page.evaluate("window.printed")
        assert width == 640
        assert printed != colour
        until(page, lambda: page.evaluate(WIDTH) == shown and page.evaluate(COLOUR) == colour)


def pages(pdf: bytes) -> list[bytes]:
    """The pages of a PDF file, wherever in it they are described."""
    parts = [pdf]
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            parts.append(zlib.decompress(found[1]))
        except zlib.error:
            continue
    return [found for part in parts for found in re.findall(rb"/Type\s*/Page\b(?!s)", part)]


def test_text_from_the_data_runs_nothing(browser: Browser, hostile: Path, tmp_path: Path) -> None:
    path = written(hostile, tmp_path)
    assert path.stat().st_size < 6_000_000
    with opened(browser, path) as page:
        assert all(page.evaluate(DRAWN))
        assert not page.evaluate(INJECTED)
        assert page.evaluate("() => window.hit") is None
        text = page.evaluate("() => document.body.innerText")
        assert TEXTS[1][:20] in text
        assert len(text) < 100_000
        for plot in page.locator(".chart").all():
            plot.hover()
            assert not page.evaluate(INJECTED)
