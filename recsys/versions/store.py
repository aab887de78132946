"""The version store: publish, open, verify, roll back.

Layout of an artifacts folder::

    CURRENT                    the name of the version in service
    versions/<version>/        manifest.json, *.npy, *.parquet, *.json, *.faiss
    .build.lock, .build.owner  one build at a time

A version is written to a temporary folder on the same disk, synced, renamed, and only
then named in CURRENT: whenever a build dies, the old version stays in service.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from recsys.errors import ArtifactError
from recsys.versions import durable
from recsys.versions.files import Artifacts, ArtifactWriter
from recsys.versions.fingerprints import stored_files, verify
from recsys.versions.lock import lock
from recsys.versions.manifest import REBUILD, BuildRecord, Manifest, read_manifest, write_manifest

__all__ = ["MANIFEST", "ArtifactStore", "ArtifactWriter", "Artifacts", "default_folder", "verify"]

MANIFEST = "manifest.json"
FOLDER_VARIABLES = ("FACET_ARTIFACTS", "RECSYS_ARTIFACTS")
"""Environment variables that name the artifacts folder; the second is the older name."""


def default_folder() -> str:
    """The artifacts folder where none is named: from the environment, else "artifacts"."""
    named = (os.environ.get(name) for name in FOLDER_VARIABLES)
    return next((folder for folder in named if folder), "artifacts")


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
        path = self.folder(version) / MANIFEST
        if not path.is_file():
            kept = ", ".join(self.versions()) or "none"
            raise ArtifactError(f"There is no version {version!r} in {self.root} (kept: {kept}).")
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
        artifacts = Artifacts(self.folder(version), self.manifest(version))
        damage = verify(artifacts)
        if damage:
            raise ArtifactError(f"{damage[0]} {REBUILD}")
        return artifacts

    def rollback(self, version: str) -> None:
        """Put a kept version back in service, once it has been verified."""
        with self.lock():
            self.open(version)
            self._put_in_service(version)

    def lock(self) -> contextlib.AbstractContextManager[None]:
        """Hold the folder for one build; BuildLockedError names who has it."""
        return lock(self.root)

    @contextlib.contextmanager
    def writer(self) -> Iterator[ArtifactWriter]:
        """A temporary folder to write a version into; gone afterwards unless published.

        Call it under `lock`: it also removes what dead builds have left.
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
        files = stored_files(writer.folder)
        built = datetime.now(UTC)
        version = f"{built:%Y%m%d-%H%M%S-%f}"
        built_at = built.isoformat(timespec="seconds")
        manifest = Manifest.of(record, version=version, built_at=built_at, files=files)
        write_manifest(writer.folder / MANIFEST, manifest)
        durable.sync(writer.folder / MANIFEST)
        durable.sync_folder(writer.folder)
        writer.folder.rename(self.folder(version))
        durable.sync_folder(self._versions)
        self._put_in_service(version)
        self._prune(keep)
        return version

    def _put_in_service(self, version: str) -> None:
        fresh = self.root / "CURRENT.new"
        durable.write_text(fresh, version + "\n")
        fresh.replace(self.root / "CURRENT")
        durable.sync_folder(self.root)

    def _prune(self, keep: int) -> None:
        current = self.current()
        spare = [version for version in self.versions() if version != current]
        for version in spare[: max(0, len(spare) - (max(1, keep) - 1))]:
            shutil.rmtree(self.folder(version))
