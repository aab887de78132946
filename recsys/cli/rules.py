"""`facet rules`: check a rules file, and say what it changes and costs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from recsys.cli.options import artifacts_option, format_option
from recsys.cli.output import decimals, one_line, print_json, warn_unmatched

if TYPE_CHECKING:
    from recsys.rule_cost import ListFigures, RuleCost


@click.command("rules")
@click.argument("file")
@artifacts_option()
@format_option("table", "json")
def command(file: str, artifacts: str, form: str) -> None:
    """Check the rules FILE, and say what it changes and costs.

    Measured on the lists of users whose ratings the build held out.
    """
    from recsys.recommender import Recommender
    from recsys.rule_cost import rule_cost
    from recsys.rules import read_rules

    rules = read_rules(file)
    recommender = Recommender.open(artifacts)
    warn_unmatched(recommender, rules)
    cost = rule_cost(recommender, rules)
    if form == "json":
        print_json(asdict(cost))
        return
    for line in _lines(cost):
        click.echo(one_line(line))


def _lines(cost: RuleCost) -> list[str]:
    change = cost.hit_rate_change
    most = ", ".join(f"{user} ({n})" for user, n in cost.most_changed)
    return [
        f"{cost.users:,} users with held-out ratings; lists of ten.",
        f"Without the rules: {_figures(cost.without)}.",
        f"With the rules: {_figures(cost.under)}.",
        f"Change in hit rate: {change.value:+.3f}, 95% interval {change.low:+.3f} to {change.high:+.3f}.",
        f"Products replaced in a list: {decimals(cost.changed, 1)} of ten on average.",
        f"Products never shown: {cost.not_shown:,}.",
        *([f"Lists that change most: {most}."] if most else []),
    ]


def _figures(one: ListFigures) -> str:
    return (
        f"hit rate {decimals(one.hit_rate)}, {one.products:,} different products shown,"
        f" variety {decimals(one.variety)}, {decimals(one.length, 1)} products in a list"
    )
