"""Writing so that it outlasts a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Wait until a file is on the disk."""
    _sync(path, os.O_RDWR)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk, where the platform can open folders."""
    if os.name != "nt":
        _sync(path, os.O_RDONLY)


def write(path: Path, content: bytes) -> None:
    """Write a small file and wait until it is on the disk."""
    path.write_bytes(content)
    sync(path)


def replace(path: Path, content: bytes) -> None:
    """Write a small file that takes the place of the one before at once, or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(draft, content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def seal(path: Path) -> None:
    """Make a file read-only: what is published is never written in place."""
    if os.name != "nt":  # there, a read-only file cannot be deleted
        path.chmod(0o444)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
