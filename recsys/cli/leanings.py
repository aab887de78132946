"""`facet leanings`: the categories and brands that a user leans to."""

from __future__ import annotations

import click

from recsys.cli.options import artifacts_option, format_option
from recsys.cli.output import print_answer


@click.command("leanings")
@click.argument("user_id")
@click.option("-n", type=click.IntRange(min=1), default=10, show_default=True, help="How many of each kind.")
@artifacts_option()
@format_option("table", "json", "csv")
def command(user_id: str, n: int, artifacts: str, form: str) -> None:
    """List the categories and brands that the user USER_ID leans to, against everybody."""
    from recsys.recommender import Recommender

    print_answer(Recommender.open(artifacts).leanings(user_id, n), form)
