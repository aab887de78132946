"""What tests of every folder share: the artifacts of the sample store, built once."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sample_artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifacts folder built from the sample store, evaluation included; only to be read."""
    from recsys.pipeline import build

    folder = tmp_path_factory.mktemp("sample") / "artifacts"
    build(out=folder)
    return folder
