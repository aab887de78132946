"""Behind a reverse proxy with TLS, below a path: pages, links, REST and downloads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from recsys import Recommender
from tests.browser import nginx
from tests.browser.server import Server
from tests.browser.visit import Visit

BASE = "shop/facet"


@pytest.fixture(scope="module", params=["streamlit run", "facet studio"])
def studio(
    request: pytest.FixtureRequest, sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of the studio as people know it."""
    if nginx.find() is None:
        pytest.fail(nginx.CURE)
    folder, port = tmp_path_factory.mktemp("proxy"), nginx.free_port()
    environment = {
        "STREAMLIT_SERVER_BASE_URL_PATH": BASE,
        "STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS": f"https://127.0.0.1:{port}",
    }
    with (
        Server(sample_artifacts, folder, request.param, environment) as server,
        nginx.proxy(folder, server.url, BASE, port) as address,
    ):
        yield address
        assert not server.trouble()


@pytest.fixture
def visit_by_proxy(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(ignore_https_errors=True, accept_downloads=True)
    context.set_default_timeout(20_000)
    visit = Visit(context.new_page())
    yield visit
    trouble = visit.trouble()
    context.close()
    assert not trouble, "\n".join(trouble)


def test_pages_links_downloads_and_rest_work_below_the_path(
    studio: str, visit_by_proxy: Visit, sample_artifacts: Path
) -> None:
    visit, page = visit_by_proxy, visit_by_proxy.page
    store = Recommender.open(sample_artifacts)
    user = str(store.example_users().user_id[0])
    visit.open(f"{studio}/recommend?user={user}")
    expect(page.get_by_role("heading", name="Recommend for a user")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").first.click()
    assert store.recommend(user).item_id[0] in Path(download.value.path()).read_text()
    page.get_by_role("link", name="Similar products").click()
    expect(page.get_by_role("heading", name="Similar products")).to_be_visible()
    assert page.url.startswith(f"{studio}/similar")
    answer = page.request.get(f"{studio}/api/popular?k=2")
    assert [one["item_id"] for one in answer.json()["items"]] == store.popular(2).item_id.tolist()
    assert page.request.get(f"{studio}/api/docs/static/swagger-ui.css").ok
