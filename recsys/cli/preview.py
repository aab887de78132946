"""`facet preview`: how a ratings file would be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from recsys.cli.options import format_option, layout_options, to_layout
from recsys.cli.output import one_line, print_json, print_table


@click.command("preview")
@click.argument("file")
@layout_options
@format_option("table", "json")
def command(file: str, scale: tuple[float, float] | None, form: str, **layout: Any) -> None:
    """Say how the ratings FILE would be read, and show its first rows."""
    from recsys.sources.ratings import preview, recognise

    recognised = recognise(file, **to_layout(**layout))
    rows = preview(recognised)
    if form == "json":
        records = json.loads(rows.to_json(orient="records"))
        print_json({"file": file, "source": recognised.label, "notes": recognised.notes, "rows": records})
        return
    click.echo(f"{one_line(Path(file).name)}: {one_line(recognised.label)}")
    for note in recognised.notes:
        click.echo(f"  {one_line(note)}")
    print_table(rows.map(str).rename(columns=one_line))
