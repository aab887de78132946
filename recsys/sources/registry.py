"""The kinds of sources, and how one is opened.

To add a kind of file, write its module (see `recsys.sources.source`) and list it in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from recsys.errors import DataFormatError
from recsys.sources import adjacency, columnar, delimited, json_lines
from recsys.sources.files import FileHead, read_head
from recsys.sources.source import Source, StatedLayout

Recogniser = Callable[[FileHead, StatedLayout], Source | None]

KINDS: tuple[Recogniser, ...] = (
    columnar.recognise,
    json_lines.recognise,
    delimited.recognise,
    adjacency.recognise,
)
"""Asked in this order; the first that recognises a file reads it."""


def open_source(location: str | Path | Source, stated: StatedLayout | None = None) -> Source:
    """Find out what kind of source stands at a location.

    Parameters
    ----------
    location : path or Source
        CSV, TSV or other delimited text, JSON lines, adjacency lists (all of them plain, gzip or
        zstd), Parquet or Feather; or a source that is open already.
    stated : StatedLayout, optional
        What the caller says of the layout.

    Raises
    ------
    DataFormatError
        Where there is no such file, or no kind of source recognises it.
    """
    if not isinstance(location, (str, Path)):
        return location
    head = read_head(location)
    for recognise in KINDS:
        source = recognise(head, stated or StatedLayout())
        if source is not None:
            return source
    if all(len(line.split()) < 2 for line in head.sample_lines(200)):
        raise DataFormatError(
            f"{head.path} has one column: at least two are needed on each line;"
            " if something unusual divides them, name it with --delimiter."
        )
    raise DataFormatError(f"{head.path} does not hold rows of columns: name the divider with --delimiter.")
