"""Versioned, checksummed artifacts on disk: publish, open, verify, roll back.

Layout of an artifacts folder::

    CURRENT                    the name of the version in service
    versions/<version>/        manifest.json, *.npy, *.parquet, *.faiss
    .build.lock, .build.owner  one build at a time

A version is written to a temporary folder on the same disk, synced, renamed, and only
then named in CURRENT: whenever a build dies, the old version stays in service.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import polars as pl
from joblib import Parallel, delayed
from numpy.typing import NDArray

from recsys.errors import ArtifactError, BuildLockedError
from recsys.versions.manifest import (
    REBUILD,
    BuildRecord,
    Manifest,
    StoredFile,
    read_manifest,
    write_manifest,
)

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Artifacts:
    """One version, verified and open for reading.

    Attributes
    ----------
    folder : Path
    manifest : Manifest
    """

    folder: Path
    manifest: Manifest

    @property
    def version(self) -> str:
        return self.folder.name

    def path(self, name: str) -> Path:
        """The path of one file of this version; ArtifactError where it has none such."""
        if name not in self.manifest.files:
            raise ArtifactError(f"Version {self.version} holds no file {name!r}. {REBUILD}")
        return self.folder / name

    def has(self, name: str) -> bool:
        """Whether this version holds a file of that name."""
        return name in self.manifest.files

    def array(self, name: str) -> NDArray[Any]:
        """An array, memory-mapped and read-only."""
        # As a plain array: each slice of a `memmap` costs a call in Python.
        return np.asarray(np.load(self.path(f"{name}.npy"), mmap_mode="r", allow_pickle=False))

    def arrays(self, prefix: str) -> dict[str, NDArray[Any]]:
        """All arrays stored under a prefix (`prefix.name.npy`), by their names."""
        names = [
            f.removesuffix(".npy")
            for f in self.manifest.files
            if f.startswith(f"{prefix}.") and f.endswith(".npy")
        ]
        return {name.removeprefix(f"{prefix}."): self.array(name) for name in names}

    def table(self, name: str) -> pl.DataFrame:
        """A table, read whole."""
        return pl.read_parquet(self.path(f"{name}.parquet"))


@dataclass(frozen=True)
class ArtifactWriter:
    """A version in the making; nothing of it is in service until it is published."""

    folder: Path

    def path(self, name: str) -> Path:
        """Where to write a file of another kind."""
        return self.folder / name

    def array(self, name: str, values: NDArray[Any]) -> None:
        """Write `name.npy`."""
        np.save(self.folder / f"{name}.npy", values, allow_pickle=False)

    def arrays(self, prefix: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Write each array as `prefix.name.npy`."""
        for name, values in arrays.items():
            self.array(f"{prefix}.{name}", values)

    def table(self, name: str, frame: pl.DataFrame) -> None:
        """Write `name.parquet`."""
        frame.write_parquet(self.folder / f"{name}.parquet", statistics=False)


@dataclass(frozen=True)
class ArtifactStore:
    """The artifacts folder."""

    root: Path

    def __init__(self, root: str | os.PathLike[str] = "artifacts") -> None:
        object.__setattr__(self, "root", Path(root))

    @property
    def _versions(self) -> Path:
        return self.root / "versions"

    def current(self) -> str | None:
        """The name of the version in service, or None before the first build."""
        try:
            return (self.root / "CURRENT").read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None

    def versions(self) -> list[str]:
        """All kept versions, oldest first."""
        if not self._versions.is_dir():
            return []
        return sorted(p.name for p in self._versions.iterdir() if (p / MANIFEST).is_file())

    def folder(self, version: str) -> Path:
        """Where a version is kept."""
        return self._versions / version

    def manifest(self, version: str) -> Manifest:
        """The manifest of one version; ArtifactError where there is none, or none that can be read."""
        path = self._versions / version / MANIFEST
        if not path.is_file():
            known = ", ".join(self.versions()) or "none"
            raise ArtifactError(f"There is no version {version!r} in {self.root} (kept: {known}).")
        return read_manifest(path)

    def open(self, version: str | None = None) -> Artifacts:
        """Verify a version (by default the one in service) and open it.

        Raises
        ------
        ArtifactError
            Where there is none, or a file of it is missing or damaged.
        """
        version = version or self.current()
        if version is None:
            raise ArtifactError(f"No artifacts in {self.root}. Make them with `python -m recsys build`.")
        artifacts = Artifacts(self._versions / version, self.manifest(version))
        damage = verify(artifacts)
        if damage:
            raise ArtifactError(f"{damage[0]} {REBUILD}")
        return artifacts

    def rollback(self, version: str) -> None:
        """Put a kept version back in service, once it has been verified."""
        with self.lock():
            self.open(version)
            self._put_in_service(version)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for one build; BuildLockedError names who has it."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArtifactError(
                f"Cannot write to {self.root}: {error.strerror}. Name another --out."
            ) from error
        owner = self.root / ".build.owner"
        try:
            held = filelock.FileLock(self.root / ".build.lock", timeout=0)
            held.acquire()
        except filelock.Timeout:
            name = owner.read_text(encoding="utf-8") if owner.exists() else "another process"
            raise BuildLockedError(
                f"{self.root} is being built by {name}. Wait for it, or stop it."
            ) from None
        try:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            owner.write_text(f"process {os.getpid()} on {platform.node()} since {now}", encoding="utf-8")
            yield
        finally:
            owner.unlink(missing_ok=True)
            held.release()

    @contextlib.contextmanager
    def writer(self) -> Iterator[ArtifactWriter]:
        """A temporary folder to write a version into; gone afterwards unless published.

        Call it under `lock`: it also clears away what dead builds have left.
        """
        self._versions.mkdir(parents=True, exist_ok=True)
        for left_over in self._versions.glob(".tmp-*"):
            shutil.rmtree(left_over)
        folder = self._versions / f".tmp-{os.getpid()}"
        folder.mkdir()
        try:
            yield ArtifactWriter(folder)
        finally:
            if folder.exists():
                shutil.rmtree(folder)

    def publish(self, writer: ArtifactWriter, record: BuildRecord, keep: int = 3) -> str:
        """Seal what was written, put it in service, and drop versions beyond `keep`.

        Parameters
        ----------
        writer : ArtifactWriter
        record : BuildRecord
            Becomes the manifest: version, time, packages and files are added here.
        keep : int
            Versions to keep for roll-back, the new one among them.

        Returns
        -------
        str
            The name of the new version.
        """
        files = _fingerprints(writer.folder)
        built = datetime.now(UTC)
        version = f"{built:%Y%m%d-%H%M%S-%f}"
        manifest = Manifest.of(
            record, version=version, built_at=built.isoformat(timespec="seconds"), files=files
        )
        write_manifest(writer.folder / MANIFEST, manifest)
        _sync(writer.folder / MANIFEST)
        _sync(writer.folder)
        writer.folder.rename(self._versions / version)
        _sync(self._versions)
        self._put_in_service(version)
        self._prune(keep)
        return version

    def _put_in_service(self, version: str) -> None:
        fresh = self.root / "CURRENT.new"
        _write_synced(fresh, version + "\n")
        fresh.replace(self.root / "CURRENT")
        _sync(self.root)

    def _prune(self, keep: int) -> None:
        current = self.current()
        spare = [version for version in self.versions() if version != current]
        for version in spare[: max(0, len(spare) - (max(1, keep) - 1))]:
            shutil.rmtree(self._versions / version)


def verify(artifacts: Artifacts) -> list[str]:
    """What is wrong with the files of a version: one sentence each; empty where all is well."""
    found = Parallel(n_jobs=2, prefer="threads")(
        delayed(_damage)(artifacts.folder / name, stated) for name, stated in artifacts.manifest.files.items()
    )
    return [sentence for sentence in found if sentence]


def _damage(path: Path, stated: StoredFile) -> str | None:
    if not path.is_file():
        return f"{path} is missing."
    if path.stat().st_size != stated.bytes:
        return f"{path} is damaged: {path.stat().st_size:,} bytes instead of {stated.bytes:,}."
    if _sha256(path) != stated.sha256:
        return f"{path} is damaged: its checksum differs from the manifest."
    return None


def _fingerprints(folder: Path) -> dict[str, StoredFile]:
    paths = sorted(p for p in folder.iterdir() if p.name != MANIFEST)
    for path in paths:
        _sync(path)
    hashes = Parallel(n_jobs=2, prefer="threads")(delayed(_sha256)(p) for p in paths)
    return {
        path.name: StoredFile(path.stat().st_size, digest, *_shape(path))
        for path, digest in zip(paths, hashes, strict=True)
    }


def _shape(path: Path) -> tuple[tuple[int, ...] | None, str | None]:
    if path.suffix != ".npy":
        return None, None
    values = np.load(path, mmap_mode="r", allow_pickle=False)
    return values.shape, str(values.dtype)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_synced(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
