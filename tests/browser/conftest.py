"""A real server and a real browser. Where no browser can be had, the tests fail and say what to install."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import CURE, find
from tests.browser.hostile import build_hostile
from tests.browser.server import Server
from tests.browser.visit import FLAGS, Visit


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = find()
    if path is None:
        pytest.fail(CURE)
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=path, args=FLAGS)


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A page of an empty profile; what goes wrong on it fails the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, accept_downloads=True)
    context.set_default_timeout(20_000)
    visit = Visit(context.new_page())
    yield visit
    trouble = visit.trouble()
    if trouble:
        trouble.append(f"Screenshot: {visit.screenshot(request.node.name)}")
    context.close()
    assert not trouble, "\n".join(trouble)


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


@pytest.fixture(scope="package")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of hostile and very long texts; only to be read."""
    return build_hostile(tmp_path_factory.mktemp("hostile"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failing test leaves a screenshot and says where it is."""
    outcome: Any = yield
    report = outcome.get_result()
    visit = getattr(item, "funcargs", {}).get("visit")
    if report.when == "call" and report.failed and visit is not None:
        report.sections.append(("Screenshot", str(visit.screenshot(item.name))))
