"""`facet preview`: how a ratings file would be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsys.cli.options import database_options, format_option, layout_options, to_queries, to_reading
from recsys.cli.output import one_line, print_json, print_table

if TYPE_CHECKING:
    from recsys.data.loading import LoadedData

IN_ORDER = "The rows of each user are taken to be in order of time, earliest first."


@click.command("preview")
@click.argument("file", required=False)
@click.option("--catalog", metavar="FILE", help="Titles, brands, categories and prices of the products.")
@database_options
@layout_options
@format_option("table", "json")
def command(
    file: str | None,
    catalog: str | None,
    source: str | None,
    query: str | None,
    catalog_query: str | None,
    form: str,
    **reading: Any,
) -> None:
    """Say how ratings would be read and what of them would be kept.

    They are those of FILE, or the rows of --query.
    """
    asked, products = to_queries(file is not None, source, query, catalog_query)
    if file is None and asked is None:
        raise click.UsageError("Name a FILE, or a --query of a --source.")
    from recsys.data.loading import load_data
    from recsys.errors import DataFormatError
    from recsys.sources.databases import read_query
    from recsys.sources.ratings import preview, recognise

    cleaning, layout = to_reading(**reading)
    given = read_query(asked) if asked is not None else file or ""
    about = catalog if products is None else read_query(products)
    table = recognise(given, dates=cleaning.dates, limits=cleaning.limits, catalog=about, **layout)
    head, *notes = table.describe()
    notes += [IN_ORDER] if cleaning.in_order else []
    rows = preview(table)
    if form == "table":
        name = str(asked) if asked is not None else Path(file or "").name
        click.echo(f"{one_line(name)}: {one_line(head)}")
        for note in notes:
            click.echo(f"  {one_line(note)}")
    try:
        loaded = load_data(table.source, about, config=cleaning, **layout)
    except DataFormatError:
        # Refused as a whole: the rows help to see why.
        if form == "table":
            print_table(rows.map(str).rename(columns=one_line))
        raise
    found = [note for note in loaded.report.notes if note not in (head, *notes)]
    if form == "table":
        for line in (*found, _counts(loaded)):
            click.echo(f"  {one_line(line)}")
        print_table(rows.map(str).rename(columns=one_line))
        return
    report = loaded.report
    print_json(
        {
            "file": file if asked is None else str(asked),
            "source": table.label,
            "columns": dict(report.columns),
            "notes": [*notes, *found],
            "rows": json.loads(rows.to_json(orient="records")),
            "rows_read": report.rows_read,
            "accepted": report.accepted,
            "rejected": {reason: rejection.count for reason, rejection in report.rejected.items()},
            "duplicates": report.duplicates,
            "scale": list(loaded.interactions.scale),
        }
    )


def _counts(loaded: LoadedData) -> str:
    report, data = loaded.report, loaded.interactions
    reasons = ", ".join(f"{rejection.count:,} {reason}" for reason, rejection in report.rejected.items())
    return (
        f"{report.rows_read:,} rows: {report.accepted:,} ratings by {data.n_users:,} users of"
        f" {data.n_items:,} products; {report.n_rejected:,} rejected{f' ({reasons})' if reasons else ''},"
        f" {report.duplicates:,} duplicates."
    )
