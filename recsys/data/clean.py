"""Keep the valid ratings, and report every row that is rejected.

Nothing is repaired by guessing: a row is accepted as it stands, or rejected for a stated reason.
Each reason is reported with a count and the first few lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from recsys.columns import ITEM, RATING, TIMESTAMP, USER
from recsys.config import CleaningConfig
from recsys.data.cleaning.alike_ids import alike_ids
from recsys.data.cleaning.missing_ids import check_cut_ids, missing_words
from recsys.data.cleaning.rejected_rows import (
    NOT_A_NUMBER,
    NOT_A_TIME,
    STATED,
    Rules,
    describe_rejected,
    empty_id,
    long_id,
)
from recsys.data.cleaning.report import CleaningReport, Rejection
from recsys.data.cleaning.scale import Values, judge_values, value_counts
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions, encode, latest_rows
from recsys.errors import DataFormatError, shown
from recsys.sources.ratings import RatingsTable, read_with_notes, recognise
from recsys.sources.registry import Location
from recsys.sources.role_questions import option
from recsys.sources.source import SURPLUS, Source
from recsys.sources.times import FORMS


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
    values : Values
        What the ratings are.
    """

    frame: pl.DataFrame
    report: CleaningReport
    table: RatingsTable
    values: Values

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating a user can give."""
        return self.values.scale

    @property
    def implicit(self) -> bool:
        """No opinion is recorded: every row counts as 1, or says how often."""
        return self.values.implicit


def load_ratings(
    path: Location,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    config: CleaningConfig | None = None,
    catalog: Location | None = None,
    scratch: Path | None = None,
) -> CleanRatings:
    """Read ratings and keep the valid ones.

    Parameters
    ----------
    path : path, sequence of paths, or Source
    columns, delimiter, has_header, catalog, scratch : optional
        The layout, where it is stated, and what helps to tell it: see
        `recsys.sources.ratings.recognise`.
    config : CleaningConfig, optional

    Raises
    ------
    AmbiguousFileError
        Where several readings are plausible.
    DataFormatError
        Where the source cannot be read, holds nothing to learn from, or a larger share of its rows
        is rejected than `config.max_rejected_share`.
    """
    clean = _load(path, columns, delimiter, has_header, config, catalog, scratch)
    kept = clean.frame[latest_rows(clean.frame)]
    clean = replace(clean, frame=kept, report=resolved(clean.report, kept.height))
    check_enough(clean.frame[USER].n_unique(), clean.frame[ITEM].n_unique(), clean)
    return clean


def load_interactions(
    path: Location,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    config: CleaningConfig | None = None,
    catalog: Location | None = None,
    scratch: Path | None = None,
) -> tuple[Interactions, CleaningReport]:
    """Read, clean and encode ratings; parameters and errors as in `load_ratings`."""
    config = config or CleaningConfig()
    clean = _load(path, columns, delimiter, has_header, config, catalog, scratch)
    data = encode(clean.frame, scale=clean.scale, implicit=clean.implicit, in_order=config.in_order)
    check_enough(data.n_users, data.n_items, clean)
    alike = (*alike_ids(data.users.to_series(), "users"), *alike_ids(data.items.to_series(), "items"))
    report = replace(clean.report, notes=(*clean.report.notes, *alike))
    return data, resolved(report, data.n_ratings)


def _load(
    path: Location,
    columns: Sequence[str] | None,
    delimiter: str | None,
    has_header: bool | None,
    config: CleaningConfig | None,
    catalog: Location | None,
    scratch: Path | None,
) -> CleanRatings:
    config = config or CleaningConfig()
    told: dict[str, Any] = {"columns": columns, "delimiter": delimiter, "has_header": has_header}
    told |= {"dates": config.dates, "limits": config.limits, "scratch": scratch}
    rows = ReadRows(recognise(path, catalog=catalog, **told), config)
    return rows.clean(judge_values(rows.table, value_counts(rows.ratings()), config))


def load_split(
    train_path: str | Path | Source,
    test_path: str | Path | Source,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    config: CleaningConfig | None = None,
) -> tuple[Interactions, Interactions, tuple[CleaningReport, CleaningReport]]:
    """Read a given split, as `load_parts` without a history."""
    layout: dict[str, Any] = {"columns": columns, "delimiter": delimiter, "has_header": has_header}
    parts = load_parts(train_path, test_path, None, config=config, **layout)
    return parts.train, parts.test, parts.reports


class Parts(NamedTuple):
    """A given split.

    Attributes
    ----------
    train, test : Interactions
    known : Interactions
        Train and history together: what users are folded in from. `train` itself without a history.
    reports : (CleaningReport, CleaningReport)
        Of train and test.
    """

    train: Interactions
    test: Interactions
    known: Interactions
    reports: tuple[CleaningReport, CleaningReport]


def load_parts(
    train_path: str | Path | Source,
    test_path: str | Path | Source,
    history_path: str | Path | Source | None,
    *,
    columns: Sequence[str] | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
    config: CleaningConfig | None = None,
) -> Parts:
    """Read a given split; all parts have the same users and items (those of any), and one scale.

    A test file may be too small to be recognised by itself, so it is read with the columns of the
    train file; a history too. In files in order, the history comes after train.
    """
    config = config or CleaningConfig()
    told: dict[str, Any] = {"columns": columns, "delimiter": delimiter, "has_header": has_header}
    told |= {"dates": config.dates, "limits": config.limits}
    learn = ReadRows(recognise(train_path, **told), config)
    others = [path for path in (test_path, history_path) if path is not None]
    rows = [learn, *(ReadRows(_recognise_alike(path, learn.table, told), config) for path in others)]
    ratings = pl.concat([part.ratings() for part in rows])
    values = judge_values(learn.table, value_counts(ratings), config)
    train, test, *history = (part.clean(values) for part in rows)
    check_enough(train.frame[USER].n_unique(), train.frame[ITEM].n_unique(), train)
    frames = {"train": train.frame, "test": test.frame}
    if history:
        frames["known"] = _below(train.frame, history[0].frame)
    tables = {
        name: IdTable.from_series(pl.concat([frame[key] for frame in frames.values()]))
        for name, key in (("users", USER), ("items", ITEM))
    }
    made = {
        name: encode(frame, **tables, scale=train.scale, implicit=train.implicit, in_order=config.in_order)
        for name, frame in frames.items()
    }
    reports = (
        resolved(train.report, made["train"].n_ratings),
        resolved(test.report, made["test"].n_ratings),
    )
    return Parts(made["train"], made["test"], made.get("known", made["train"]), reports)


def _below(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """One frame below the other, with the columns that both have."""
    shared = [name for name in first.columns if name in second.columns]
    return pl.concat([first.select(shared), second.select(shared)])


def _recognise_alike(location: Location, train: RatingsTable, told: dict[str, Any]) -> RatingsTable:
    """The layout of a test file: that of its train file, where the columns have no names."""
    layout = train.source.layout
    if not layout.names and told["columns"] is None:
        roles = {position: role for role, position in train.columns.items()}
        columns = tuple(roles.get(position, "-") for position in range(layout.n_columns))
        told = {**told, "columns": columns, "delimiter": layout.delimiter}
    return recognise(location, **told)


class ReadRows:
    """The rows of a table, and which of them are wrong whatever the scale."""

    def __init__(self, table: RatingsTable, config: CleaningConfig) -> None:
        self.table, self.config = table, config
        self.rows, self.notes = read_with_notes(table)
        check_cut_ids(table, self.rows)
        self.rules = Rules(missing_words(self.rows), config.limits.id_bytes, config.unrated)
        wrong = pl.col(SURPLUS) | empty_id(self.rules.missing) | long_id(config.limits.id_bytes)
        wrong |= pl.col(RATING).is_null()
        if TIMESTAMP in self.rows.columns:
            wrong |= pl.col(TIMESTAMP).is_null()
        if config.unrated and not table.implicit:
            wrong |= (
                pl.col(RATING).is_in(pl.Series(config.unrated, dtype=pl.Float32).implode()).fill_null(False)
            )
        self.fine = ~self.rows.select(wrong.alias("wrong"))["wrong"]

    def ratings(self) -> pl.Series:
        """The ratings of the rows that are fine."""
        return self.rows[RATING].filter(self.fine)

    def clean(self, values: Values, *, check: bool = True) -> CleanRatings:
        """Accepted rows, with duplicates, and the report before they are resolved.

        Without `check`, too many rejected rows are no error: of a part, that says nothing.
        """
        table, rows, config = self.table, self.rows, self.config
        fine = self.fine & rows[RATING].is_between(*values.scale).fill_null(False)
        n_fine = int(fine.sum())
        rejected: dict[str, Rejection] = {}
        n_blank = 0
        frame = rows
        if n_fine < rows.height:
            rules = replace(self.rules, scale=values.scale)
            rejected, n_blank = describe_rejected(
                table, rows.filter(~fine), rows.height, rules, config.n_samples
            )
            frame = rows.filter(fine)
        notes = (*table.notes, *self.notes, *values.notes)
        report = CleaningReport(
            rows.height - n_blank, n_fine, rejected, 0, table.label, notes, columns=table.roles
        )
        if check:
            check_share(table, report, config)
        kept = [name for name in (USER, ITEM, RATING, TIMESTAMP) if name in rows.columns]
        frame = frame.select(kept)
        if values.are_counts:
            frame = summed(frame)
            totals = frame[RATING].to_numpy()
            values = replace(values, scale=(float(totals.min()), float(totals.max())))
        return CleanRatings(frame, report, table, values)


def summed(frame: pl.DataFrame) -> pl.DataFrame:
    """Counts of one user and item are added up: two purchases of three are six."""
    totals = [pl.col(RATING).sum()] + [pl.col(TIMESTAMP).max()] * (TIMESTAMP in frame.columns)
    return frame.group_by(USER, ITEM, maintain_order=True).agg(totals)


def resolved(report: CleaningReport, n_kept: int) -> CleaningReport:
    return replace(report, accepted=n_kept, duplicates=report.accepted - n_kept)


def check_share(table: RatingsTable, report: CleaningReport, config: CleaningConfig) -> None:
    if report.rows_read == 0:
        raise DataFormatError(f"{table.name} has no rows: there is nothing to learn from.")
    # What the user stated is obeyed, however many rows it leaves out.
    faults = {reason: found for reason, found in report.rejected.items() if reason not in STATED}
    n_faults = sum(found.count for found in faults.values())
    if n_faults <= config.max_rejected_share * report.rows_read and report.accepted:
        return
    if not faults:
        counts = ", ".join(f"{found.count:,} for: {reason}" for reason, found in report.rejected.items())
        raise DataFormatError(
            f"{table.name}: none of the {report.rows_read:,} rows is left ({counts}):"
            " check --scale and --unrated."
        )
    reason, worst = max(faults.items(), key=lambda pair: pair[1].count)
    first = worst.samples[0]
    raise DataFormatError(
        f"{table.name}: {n_faults:,} of {report.rows_read:,} rows are rejected,"
        f" {worst.count:,} of them for: {reason} (line {first.line:,}: {shown(first.text)!r})."
        f" {_cure(table, reason)}"
    )


def _cure(table: RatingsTable, reason: str) -> str:
    """What to do where most rows are rejected for a reason."""
    role = {NOT_A_NUMBER: "rating", NOT_A_TIME: "timestamp"}.get(reason)
    if role is None:
        return (
            f"The file was read as {table.label}. If that is wrong, state the layout with --columns,"
            " --delimiter or --scale; otherwise fix the file."
        )
    without = option(table.source, {other: place for other, place in table.columns.items() if other != role})
    wanted = "Ratings must be numbers, such as 4 for 'liked it'" if role == "rating" else f"Times are {FORMS}"
    return f"{wanted}: replace what is in {table.roles[role]}, or leave the column out with {without}."


def check_enough(n_users: int, n_items: int, clean: CleanRatings) -> None:
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
