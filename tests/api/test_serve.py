"""`facet serve` as a process: several workers, a client from the manual, and what it refuses."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from recsys.recommender import Recommender

ROOT = Path(__file__).parents[2]


def serve(*words: object, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "recsys", "serve", *map(str, words)]
    names = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=names)


@pytest.fixture(scope="module")
def api(sample_artifacts: Path) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    process = serve("--artifacts", sample_artifacts, "--port", port, "--workers", 2)
    address, deadline = f"http://127.0.0.1:{port}/api", time.monotonic() + 60
    while True:
        try:
            with urlopen(f"{address}/health/ready"):
                break
        except (HTTPError, URLError, ConnectionError):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.1)
    yield address
    process.send_signal(signal.SIGTERM)
    output, log = process.communicate(timeout=20)
    assert output == ""
    assert "GET /popular 200" in log
    assert "Traceback" not in log


def test_the_client_of_the_manual_works(
    api: str, store: Recommender, capsys: pytest.CaptureFixture[str]
) -> None:
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "rest.md").read_text(), re.DOTALL)
    assert code is not None
    assert len(code[1].strip().splitlines()) <= 17
    values: dict[str, Any] = {}
    exec(code[1].replace("http://127.0.0.1:8000/api", api), values)
    listed = [line.split()[1] for line in capsys.readouterr().out.splitlines()]
    assert len(listed) == 5
    assert listed[0] in store.similar(store.popular(1).item_id[0], 10).item_id.tolist()


def test_the_metrics_are_those_of_all_processes(api: str) -> None:
    for _ in range(20):
        with urlopen(f"{api}/version"):
            pass
    with urlopen(f"{api}/metrics") as answer:
        text = answer.read().decode()
    found = re.search(r'facet_requests_total\{route="/version",status="200"\} (\d+)', text)
    assert found is not None
    assert int(found[1]) == 20


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--address", "0.0.0.0"], "FACET_API_KEY"),
        (["--artifacts", "nothing-here"], "facet build"),
        (["--address", "203.0.113.7", "--port", "1"], "Cannot listen"),
    ],
)
def test_what_cannot_be_served_is_one_line(sample_artifacts: Path, words: list[str], said: str) -> None:
    key = {"FACET_API_KEY": "key"} if "203.0.113.7" in words else {}
    process = serve("--artifacts", sample_artifacts, *words, **key)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert output == ""
    assert said in errors
    assert len(errors.strip().splitlines()) == 1
