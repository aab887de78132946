"""`facet preview`: how a ratings file would be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from recsys.cli.options import format_option, layout_options, to_reading
from recsys.cli.output import one_line, print_json, print_table


@click.command("preview")
@click.argument("file")
@layout_options
@format_option("table", "json")
def command(file: str, form: str, **reading: Any) -> None:
    """Say how the ratings FILE would be read, and show its first rows."""
    from recsys.sources.ratings import preview, recognise

    cleaning, layout = to_reading(**reading)
    recognised = recognise(file, dates=cleaning.dates, limits=cleaning.limits, **layout)
    rows = preview(recognised)
    head, *notes = recognised.describe()
    if cleaning.in_order:
        notes.append("The rows of each user are taken to be in order of time, earliest first.")
    if form == "json":
        records = json.loads(rows.to_json(orient="records"))
        print_json({"file": file, "source": recognised.label, "notes": notes, "rows": records})
        return
    click.echo(f"{one_line(Path(file).name)}: {one_line(head)}")
    for note in notes:
        click.echo(f"  {one_line(note)}")
    print_table(rows.map(str).rename(columns=one_line))
