"""`facet export`: the answers for all users or products, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recsys.cli.options import (
    artifacts_option,
    filter_options,
    format_option,
    progress_option,
    ranker_option,
    rules_option,
    to_filters,
)
from recsys.cli.output import one_line, print_json, progress_display

if TYPE_CHECKING:
    from recsys.rules import Rules


@click.command("export")
@click.argument(
    "what", type=click.Choice(["recommendations", "similar", "next", "audiences"]), required=False
)
@click.option("--out", metavar="FILE", required=True, help="The file to write: .parquet, .csv or .jsonl.")
@click.option("-k", "k", type=click.IntRange(min=1), default=10, show_default=True, help="Lines of a list.")
@click.option(
    "--ids", metavar="FILE", help="Ask only about the users, or products, whose IDs are the lines of FILE."
)
@click.option(
    "--min-rated", type=click.IntRange(min=1), default=1, help="Only users who rated so many products."
)
@click.option("--active-days", type=click.IntRange(min=1), help="Only users who rated something so lately.")
@ranker_option
@filter_options
@rules_option
@click.option("--workers", type=click.IntRange(min=1), help="Processes. [default: one for each core]")
@click.option("--resume", is_flag=True, help="Go on with the stopped export into FILE, whatever it was of.")
@click.option("--overwrite", is_flag=True, help="Replace a file of this name.")
@click.option("--restart", is_flag=True, help="Throw away what a stopped export has done.")
@artifacts_option()
@progress_option
@format_option("table", "json")
def command(
    what: Any | None,
    out: str,
    k: int,
    ids: str | None,
    min_rated: int,
    active_days: int | None,
    ranker: str | None,
    rules: Rules | None,
    workers: int | None,
    resume: bool,
    overwrite: bool,
    restart: bool,
    artifacts: str,
    progress_file: str | None,
    form: str,
    **filters: Any,
) -> None:
    """Write the answers WHAT for all users or products into one file.

    recommendations: lists for users. similar, next: products similar to each product, or rated after it.
    audiences: users for each product that the filters leave.
    """
    if (what is None) != resume:
        raise click.UsageError("Say what to export, or --resume alone.")
    from recsys.export import ExportRequest, begin
    from recsys.export import resume as go_on
    from recsys.export.request import form_of, read_ids
    from recsys.jobs.progress_file import ProgressFile, both

    if what is not None:
        request = ExportRequest(
            what,
            form_of(Path(out)),
            k,
            ranker=ranker,
            ids=None if ids is None else read_ids(Path(ids)),
            min_rated=min_rated,
            active_days=active_days,
            filters=to_filters(**filters),
            rules=rules,
        )
        begin(artifacts, out, request, overwrite=overwrite, restart=restart)
    with progress_display() as listener:
        file = ProgressFile(Path(progress_file)) if progress_file else None
        hears = listener if file is None else both(listener, file)
        made = go_on(artifacts, out, workers=workers, progress=hears)
        if file is not None:
            file.end(made.version)
    asked = "users" if made.request.of_users else "products"
    if form == "json":
        names = ("version", "n_asked", "n_parts", "n_found", "n_bytes", "seconds")
        print_json({"path": str(made.path), **{name: getattr(made, name) for name in names}})
        return
    if made.n_found:
        click.echo(f"{made.n_found:,} of {made.n_parts:,} parts were there from before.", err=True)
    click.echo(
        one_line(
            f"Wrote {made.path}: {made.n_asked:,} {asked}, {made.n_bytes / 1e6:,.1f} MB,"
            f" {made.seconds:.1f} s, from version {made.version}."
        )
    )
