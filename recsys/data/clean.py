"""Keep the valid ratings, and report every row that is not among them.

Nothing is repaired by guessing: a row is accepted as it stands or rejected for a stated
reason, with its count and the first lines concerned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from recsys.columns import ITEM, RATING, TIMESTAMP, USER
from recsys.config import CleaningConfig
from recsys.data.cleaning.rejected_rows import describe_rejects, empty_id
from recsys.data.cleaning.scale import find_scale
from recsys.data.encode import encode, latest_rows
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions
from recsys.errors import DataFormatError
from recsys.sources.formats import Format, recognise
from recsys.sources.readers import SURPLUS, read_rows


@dataclass(frozen=True)
class CleaningReport:
    """What became of the rows of a file.

    Attributes
    ----------
    rows_read : int
        Rows below the header; blank lines are not rows.
    accepted : int
        Ratings kept: rows_read = accepted + duplicates + all rejected.
    rejected : dict
        Reason → {"count": int, "samples": [{"line": int, "text": str}, …]}, lines from 1.
    duplicates : int
        Rows dropped because the same user rated the same item later (or again below).
    source : str
        The layout by the name people know it by.
    notes : tuple of str
    """

    rows_read: int
    accepted: int
    rejected: dict[str, dict[str, Any]] = field(default_factory=dict)
    duplicates: int = 0
    source: str = ""
    notes: tuple[str, ...] = ()

    @property
    def n_rejected(self) -> int:
        return sum(reason["count"] for reason in self.rejected.values())

    def to_dict(self) -> dict[str, Any]:
        """As plain values for JSON."""
        return {**asdict(self), "notes": list(self.notes)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> CleaningReport:
        """The inverse of `to_dict`."""
        return cls(**{**values, "notes": tuple(values.get("notes", ()))})


@dataclass(frozen=True)
class CleanRatings:
    """Valid ratings, at most one for each (user, item).

    Attributes
    ----------
    frame : polars.DataFrame
        user_id, item_id (String), rating (Float32) and, where known, timestamp (Int64 seconds).
    """

    frame: pl.DataFrame
    report: CleaningReport
    format: Format
    scale: tuple[float, float]
    implicit: bool


def load_ratings(
    path: str | Path,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    config: CleaningConfig | None = None,
) -> CleanRatings:
    """Read a ratings file and keep what is valid in it.

    Parameters
    ----------
    columns, delimiter, has_header : optional
        The layout, where it is to be stated: see `recsys.sources.formats.recognise`.

    Raises
    ------
    DataFormatError
        Where the file cannot be read, holds nothing to learn from, or more rows are
        rejected than `config.max_rejected_share`.
    """
    fmt = recognise(path, columns=columns, delimiter=delimiter, has_header=has_header)
    clean = _clean(fmt, config or CleaningConfig())
    kept = clean.frame[latest_rows(clean.frame)]
    clean = replace(clean, frame=kept, report=_resolved(clean.report, kept.height))
    _check_enough(clean.frame[USER].n_unique(), clean.frame[ITEM].n_unique(), clean)
    return clean


def load_interactions(
    path: str | Path,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    config: CleaningConfig | None = None,
) -> tuple[Interactions, CleaningReport]:
    """Read, clean and encode a ratings file; parameters and errors as `load_ratings`."""
    fmt = recognise(path, columns=columns, delimiter=delimiter, has_header=has_header)
    clean = _clean(fmt, config or CleaningConfig())
    data = encode(clean.frame, scale=clean.scale, implicit=clean.implicit)
    _check_enough(data.n_users, data.n_items, clean)
    return data, _resolved(clean.report, data.n_ratings)


def load_split(
    train_path: str | Path,
    test_path: str | Path,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    config: CleaningConfig | None = None,
) -> tuple[Interactions, Interactions, tuple[CleaningReport, CleaningReport]]:
    """Read a given split: both halves over the same users and items (those of either).

    The test file may be small: it is read as the train file is where it cannot be
    recognised by itself, and on the scale of the train file.
    """
    told: dict[str, Any] = {"columns": columns, "delimiter": delimiter, "has_header": has_header}
    config = config or CleaningConfig()
    train = _clean(recognise(train_path, **told), config)
    test = _clean(_recognise_alike(test_path, train.format, told), replace(config, scale=train.scale))
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


def _recognise_alike(path: str | Path, train: Format, told: dict[str, Any]) -> Format:
    """The layout of a test file: its train file's, where that one has no names to go by."""
    if train.kind == "delimited" and not train.has_header and told["columns"] is None:
        roles = {position: role for role, position in train.columns.items()}
        columns = tuple(roles.get(position, "-") for position in range(train.n_columns))
        told = {"columns": columns, "delimiter": train.delimiter, "has_header": told["has_header"]}
    return recognise(path, **told)


def _clean(fmt: Format, config: CleaningConfig) -> CleanRatings:
    """Accepted rows, duplicates among them, and the report without those."""
    rows = read_rows(fmt)
    fine = ~_faults(rows)
    scale = (1.0, 1.0) if fmt.implicit else config.scale or find_scale(rows[RATING].filter(fine))
    fine &= rows[RATING].is_between(*scale).fill_null(False)
    n_fine = int(fine.sum())
    rejected: dict[str, dict[str, Any]] = {}
    n_blank = 0
    if n_fine < rows.height:
        rejected, n_blank = describe_rejects(fmt, rows.filter(~fine), rows.height, scale, config.n_samples)
        frame = rows.filter(fine)
    else:
        frame = rows
    report = CleaningReport(rows.height - n_blank, n_fine, rejected, 0, fmt.source, fmt.notes)
    _check_share(fmt, report, config)
    kept = [name for name in (USER, ITEM, RATING, TIMESTAMP) if name in rows.columns]
    return CleanRatings(frame.select(kept), report, fmt, scale, fmt.implicit)


def _faults(rows: pl.DataFrame) -> pl.Series:
    """True where a row is wrong, whatever the scale."""
    wrong = pl.col(SURPLUS) | empty_id() | pl.col(RATING).is_null()
    if TIMESTAMP in rows.columns:
        wrong |= pl.col(TIMESTAMP).is_null()
    return rows.select(wrong.alias("wrong"))["wrong"]


def _resolved(report: CleaningReport, n_kept: int) -> CleaningReport:
    return replace(report, accepted=n_kept, duplicates=report.accepted - n_kept)


def _check_share(fmt: Format, report: CleaningReport, config: CleaningConfig) -> None:
    if report.rows_read == 0:
        raise DataFormatError(f"{fmt.path} has no rows: there is nothing to learn from.")
    if report.n_rejected <= config.max_rejected_share * report.rows_read:
        return
    reason, worst = max(report.rejected.items(), key=lambda pair: pair[1]["count"])
    first = worst["samples"][0]
    raise DataFormatError(
        f"{fmt.path}: {report.n_rejected:,} of {report.rows_read:,} rows are rejected,"
        f" {worst['count']:,} of them for: {reason} (line {first['line']:,}: {first['text'][:80]!r})."
        f" Read as {fmt.source}. If that is not its layout, state it with --columns, --delimiter or"
        " --scale; else mend the file."
    )


def _check_enough(n_users: int, n_items: int, clean: CleanRatings) -> None:
    """Refuse data that hold nothing to learn from."""
    path, frame = clean.format.path, clean.frame
    for count, name in ((n_users, "user"), (n_items, "item")):
        if count < 2:
            raise DataFormatError(
                f"{path} has ratings of one {name} only: recommendations need at least two users and two"
                " items. Give a larger file, or check the order of the columns with --columns."
            )
    if not clean.implicit and frame[RATING].min() == frame[RATING].max():
        raise DataFormatError(
            f"{path}: all ratings are the same ({frame[RATING][0]:g}): they say nothing of taste. If the file"
            " records events and not ratings, leave the rating column out with --columns, such as"
            " --columns user,item,-,timestamp."
        )
