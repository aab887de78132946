"""A real server and a real browser. Where no browser can be had, the tests fail and say what to install."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import CURE, find
from tests.browser.server import ROOT, Server

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# On a deep link Streamlit's client asks for these below the page's path before it finds the root.
PROBES = re.compile(r"/\w+/_stcore/(health|host-config)$")


class Visit:
    """A page in the browser, with all that went wrong on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        page.on("console", self._console)
        page.on("request", self._request)

    def _console(self, message: Any) -> None:
        where = message.location.get("url", "")
        if message.type == "error" and not PROBES.search(where):
            self.errors.append(f"console: {message.text} ({where})")

    def _request(self, request: Any) -> None:
        if not re.match(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:", request.url):
            self.errors.append(f"a call outside: {request.url}")

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run and what it sent is drawn."""
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        self.page.wait_for_function(
            "() => !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')"
        )

    def trouble(self) -> list[str]:
        """Errors of the console, calls outside, and exceptions shown on the page."""
        shown = self.page.get_by_test_id("stException").all_inner_texts()
        return [*self.errors, *(f"shown: {text}" for text in shown)]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = find()
    if path is None:
        pytest.fail(CURE)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=FLAGS)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A page of an empty profile; what goes wrong on it fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
    context.set_default_timeout(20_000)
    visit = Visit(context.new_page())
    yield visit
    trouble = visit.trouble()
    context.close()
    assert not trouble, "\n".join(trouble)


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit.page


@pytest.fixture
def fresh_server(sample_artifacts: Path, tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """Starts servers that nobody has visited yet; their logs must be clean."""
    started: list[Server] = []
    with ExitStack() as stack:

        def start() -> Server:
            started.append(stack.enter_context(Server(sample_artifacts, tmp_path)))
            return started[-1]

        yield start
    assert not [line for server in started for line in server.trouble()]


@pytest.fixture(scope="package")
def server(sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the tests that need not find it cold; its log must be clean at the end."""
    with Server(sample_artifacts, tmp_path_factory.mktemp("server")) as running:
        yield running
    assert not running.trouble()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failing test leaves a screenshot and says where it is."""
    outcome: Any = yield
    report = outcome.get_result()
    visit = getattr(item, "funcargs", {}).get("visit")
    if report.when == "call" and report.failed and visit is not None:
        path = ROOT / "screenshots" / f"{re.sub(r'[^a-zA-Z0-9]+', '-', item.name).strip('-')}.png"
        visit.page.screenshot(path=path, full_page=True)
        report.sections.append(("Screenshot", str(path)))
        report.sections.append(("What went wrong on the page", "\n".join(visit.trouble()) or "nothing"))
