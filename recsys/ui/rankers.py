"""The rankers by the names people read, what each does in a line, and the choice between them."""

from __future__ import annotations

import streamlit as st

from recsys.charts.text import ranker_name
from recsys.evaluation.choice import ITEM_KNN, POPULAR, SEQUENTIAL, STATIC
from recsys.recommender import Recommender

WHAT = {
    SEQUENTIAL: "What a user rated last counts most, and so does what people go on to rate after it.",
    STATIC: "Uses everything a user rated. Order does not matter.",
    ITEM_KNN: "Products are listed that share raters with what a user rated.",
    POPULAR: "Everybody gets the products with the most ratings.",
}
"""What a ranker does, in a line."""


def choice(recommender: Recommender) -> str | None:
    """Which ranker to ask; None, the one that is served, where there is no choice."""
    names = list(recommender.rankers)
    if len(names) < 2:
        return None
    # Shown by the names of the package: what is shown also stands in the URL.
    chosen = st.selectbox(
        "Ranker", names, key="ranker", bind="query-params", width=150,
        help=" ".join(line(name) for name in names) + " The first one is served by default.",
    )  # fmt: skip
    return chosen if chosen in names else None


def line(name: str) -> str:
    """The name of a ranker and what it does."""
    return f"{ranker_name(name)}: {what}" if (what := WHAT.get(name)) else ranker_name(name)
