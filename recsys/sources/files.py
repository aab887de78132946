"""Open a data file, plain or compressed, and look at its beginning.

What makes a file unreadable as text is found and named here: it does not exist, is a folder,
is empty, is binary or an archive, has another encoding, or is a broken gzip.
"""

from __future__ import annotations

import gzip
import mmap
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO

import pyarrow as pa

from recsys.errors import DataFormatError

HEAD_BYTES = 1 << 18

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_FOREIGN = {
    b"PK\x03\x04": "a zip archive or a spreadsheet: unpack it, or export the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel file: export the sheet as CSV",
    b"%PDF": "a PDF document: get the data as CSV",
    b"BZh": "compressed with bzip2: unpack it, or use gzip",
    b"\xfd7zXZ": "compressed with xz: unpack it, or use gzip",
    b"7z\xbc\xaf": "a 7z archive: unpack it",
    b"SQLite format 3": "an SQLite database: export the table as CSV",
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_AS_UTF8 = "save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8'; or: iconv -f {guess} -t UTF-8)"


@dataclass(frozen=True)
class FileHead:
    """The beginning of a data file.

    Attributes
    ----------
    path : Path
    start : bytes
        The first bytes, uncompressed.
    is_whole : bool
        There are no more.
    """

    path: Path
    start: bytes
    is_whole: bool

    @cached_property
    def _lines(self) -> list[str]:
        _check_text(self.path, self.start)
        block = self.start
        if not self.is_whole and b"\n" in block:
            block = block[: block.rindex(b"\n")]
        text = _decode(self.path, block).removeprefix("\ufeff")
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

    def sample_lines(self, n: int) -> list[str]:
        """The first `n` lines that are not blank."""
        return list(islice((line for line in self.lines if line.strip()), n))


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading, through gzip or zstd where its first bytes say so.

    Raises
    ------
    DataFormatError
        Also later, inside the `with` block, where the compressed data break off.
    """
    try:
        with path.open("rb") as raw:
            magic = raw.read(4)
            raw.seek(0)
            if magic[:2] == _GZIP:
                with gzip.open(raw) as unpacked:
                    yield unpacked  # type: ignore[misc]
            elif magic == _ZSTD:
                with pa.CompressedInputStream(pa.PythonFile(raw), "zstd") as unpacked:
                    yield unpacked
            else:
                yield raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise broken_archive(path, str(error)) from error
    except OSError as error:
        raise DataFormatError(f"{path} cannot be read: {error.strerror or error}.") from error


def broken_archive(path: Path, reason: str) -> DataFormatError:
    """The error for compressed data that are cut off or damaged."""
    return DataFormatError(
        f"{path} is compressed, and broken off or damaged ({reason}): copy or download it again."
    )


def read_head(path: str | Path, size: int = HEAD_BYTES) -> FileHead:
    """Look at the first bytes of a file.

    Raises
    ------
    DataFormatError
        Where the file is not there, is empty, or cannot be opened.
    """
    path = Path(path)
    _check_exists(path)
    with open_bytes(path) as file:
        block = file.read(size)
        is_whole = not file.read(1)
    if not block.strip(b"\xef\xbb\xbf \t\r\n"):
        raise DataFormatError(f"{path} is empty: there is nothing to read in it.")
    return FileHead(path, block, is_whole)


def _check_exists(path: Path) -> None:
    if path.is_dir():
        raise DataFormatError(f"{path} is a folder: name the file in it.")
    if not path.exists():
        raise DataFormatError(f"{path} does not exist: check the name and the folder.")
    if path.is_file() and path.stat().st_size == 0:
        raise DataFormatError(f"{path} is empty: there is nothing to read in it.")


def _check_text(path: Path, block: bytes) -> None:
    for magic, what in _FOREIGN.items():
        if block.startswith(magic):
            raise DataFormatError(f"{path} is {what}.")
    if block.startswith(_UTF16) or _looks_like_utf16(block):
        raise DataFormatError(f"{path} is encoded as UTF-16: {_AS_UTF8.format(guess='UTF-16')}.")
    control = sum(block.count(bytes([code])) for code in (*range(9), *range(14, 32)))
    if b"\0" in block or control > len(block) // 100:
        raise DataFormatError(f"{path} is a binary file: tables are read from text, Parquet or Feather.")


def _looks_like_utf16(block: bytes) -> bool:
    """Western text in UTF-16 has a zero in every second byte."""
    pairs = max(1, len(block) // 2)
    return max(block[::2].count(0), block[1::2].count(0)) > 0.4 * pairs


def _decode(path: Path, block: bytes) -> str:
    try:
        return block.decode("utf-8")
    except UnicodeDecodeError as error:
        raise not_utf8(path, block.count(b"\n", 0, error.start) + 1, block[error.start]) from error


def not_utf8(path: Path, line: int | None = None, byte: int | None = None) -> DataFormatError:
    """The error for text in another encoding; finds the line where it is not given."""
    if line is None:
        line, byte = _first_bad_line(path)
    where = f"line {line:,} (byte 0x{byte:02x})" if byte is not None else "a line"
    return DataFormatError(f"{path}: {where} is not UTF-8: {_AS_UTF8.format(guess='WINDOWS-1252')}.")


def _first_bad_line(path: Path) -> tuple[int, int | None]:
    with open_bytes(path) as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return number, line[error.start]
    return 0, None


def blocks_of_lines(path: Path, size: int = 1 << 25) -> Iterator[bytes]:
    """The file in blocks of whole lines, about `size` bytes each, uncompressed."""
    rest = b""
    with open_bytes(path) as file:
        while block := file.read(size):
            end = block.rfind(b"\n") + 1
            if end == 0:
                rest += block
                continue
            yield rest + block[:end]
            rest = block[end:]
    if rest.strip():
        yield rest


def may_hold(path: Path, byte: bytes) -> bool:
    """False where a byte is certainly not in the file; compressed files are not searched."""
    with path.open("rb") as raw:
        magic = raw.read(4)
        if magic[:2] == _GZIP or magic == _ZSTD:
            return True
        with mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return view.find(byte) >= 0


def lines_at(path: Path, numbers: set[int]) -> dict[int, str]:
    """The text of some lines, by their number from 1."""
    found: dict[int, str] = {}
    last = max(numbers, default=0)
    with open_bytes(path) as file:
        for number, line in enumerate(file, start=1):
            if number in numbers:
                found[number] = line.decode("utf-8", "replace").rstrip("\r\n")
            if number >= last:
                break
    return found
