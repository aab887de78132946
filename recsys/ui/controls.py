"""The inputs beside an answer: how many products, and which may be shown. All of them are in the URL."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from recsys.recommender import Filters, Recommender

FILTERS = ("category", "brand", "min_price", "max_price", "min_ratings")


@dataclass(frozen=True)
class AnswerOptions:
    """What a viewer asked for."""

    k: int
    include_rated: bool
    filters: Filters


def answer_options(recommender: Recommender, prefix: str = "", with_rated: bool = True) -> AnswerOptions:
    """k, whether rated products may come back, and the filters that the catalogue allows.

    Parameters
    ----------
    prefix : str
        Starts the names in the URL: pages that share a name would reset each other's.
    """
    k = st.slider("How many", 5, 50, 10, step=5, key=f"{prefix}k", bind="query-params", width=200)
    rated = with_rated and st.toggle(
        "Include already rated", key=f"{prefix}rated", bind="query-params",
        help="Also recommend products this user has rated, such as things people buy again.",
    )  # fmt: skip
    active = sum(bool(st.session_state.get(f"{prefix}{name}")) for name in FILTERS)
    with st.popover(f"Filters ({active})" if active else "Filters", icon=":material/filter_list:"):
        filters = _filters(recommender, prefix)
    return AnswerOptions(int(k), bool(rated), filters)


def _filters(recommender: Recommender, prefix: str) -> Filters:
    known = recommender.catalog.columns_known
    category, brand, min_price, max_price, min_ratings = (f"{prefix}{name}" for name in FILTERS)
    categories = _several("Category", category, recommender.categories()) if "category" in known else []
    brands = _several("Brand", brand, recommender.brands()) if "brand" in known else []
    low = high = None
    if "price" in known:
        with st.container(horizontal=True):
            low = st.number_input("Lowest price", 0.0, value=None, key=min_price, bind="query-params")
            high = st.number_input("Highest price", 0.0, value=None, key=max_price, bind="query-params")
    fewest = st.number_input("Fewest ratings", 0, value=0, step=10, key=min_ratings, bind="query-params")
    return Filters(tuple(categories), tuple(brands), (low, high), int(fewest))


def _several(label: str, key: str, options: list[str]) -> list[str]:
    return st.multiselect(
        label, options, key=key, bind="query-params", placeholder="All", filter_mode="contains"
    )
