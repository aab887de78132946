"""A version answers from the beginning of a request to its end, and a new one is taken without a restart."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from shutil import copytree

import pytest
from starlette.testclient import TestClient

from recsys.api.app import create_api
from recsys.api.guards import Access
from recsys.api.parameters import LARGEST_BODY
from recsys.api.service import InService
from recsys.errors import ArtifactError
from recsys.recommender import Recommender
from recsys.versions.store import ArtifactStore


def over(folder: Path, access: Access | None = None, host: str = "127.0.0.1") -> TestClient:
    opened = InService(folder)
    return TestClient(create_api(opened, lambda: access or Access()), base_url=f"http://{host}")


@pytest.fixture
def folder(artifacts_of_two: Path, tmp_path: Path) -> Path:
    return Path(copytree(artifacts_of_two, tmp_path / "artifacts"))


def test_a_new_version_is_taken_without_a_restart(folder: Path) -> None:
    store = ArtifactStore(folder)
    old, new = store.versions()
    store.rollback(old)
    client = over(folder)
    assert client.get("/version").headers["facet-version"] == old
    store.rollback(new)
    deadline = time.monotonic() + 30
    while (answer := client.get("/version")).headers["facet-version"] == old:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert answer.json()["version"] == answer.headers["facet-version"] == new


def test_a_version_that_cannot_be_opened_leaves_the_one_before(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = ArtifactStore(folder)
    old, new = store.versions()
    store.rollback(old)
    client = over(folder)
    assert client.get("/version").json()["version"] == old
    (folder / "versions" / new / "ranking.components.npy").write_bytes(b"damage")
    (folder / "CURRENT").write_text(f"{new} {'0' * 64}\n")
    with caplog.at_level(logging.WARNING, "recsys.api"):
        for _ in range(10):
            assert client.get("/health/ready").json()["version"] == old
            time.sleep(0.02)


def test_without_a_version_the_service_lives_and_is_not_ready(tmp_path: Path) -> None:
    client = over(tmp_path)
    assert client.get("/health/live").status_code == 200
    ready = client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.headers["content-type"] == "application/problem+json"
    with pytest.raises(ArtifactError):
        InService(tmp_path)()


def test_an_answer_that_has_not_changed_is_spared(folder: Path) -> None:
    client = over(folder)
    path = "/popular?k=3"
    first = client.get(path)
    tag = first.headers["etag"]
    assert first.json()["version"] in tag
    same = client.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
    assert same.status_code == 304
    assert not same.content
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    (folder / "rules.toml").write_text('exclude.products = ["i03"]\n')
    changed = client.get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_lists_obey_the_rules_of_the_shop_unless_told_not_to(folder: Path) -> None:
    client = over(folder)
    free = client.get("/popular?k=3").json()["items"]
    (folder / "rules.toml").write_text(f'exclude.products = ["{free[0]["item_id"]}"]\n')
    ruled = client.get("/popular?k=3").json()["items"]
    assert [one["item_id"] for one in ruled[:2]] == [one["item_id"] for one in free[1:3]]
    assert client.get("/popular?k=3&rules=none").json()["items"] == free
    body = {"items": [free[1]["item_id"]], "k": 40}
    listed = client.post("/batch", json=body).json()["items"][0]["items"]
    assert free[0]["item_id"] not in [one["item_id"] for one in listed]
    (folder / "rules.toml").write_text("exclude = 3\n")
    broken = client.get("/popular")
    assert broken.status_code == 503
    assert "line 1" in broken.json()["detail"]


def test_a_key_is_asked_for(folder: Path) -> None:
    client = over(folder, Access("secret", "0.0.0.0"), "shop.example")
    assert client.get("/health/live").status_code == client.get("/health/ready").status_code == 200
    for path in ("/popular", "/version", "/metrics", "/nothing"):
        assert client.get(path).status_code == 401
        assert client.get(path, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/popular", headers={"Authorization": "Bearer secret"}).status_code == 200
    assert client.get("/popular", headers={"X-API-Key": "secret"}).status_code == 200
    assert client.get("/popular", headers=[(b"X-API-Key", "sécret".encode())]).status_code == 401


def test_without_a_key_nothing_is_answered_where_others_can_reach_the_server(folder: Path) -> None:
    client = over(folder, Access("", "0.0.0.0"), "shop.example")
    refused = client.get("/popular")
    assert refused.status_code == 403
    assert "FACET_API_KEY" in refused.json()["detail"]
    assert client.get("/health/ready").status_code == 200


def test_another_name_of_this_machine_is_refused(folder: Path) -> None:
    assert over(folder, host="evil.example").get("/popular").status_code == 421
    assert over(folder, host="localhost").get("/popular").status_code == 200
    assert over(folder, host="[::1]").get("/popular").status_code == 200


def test_a_body_that_is_too_large_is_refused(folder: Path) -> None:
    client = over(folder)
    sent = client.post(
        "/batch", content=b" " * (LARGEST_BODY + 1), headers={"content-type": "application/json"}
    )
    assert sent.status_code == 413
    assert sent.headers["content-type"] == "application/problem+json"
    pieces = (b" " * 100_000 for _ in range(11))  # of no stated length
    sent = client.post("/batch", content=pieces, headers={"content-type": "application/json"})
    assert sent.status_code == 413
    assert sent.json()["status"] == 413


def test_the_log_and_the_metrics_have_routes_and_no_ids(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = over(folder)
    with caplog.at_level(logging.INFO, "recsys.api"):
        client.get("/recommend?user=u01")
        client.get("/recommend?user=somebody-unknown")
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "GET /recommend 200" in said
    assert "GET /recommend 404" in said
    assert "u01" not in said
    assert "somebody" not in said
    measured = client.get("/metrics").text
    assert 'facet_requests_total{route="/recommend",status="404"}' in measured
    assert 'facet_request_seconds_bucket{le="0.001",route="/recommend"}' in measured
    assert "somebody" not in measured


def test_an_error_that_nobody_expected_tells_nothing_of_the_inside(folder: Path) -> None:
    def fail() -> Recommender:
        raise ValueError("inside")

    client = TestClient(create_api(fail), base_url="http://127.0.0.1", raise_server_exceptions=False)
    answer = client.get("/popular")
    assert answer.status_code == 500
    assert "inside" not in answer.text
