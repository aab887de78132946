"""Open a data file, plain or compressed, and look at its beginning.

What makes a file unreadable as text is found and named here: it does not exist, is empty, is
binary, has another encoding, is a broken gzip, or is larger than may be read.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import mmap
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO

import pyarrow as pa

from recsys.config import DEFAULT_LIMITS, LimitsConfig
from recsys.errors import DataFormatError
from recsys.errors import shown as plain
from recsys.sources.foreign import foreign
from recsys.sources.scratch import BLOCK, free_memory, spool, too_large, too_long_line

HEAD_BYTES = 1 << 18

_GZIP, _ZSTD, _BZIP2, _XZ = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ"
_PACKED = (_GZIP, _ZSTD, _BZIP2, _XZ)
_UTF16, _UTF32 = (b"\xff\xfe", b"\xfe\xff"), (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_AS_UTF8 = "save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8'; or: iconv -f {guess} -t UTF-8)"


@dataclass(frozen=True)
class DataFile:
    """A file on disk, and what is known of it.

    Attributes
    ----------
    path : Path
        Where its bytes are.
    shown : str
        What messages call it: the path, unless the bytes are a scratch file.
    limits : LimitsConfig
    scratch : Path or None
        Folder for what has to be unpacked; by default that for temporary files.
    kept : object
        Keeps a scratch file from being removed.
    notes : tuple of str
        Where the bytes come from, where it is not the path.
    """

    path: Path
    shown: str
    limits: LimitsConfig = DEFAULT_LIMITS
    scratch: Path | None = None
    kept: object = None
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return plain(self.shown, 300)

    @cached_property
    def is_packed(self) -> bool:
        """True for gzip, zstd, bzip2 and xz."""
        with self.path.open("rb") as raw:
            return raw.read(5).startswith(_PACKED)

    def unpacked(self) -> DataFile:
        """This file, or a scratch file with what it unpacks to."""
        if not self.is_packed:
            return self
        with open_bytes(self) as file:
            blocks = iter(lambda: file.read(BLOCK), b"")
            kept = spool(blocks, str(self), self.scratch, self.limits, self.path.stat().st_size)
        return replace(self, path=kept.path, kept=kept)

    def check_lines(self) -> None:
        """Refuse a plain text with a line that is too long, or more lines than fit in memory.

        Raises
        ------
        DataFormatError
        """
        limit = self.limits.line_bytes
        n_lines, most_lines = 0, free_memory() // self.limits.row_bytes
        with self.path.open("rb") as raw, mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as view:
            start, size = 0, len(view)
            while size - start > limit:
                end = view.rfind(b"\n", start, start + limit + 1)
                if end < 0:
                    raise too_long_line(str(self), limit, n_lines + 1)
                n_lines += view[start : end + 1].count(b"\n")
                start = end + 1
                if n_lines > most_lines:
                    raise DataFormatError(
                        f"{self} has more than {most_lines:,} lines, more than fit in the free memory."
                        " Check that it holds what it should, or give a smaller part of it."
                    )


@dataclass(frozen=True)
class FileHead:
    """The beginning of a data file.

    Attributes
    ----------
    file : DataFile
    start : bytes
        The first bytes, uncompressed.
    is_whole : bool
        There are no more.
    """

    file: DataFile
    start: bytes
    is_whole: bool

    def plain(self) -> DataFile:
        """The file as plain text, unpacked where need be; checks its lines."""
        file = self.file.unpacked()
        file.check_lines()
        return file

    @cached_property
    def _lines(self) -> list[str]:
        _check_text(self.file, self.start)
        block = self.start
        if not self.is_whole and b"\n" in block:
            block = block[: block.rindex(b"\n")]
        text = _decode(self.file, block).removeprefix("\ufeff")
        return [line.removesuffix("\r") for line in text.rstrip("\r\n").split("\n")]

    @cached_property
    def n_blank(self) -> int:
        """Blank lines before the first line with text."""
        return next(number for number, line in enumerate(self._lines) if line.strip())

    @cached_property
    def lines(self) -> list[str]:
        """Whole lines from the first one with text, without line ends and byte-order mark.

        Raises
        ------
        DataFormatError
            Where the file is not text in UTF-8.
        """
        return self._lines[self.n_blank :]

    def sample_lines(self, n: int, start: int = 0) -> list[str]:
        """The first `n` lines from `start` on that are not blank."""
        return list(islice((line for line in self.lines[start:] if line.strip()), n))


@contextmanager
def open_bytes(file: DataFile) -> Iterator[IO[bytes]]:
    """Open a file for reading, through gzip, zstd, bzip2 or xz where its first bytes say so.

    Raises
    ------
    DataFormatError
        Also later, inside the `with` block, where the compressed data break off.
    """
    try:
        with file.path.open("rb") as raw:
            magic = raw.read(5)
            raw.seek(0)
            if magic.startswith(_GZIP):
                with gzip.open(raw) as unpacked:
                    yield unpacked  # type: ignore[misc]
            elif magic.startswith(_ZSTD):
                with pa.CompressedInputStream(pa.PythonFile(raw), "zstd") as unpacked:
                    yield unpacked
            elif magic.startswith((_BZIP2, _XZ)):
                with (bz2 if magic.startswith(_BZIP2) else lzma).open(raw) as unpacked:
                    yield unpacked
            else:
                yield raw
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise broken_archive(file, str(error)) from error
    except OSError as error:
        raise DataFormatError(f"{file} cannot be read: {error.strerror or error}.") from error


def broken_archive(path: DataFile, reason: str) -> DataFormatError:
    """The error for compressed data that are cut off or damaged."""
    return DataFormatError(
        f"{path} is compressed, and broken off or damaged ({reason}): copy or download it again."
    )


def read_head(file: DataFile, size: int = HEAD_BYTES) -> FileHead:
    """Look at the first bytes of a file.

    Raises
    ------
    DataFormatError
        Where the file is empty, or cannot be opened.
    """
    with open_bytes(file) as opened:
        block = opened.read(size)
        is_whole = not opened.read(1)
    if not block.strip(b"\xef\xbb\xbf \t\r\n"):
        raise DataFormatError(f"{file} is empty: there is nothing to read in it.")
    return FileHead(file, block, is_whole)


def _check_text(path: DataFile, block: bytes) -> None:
    if what := foreign(block):
        raise DataFormatError(f"{path} is {what}.")
    wide = "UTF-32" if block.startswith(_UTF32) else "UTF-16"
    if block.startswith((*_UTF16, *_UTF32)) or _looks_like_utf16(block):
        raise DataFormatError(f"{path} is encoded as {wide}: {_AS_UTF8.format(guess=wide)}.")
    control = sum(block.count(bytes([code])) for code in (*range(9), *range(14, 32)))
    if b"\r" in block and b"\n" not in block:
        raise DataFormatError(
            f"{path} has the line ends of an old Macintosh (CR): save it with those of today, such as with"
            " tr '\\r' '\\n' < old.csv > new.csv."
        )
    if b"\0" in block or control > len(block) // 100:
        raise DataFormatError(f"{path} is a binary file: tables are read from text, Parquet or Feather.")


def _looks_like_utf16(block: bytes) -> bool:
    """Western text in UTF-16 has a zero in every second byte, and hardly one between them."""
    pairs = max(1, len(block) // 2)
    few, many = sorted((block[::2].count(0), block[1::2].count(0)))
    return many > 0.4 * pairs and few < 0.1 * pairs


def _decode(path: DataFile, block: bytes) -> str:
    try:
        return block.decode("utf-8")
    except UnicodeDecodeError as error:
        raise not_utf8(path, block.count(b"\n", 0, error.start) + 1, block[error.start]) from error


def not_utf8(path: DataFile, line: int | None = None, byte: int | None = None) -> DataFormatError:
    """The error for text in another encoding; finds the line where it is not given."""
    if line is None:
        line, byte = _first_bad_line(path)
    where = f"line {line:,} (byte 0x{byte:02x})" if byte is not None else "a line"
    return DataFormatError(f"{path}: {where} is not UTF-8: {_AS_UTF8.format(guess='WINDOWS-1252')}.")


def _first_bad_line(path: DataFile) -> tuple[int, int | None]:
    with open_bytes(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return number, line[error.start]
    return 0, None


def blocks_of_lines(file: DataFile, size: int = 1 << 25) -> Iterator[bytes]:
    """The file in blocks of whole lines, about `size` bytes each, uncompressed.

    Raises
    ------
    DataFormatError
        Where a line is too long, or the file unpacks to far more than a table of its size would.
    """
    rest: list[bytes] = []
    length, total, n_lines = 0, 0, 0
    packed = file.path.stat().st_size if file.is_packed else None
    with open_bytes(file) as opened:
        while block := opened.read(min(size, file.limits.line_bytes)):
            total += len(block)
            if packed is not None and total > max(file.limits.ratio_from, file.limits.unpack_ratio * packed):
                raise too_large(str(file), total)
            end = block.rfind(b"\n") + 1
            if end == 0:
                rest.append(block)
                length += len(block)
                if length > file.limits.line_bytes:
                    raise too_long_line(str(file), file.limits.line_bytes, n_lines + 1)
                continue
            n_lines += block.count(b"\n")
            yield b"".join([*rest, block[:end]])
            rest = [block[end:]]
            length = len(rest[0])
    last = b"".join(rest)
    if last.strip():
        yield last


def may_hold(file: DataFile, byte: bytes) -> bool:
    """False where a byte is certainly not in a plain file."""
    with file.path.open("rb") as raw, mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return view.find(byte) >= 0


def lines_at(file: DataFile, numbers: set[int]) -> dict[int, str]:
    """The text of the given lines, keyed by line number, counted from 1."""
    found: dict[int, str] = {}
    last = max(numbers, default=0)
    with open_bytes(file) as opened:
        for number, line in enumerate(opened, start=1):
            if number in numbers:
                found[number] = line.decode("utf-8", "replace").rstrip("\r\n")
            if number >= last:
                break
    return found
