"""Archives: the table in a zip or tar file, unpacked to a scratch file.

An archive with one table is read as that table. Of several, one is named as `archive.zip:ratings.csv`.
"""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import IO

from recsys.errors import DataFormatError, shown
from recsys.sources.files import DataFile, FileHead, open_bytes
from recsys.sources.scratch import BLOCK, ScratchFile, spool

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_NO_TABLE = {
    "", ".md", ".pdf", ".html", ".htm", ".rst", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".py", ".ipynb",
    ".sh",    ".pl", ".r", ".xml", ".doc", ".docx", ".npy", ".npz", ".pkl", ".crc", ".md5", ".sha256",
}  # fmt: skip
_ABOUT = ("readme", "license", "licence", "notice", "copying", "changelog", "citation", "index.", "_", ".")
_BACKUPS = ("~", ".bak", ".orig", ".tmp", ".swp", ".part", ".crdownload")
_MOST_LISTED = 12


def is_table_name(name: str) -> bool:
    """False for hidden files, directories, backups, and files that describe the data."""
    path = PurePosixPath(name.replace("\\", "/"))
    if name.endswith("/") or any(part.startswith((".", "__")) for part in path.parts):
        return False
    lower = path.name.lower()
    # A name without an ending may be a table (u1.base has one; part-00000 has none).
    described = lower.startswith(_ABOUT) or path.suffix.lower() in _NO_TABLE - {""}
    backup = lower.endswith(_BACKUPS) or lower.startswith("#")
    return not described and not backup


def split_member(location: str | Path) -> tuple[Path, str] | None:
    """`archive.zip:ratings.csv` in two, where there is such an archive and no file of the whole name."""
    text = str(location)
    places = [place for place, letter in enumerate(text) if letter == ":"]
    for place in reversed(places):
        archive, member = Path(text[:place]), text[place + 1 :]
        if member and archive.is_file():
            return archive, member
    return None


def unpack(head: FileHead, member: str | None) -> DataFile | None:
    """The table of an archive; None where the file is none.

    Parameters
    ----------
    member : str, optional
        The file of the archive that is meant: its path in it, or its name.

    Raises
    ------
    DataFormatError
        Where the archive has no table, several, or is damaged.
    """
    if head.file.path.open("rb").read(4).startswith(_ZIP):
        return _from_zip(head.file, member)
    if _is_tar(head.start):
        return _from_tar(head.file, member)
    return None


def _is_tar(start: bytes) -> bool:
    if len(start) < 512:
        return False
    try:
        tarfile.TarInfo.frombuf(start[:512], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def choose(names: Sequence[str], member: str | None, archive: DataFile) -> str:
    """The one file that is meant.

    Raises
    ------
    DataFormatError
    """
    if member is not None:
        fitting = [name for name in names if name == member] or [
            name for name in names if PurePosixPath(name).name == member
        ]
        problem = f"has no file {shown(member)!r}" if not fitting else f"has several files {shown(member)!r}"
    else:
        fitting = [name for name in names if is_table_name(name)]
        problem = "holds several tables" if fitting else "is an archive with no table in it"
    if len(fitting) == 1:
        return fitting[0]
    listed = [shown(name) for name in (fitting or [name for name in names if not name.endswith("/")])]
    more = f" and {len(listed) - _MOST_LISTED:,} more" if len(listed) > _MOST_LISTED else ""
    example = listed[0] if listed else "ratings.csv"
    raise DataFormatError(
        f"{archive} {problem} ({', '.join(listed[:_MOST_LISTED]) or 'it is empty'}{more}):"
        f" name one as {archive}:{example}."
    )


def _from_zip(archive: DataFile, member: str | None) -> DataFile:
    try:
        with zipfile.ZipFile(archive.path) as opened:
            names = [entry.filename for entry in opened.infolist()]
            if "[Content_Types].xml" in names:
                raise DataFormatError(f"{archive} is a spreadsheet or document: export the sheet as CSV.")
            name = choose(names, member, archive)
            with opened.open(name) as packed:
                return _spooled(archive, name, packed, opened.getinfo(name).compress_size)
    except RuntimeError as error:
        raise DataFormatError(
            f"{archive} cannot be unpacked ({error}): unpack it and give the file."
        ) from error
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise _damaged(archive, error) from error


def _from_tar(archive: DataFile, member: str | None) -> DataFile:
    """The archive is read once: the first table is unpacked, then the names of the others are looked at."""
    found: DataFile | None = None
    names: list[str] = []
    try:
        with open_bytes(archive) as raw, tarfile.open(fileobj=raw, mode="r|") as opened:
            for entry in opened:
                if not entry.isfile():
                    continue
                names.append(entry.name.removeprefix("./"))
                meant = names[-1] in (member,) or PurePosixPath(names[-1]).name == member
                if meant if member is not None else is_table_name(names[-1]) and found is None:
                    content = opened.extractfile(entry)
                    assert content is not None
                    found = _spooled(archive, names[-1], content, archive.path.stat().st_size)
    except tarfile.TarError as error:
        raise _damaged(archive, error) from error
    choose(names, member, archive)
    assert found is not None
    return found


def _spooled(archive: DataFile, name: str, packed: IO[bytes], size: int) -> DataFile:
    shown_name = f"{archive}:{shown(name)}"
    kept: ScratchFile = spool(_blocks(packed), shown_name, archive.scratch, archive.limits, size)
    if kept.path.stat().st_size == 0:
        raise DataFormatError(f"{shown_name} is empty: there is nothing to read in it.")
    notes = (*archive.notes, f"Read from {shown(name)} in the archive.")
    return replace(archive, path=kept.path, shown=shown_name, kept=kept, notes=notes)


def _blocks(packed: IO[bytes]) -> Iterator[bytes]:
    while block := packed.read(BLOCK):
        yield block


def _damaged(archive: DataFile, error: Exception) -> DataFormatError:
    return DataFormatError(
        f"{archive} is an archive that is broken off or damaged ({error}): copy or download it again."
    )
