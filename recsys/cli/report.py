"""`facet report`: one HTML file about the version in service."""

from __future__ import annotations

from pathlib import Path

import click

from recsys.cli.options import artifacts_option, format_option
from recsys.cli.output import one_line, print_json


@click.command("report")
@click.option(
    "--out", metavar="FILE", default="report.html", show_default=True, help="The file to write or replace."
)
@artifacts_option()
@format_option("table", "json")
def command(out: str, artifacts: str, form: str) -> None:
    """Write a report on the version in service: one HTML file that needs no network."""
    from recsys.errors import ArtifactError, writing
    from recsys.estimates import size
    from recsys.recommender import Recommender
    from recsys.report import report_html
    from recsys.versions import durable

    path = Path(out)
    if path.exists() and not path.is_file():
        raise ArtifactError(f"{out} is no file. Name one to write, such as report.html.")
    page = report_html(Recommender.open(artifacts)).encode()
    with writing(out):
        durable.replace(path, page)
    if form == "json":
        print_json({"report": out, "bytes": len(page)})
    else:
        click.echo(one_line(f"Wrote {out}, {size(len(page))}."))
