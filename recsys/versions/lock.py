"""One build at a time in an artifacts folder."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import filelock

from recsys.errors import ArtifactError, BuildLockedError


@contextlib.contextmanager
def lock(root: Path) -> Iterator[None]:
    """Hold a folder for one build; BuildLockedError names who has it."""
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtifactError(f"Cannot write to {root}: {error.strerror}. Name another folder.") from error
    owner = root / ".build.owner"
    held = filelock.FileLock(root / ".build.lock", timeout=0)
    try:
        held.acquire()
    except filelock.Timeout:
        name = owner.read_text(encoding="utf-8") if owner.exists() else "another process"
        raise BuildLockedError(f"{root} is being built by {name}. Wait for it, or stop it.") from None
    try:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        owner.write_text(f"process {os.getpid()} on {platform.node()} since {now}", encoding="utf-8")
        yield
    finally:
        owner.unlink(missing_ok=True)
        held.release()
