"""`facet recommend`: a ranked list for a user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from recsys.cli.options import answer_options, new_option, ranker_option, to_filters
from recsys.cli.output import print_answer, warn_unmatched

if TYPE_CHECKING:
    from recsys.rules import Rules


@click.command("recommend")
@click.argument("user_id")
@click.option("--include-rated", is_flag=True, help="Products the user already rated may come back.")
@ranker_option
@new_option
@answer_options
def command(
    user_id: str,
    include_rated: bool,
    ranker: str | None,
    new: int,
    k: int,
    artifacts: str,
    form: str,
    rules: Rules | None,
    **filters: Any,
) -> None:
    """Recommend products to the user USER_ID.

    Products that nobody has rated yet stand apart, found by their description.
    """
    shown: dict[str, Any] = {"filters": to_filters(**filters), "rules": rules}
    from recsys.recommender import Recommender

    recommender = Recommender.open(artifacts)
    warn_unmatched(recommender, rules)
    answer = recommender.recommend(user_id, k, include_rated=include_rated, ranker=ranker, **shown)
    print_answer(answer, form, recommender.recommend_new(user_id, new, **shown) if new else None)
