"""A page in a real browser, watched: what goes wrong on it is kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

ROOT = Path(__file__).parents[2]
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
# On a deep link Streamlit's client asks for these below the page's path before it finds the root.
PROBES = re.compile(r"/\w+/_stcore/(health|host-config)$")
OWN = re.compile(r"(https?|wss?)://127\.0\.0\.1[:/]|data:|blob:")
HEADER = 36
"""Height of a table's header in pixels."""
QUIET = "() => !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')"


class Visit:
    """A page with its console errors, uncaught exceptions and calls outside."""

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
        if not OWN.match(request.url):
            self.errors.append(f"a call outside: {request.url}")

    def open(self, url: str) -> None:
        self.page.goto(url)
        self.settle()

    def settle(self) -> None:
        """Wait until the script has run and what it sent is drawn."""
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
        self.page.wait_for_function(QUIET)

    def heading(self, text: str) -> Locator:
        return self.page.get_by_role("heading", name=text, exact=True)

    def table(self, alt: str) -> Table:
        return Table(self.page.get_by_role("region", name=alt))

    def trouble(self) -> list[str]:
        """Errors of the console, calls outside, and exceptions shown on the page."""
        shown = self.page.get_by_test_id("stException").all_inner_texts()
        return [*self.errors, *(f"shown: {text}" for text in shown)]

    def screenshot(self, name: str) -> Path:
        path = ROOT / "screenshots" / f"{re.sub(r'[^a-zA-Z0-9]+', '-', name).strip('-')}.png"
        self.page.screenshot(path=path, full_page=True)
        return path


class Table:
    """A data grid: drawn on a canvas, with the table that screen readers get inside."""

    def __init__(self, region: Locator) -> None:
        self.region = region
        self.grid = region.locator("[role=grid]")

    def n_rows(self) -> int:
        self.grid.wait_for(state="attached")
        return int(self.grid.get_attribute("aria-rowcount") or 0) - 1

    def wait_for_rows(self, n: int) -> None:
        self.region.locator(f"[role=grid][aria-rowcount='{n + 1}']").wait_for(state="attached")

    def cell(self, row: int, header: str) -> str:
        """What stands in a row (from 1) under a header."""
        self.grid.wait_for(state="attached")
        headers = self.grid.locator("[role=columnheader]").all_text_contents()
        cells = self.grid.locator(f"[role=row][aria-rowindex='{row + 1}'] [role=gridcell]")
        return cells.nth(headers.index(header)).text_content() or ""

    def click(self, row: int) -> None:
        """Click in a row (from 1) of the first column, where the button or the row's mark is."""
        self.grid.wait_for(state="attached")
        self.region.scroll_into_view_if_needed()
        box = self.region.bounding_box()
        assert box is not None
        row_height = (box["height"] - HEADER) / self.n_rows()
        self.region.click(position={"x": 18, "y": HEADER + row_height * (row - 0.5)})
