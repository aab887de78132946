"""Ratings in blocks of users: read, cleaned and encoded by the workers, kept in a folder that all share.

    parts    the files of the source, each read and cleaned by one task
    pieces   the rows of one part whose users belong to one block
    blocks   all ratings of a range of users (in byte order of their ids), encoded

Two passes over the parts: the first counts the values of the ratings, from which the scale is judged as
a local build judges it, and draws users to place the borders of the blocks; the second writes the pieces.
A block keeps the order of the source, so that the latest of two ratings is the same as in a local build.
Whatever a task writes can be written again, so that a worker that dies costs time only.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from recsys.arrays import Rows
from recsys.columns import ITEM, RATING, USER
from recsys.config import CleaningConfig
from recsys.data.clean import ReadRows, summed
from recsys.data.cleaning.report import CleaningReport, Rejection
from recsys.data.cleaning.scale import Values, value_counts
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions, encode
from recsys.sources.folders import Several, place_of
from recsys.sources.ratings import RatingsTable

_DRAWN = 2_000
"""Users that a part gives to place the borders of the blocks by."""


class FirstLook(NamedTuple):
    """What the first pass says of a part: values and counts of its ratings, and some of its users."""

    counts: pl.DataFrame
    users: pl.Series


class Pieces(NamedTuple):
    """What the second pass says of a part: its report, and its items."""

    report: CleaningReport
    items: pl.Series


def parts_of(table: RatingsTable) -> list[RatingsTable]:
    """Each file of a source as a table of its own."""
    source = table.source
    if not isinstance(source, Several):
        return [replace(table, source=_to_send(source))]
    return [
        replace(
            table,
            source=_to_send(one),
            columns={role: place_of(one, source.layout, place) for role, place in table.columns.items()},
        )
        for one in source.sources
    ]


def _to_send(source: Any) -> Any:
    """A source as workers need it: without the values of its first rows, which have told what they can.

    A scratch file, such as of what was packed, is kept by this process.
    """
    layout = source.layout
    source = replace(source, layout=replace(layout, samples=tuple(() for _ in layout.samples)))
    return replace(source, file=replace(source.file, kept=None)) if hasattr(source, "file") else source


def look(part: RatingsTable, config: CleaningConfig) -> FirstLook:
    """Read a part: the values of its ratings, and users drawn from it."""
    rows = ReadRows(part, config)
    users = rows.rows[USER].filter(rows.fine)
    step = max(1, len(users) // _DRAWN)
    return FirstLook(value_counts(rows.ratings()), users.gather_every(step))


def borders(users: Sequence[pl.Series], n_blocks: int) -> pl.Series:
    """The first id of each block but the first, ascending; fewer where few users were drawn."""
    drawn = pl.concat(users).sort()
    places = np.unique(np.linspace(0, len(drawn), n_blocks + 1).astype(np.int64)[1:-1])
    return drawn.gather(places).unique().sort()


def write_pieces(
    part: RatingsTable,
    number: int,
    values: Values,
    config: CleaningConfig,
    first_ids: pl.Series,
    folder: Path,
) -> Pieces:
    """Read and clean a part, and write its rows into a piece for each block."""
    clean = ReadRows(part, config).clean(values, check=False)
    block = first_ids.search_sorted(clean.frame[USER], side="right")
    frame = clean.frame.with_columns(block=block.cast(pl.UInt32))
    for (one,), piece in frame.partition_by("block", as_dict=True, include_key=False).items():
        _replace(folder / f"piece-{one}-{number}.arrow", piece)
    return Pieces(clean.report, clean.frame[ITEM].unique())


def _replace(path: Path, frame: pl.DataFrame) -> None:
    """Write a file at once: a task that runs twice leaves a whole one."""
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    frame.write_ipc(unfinished)
    unfinished.replace(path)


@dataclass(frozen=True)
class Block:
    """A range of users, encoded; its arrays are files that are mapped where they are used."""

    folder: Path
    n_users: int
    n_ratings: int
    scale: tuple[float, float]

    def array(self, name: str) -> np.ndarray:
        """One of its arrays: users.data, users.offsets, indptr, item_rows, ratings, timestamps, places."""
        found: np.ndarray = np.load(self.folder / f"{name}.npy", mmap_mode="r")
        return found

    def holds(self, name: str) -> bool:
        return (self.folder / f"{name}.npy").exists()


def save(folder: Path, name: str, array: np.ndarray) -> None:
    """Write `name.npy` at once."""
    folder.mkdir(exist_ok=True)
    unfinished = folder / f"{name}.{os.getpid()}.tmp"
    with unfinished.open("wb") as file:
        np.save(file, array)
    unfinished.replace(folder / f"{name}.npy")


def concatenated(paths: Sequence[Path], target: Path) -> np.ndarray | None:
    """Arrays in files, one after the other in one that is mapped; None where there are no such files."""
    if not paths[0].exists():
        return None
    parts = [np.load(path, mmap_mode="r") for path in paths]
    shape = (sum(len(part) for part in parts),)
    out = np.lib.format.open_memmap(target, "w+", parts[0].dtype, shape)
    start = 0
    for part in parts:
        out[start : start + len(part)] = part
        start += len(part)
    out.flush()
    found: np.ndarray = np.load(target, mmap_mode="r")
    return found


def write_block(number: int, items: IdTable, folder: Path, values: Values, config: CleaningConfig) -> Block:
    """Encode the pieces of a block, in the order of the parts."""
    pieces = sorted(folder.glob(f"piece-{number}-*.arrow"), key=lambda path: int(path.stem.split("-")[2]))
    frame = pl.concat([pl.read_ipc(path) for path in pieces])
    scale = values.scale
    if values.are_counts:  # a part has added up its own
        frame = summed(frame)
        totals = frame[RATING].to_numpy()
        scale = float(totals.min()), float(totals.max())
    data = encode(frame, items=items, scale=values.scale, implicit=values.implicit, in_order=config.in_order)
    target = folder / f"block-{number}"
    arrays: dict[str, np.ndarray | None] = {
        "users.data": data.users.data,
        "users.offsets": data.users.offsets,
        "indptr": data.indptr,
        "item_rows": data.item_rows,
        "ratings": data.ratings,
        "timestamps": data.timestamps,
        "places": data.places,
    }
    for name, array in arrays.items():
        if array is not None:
            save(target, name, array)
    return Block(target, data.n_users, data.n_ratings, scale)


def as_one(blocks: Sequence[Block]) -> Interactions:
    """Blocks as one, in memory, without ids and stars: what the operators are made of."""

    def whole(name: str) -> np.ndarray | None:
        return np.concatenate([one.array(name) for one in blocks]) if blocks[0].holds(name) else None

    degrees = np.concatenate([np.diff(block.array("indptr")) for block in blocks])
    items = whole("item_rows")
    assert items is not None
    nobody = IdTable(np.empty(0, np.uint8), np.zeros(len(degrees) + 1, np.int64))
    nothing = IdTable(np.empty(0, np.uint8), np.zeros(1, np.int64))
    indptr = np.concatenate([[0], np.cumsum(degrees)]).astype(np.int64)
    stars = np.broadcast_to(np.float32(1), len(items))  # no memory
    times, places = whole("timestamps"), whole("places")
    return Interactions(nobody, nothing, indptr, items, stars, timestamps=times, places=places)


def joined(reports: Sequence[CleaningReport], n_samples: int) -> CleaningReport:
    """The reports of parts as one."""
    rejected: dict[str, Rejection] = {}
    for reason in dict.fromkeys(reason for report in reports for reason in report.rejected):
        found = [report.rejected[reason] for report in reports if reason in report.rejected]
        samples = tuple(sample for one in found for sample in one.samples)[:n_samples]
        rejected[reason] = Rejection(sum(one.count for one in found), samples)
    return replace(
        reports[0],
        rows_read=sum(report.rows_read for report in reports),
        accepted=sum(report.accepted for report in reports),
        rejected=rejected,
        notes=tuple(dict.fromkeys(note for report in reports for note in report.notes)),
    )


def assemble(blocks: Sequence[Block], items: IdTable, values: Values, folder: Path) -> Interactions:
    """The blocks one after the other, as arrays in files that are mapped and never held in memory."""

    def whole(name: str) -> np.ndarray | None:
        return concatenated([block.folder / f"{name}.npy" for block in blocks], folder / f"{name}.npy")

    def pointers(name: str) -> Rows:
        ends, last = [np.zeros(1, np.int64)], 0
        for block in blocks:
            ends.append(np.asarray(block.array(name)[1:]) + last)
            last = int(ends[-1][-1]) if len(ends[-1]) else last
        return np.concatenate(ends)

    data, item_rows, ratings = whole("users.data"), whole("item_rows"), whole("ratings")
    assert data is not None
    assert item_rows is not None
    assert ratings is not None
    return Interactions(
        users=IdTable(data, pointers("users.offsets")),
        items=items,
        indptr=pointers("indptr"),
        item_rows=item_rows,
        ratings=ratings,
        timestamps=whole("timestamps"),
        scale=values.scale,
        implicit=values.implicit,
        places=whole("places"),
    )
