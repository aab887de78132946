"""One build at a time in an artifacts folder."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import filelock

from recsys.errors import BuildLockedError, writing


@contextlib.contextmanager
def lock(root: Path) -> Iterator[None]:
    """Hold a folder for one build.

    Raises
    ------
    BuildLockedError
        Names the process that has it.
    ArtifactError
        Where the folder cannot be written to, or its disk has no locks.
    """
    owner, held = root / ".build.owner", filelock.FileLock(root / ".build.lock", fallback_to_soft=False)
    with writing(root):
        root.mkdir(parents=True, exist_ok=True)
        try:
            held.acquire(timeout=0)
        except filelock.Timeout:
            raise BuildLockedError(
                f"{root} is being built by {_name(owner)}. Wait for it, or stop it."
            ) from None
    try:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with contextlib.suppress(OSError):  # the name is a courtesy; the lock is held without it
            owner.write_text(f"process {os.getpid()} on {platform.node()} since {now}", encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            owner.unlink(missing_ok=True)
        held.release()


def _name(owner: Path) -> str:
    try:
        return owner.read_text(encoding="utf-8", errors="replace")[:200] or "another process"
    except OSError:
        return "another process"
