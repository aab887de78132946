"""One stored file as a reader has it: read or mapped once, and checked before anything is taken from it."""

from __future__ import annotations

import hashlib
import math
import mmap
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.versions.manifest import StoredFile

MAPPED_FROM = 1 << 20
"""Files of this many bytes and more are memory-mapped; smaller ones are read."""
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(?P<length>..)\{'descr': '(?P<dtype>[<>|=]?[a-zA-Z]\d*)', 'fortran_order':"
    rb" (?P<order>True|False), 'shape': \((?P<shape>[\d, ]*)\), \} *\n",
    re.DOTALL,
)
"""The header of a `.npy` file, as numpy writes it (numpy.lib.format, version 1.0)."""
UNBOUNDED = ("rating.user_numbers.npy",)
"""Arrays that may hold an infinity: the strength of a prior that makes all users alike."""


@dataclass(frozen=True)
class Content:
    """What a file holds, and how the file looked when it was opened.

    Attributes
    ----------
    path : Path
    data : bytes or mmap
        Stays readable when the file is deleted.
    inode, bytes, modified : int
        `modified` in nanoseconds.
    """

    path: Path
    data: bytes | mmap.mmap
    inode: int
    bytes: int
    modified: int

    @classmethod
    def of(cls, path: Path) -> Content:
        """Open a file; OSError where it is missing, a link, or no ordinary file."""
        if not stat.S_ISREG(path.lstat().st_mode):
            raise FileNotFoundError(2, "not an ordinary file", str(path))
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            small = found.st_size < MAPPED_FROM
            data = file.read() if small else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return cls(path, data, found.st_ino, found.st_size, found.st_mtime_ns)

    def is_overwritten(self) -> bool:
        """Whether the file was written in place since it was opened: a mapping shows other bytes then."""
        if isinstance(self.data, bytes):
            return False
        try:
            now = self.path.stat()
        except OSError:
            return False  # deleted or moved: what is mapped stays as it was
        changed = (now.st_size, now.st_mtime_ns) != (self.bytes, self.modified)
        return now.st_ino == self.inode and changed

    def array(self) -> NDArray[Any]:
        """The array of a `.npy` file, read-only; ValueError where it is none."""
        # Not by numpy's reader: it evaluates Python, which fails at random where two threads of an early
        # Python 3.11 do so at once (CPython issue 106905).
        found = _HEADER.match(self.data)
        if found is None:
            raise ValueError("it has no header of a plain array")
        try:
            dtype = np.dtype(found["dtype"].decode())
        except TypeError as error:
            raise ValueError(f"its header has a type that is none: {error}") from None
        shape = tuple(int(size) for size in found["shape"].split(b",") if size.strip())
        if dtype.hasobject:
            raise ValueError("it holds Python objects")
        if found.end() != 10 + int.from_bytes(found["length"], "little"):
            raise ValueError("its header has another length")
        if found.end() + dtype.itemsize * math.prod(shape) != len(self.data):
            raise ValueError("its length is not that of its shape")
        order: Any = "F" if found["order"] == b"True" else "C"
        return np.ndarray(shape, dtype, self.data, found.end(), order=order)


def damage(path: Path, stated: StoredFile) -> tuple[Content | None, str]:
    """The content of a file, and what is wrong with it; "" where nothing is."""
    try:
        content = Content.of(path)
    except FileNotFoundError:
        return None, f"{path} is missing, or is no ordinary file."
    except OSError as error:
        return None, f"{path} cannot be read: {error.strerror}."
    if content.bytes != stated.bytes:
        return None, f"{path} is damaged: {content.bytes:,} bytes instead of {stated.bytes:,}."
    if hashlib.sha256(content.data).hexdigest() != stated.sha256:
        return None, f"{path} is damaged: its checksum differs from the manifest."
    reason = _wrong_array(content, stated) if path.suffix == ".npy" else ""
    return content, f"{path} is damaged: {reason}." if reason else ""


def _wrong_array(content: Content, stated: StoredFile) -> str:
    try:
        values = content.array()
    except ValueError as error:
        return str(error)
    if (values.shape, str(values.dtype)) != (stated.shape, stated.dtype):
        return f"{values.dtype} {values.shape} instead of {stated.dtype} {stated.shape}"
    if values.dtype.kind == "f" and content.path.name not in UNBOUNDED and not is_finite(values):
        return "it holds a number that is not finite"
    return ""


def is_finite(values: NDArray[Any]) -> bool:
    """Whether every number is finite. The sum shows it, unless it overflows: then all are looked at."""
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(values.sum())) or bool(np.isfinite(values).all())
