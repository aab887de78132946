"""`facet top`: lists that need no user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from recsys.cli.options import answer_options, to_filters
from recsys.cli.output import print_answer, warn_unmatched

if TYPE_CHECKING:
    from recsys.rules import Rules


@click.command("top")
@click.argument("kind", type=click.Choice(["popular", "rising", "new", "best"]))
@click.option(
    "--days", type=click.IntRange(min=1), default=90, show_default=True, help="The length of the window."
)
@answer_options
def command(
    kind: str, days: int, k: int, artifacts: str, form: str, rules: Rules | None, **filters: Any
) -> None:
    """List the first products of the list KIND, which needs no user.

    popular: most ratings in the window. rising: more ratings than in the window before, beyond what chance
    explains. new: first rated in the window. best: the best mean rating, drawn towards the mean of all
    ratings where a product has few. The window ends with the latest rating.
    """
    from recsys.recommender import Recommender

    recommender = Recommender.open(artifacts)
    warn_unmatched(recommender, rules)
    print_answer(recommender.top(kind, k, days=days, filters=to_filters(**filters), rules=rules), form)
