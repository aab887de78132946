"""Sizes and checksums: of the files of a version as it is published, and of the files a build reads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from joblib import Parallel, delayed

from recsys.errors import ArtifactError, DataFormatError, explain
from recsys.versions.durable import seal, sync
from recsys.versions.manifest import InputFile, StoredFile
from recsys.versions.stored import Content


def stored_files(folder: Path) -> dict[str, StoredFile]:
    """Size, checksum, shape and type of every file in a folder, once they are sealed and on the disk."""
    paths = sorted(folder.iterdir())
    for path in paths:
        sync(path)
        seal(path)
    files = Parallel(n_jobs=2, prefer="threads")(delayed(_stored)(path) for path in paths)
    return {path.name: file for path, file in zip(paths, files, strict=True)}


@dataclass(frozen=True)
class InputWatch:
    """A file that is about to be read; afterwards, its fingerprint.

    The checksum is taken from the bytes that were read: where the file changed between the two,
    there is none.
    """

    path: Path
    before: tuple[int, ...]

    @classmethod
    def of(cls, path: Path) -> InputWatch:
        """Note how a file looks before it is read."""
        return cls(path, _look(path))

    def fingerprint(self) -> InputFile:
        """Name, size and checksum of the file that was read.

        Raises
        ------
        DataFormatError
            Where the file changed since.
        """
        try:
            sha256 = _sha256(self.path)
        except OSError as error:
            raise DataFormatError(f"Cannot read {explain(error, self.path)}") from error
        if not self.before or _look(self.path) != self.before:
            raise DataFormatError(f"{self.path} changed while it was read: build again once it is complete.")
        return InputFile(self.path.name, self.before[0], sha256)


def _look(path: Path) -> tuple[int, ...]:
    """Size, inode and times of a file; empty where it cannot be seen."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_size, found.st_ino, found.st_dev, found.st_mtime_ns, found.st_ctime_ns


def _stored(path: Path) -> StoredFile:
    content = Content.of(path)
    sha256 = hashlib.sha256(content.data).hexdigest()
    if path.suffix != ".npy":
        return StoredFile(content.bytes, sha256)
    try:
        values = content.array()
    except ValueError as error:
        raise ArtifactError(f"{path} was not written as it should be: {error}. Build again.") from error
    return StoredFile(content.bytes, sha256, values.shape, str(values.dtype))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
