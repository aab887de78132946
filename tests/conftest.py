"""What tests of every folder share: the artifacts of the sample store, built once."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock


@pytest.fixture(scope="session")
def sample_artifacts(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """An artifacts folder built from the sample store, evaluation included; only to be read.

    Processes that run tests beside each other share it.
    """
    from recsys.pipeline import build

    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "sample" / "artifacts"
    with FileLock(f"{folder.parent}.lock"):
        if not (folder / "CURRENT").exists():
            folder.parent.mkdir(exist_ok=True)
            build(out=folder)
    return folder
