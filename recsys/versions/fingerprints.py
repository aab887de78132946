"""Sizes and checksums of files: taken when a version is published, compared when it is opened."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from recsys.versions.durable import sync
from recsys.versions.files import Artifacts
from recsys.versions.manifest import InputFile, StoredFile


def verify(artifacts: Artifacts) -> list[str]:
    """What is wrong with the files of a version: one sentence each; empty where all is well."""
    found = Parallel(n_jobs=2, prefer="threads")(
        delayed(_damage)(artifacts.folder / name, stated) for name, stated in artifacts.manifest.files.items()
    )
    return [sentence for sentence in found if sentence]


def stored_files(folder: Path) -> dict[str, StoredFile]:
    """Size, checksum, shape and type of every file in a folder, once they are all on the disk."""
    paths = sorted(folder.iterdir())
    for path in paths:
        sync(path)
    hashes = Parallel(n_jobs=2, prefer="threads")(delayed(_sha256)(path) for path in paths)
    return {path.name: _stored(path, sha256) for path, sha256 in zip(paths, hashes, strict=True)}


def input_file(path: Path) -> InputFile:
    """Name, size and checksum of a file that was read."""
    return InputFile(path.name, path.stat().st_size, _sha256(path))


def _damage(path: Path, stated: StoredFile) -> str | None:
    if not path.is_file():
        return f"{path} is missing."
    if path.stat().st_size != stated.bytes:
        return f"{path} is damaged: {path.stat().st_size:,} bytes instead of {stated.bytes:,}."
    if _sha256(path) != stated.sha256:
        return f"{path} is damaged: its checksum differs from the manifest."
    return None


def _stored(path: Path, sha256: str) -> StoredFile:
    size = path.stat().st_size
    if path.suffix != ".npy":
        return StoredFile(size, sha256)
    values = np.load(path, mmap_mode="r", allow_pickle=False)
    return StoredFile(size, sha256, values.shape, str(values.dtype))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
