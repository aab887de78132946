"""`facet similar`: products similar to a product."""

from __future__ import annotations

from typing import Any

import click

from recsys.cli.options import answer_options, to_filters
from recsys.cli.output import print_answer


@click.command("similar")
@click.argument("item_id")
@answer_options
def command(item_id: str, k: int, artifacts: str, form: str, **filters: Any) -> None:
    """List the products similar to the product ITEM_ID."""
    chosen = to_filters(**filters)
    from recsys.recommender import Recommender

    print_answer(Recommender.open(artifacts).similar(item_id, k, filters=chosen), form)
