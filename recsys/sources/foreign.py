"""Files that are no table: what they are, told from their first bytes, and what to do."""

from __future__ import annotations

_AS_CSV = "export the table as CSV or Parquet"
_BY_START = {
    b"\xd0\xcf\x11\xe0": "an old Excel file: export the sheet as CSV",
    b"%PDF": "a PDF document: get the data as CSV",
    b"7z\xbc\xaf": "a 7z archive: unpack it",
    b"Rar!": "a RAR archive: unpack it",
    b"SQLite format 3": "an SQLite database: export the table as CSV",
    b"\x89HDF": f"an HDF5 file: {_AS_CSV}",
    b"\x93NUMPY": f"a NumPy array: {_AS_CSV}",
    b"MATLAB 5.0": f"a MATLAB file: {_AS_CSV}",
    b"%%MatrixMarket": "a Matrix Market file: leave out the lines with % and the line of sizes below them",
    b"version https://git-lfs": "a Git LFS pointer, not the data: fetch them with `git lfs pull`",
    **{b"\x80" + bytes([n]): f"a Python pickle, which is never opened: {_AS_CSV}" for n in (2, 3, 4, 5)},
    **dict.fromkeys((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ"), "packed twice: unpack it once"),
}
_BY_WORD = {
    b"<!doctype html": "a web page, not the data: download it again (perhaps after logging in)",
    b"<html": "a web page, not the data: download it again (perhaps after logging in)",
    b"<?xml": f"an XML document: {_AS_CSV}",
}


def foreign(block: bytes) -> str | None:
    """What a file is that is no table, and the cure; None where it may be one.

    Parameters
    ----------
    block : bytes
        Its beginning, unpacked.
    """
    text = block[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, what in _BY_START.items():
        if block.startswith(start):
            return what
    return next((what for word, what in _BY_WORD.items() if text.startswith(word)), None)
