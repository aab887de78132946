"""`facet audience`: the users that a product, a category or a brand is for."""

from __future__ import annotations

from typing import Any

import click

from recsys.cli.options import artifacts_option, filter_options, format_option, to_filters
from recsys.cli.output import print_answer


@click.command("audience")
@click.argument("item_id", required=False)
@click.option("-n", type=click.IntRange(min=1), default=20, show_default=True, help="How many users.")
@click.option("--include-raters", is_flag=True, help="Users who rated it may come back.")
@filter_options
@artifacts_option()
@format_option("table", "json", "csv")
def command(
    item_id: str | None, n: int, include_raters: bool, artifacts: str, form: str, **filters: Any
) -> None:
    """List the users that the product ITEM_ID is for.

    Without it, those whom all products that the filters leave are for, such as a category or a brand.
    """
    asked = to_filters(**filters)
    if item_id is None and not asked.active():
        raise click.UsageError("Name a product, or filters such as --category or --brand.")
    if item_id is not None and asked.active():
        raise click.UsageError("Name either a product or filters.")
    from recsys.recommender import Recommender

    recommender = Recommender.open(artifacts)
    print_answer(recommender.audience(item_id, n, filters=asked, include_raters=include_raters), form)
