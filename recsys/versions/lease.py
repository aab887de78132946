"""What a reader holds while it has a version open, so that the version is not deleted under it.

A lease is a shared lock on the manifest of the version. The operating system releases it when
the reader ends, however it ends. Where there are no such locks (Windows, some network disks)
nothing is held: a version may then be deleted while it is open, and what is mapped stays readable.
"""

from __future__ import annotations

import contextlib
import os
import stat
import weakref
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Lease:
    """A shared lock on a file, released when this object goes.

    Raises
    ------
    OSError
        Where the file cannot be opened, is no ordinary file, or is deleted meanwhile.
    """

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, _FLAGS)
        weakref.finalize(self, os.close, self.descriptor)
        if fcntl is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(self.descriptor, fcntl.LOCK_SH)
        if not stat.S_ISREG(os.fstat(self.descriptor).st_mode):
            raise FileNotFoundError(2, "no ordinary file", str(path))
        # Whoever deletes a version moves it away under an exclusive lock: is it still in its place?
        if not os.path.samestat(os.fstat(self.descriptor), path.lstat()):
            raise FileNotFoundError(2, os.strerror(2), str(path))

    def read(self) -> bytes:
        """The content of the file."""
        with open(self.descriptor, "rb", closefd=False) as file:
            file.seek(0)
            return file.read()


@contextlib.contextmanager
def unless_held(path: Path) -> Iterator[bool]:
    """Keep readers from opening a file: gives False where one has it open already."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        yield True  # nobody can have it open as a manifest
        return
    try:
        yield _lock_alone(descriptor)
    finally:
        os.close(descriptor)


def _lock_alone(descriptor: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # no locks on this disk
    return True
