"""The choice between the rankers."""

from __future__ import annotations

import streamlit as st

from recsys.charts.text import ranker_line
from recsys.recommender import Recommender


def choice(recommender: Recommender) -> str | None:
    """Which ranker to ask; None, the one that is served, where there is no choice."""
    names = list(recommender.rankers)
    if len(names) < 2:
        return None
    # Shown by the names of the package: what is shown also stands in the URL.
    chosen = st.selectbox(
        "Ranker", names, key="ranker", bind="query-params", width=150,
        help=" ".join(ranker_line(name) for name in names) + " The first one is served by default.",
    )  # fmt: skip
    return chosen if chosen in names else None
