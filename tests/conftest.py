"""What tests of every folder share: the artifacts of the sample store, built once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

# How long an example takes says how busy the machine is.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")
SHARED = "FACET_TESTS_SHARE"
"""Environment variable: a folder for what processes of one run share."""


@pytest.fixture(scope="session")
def sample_artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifacts folder built from the sample store, evaluation included; only to be read."""
    from recsys.pipeline import build

    shared = os.environ.get(SHARED)
    folder = Path(shared) if shared else tmp_path_factory.mktemp("sample")
    with FileLock(folder / ".lock"):
        if not (folder / "artifacts" / "CURRENT").exists():
            build(out=folder / "artifacts")
    return folder / "artifacts"
