"""Scratch files: what comes packed or through a pipe is written to disk, within bounds, to be read."""

from __future__ import annotations

import resource
import shutil
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path

from recsys.config import LimitsConfig
from recsys.errors import DataFormatError

BLOCK = 1 << 22
_LEFT_ON_DISK = 64 << 20
_CGROUPS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


class ScratchFile:
    """A file that is removed when nobody refers to this object any more, and when Python ends."""

    def __init__(self, folder: Path | None, suffix: str = "") -> None:
        try:
            self.file = tempfile.NamedTemporaryFile(  # noqa: SIM115
                dir=folder, prefix=".tmp-read-", suffix=suffix, delete=False
            )
        except OSError as error:
            raise DataFormatError(
                f"No scratch file can be written in {folder or tempfile.gettempdir()}"
                f" ({error.strerror or error}): free space there, or set TMPDIR to another folder."
            ) from error
        self.path = Path(self.file.name)
        self._remove = weakref.finalize(self, self.path.unlink, missing_ok=True)

    def close(self) -> None:
        """Finish writing."""
        self.file.close()

    def discard(self) -> None:
        """Remove the file now."""
        self._remove()


def spool(
    blocks: Iterable[bytes], shown: str, folder: Path | None, limits: LimitsConfig, packed: int | None = None
) -> ScratchFile:
    """Write blocks of bytes to a scratch file.

    Parameters
    ----------
    packed : int, optional
        Bytes that the blocks are unpacked from.

    Raises
    ------
    DataFormatError
        Where they are more than may be unpacked, hold a line that is too long, or fill the disk.
    """
    scratch = ScratchFile(folder)
    most = largest(limits, packed)
    room = shutil.disk_usage(scratch.path.parent).free - _LEFT_ON_DISK
    size, open_line, is_text = 0, 0, None
    try:
        for block in blocks:
            if is_text is None:
                is_text = block[:4] != b"PAR1" and not block.startswith((b"ARROW1", b"FEA1"))
            size += len(block)
            end = block.rfind(b"\n")
            open_line = open_line + len(block) if end < 0 else len(block) - end - 1
            if size > most:
                raise too_large(shown, most)
            if is_text and open_line > limits.line_bytes:
                raise too_long_line(shown, limits.line_bytes)
            if size > room:
                raise DataFormatError(
                    f"{shown} does not fit on the disk of {scratch.path.parent} when it is unpacked:"
                    " free space there, or set TMPDIR to another folder."
                )
            scratch.file.write(block)
    except OSError as error:
        raise DataFormatError(f"{shown} cannot be unpacked to disk ({error.strerror or error}).") from error
    finally:
        scratch.close()
    return scratch


def largest(limits: LimitsConfig, packed: int | None) -> int:
    """The most bytes that a file may unpack to."""
    most = free_memory() // 2 if limits.unpacked_bytes is None else limits.unpacked_bytes
    if packed is not None:
        most = min(most, max(limits.ratio_from, int(limits.unpack_ratio * packed)))
    return most


def too_large(shown: str, most: int) -> DataFormatError:
    """The error for a file that unpacks to more than there is room for."""
    return DataFormatError(
        f"{shown} unpacks to more than {most / (1 << 20):,.0f} MB, the most that is read for a file of its"
        " size with the memory that is free: check that it holds what it should, or give a part of it."
    )


def too_long_line(shown: str, most: int, line: int | None = None) -> DataFormatError:
    """The error for a line that no table has."""
    where = f"line {line:,}" if line else "a line"
    return DataFormatError(
        f"{shown}: {where} is longer than {most:,} bytes: no row of a table is; check the file's line ends."
    )


def free_memory() -> int:
    """Bytes of memory that this process may still take."""
    amounts = [1 << 40]
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        amounts += [int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")]
    except OSError:
        pass
    for limit in _CGROUPS:
        try:
            text = Path(limit).read_text().strip()
        except OSError:
            continue
        amounts += [int(text)] if text.isdigit() else []
    soft = resource.getrlimit(resource.RLIMIT_AS)[0]
    return min(amounts) if soft == resource.RLIM_INFINITY else min(*amounts, soft)
