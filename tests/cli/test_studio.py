"""`facet studio`, up to the start of the server (tests/test_wheel.py starts one)."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from recsys.api import addresses
from recsys.ui import launch
from recsys.versions.store import ArtifactStore
from tests.cli.conftest import Run

Launched = list[tuple[Path, str, int, bool]]


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> Launched:
    """What the studio was started with, instead of starting it."""
    calls: Launched = []

    def note(artifacts: Path, address: str, port: int, *, open_browser: bool) -> None:
        calls.append((artifacts, address, port, open_browser))

    monkeypatch.setattr(launch, "launch", note)
    return calls


def test_what_is_in_service_is_opened_without_a_build(run: Run, artifacts: Path, launched: Launched) -> None:
    before = ArtifactStore(artifacts).current()
    result = run("studio", "--artifacts", artifacts, "--no-browser")
    assert result.exit_code == 0, result.stderr
    ((folder, address, _, opens),) = launched
    assert (folder, address, opens) == (artifacts, "127.0.0.1", False)
    assert ArtifactStore(artifacts).current() == before


def test_a_ratings_file_is_built_first(run: Run, ratings: Path, tmp_path: Path, launched: Launched) -> None:
    short = tmp_path / "short.csv"
    short.write_text("\n".join(ratings.read_text().splitlines()[:300]))
    result = run("studio", short, "--artifacts", tmp_path / "artifacts")
    assert result.exit_code == 0, result.stderr
    assert ArtifactStore(tmp_path / "artifacts").current() is not None
    assert launched[0][3]


def test_without_artifacts_the_sample_store_is_built(
    run: Run, tmp_path: Path, launched: Launched, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[object] = []

    def note(ratings: object, *_: object, **__: object) -> str:
        built.append(ratings)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("recsys.pipeline.build", note)
    assert run("studio", "--artifacts", tmp_path).exit_code == 1
    assert built == [None]
    assert not launched


def test_a_port_in_use_is_stated_before_anything_is_built(
    run: Run, ratings: Path, tmp_path: Path, launched: Launched
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("studio", ratings, "--artifacts", tmp_path, "--port", port)
    assert result.exit_code == 1
    assert str(port) in result.stderr
    assert not launched
    assert not list(tmp_path.iterdir())


def test_without_a_port_the_next_free_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(addresses, "FIRST_PORT", taken.getsockname()[1])
        assert addresses.free_port("127.0.0.1", None) > taken.getsockname()[1]


def test_a_checkout_runs_its_own_script() -> None:
    assert launch.app_file() == Path(__file__).parents[2] / "app.py"
