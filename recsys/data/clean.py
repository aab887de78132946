"""Keep the valid ratings, and report every row that is rejected.

Nothing is repaired by guessing: a row is accepted as it stands, or rejected for a stated reason.
Each reason is reported with a count and the first few lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from recsys.columns import ITEM, RATING, TIMESTAMP, USER
from recsys.config import CleaningConfig
from recsys.data.cleaning.rejected_rows import describe_rejected, empty_id
from recsys.data.cleaning.report import CleaningReport, Rejection
from recsys.data.cleaning.scale import find_scale
from recsys.data.encode import encode, latest_rows
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions
from recsys.errors import DataFormatError
from recsys.sources.ratings import RatingsTable, read_ratings, recognise
from recsys.sources.source import SURPLUS, Source


@dataclass(frozen=True)
class CleanRatings:
    """Valid ratings, at most one for each (user, item).

    Attributes
    ----------
    frame : polars.DataFrame
        user_id, item_id (String), rating (Float32) and, where known, timestamp (Int64, unix
        seconds).
    report : CleaningReport
    table : RatingsTable
        How the source was read.
    scale : (float, float)
        Lowest and highest rating a user can give.
    """

    frame: pl.DataFrame
    report: CleaningReport
    table: RatingsTable
    scale: tuple[float, float]

    @property
    def implicit(self) -> bool:
        """No rating is recorded: every row counts as 1."""
        return self.table.implicit


def load_ratings(
    path: str | Path | Source,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    config: CleaningConfig | None = None,
) -> CleanRatings:
    """Read ratings and keep the valid ones.

    Parameters
    ----------
    path : path or Source
    columns, delimiter, has_header : optional
        The layout, where it is stated: see `recsys.sources.ratings.recognise`.
    config : CleaningConfig, optional

    Raises
    ------
    DataFormatError
        Where the source cannot be read, holds nothing to learn from, or a larger share of its rows
        is rejected than `config.max_rejected_share`.
    """
    table = recognise(path, columns=columns, delimiter=delimiter, has_header=has_header)
    clean = _clean(table, config or CleaningConfig())
    kept = clean.frame[latest_rows(clean.frame)]
    clean = replace(clean, frame=kept, report=_resolved(clean.report, kept.height))
    _check_enough(clean.frame[USER].n_unique(), clean.frame[ITEM].n_unique(), clean)
    return clean


def load_interactions(
    path: str | Path | Source,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    config: CleaningConfig | None = None,
) -> tuple[Interactions, CleaningReport]:
    """Read, clean and encode ratings; parameters and errors as in `load_ratings`."""
    table = recognise(path, columns=columns, delimiter=delimiter, has_header=has_header)
    clean = _clean(table, config or CleaningConfig())
    data = encode(clean.frame, scale=clean.scale, implicit=clean.implicit)
    _check_enough(data.n_users, data.n_items, clean)
    return data, _resolved(clean.report, data.n_ratings)


def load_split(
    train_path: str | Path | Source,
    test_path: str | Path | Source,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    config: CleaningConfig | None = None,
) -> tuple[Interactions, Interactions, tuple[CleaningReport, CleaningReport]]:
    """Read a given split; both parts have the same users and items (those of either).

    A test file may be too small to be recognised by itself, so it is read with the columns and the
    scale of the train file.
    """
    told: dict[str, Any] = {"columns": columns, "delimiter": delimiter, "has_header": has_header}
    config = config or CleaningConfig()
    train = _clean(recognise(train_path, **told), config)
    test = _clean(_recognise_alike(test_path, train.table, told), replace(config, scale=train.scale))
    _check_enough(train.frame[USER].n_unique(), train.frame[ITEM].n_unique(), train)
    tables = {
        name: IdTable.from_series(pl.concat([train.frame[key], test.frame[key]]))
        for name, key in (("users", USER), ("items", ITEM))
    }
    parts = [
        encode(part.frame, **tables, scale=train.scale, implicit=train.implicit) for part in (train, test)
    ]
    reports = [
        _resolved(part.report, data.n_ratings) for part, data in zip((train, test), parts, strict=True)
    ]
    return parts[0], parts[1], (reports[0], reports[1])


def _recognise_alike(
    location: str | Path | Source, train: RatingsTable, told: dict[str, Any]
) -> RatingsTable:
    """The layout of a test file: that of its train file, where the columns have no names."""
    layout = train.source.layout
    if not layout.names and told["columns"] is None:
        roles = {position: role for role, position in train.columns.items()}
        columns = tuple(roles.get(position, "-") for position in range(layout.n_columns))
        told = {"columns": columns, "delimiter": layout.delimiter, "has_header": told["has_header"]}
    return recognise(location, **told)


def _clean(table: RatingsTable, config: CleaningConfig) -> CleanRatings:
    """Accepted rows, with duplicates, and the report before they are resolved."""
    rows = read_ratings(table)
    fine = ~_faults(rows)
    scale = (1.0, 1.0) if table.implicit else config.scale or find_scale(rows[RATING].filter(fine))
    fine &= rows[RATING].is_between(*scale).fill_null(False)
    n_fine = int(fine.sum())
    rejected: dict[str, Rejection] = {}
    n_blank = 0
    frame = rows
    if n_fine < rows.height:
        rejected, n_blank = describe_rejected(table, rows.filter(~fine), rows.height, scale, config.n_samples)
        frame = rows.filter(fine)
    report = CleaningReport(rows.height - n_blank, n_fine, rejected, 0, table.label, table.notes)
    _check_share(table, report, config)
    kept = [name for name in (USER, ITEM, RATING, TIMESTAMP) if name in rows.columns]
    return CleanRatings(frame.select(kept), report, table, scale)


def _faults(rows: pl.DataFrame) -> pl.Series:
    """True where a row is wrong, whatever the scale."""
    wrong = pl.col(SURPLUS) | empty_id() | pl.col(RATING).is_null()
    if TIMESTAMP in rows.columns:
        wrong |= pl.col(TIMESTAMP).is_null()
    return rows.select(wrong.alias("wrong"))["wrong"]


def _resolved(report: CleaningReport, n_kept: int) -> CleaningReport:
    return replace(report, accepted=n_kept, duplicates=report.accepted - n_kept)


def _check_share(table: RatingsTable, report: CleaningReport, config: CleaningConfig) -> None:
    if report.rows_read == 0:
        raise DataFormatError(f"{table.name} has no rows: there is nothing to learn from.")
    if report.n_rejected <= config.max_rejected_share * report.rows_read:
        return
    reason, worst = max(report.rejected.items(), key=lambda pair: pair[1].count)
    first = worst.samples[0]
    raise DataFormatError(
        f"{table.name}: {report.n_rejected:,} of {report.rows_read:,} rows are rejected,"
        f" {worst.count:,} of them for: {reason} (line {first.line:,}: {first.text[:80]!r})."
        f" The file was read as {table.label}. If that is wrong, state the layout with --columns,"
        " --delimiter or --scale; otherwise fix the file."
    )


def _check_enough(n_users: int, n_items: int, clean: CleanRatings) -> None:
    """Refuse data that hold nothing to learn from."""
    name, ratings = clean.table.name, clean.frame[RATING]
    for count, what in ((n_users, "user"), (n_items, "item")):
        if count < 2:
            raise DataFormatError(
                f"{name} has ratings of one {what} only: recommendations need at least two users and two"
                " items. Give a larger file, or check the order of the columns with --columns."
            )
    if not clean.implicit and ratings.min() == ratings.max():
        raise DataFormatError(
            f"{name}: all ratings are the same ({ratings[0]:g}), so they do not tell what people like. If"
            " the file records events and not ratings, leave the rating column out with --columns, such as"
            " --columns user,item,-,timestamp."
        )
