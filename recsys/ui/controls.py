"""The inputs beside an answer: how many, what may be shown, which view. All of them are in the URL."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from recsys.recommender import Filters, Recommender

PERSONAL, LIKED = "Recommended", "More like what they liked"


@dataclass(frozen=True)
class Choices:
    """What a viewer asked for."""

    k: int
    include_rated: bool
    filters: Filters


def view() -> str:
    """Which of the two views of a user to show."""
    chosen = st.segmented_control(
        "View", [PERSONAL, LIKED], key="view", default=PERSONAL, required=True, bind="query-params",
        label_visibility="collapsed",
    )  # fmt: skip
    return chosen or PERSONAL


def how_many(label: str = "How many", default: int = 10) -> int:
    """A slider for k."""
    return int(st.slider(label, 5, 50, default, step=5, key="k", bind="query-params", width=220))


def answer_controls(store: Recommender, with_rated: bool = True) -> Choices:
    """k, whether rated products may come back, and the filters that the catalogue allows."""
    k = how_many()
    rated = with_rated and st.toggle(
        "Include already rated", key="rated", bind="query-params",
        help="Products this user has rated may come back, as for things bought again.",
    )  # fmt: skip
    active = _active_filters()
    label = f"Filters ({active})" if active else "Filters"
    with st.popover(label, icon=":material/filter_list:"):
        filters = _filters(store)
    return Choices(k, bool(rated), filters)


def _active_filters() -> int:
    state = st.session_state
    return sum(bool(state.get(key)) for key in ("category", "brand", "cheapest", "dearest", "least"))


def _filters(store: Recommender) -> Filters:
    known = store.catalog.columns_known
    categories = _several("Categories", "category", store.categories()) if "category" in known else []
    brands = _several("Brands", "brand", store.brands()) if "brand" in known else []
    low = high = None
    if "price" in known:
        with st.container(horizontal=True):
            low = st.number_input("Lowest price", 0.0, value=None, key="cheapest", bind="query-params")
            high = st.number_input("Highest price", 0.0, value=None, key="dearest", bind="query-params")
    least = st.number_input(
        "At least this many ratings", 0, value=0, step=10, key="least", bind="query-params"
    )
    return Filters(tuple(categories), tuple(brands), (low, high), int(least))


def _several(label: str, key: str, options: list[str]) -> list[str]:
    return st.multiselect(
        label, options, key=key, bind="query-params", placeholder="All", filter_mode="contains"
    )
