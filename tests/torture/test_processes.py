"""Death, full disks, rivals and swaps: the version in service is never lost and never a mixture."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture.tally import TALLIES, Tally, rounds

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
# Every n-th call to the file system in the first group, and a number of tries in the second.
KINDS = {
    "die:publish": ("death at a call of publish", rounds(12, 1)),
    "die:prune": ("death at a call of publish and prune", rounds(12, 1)),
    "die:roll-back": ("death at a call of roll-back", rounds(5, 1)),
    "refuse:publish": ("disk full at a call of publish", rounds(12, 1)),
    "refuse:prune": ("disk full at a call of publish and prune", rounds(12, 1)),
    "refuse:roll-back": ("disk full at a call of roll-back", rounds(12, 1)),
    "kill": ("kill -9 at a random moment", rounds(8, 400)),
    "limit": ("file-size limit at a random size", rounds(10, 300)),
    "two": ("two builds at once", rounds(5, 200)),
    "swap": ("opened while versions are swapped", rounds(60, 2000)),
}


@pytest.fixture(scope="module")
def suffered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Tally]:
    """The counts of all kinds, from one process that forks the others."""
    words = [f"{kind}={number}" for kind, (_, number) in KINDS.items()]
    command = [sys.executable, "-m", "tests.torture.faults", str(tmp_path_factory.mktemp("faults")), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {kind: Tally(**counts) for kind, counts in json.loads(done.stdout.splitlines()[-1]).items()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_version_in_service_survives(kind: str, suffered: dict[str, Tally]) -> None:
    found = TALLIES[KINDS[kind][0]] = suffered[kind]
    assert found.tried > 0
    assert found.lost == 0
