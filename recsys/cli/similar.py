"""`facet similar`: products similar to a product."""

from __future__ import annotations

from typing import Any

import click

from recsys.cli.options import answer_options, new_option, to_filters
from recsys.cli.output import print_answer


@click.command("similar")
@click.argument("item_id")
@new_option
@answer_options
def command(item_id: str, new: int, k: int, artifacts: str, form: str, **filters: Any) -> None:
    """List the products similar to the product ITEM_ID.

    Products that nobody has rated yet stand apart, found by their description.
    """
    chosen = to_filters(**filters)
    from recsys.recommender import Recommender

    recommender = Recommender.open(artifacts)
    answer = recommender.similar(item_id, k, filters=chosen)
    print_answer(answer, form, recommender.similar_new(item_id, new, filters=chosen) if new else None)
