"""`facet similar`: products similar to a product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from recsys.cli.options import answer_options, new_option, to_filters
from recsys.cli.output import print_answer, warn_unmatched

if TYPE_CHECKING:
    from recsys.rules import Rules


@click.command("similar")
@click.argument("item_id")
@click.option("--next", "rated_next", is_flag=True, help="List what people rated after it instead.")
@click.option("--together", is_flag=True, help="List what people rated together with it instead.")
@new_option
@answer_options
def command(
    item_id: str,
    rated_next: bool,
    together: bool,
    new: int,
    k: int,
    artifacts: str,
    form: str,
    rules: Rules | None,
    **filters: Any,
) -> None:
    """List the products similar to the product ITEM_ID.

    Products that nobody has rated yet stand apart, found by their description.
    """
    if rated_next and together:
        raise click.UsageError("--next and --together exclude each other.")
    shown: dict[str, Any] = {"filters": to_filters(**filters), "rules": rules}
    from recsys.recommender import Recommender

    recommender = Recommender.open(artifacts)
    warn_unmatched(recommender, rules)
    if rated_next or together:
        instead = recommender.rated_next if rated_next else recommender.together
        print_answer(instead(item_id, k, **shown), form)
        return
    answer = recommender.similar(item_id, k, **shown)
    print_answer(answer, form, recommender.similar_new(item_id, new, **shown) if new else None)
