"""`facet map`: where the most rated products stand on the map."""

from __future__ import annotations

from dataclasses import asdict

import click

from recsys.cli.options import artifacts_option, format_option
from recsys.cli.output import one_line, print_answer, print_json


@click.command("map")
@click.option(
    "-n", type=click.IntRange(min=1), default=20, show_default=True, help="How many, the most rated first."
)
@artifacts_option()
@format_option("table", "json", "csv")
def command(n: int, artifacts: str, form: str) -> None:
    """List where the most rated products stand on the map, and in which cluster."""
    from recsys.answers import answer_json
    from recsys.recommender import Recommender

    answer = Recommender.open(artifacts).map()
    report = answer.attrs["report"]
    if form == "json":
        print_json({**answer_json(answer.head(n)), "report": None if report is None else asdict(report)})
        return
    if report is None:
        click.echo("This version has no map. A build makes one, unless it is told --no-map.", err=True)
        return
    names = f"{len(report.names)} clusters of {len(answer):,} products"
    kept = f"{report.kept:.0%} of the {report.compared} nearest products are among the nearest on the map"
    click.echo(one_line(f"{names}; {kept}."), err=True)
    print_answer(answer.head(n), form)
