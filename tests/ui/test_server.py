"""The studio's own server, called as browsers, other programs and strangers call it."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from recsys.api.addresses import is_loopback
from recsys.recommender import Recommender
from recsys.ui.server import policy
from recsys.ui.start import exposure
from tests.browser.server import Server

PAGES = ("explore", "recommend", "similar", "quality", "data", "overview")


@pytest.fixture(scope="module", params=["streamlit run", "facet studio"])
def host(
    request: pytest.FixtureRequest, sample_artifacts: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A running server, started in one of the two ways: its name and port."""
    with Server(sample_artifacts, tmp_path_factory.mktemp("server"), request.param) as server:
        yield urlsplit(server.url).netloc
        assert not server.trouble()


def connect(host: str) -> socket.socket:
    name, port = host.split(":")
    return socket.create_connection((name, int(port)), timeout=60)


def status_of_websocket(host: str, **headers: str) -> int:
    """The status that a websocket's handshake is answered with; 101 opens it."""
    key = base64.b64encode(os.urandom(16)).decode()
    named = {"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = ["GET /_stcore/stream HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    lines += [f"Sec-WebSocket-Key: {key}", "", ""]
    with connect(host) as connection:
        connection.sendall("\r\n".join(lines).encode())
        return int(connection.recv(4096).split()[1])


def get(host: str, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(host, timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=named)
    return connection.getresponse()


def test_a_websocket_opens_from_the_studio_and_from_programs(host: str) -> None:
    assert status_of_websocket(host, Origin=f"http://{host}") == 101
    assert status_of_websocket(host) == 101
    port = host.split(":")[1]
    assert status_of_websocket(host, Host=f"localhost:{port}", Origin=f"http://localhost:{port}") == 101


@pytest.mark.parametrize(
    "origin",
    [
        "http://127.0.0.1:1",
        "http://localhost:3000",
        "https://{host}",
        "http://evil.example",
        "http://{host}.evil.example",
        "http://{host}@evil.example",
        "null",
        "file://",
        "",
    ],
)
def test_a_websocket_from_any_other_origin_is_refused(host: str, origin: str) -> None:
    assert status_of_websocket(host, Origin=origin.format(host=host)) == 403


def test_rest_answers_in_the_same_server(host: str, sample_artifacts: Path) -> None:
    answer = get(host, "/api/popular?k=3")
    assert answer.status == 200
    listed = json.load(answer)
    store = Recommender.open(sample_artifacts)
    assert [one["item_id"] for one in listed["items"]] == store.popular(3).item_id.tolist()
    assert listed["version"] == store.version
    assert get(host, "/api/health/ready").status == 200
    assert get(host, "/api/nothing").getheader("content-type") == "application/problem+json"
    assert get(host, "/api/popular", Host="evil.example").status == 403
    assert get(host, "/api/popular", "POST").status == 405
    page = get(host, "/api/docs")
    assert page.status == 200
    assert b"docs/static/swagger-ui-bundle.js" in page.read()
    assert "'unsafe-inline'" not in (page.getheader("Content-Security-Policy") or "").split("style-src")[0]
    assert get(host, "/api/docs/static/swagger-ui-bundle.js").status == 200


def test_a_name_that_is_not_this_machines_is_refused(host: str) -> None:
    evil = f"evil.example:{host.split(':')[1]}"
    assert status_of_websocket(host, Host=evil, Origin=f"http://{evil}") == 403
    assert get(host, "/", Host=evil).status == 403
    forwarded = {"Origin": "http://evil.example", "X_Forwarded_Host": "evil.example"}
    assert status_of_websocket(host, **forwarded) == 403


@pytest.mark.parametrize("how", ["streamlit run", "facet studio"])
def test_the_origin_of_a_proxy_is_served_where_it_is_named(
    sample_artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS", "https://studio.example")
    with Server(sample_artifacts, tmp_path, how) as server:
        host = urlsplit(server.url).netloc
        for seen in (host, "studio.example"):
            assert status_of_websocket(host, Host=seen, Origin="https://studio.example") == 101
            assert status_of_websocket(host, Host=seen, Origin="https://other.example") == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_changes_something_is_refused_from_other_pages(host: str, method: str) -> None:
    path = "/_stcore/upload_file/session/file"
    for headers in ({"Origin": "http://127.0.0.1:1"}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"}):
        answer = get(host, path, method, **headers)
        assert answer.status == 403
        assert b"not the studio's own" in answer.read()


@pytest.mark.parametrize("path", ["/", "/recommend?user=x", "/_stcore/health", "/static/none.js", "/a/b"])
def test_every_answer_forbids_framing_sniffing_and_other_hosts(host: str, path: str) -> None:
    headers = get(host, path).headers
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    rules = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert rules["frame-ancestors"] == "'self'"
    assert rules["default-src"] == "'self'"


def test_the_policy_names_no_other_host_and_lets_no_foreign_script_run() -> None:
    sources = {source for of in policy().values() for source in of}
    assert all(source.startswith("'") or source in {"data:", "blob:"} for source in sources)
    assert not {"'unsafe-inline'", "data:", "blob:"} & set(policy()["script-src"])


@pytest.mark.parametrize("page", PAGES)
def test_a_path_below_a_page_leads_to_the_page_with_its_query(host: str, page: str) -> None:
    for below in (f"/{page}/x", f"/{page}/x/", f"/{page}/x/y%2Fz"):
        answer = get(host, f"{below}?user=a%20b&k=5")
        assert answer.status == 307
        ups = below.count("/") - 1
        assert answer.headers["Location"] == f"{'../' * ups}{page}?user=a%20b&k=5"
    assert get(host, f"/{page}").status == 200


def test_other_deep_paths_are_told_to_be_none(host: str) -> None:
    for path in ("/no/such", "/%2e%2e/x/y", "/evil.example/%2f..", "/a//b"):
        answer = get(host, path)
        text = answer.read().decode()
        assert answer.status in {400, 404}
        assert "blank" not in text
        assert answer.status == 400 or 'href="../' in text
    assert get(host, "/recommend/_stcore/health").status == 404


def test_connections_that_never_speak_are_closed_within_a_minute(
    sample_artifacts: Path, tmp_path: Path
) -> None:
    starts = (
        b"",
        b"GET / HTTP/1.1\r\nHost: x",
        b"POST / HTTP/1.1\r\nContent-Length: 9\r\n",
        b"\x16\x03\x01",
    )
    # Both servers at once: the time is spent waiting.
    with (
        Server(sample_artifacts, tmp_path, "streamlit run") as one,
        Server(sample_artifacts, tmp_path, "facet studio") as other,
    ):
        opened = time.monotonic()
        silent = [connect(urlsplit(server.url).netloc) for server in (one, other) for _ in starts]
        for connection, start in zip(silent, starts * 2, strict=True):
            connection.sendall(start)
        for connection in silent:
            connection.settimeout(max(1.0, 60 - (time.monotonic() - opened)))
            while connection.recv(4096):
                pass
            connection.close()
        assert time.monotonic() - opened < 60
        assert not one.trouble() + other.trouble()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "::1", "[::1]", "x.localhost"])
def test_loopback_addresses_need_no_warning(host: str) -> None:
    assert is_loopback(host)
    assert exposure(host) == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.1.7", "studio.example", None, "127.0.0.1.example"])
def test_an_address_that_others_reach_is_said_at_the_start(host: str | None) -> None:
    assert "no accounts" in exposure(host)
    assert "read only" in exposure(host)
