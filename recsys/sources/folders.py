"""A folder, or several files, of one shape: read as one table, one file after the other."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from recsys.errors import DataFormatError, shown
from recsys.sources.archives import is_table_name
from recsys.sources.source import LINE, LOOSE, N_FIELDS, NUMBER, Field, Layout, Source, StatedLayout

FILE_BITS = 32
"""Rows of the file at position p have numbers from p << 32: `number` is 64 bits wide here."""
_MOST_LISTED = 8

Opener = Callable[[Path, StatedLayout], Source]


def find(location: str | Path | Sequence[str | Path]) -> tuple[str, list[Path]] | None:
    """What messages call several files, and the files; None where the location is one.

    Raises
    ------
    DataFormatError
        Where a folder has no files to read, or nothing has such a name.
    """
    if not isinstance(location, (str, Path)):
        paths = [path for one in location for path in (find(one) or ("", [Path(one)]))[1]]
        if not paths:
            raise DataFormatError("No file of ratings is named: give one.")
        return (
            (str(paths[0]), paths) if len(paths) == 1 else (f"{paths[0]} and {len(paths) - 1:,} more", paths)
        )
    path = Path(location)
    if path.is_dir():
        return shown(str(path), 300), _files_of(path)
    if not os.path.lexists(path) and glob.has_magic(str(path)):
        paths = sorted(Path(name) for name in glob.glob(str(path), recursive=True) if Path(name).is_file())
        if not paths:
            raise DataFormatError(
                f"No file has a name like {shown(str(path), 300)}: check the name and the folder."
            )
        return shown(str(path), 300), paths
    return None


def _files_of(folder: Path) -> list[Path]:
    try:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
    except OSError as error:
        raise DataFormatError(f"{folder} cannot be read: {error.strerror or error}.") from error
    tables = [
        path for path in paths if is_table_name(str(path.relative_to(folder))) and path.stat().st_size > 0
    ]
    if not tables:
        raise DataFormatError(f"{shown(str(folder), 300)} is a folder with no table in it: name a file.")
    return tables


def join(name: str, paths: Sequence[Path], stated: StatedLayout, open_source: Opener) -> Source:
    """Several files as one table.

    Raises
    ------
    DataFormatError
        Where they have different columns.
    """
    first = open_source(paths[0], stated)
    if len(paths) == 1:
        return first
    expected = first.layout.names if first.layout.kind == "json lines" else ()
    rest = [open_source(path, replace(stated, expected=(*stated.expected, *expected))) for path in paths[1:]]
    names = first.layout.names
    for place, source in enumerate(rest):
        # The parts of a file that was split have no header of their own.
        if names and not source.layout.names and source.layout.n_columns == len(names):
            continue
        if not _alike(first.layout, source.layout):
            raise DataFormatError(
                f"{name} holds tables of different shapes ({_shapes([first, *rest])}): name one file, or put"
                f" those that belong together in one folder ({shown(str(paths[place + 1]))} is the first that"
                " differs)."
            )
    notes = (*first.layout.notes, f"{len(paths):,} files, read as one table.")
    samples = tuple(
        tuple(value for source in (first, *rest) for value in _samples(source, first.layout, position))[
            :20_000
        ]
        for position in range(first.layout.n_columns)
    )
    return Several(name, replace(first.layout, notes=notes, samples=samples), (first, *rest))


def _alike(one: Layout, other: Layout) -> bool:
    if one.names or other.names:
        return set(one.names) <= set(other.names)
    return one.n_columns == other.n_columns


def _shapes(sources: Sequence[Source]) -> str:
    listed = []
    for source in sources[:_MOST_LISTED]:
        columns = ", ".join(source.layout.names[:6]) or f"{source.layout.n_columns} columns"
        listed.append(f"{shown(Path(source.name).name)}: {shown(columns)}")
    more = len(sources) - _MOST_LISTED
    return "; ".join(listed) + (f"; and {more:,} more" if more > 0 else "")


def place_of(source: Source, layout: Layout, position: int) -> int:
    return (
        source.layout.names.index(layout.names[position])
        if layout.names and source.layout.names
        else position
    )


def _samples(source: Source, layout: Layout, position: int) -> tuple[str, ...]:
    return source.layout.samples[place_of(source, layout, position)]


@dataclass(frozen=True)
class Several:
    """Tables of one shape, read one after the other."""

    name: str
    layout: Layout
    sources: tuple[Source, ...]

    def read(self, fields: Sequence[Field], n_rows: int | None = None) -> Iterator[pl.DataFrame]:
        """See `Source.read`."""
        n_read = 0
        for place, source in enumerate(self.sources):
            own = [replace(field, column=place_of(source, self.layout, field.column)) for field in fields]
            for batch in source.read(own, n_rows):
                number = pl.col(NUMBER).cast(pl.UInt64) + (place << FILE_BITS)
                batch = batch.with_columns(number)
                if LOOSE not in batch.columns:
                    batch = batch.with_columns(pl.lit(None, pl.Boolean).alias(LOOSE))
                yield batch
                n_read += batch.height
            if n_rows and n_read >= n_rows:
                return

    def count_distinct(self, columns: Sequence[int]) -> tuple[int, ...]:
        """See `Source.count_distinct`."""
        fields = [Field(f"c{place}", column) for place, column in enumerate(columns)]
        unique: list[pl.Series] = [pl.Series(dtype=pl.UInt64) for _ in fields]
        for batch in self.read(fields):
            unique = [
                pl.concat([known, batch[field.name].hash()]).unique()
                for known, field in zip(unique, fields, strict=True)
            ]
        return tuple(len(known) for known in unique)

    def locate(self, rows: pl.DataFrame, n_rows: int) -> pl.DataFrame:
        """See `Source.locate`; a line holds the place of its file in its upper bits."""
        parts = []
        for place, source in enumerate(self.sources):
            last = ((place + 1) << FILE_BITS) - 1
            own = rows.filter(pl.col(NUMBER).is_between(place << FILE_BITS, last))
            if own.is_empty():
                continue
            own = own.with_columns((pl.col(NUMBER) - (place << FILE_BITS)).cast(pl.UInt32))
            if own[LOOSE].null_count() == own.height:
                own = own.drop(LOOSE)
            found = source.locate(own, source_height(source))
            shift = place << FILE_BITS
            parts.append(
                found.drop(LOOSE, strict=False).with_columns(
                    pl.col(NUMBER).cast(pl.UInt64) + shift,
                    pl.col(LINE).cast(pl.UInt64) + shift,
                    pl.col(N_FIELDS).cast(pl.UInt32),
                )
            )
        return pl.concat(parts)

    def texts(self, lines: set[int]) -> dict[int, str]:
        """See `Source.texts`; each text begins with the name of its file."""
        found: dict[int, str] = {}
        for place, source in enumerate(self.sources):
            shift = place << FILE_BITS
            own = {line - shift for line in lines if line >> FILE_BITS == place}
            if own:
                label = Path(source.name).name
                found |= {line + shift: f"{label}: {text}" for line, text in source.texts(own).items()}
        return found


def source_height(source: Source) -> int:
    """How many rows a source gives."""
    return sum(batch.height for batch in source.read([Field("c", 0)]))
