"""The kinds of sources, and how one is opened.

To add a kind of file, write its module (see `recsys.sources.source`) and list it in `KINDS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from recsys.errors import DataFormatError
from recsys.sources import adjacency, archives, blocks, columnar, delimited, folders, json_lines, pipes
from recsys.sources.files import DataFile, FileHead, read_head
from recsys.sources.source import Source, StatedLayout

Recogniser = Callable[[FileHead, StatedLayout], Source | None]
Location = str | Path | Source | Sequence[str | Path]

KINDS: tuple[Recogniser, ...] = (
    columnar.recognise,
    json_lines.recognise,
    blocks.recognise,
    delimited.recognise,
    adjacency.recognise,
)
"""Asked in this order; the first that recognises a file reads it."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+]+:/", re.I)
_DEEPEST = 3
"""Archives within archives that are opened."""


def open_source(location: Location, stated: StatedLayout | None = None) -> Source:
    """Find out what kind of source stands at a location.

    Parameters
    ----------
    location : path, sequence of paths, or Source
        CSV, TSV or other delimited text, columns aligned by spaces, JSON lines, adjacency lists
        (all of them plain or packed with gzip, zstd, bzip2 or xz), Parquet or Feather; a zip or tar
        file with one table (or `archive.zip:ratings.csv`); `-` or a pipe; a folder, a pattern such
        as `ratings-*.csv`, or several files of one shape; or a source that is open already.
    stated : StatedLayout, optional
        What the caller says of the layout.

    Raises
    ------
    DataFormatError
        Where there is no such file, or no kind of source recognises it.
    """
    stated = stated or StatedLayout()
    if isinstance(location, Source):
        return location
    several = folders.find(location)
    if several is not None:
        name, paths = several
        return folders.join(name, paths, stated, open_source)
    location = cast("str | Path", location)
    received = pipes.receive(location, stated)
    if received is not None:
        return _open_file(received, stated)
    path, member = Path(location), None
    if not path.exists():
        named = archives.split_member(location)
        if named is not None:
            path, member = named
    _check_exists(path)
    return _open_file(DataFile(path, str(path), stated.limits, stated.scratch), stated, member)


def _check_exists(path: Path) -> None:
    shown = DataFile(path, str(path))
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise DataFormatError(
            f"{shown} has a name that is not UTF-8: rename it (or set PYTHONUTF8=1)."
        ) from error
    try:
        if not path.exists() and _ADDRESS.match(str(path)):
            raise DataFormatError(f"{shown} is an address: download the file, and give that.")
        if not path.exists():
            raise DataFormatError(f"{shown} does not exist: check the name and the folder.")
        if path.stat().st_size == 0:
            raise DataFormatError(f"{shown} is empty: there is nothing to read in it.")
    except OSError as error:
        raise DataFormatError(f"{shown} cannot be opened: {error.strerror or error}.") from error


def _open_file(file: DataFile, stated: StatedLayout, member: str | None = None) -> Source:
    head = read_head(file)
    for _ in range(_DEEPEST):
        unpacked = archives.unpack(head, member)
        if unpacked is None:
            break
        head, member = read_head(unpacked), None
    if member is not None:
        raise DataFormatError(f"{head.file} is no archive: give the file without :{member}.")
    for recognise in KINDS:
        source = recognise(head, stated)
        if source is not None:
            return _noted(source, head.file.notes)
    if all(len(line.split()) < 2 for line in head.sample_lines(200)):
        raise DataFormatError(
            f"{head.file} has one column: at least two are needed on each line;"
            " if something unusual divides them, name it with --delimiter."
        )
    raise DataFormatError(f"{head.file} does not hold rows of columns: name the divider with --delimiter.")


def _noted(source: Any, notes: tuple[str, ...]) -> Source:
    """The source with notes of where its bytes come from."""
    if not notes:
        return cast(Source, source)
    return cast(Source, replace(source, layout=replace(source.layout, notes=(*notes, *source.layout.notes))))
