"""How data would be read, before anything is built: small enough to be kept and shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from recsys.data.cleaning.catalog_report import CatalogReport
from recsys.data.cleaning.report import CleaningReport
from recsys.data.loading import load_data
from recsys.data.profile.readiness import Check, readiness
from recsys.data.profile.summary import Summary
from recsys.data.profile.tables import summary
from recsys.data.reading_options import ReadingOptions
from recsys.errors import AmbiguousFileError, DataFormatError, Reading
from recsys.sources.ratings import RatingsTable, preview, recognise
from recsys.sources.registry import Location, open_source
from recsys.sources.role_questions import ROLES
from recsys.sources.source import Source, StatedLayout

N_ROWS = 5
"""Sample rows."""
SKIPPED = "-"
"""The role of a column that is not used."""


@dataclass(frozen=True)
class Column:
    """A column of the source: its name, its first values, and its role (`-`: none)."""

    name: str
    values: tuple[str, ...]
    role: str = SKIPPED


@dataclass(frozen=True)
class Preview:
    """What is known of a source before it is built.

    Attributes
    ----------
    label : str
        The layout by the name people know it by.
    columns : tuple of Column
        Every column; empty where the source could not be opened.
    time_unit : str or None
    notes : tuple of str
        How it was read, and what was decided.
    rows : pandas.DataFrame or None
        The first rows as they are read.
    report, catalog_report, summary, checks : optional
        What became of all rows; None and empty where they were refused.
    problem : str
        Why it cannot be built as it stands; empty where it can.
    readings : tuple of Reading
        The ways to read it, where somebody must say which is right.
    """

    label: str = ""
    columns: tuple[Column, ...] = ()
    time_unit: str | None = None
    notes: tuple[str, ...] = ()
    rows: pd.DataFrame | None = None
    report: CleaningReport | None = None
    catalog_report: CatalogReport | None = None
    summary: Summary | None = None
    checks: tuple[Check, ...] = ()
    problem: str = ""
    readings: tuple[Reading, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether it can be built."""
        return self.summary is not None


def look(ratings: Location, catalog: Location | None, options: ReadingOptions) -> Preview:
    """Read ratings, and their catalogue, as a build would, and say what came of it. Raises nothing of them.

    Parameters
    ----------
    ratings, catalog : path, sequence of paths, or Source
        See `recsys.sources.registry.open_source`.
    """
    seen = Preview()
    try:
        stated = StatedLayout(options.delimiter, False if options.no_header else None)
        source = open_source(ratings, stated)
        seen = replace(seen, label=source.layout.label, columns=_columns(source, {}))
        table = recognise(source, columns=options.columns, dates=options.dates, catalog=catalog)
        seen = _recognised(seen, table)
        seen = replace(seen, rows=preview(table, N_ROWS))
        return _loaded(seen, table, catalog, options)
    except AmbiguousFileError as error:
        return replace(seen, problem=error.problem, readings=error.readings)
    except DataFormatError as error:
        return replace(seen, problem=str(error))


def _columns(source: Source, roles: dict[str, int]) -> tuple[Column, ...]:
    layout, role_of = source.layout, {place: role for role, place in roles.items()}
    names = layout.names or tuple(f"column {place + 1}" for place in range(layout.n_columns))
    return tuple(
        Column(name, tuple(map(str, values[:N_ROWS])), role_of.get(place, SKIPPED))
        for place, (name, values) in enumerate(zip(names, layout.samples, strict=True))
    )


def _recognised(seen: Preview, table: RatingsTable) -> Preview:
    return replace(
        seen,
        label=table.label,
        columns=_columns(table.source, table.columns),
        time_unit=table.time_unit,
        notes=table.notes,
    )


def _loaded(seen: Preview, table: RatingsTable, catalog: Location | None, options: ReadingOptions) -> Preview:
    loaded = load_data(table.source, catalog, config=options.cleaning, **options.layout)
    report = loaded.report
    head = table.describe()[0]
    return replace(
        seen,
        notes=tuple(note for note in report.notes if note != head),
        report=report,
        catalog_report=loaded.catalog_report,
        summary=summary(loaded.interactions),
        checks=readiness(loaded.interactions, report),
    )


def roles_of(columns: tuple[Column, ...]) -> tuple[str, ...]:
    """The roles in the order of the columns, as `--columns` takes them."""
    return tuple(column.role if column.role in ROLES else SKIPPED for column in columns)
