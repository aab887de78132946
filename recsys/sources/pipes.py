"""Pipes: standard input, `<(command)` and named pipes, written to a scratch file to be read."""

from __future__ import annotations

import os
import select
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from recsys.config import LimitsConfig
from recsys.errors import DataFormatError, shown
from recsys.sources.files import DataFile
from recsys.sources.scratch import BLOCK, spool
from recsys.sources.source import StatedLayout

STANDARD_INPUT = "-"


def receive(location: str | Path, stated: StatedLayout) -> DataFile | None:
    """What comes through a pipe; None where the location is no pipe.

    Raises
    ------
    DataFormatError
        Where nobody writes to it, or where it is a device.
    """
    if str(location) == STANDARD_INPUT:
        name, blocks = "standard input", _standard_input()
    else:
        path = Path(location)
        mode = path.stat().st_mode if path.exists() else 0
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
            raise DataFormatError(f"{shown(str(path), 300)} is a device, not a file: give a file.")
        if not stat.S_ISFIFO(mode):
            return None
        name, blocks = str(path), _named_pipe(path, stated.limits)
    kept = spool(blocks, name, stated.scratch, stated.limits)
    if kept.path.stat().st_size == 0:
        raise DataFormatError(f"{name} is empty: nothing came through the pipe.")
    return DataFile(kept.path, name, stated.limits, stated.scratch, kept, ("Read from a pipe.",))


def _standard_input() -> Iterator[bytes]:
    if sys.stdin is None or sys.stdin.isatty():
        raise DataFormatError(
            "- reads standard input, and nothing is piped into it: give a file, or pipe one, such as"
            " unzip -p ratings.zip | … -."
        )
    while block := sys.stdin.buffer.read(BLOCK):
        yield block


def _named_pipe(path: Path, limits: LimitsConfig) -> Iterator[bytes]:
    """Blocks from a pipe. It waits only so long for a writer, and as long as need be for what one writes."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise DataFormatError(f"{path} cannot be read: {error.strerror or error}.") from error
    with os.fdopen(descriptor, "rb", buffering=0) as pipe:
        started, patience = False, time.monotonic() + limits.pipe_seconds
        while True:
            block = pipe.read(1 << 16)
            if block:
                started = True
                yield block
            elif block is None:
                # A writer holds the pipe and has nothing to say yet.
                started = True
                select.select([pipe], [], [], 1.0)
            elif started:
                return
            elif time.monotonic() > patience:
                raise DataFormatError(
                    f"{path} is a pipe that nobody writes to (waited {limits.pipe_seconds:g} s):"
                    " start the command that writes to it, or give a file."
                )
            else:
                time.sleep(0.02)
