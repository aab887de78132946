"""Data are loaded, built and watched in a real browser."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from recsys.jobs import background
from recsys.versions.store import ArtifactStore
from tests.browser.server import Server
from tests.browser.visit import Visit


def test_the_sample_store_is_built_from_the_page_and_served(visit: Visit, tmp_path: Path) -> None:
    artifacts = tmp_path / "artifacts"
    with Server(artifacts, tmp_path) as server:
        visit.open(f"{server.url}/data?data_from=The+sample+store")
        expect(visit.heading("How it is read")).to_be_visible()
        expect(visit.page.get_by_text("120,000 ratings kept")).to_be_visible()
        visit.page.get_by_role("button", name="Build it").click()
        stop = visit.page.get_by_role("button", name="Stop the build")
        expect(stop).to_be_in_viewport()
        expect(visit.page.get_by_role("progressbar")).to_be_visible()
        stop.click()
        expect(visit.page.get_by_text("was stopped")).to_be_visible()
        visit.settle()

        visit.page.get_by_text("Settings of the models").click()
        measure = visit.page.get_by_role("combobox", name="Measure on held-out ratings")
        measure.click()
        measure.press_sequentially("No")
        measure.press("Enter")
        expect(measure).to_have_value("No")
        visit.settle()
        visit.page.get_by_role("button", name="Build it").click()
        expect(stop).to_be_visible()
        visit.page.goto("about:blank")
        # A server that was started anew knows of the build, and so does whoever opens the page.
    with Server(artifacts, tmp_path) as server:
        visit.open(f"{server.url}/data")
        expect(visit.page.get_by_text("is built and in service")).to_be_visible(timeout=120_000)
        version = ArtifactStore(artifacts).current()
        assert version is not None
        expect(visit.page.get_by_test_id("stSidebar").get_by_text(version)).to_be_visible()
        visit.page.get_by_text("Versions", exact=True).click()
        visit.table("Versions, newest first").wait_for_rows(1)
        seen = background.state(artifacts)
        assert seen is not None
        assert seen.progress.version == version
        assert not server.trouble()
        visit.page.goto("about:blank")  # an open page asks for a server that is gone
