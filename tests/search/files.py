"""Where indexes are written to and read from: a version that is never published."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recsys.versions.files import Artifacts, ArtifactWriter, open_files
from recsys.versions.fingerprints import stored_files
from tests.versions.examples import example


def writer(folder: Path) -> ArtifactWriter:
    return ArtifactWriter(folder)


def reader(folder: Path) -> Artifacts:
    """What has been written to the folder so far."""
    manifest = replace(example(), files=stored_files(folder))
    return Artifacts(folder, manifest, open_files(folder, manifest)[0])
