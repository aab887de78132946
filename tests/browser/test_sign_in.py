"""People sign in at a real provider: who may act, who may look, who may not, and nobody by another door."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.nginx import free_port
from tests.browser.server import Server
from tests.browser.visit import Visit

PEOPLE = {
    "ann@example.com": True,
    "bob@example.com": True,
    "eve@elsewhere.org": True,
    "mallory@example.com": False,
}
"""Who can sign in, and whether the provider has verified the address."""


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    port = free_port()
    words = ["--port", str(port)]
    for address, verified in PEOPLE.items():
        words += [
            "--user-claims",
            json.dumps({"sub": address, "email": address, "email_verified": verified, "name": "*A* <b>"}),
        ]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{url}/.well-known/openid-configuration", timeout=2).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def studio(provider: str, sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("sign-in")
    server = Server(sample_artifacts, folder)
    secrets = folder / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text(
        f"""
[auth]
redirect_uri = "{server.url}/oauth2callback"
cookie_secret = "a secret of the test that is long enough for a signature"
client_id = "facet"
client_secret = "hush"
server_metadata_url = "{provider}/.well-known/openid-configuration"

[access]
see = ["@example.com"]
act = ["ann@example.com"]
"""
    )
    with server:
        yield server.url
        assert not server.trouble()
        assert "hush" not in server.log.read_text()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 900})
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def sign_in(page: Page, studio: str, address: str) -> None:
    page.goto(f"{studio}/data")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name=address).first.click()
    page.wait_for_url(f"{studio}/**")


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()  # the provider asks
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()


def test_nothing_is_shown_before(page: Page, studio: str) -> None:
    for path in ("", "data", "recommend?user=x", "explore"):
        page.goto(f"{studio}/{path}")
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
        assert page.get_by_text("ratings").count() == 0
        assert page.get_by_test_id("stSidebarNav").count() == 0
    Visit(page).screenshot("sign-in")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{studio}/api/popular", timeout=10)
    assert refused.value.code == 403
    urllib.request.urlopen(f"{studio}/api/health/live", timeout=10).close()


def test_who_may_act_can_build(page: Page, studio: str) -> None:
    sign_in(page, studio, "ann@example.com")
    expect(page.get_by_text("ann@example.com")).to_be_visible()
    page.get_by_role("link", name="Data and builds").click()
    expect(page.get_by_text("Where are the ratings?")).to_be_visible()
    sign_out(page)


def test_who_may_look_can_not_build(page: Page, studio: str) -> None:
    sign_in(page, studio, "bob@example.com")
    page.get_by_role("link", name="Data and builds").click()
    expect(page.get_by_text("Your account may look")).to_be_visible()
    assert page.get_by_text("Where are the ratings?").count() == 0
    assert page.get_by_role("button", name="Pin it").count() == 0
    Visit(page).screenshot("signed in to look")


@pytest.mark.parametrize("address", ["eve@elsewhere.org", "mallory@example.com"])
def test_others_see_nothing(page: Page, studio: str, address: str) -> None:
    sign_in(page, studio, address)
    expect(page.get_by_role("heading", name="No access")).to_be_visible()
    assert page.get_by_text("ratings").count() == 0
    Visit(page).screenshot(f"no access {address}")
    sign_out(page)
