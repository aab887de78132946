"""The version store: publish, open, verify, roll back, delete.

Layout of an artifacts folder::

    CURRENT                    the version in service, and the checksum of its manifest
    versions/<version>/        manifest.json and its checksum, *.npy, *.parquet, *.json, *.faiss
    pins/<version>             a mark: this version is kept until it is unpinned
    .build.lock, .build.owner  one build at a time

A version is written to a temporary folder on the same disk, synced, renamed, and only
then named in CURRENT: whenever a build dies, the old version stays in service. A version that
is deleted is renamed out of the way first. What a dead build or deletion has left is cleared
by the next.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

from recsys.errors import ArtifactError, reading, shown, writing
from recsys.versions import durable
from recsys.versions.files import Artifacts, ArtifactWriter, open_files
from recsys.versions.fingerprints import stored_files
from recsys.versions.lease import Lease, unless_held
from recsys.versions.lock import lock
from recsys.versions.manifest import REBUILD, BuildRecord, Manifest
from recsys.versions.pins import Pins
from recsys.versions.seals import MANIFEST, VERSION, InService, read_current, read_manifest, write_manifest

__all__ = ["MANIFEST", "ArtifactStore", "ArtifactWriter", "Artifacts", "default_folder"]

FOLDER_VARIABLES = ("FACET_ARTIFACTS", "RECSYS_ARTIFACTS")
"""Environment variables that name the artifacts folder; the second is the older name."""
SPARED_FOR = timedelta(days=1)
"""How long a version that a reader has open is kept beyond the number of versions to keep."""
_NAME = "%Y%m%d-%H%M%S-%f"


def default_folder() -> str:
    """The artifacts folder where none is named: from the environment, else "artifacts"."""
    named = (os.environ.get(name) for name in FOLDER_VARIABLES)
    return next((folder for folder in named if folder), "artifacts")


@dataclass(frozen=True)
class ArtifactStore:
    """The artifacts folder."""

    root: Path

    def __init__(self, root: str | os.PathLike[str] = "artifacts") -> None:
        try:
            os.fspath(root).encode()
        except UnicodeEncodeError as error:
            name = shown(os.fspath(root))
            raise ArtifactError(f"The folder {name} has a name that is not UTF-8: choose another.") from error
        object.__setattr__(self, "root", Path(root))

    @property
    def _versions(self) -> Path:
        return self.root / "versions"

    # Reading --------------------------------------------------------------------

    def current(self) -> str | None:
        """The name of the version in service, or None before the first build."""
        service = self._in_service()
        return None if service is None else service.version

    def versions(self) -> list[str]:
        """All kept versions, oldest first."""
        with reading(self._versions):
            try:
                entries = list(self._versions.iterdir())
            except FileNotFoundError:
                return []
            named = [path for path in entries if VERSION.fullmatch(path.name) and not path.is_symlink()]
            return sorted(path.name for path in named if (path / MANIFEST).is_file())

    def folder(self, version: str) -> Path:
        """Where a version is kept; ArtifactError where this is not the name of a version."""
        if not VERSION.fullmatch(version):
            raise self._no_such(version)
        return self._versions / version

    def manifest(self, version: str) -> Manifest:
        """The manifest of one version, verified; ArtifactError where there is none that is whole."""
        return self._hold(version, self._stated(version))[1]

    def damage(self, version: str) -> list[str]:
        """What is wrong with the files of a version: one sentence each; empty where all is well."""
        try:
            _, manifest = self._hold(version, self._stated(version))
        except ArtifactError as error:
            return [str(error)]
        return open_files(self.folder(version), manifest)[1]

    def open(self, version: str | None = None) -> Artifacts:
        """Verify a version (by default the one in service) and open it.

        Raises
        ------
        ArtifactError
            Where there is none, or a file of it is missing or damaged.
        """
        if version is not None:
            return self._open(version, self._stated(version))
        while True:
            service = self._in_service()
            if service is None:
                raise ArtifactError(f"No artifacts in {self.root}. Make them with `python -m recsys build`.")
            try:
                return self._open(*service)
            except ArtifactError:
                if service == self._in_service():
                    raise  # else another version took its place meanwhile

    def _in_service(self) -> InService | None:
        return read_current(self.root / "CURRENT")

    def _stated(self, version: str) -> str | None:
        """The checksum that CURRENT holds of the manifest of a version, where it is the one in service."""
        with contextlib.suppress(ArtifactError):
            service = self._in_service()
            if service is not None and service.version == version:
                return service.sha256
        return None

    def _open(self, version: str, stated: str | None) -> Artifacts:
        lease, manifest = self._hold(version, stated)
        contents, damage = open_files(self.folder(version), manifest)
        if damage:
            raise ArtifactError(f"{damage[0]} {REBUILD}")
        return Artifacts(self.folder(version), manifest, contents, lease)

    def _hold(self, version: str, stated: str | None) -> tuple[Lease, Manifest]:
        folder = self.folder(version)
        with reading(folder / MANIFEST):
            if folder.is_symlink():
                raise ArtifactError(f"{folder} is a link, not a version. {REBUILD}")
            try:
                lease = Lease(folder / MANIFEST)
            except (FileNotFoundError, NotADirectoryError):
                raise self._no_such(version) from None
        return lease, read_manifest(lease, folder, stated)

    def _no_such(self, version: str) -> ArtifactError:
        kept = f"(kept: {', '.join(self.versions()) or 'none'})"
        if self._stated(version) is None:
            return ArtifactError(f"There is no version {version!r} in {self.root} {kept}.")
        current, manifest = self.root / "CURRENT", self._versions / version / MANIFEST
        return ArtifactError(f"{current} names a version whose {manifest} is missing {kept}. {REBUILD}")

    # Writing --------------------------------------------------------------------

    def rollback(self, version: str) -> None:
        """Put a kept version back in service, once it has been verified."""
        with self.lock():
            opened = self._open(version, None)
            with reading(opened.folder):
                sha256 = hashlib.sha256((opened.folder / MANIFEST).read_bytes()).hexdigest()
            self._put_in_service(InService(version, sha256))

    def delete(self, version: str) -> None:
        """Delete a kept version that is not in service.

        Raises
        ------
        ArtifactError
            Where there is no such version, it is in service or pinned, or it cannot be moved.
        BuildLockedError
            Where the folder is being built.
        """
        with self.lock():
            folder = self.folder(version)
            if version == self.current():
                raise ArtifactError(f"{version} is in service: put another version in service first.")
            if version not in self.versions():
                raise self._no_such(version)
            if version in self._pins:
                raise ArtifactError(f"{version} is pinned: unpin it first.")
            self._remove(version)
            if folder.exists():
                raise ArtifactError(f"{folder} cannot be moved out of the way: check the rights to it.")

    @property
    def _pins(self) -> Pins:
        return Pins(self.root)

    def pinned(self) -> list[str]:
        """The pinned versions, oldest first."""
        return [version for version in self._pins.names() if version in self.versions()]

    def pin(self, version: str) -> None:
        """Keep a version until it is unpinned; ArtifactError where there is no such version."""
        if version not in self.versions():
            raise self._no_such(version)
        self._pins.add(version)

    def unpin(self, version: str) -> None:
        """Let builds drop a version again, and people delete it."""
        if version not in self.versions():
            raise self._no_such(version)
        self._pins.remove(version)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for one build, and clear what dead builds have left in it.

        BuildLockedError names who has the folder.
        """
        with lock(self.root):
            with writing(self.root):
                left = chain(self._versions.glob(".tmp-*"), self._versions.glob(".deleted-*"))
                for path in [*left, *self.root.glob(".scratch-*"), self.root / "CURRENT.new"]:
                    _delete(path)
            yield

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for what a build needs only while it runs; call it under `lock`."""
        folder = self.root / f".scratch-{os.getpid()}"
        with writing(folder):
            folder.mkdir()
        try:
            yield folder
        finally:
            _delete(folder)

    @contextlib.contextmanager
    def writer(self) -> Iterator[ArtifactWriter]:
        """A temporary folder to write a version into; gone afterwards unless published.

        Call it under `lock`.
        """
        folder = self._versions / f".tmp-{os.getpid()}"
        with writing(folder):
            self._versions.mkdir(parents=True, exist_ok=True)
            folder.mkdir()
        try:
            yield ArtifactWriter(folder)
        finally:
            _delete(folder)

    def publish(self, writer: ArtifactWriter, record: BuildRecord, keep: int = 3) -> str:
        """Seal what was written, put it in service, and drop versions beyond `keep`.

        Parameters
        ----------
        writer : ArtifactWriter
        record : BuildRecord
            Becomes the manifest: version, time, packages and files are added here.
        keep : int
            Versions to keep for roll-back, the new one among them and pinned ones beside them. Older
            ones that a reader has open are spared for a day.

        Returns
        -------
        str
            The name of the new version.
        """
        with writing(self.root):
            files = stored_files(writer.folder)
            built = datetime.now(UTC)
            version = f"{built:{_NAME}}"
            built_at = built.isoformat(timespec="seconds")
            manifest = Manifest.of(record, version=version, built_at=built_at, files=files)
            sha256 = write_manifest(writer.folder, manifest)
            writer.folder.rename(self.folder(version))
            durable.sync_folder(self._versions)
            self._put_in_service(InService(version, sha256))
        self._prune(version, keep)
        return version

    def replace(self, version: str, writer: ArtifactWriter, record: BuildRecord) -> str:
        """Put what was written in the place of a version: in service, pinned and as old as that one is.

        Call it under `lock`. Where it is cut off, the version that is replaced may still be there.

        """
        before, later = self.manifest(version), datetime.strptime(version, _NAME)
        while self.folder(f"{later:{_NAME}}").exists():
            later += timedelta(microseconds=1)
        name = f"{later:{_NAME}}"
        with writing(self.root):
            files = stored_files(writer.folder)
            manifest = Manifest.of(record, version=name, built_at=before.built_at, files=files)
            sha256 = write_manifest(writer.folder, manifest)
            writer.folder.rename(self.folder(name))
            durable.sync_folder(self._versions)
            if version in self._pins:
                self.pin(name)
            if version == self.current():
                self._put_in_service(InService(name, sha256))
            self._pins.remove(version)
        self._remove(version)
        return name

    def _put_in_service(self, service: InService) -> None:
        fresh = self.root / "CURRENT.new"
        try:
            with writing(fresh):
                durable.write(fresh, service.line())
                fresh.replace(self.root / "CURRENT")
                durable.sync_folder(self.root)
        finally:
            _delete(fresh)

    def _prune(self, current: str, keep: int) -> None:
        kept = self.versions()
        spare = [version for version in kept if version != current and version not in self._pins]
        for version in spare[: max(0, len(spare) - (max(1, keep) - 1))]:
            successor = kept[min(kept.index(version) + 1, len(kept) - 1)]
            superseded = datetime.strptime(successor, _NAME).replace(tzinfo=UTC)
            with unless_held(self.folder(version) / MANIFEST) as free:
                if free or datetime.now(UTC) - superseded > SPARED_FOR:
                    self._remove(version)

    def _remove(self, version: str) -> None:
        """Delete a version: what is out of the way at once is gone for readers, however long it takes."""
        aside = self._versions / f".deleted-{version}"
        with contextlib.suppress(OSError):  # the next build tries again
            self.folder(version).rename(aside)
        _delete(aside)


def _delete(path: Path) -> None:
    """Delete a file or a folder. What cannot be deleted now is left to the next build."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
