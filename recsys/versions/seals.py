"""What vouches for a manifest: its checksum, in CURRENT and in a file beside it.

The manifest holds the checksum of every other file; these two hold its own. CURRENT is one line,
the version in service and the SHA-256 of its manifest; `manifest.json.sha256` has the form that
`sha256sum --check` reads.
"""

from __future__ import annotations

import errno
import hashlib
import re
import stat
from pathlib import Path
from typing import NamedTuple

from recsys.errors import ArtifactError, reading
from recsys.versions import durable
from recsys.versions.lease import Lease
from recsys.versions.manifest import REBUILD, Manifest, decode_manifest, encode_manifest

MANIFEST, SEAL = "manifest.json", "manifest.json.sha256"
VERSION = re.compile(r"\d{8}-\d{6}-\d{6}", re.ASCII)
"""Form of the name of a version: the moment it was built, to the microsecond."""
_CURRENT = re.compile(rb"(\d{8}-\d{6}-\d{6}) ([0-9a-f]{64})\n")
_SEAL = re.compile(rb"([0-9a-f]{64})  manifest\.json\n")
_MOST = 1 << 12


class InService(NamedTuple):
    """What CURRENT says: a version, and the checksum of its manifest."""

    version: str
    sha256: str

    def line(self) -> bytes:
        """The content of CURRENT."""
        return f"{self.version} {self.sha256}\n".encode("ascii")


def seal_line(sha256: str) -> bytes:
    """The content of `manifest.json.sha256`."""
    return f"{sha256}  {MANIFEST}\n".encode("ascii")


def read_current(path: Path) -> InService | None:
    """What CURRENT says; None before the first build.

    Raises
    ------
    ArtifactError
        Where it cannot be read, or holds anything else.
    """
    with reading(path):
        try:
            content = _read(path)
        except FileNotFoundError:
            return None
    found = _CURRENT.fullmatch(content)
    if found:
        return InService(found[1].decode("ascii"), found[2].decode("ascii"))
    if VERSION.fullmatch(content.decode("ascii", "replace").removesuffix("\n")):
        raise ArtifactError(f"{path} was made by an older version of this program. {REBUILD}")
    raise ArtifactError(f"{path} is damaged: it does not name a version. {REBUILD}")


def read_manifest(lease: Lease, folder: Path, stated: str | None) -> Manifest:
    """The manifest of a version, once its checksum is the one that vouches for it.

    Parameters
    ----------
    lease : Lease
        On the manifest.
    folder : Path
        Of the version.
    stated : str or None
        The checksum in CURRENT, where it is about this version.

    Raises
    ------
    ArtifactError
        Names the file that is damaged: the manifest, its seal or CURRENT.
    """
    path, seal = folder / MANIFEST, folder / SEAL
    with reading(path):
        content = lease.read()
    if b'"schema_version": 2' in content and not seal.exists():
        raise ArtifactError(f"{path} was made by an older version of this program. {REBUILD}")
    with reading(seal):
        found = _SEAL.fullmatch(_read(seal))
    sha256, sealed = hashlib.sha256(content).hexdigest(), found[1].decode("ascii") if found else None
    if sealed != sha256 and stated != sha256:
        raise ArtifactError(f"{path} is damaged: its checksum differs from {SEAL}. {REBUILD}")
    if sealed != sha256:
        raise ArtifactError(f"{seal} is damaged: it is not the checksum of {MANIFEST}. {REBUILD}")
    if stated not in (None, sha256):
        current = folder.parent.parent / "CURRENT"
        raise ArtifactError(f"{current} is damaged: its checksum is not that of {path}. {REBUILD}")
    return decode_manifest(path, content)


def _read(path: Path) -> bytes:
    kind = path.lstat().st_mode
    if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
        raise OSError(errno.EEXIST, "not an ordinary file", str(path))
    with path.open("rb") as file:
        return file.read(_MOST)


def write_manifest(folder: Path, manifest: Manifest) -> str:
    """Write the manifest and its checksum, which is given back."""
    content = encode_manifest(manifest)
    sha256 = hashlib.sha256(content).hexdigest()
    for name, text in ((MANIFEST, content), (SEAL, seal_line(sha256))):
        durable.write(folder / name, text)
        durable.seal(folder / name)
    durable.sync_folder(folder)
    return sha256
