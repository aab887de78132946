"""The inputs beside an answer: how many, what may be shown, which view. All of them are in the URL."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from recsys.recommender import Filters, Recommender

FILTERS = ("category", "brand", "cheapest", "dearest", "least")
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


def how_many(prefix: str = "") -> int:
    """A slider for k."""
    return int(st.slider("How many", 5, 50, 10, step=5, key=f"{prefix}k", bind="query-params", width=200))


def answer_controls(store: Recommender, prefix: str = "", with_rated: bool = True) -> Choices:
    """k, whether rated products may come back, and the filters that the catalogue allows.

    Parameters
    ----------
    prefix : str
        Begins the names in the URL: pages that shared a name would reset each other's.
    """
    k = how_many(prefix)
    rated = with_rated and st.toggle(
        "Include already rated", key=f"{prefix}rated", bind="query-params",
        help="Products this user has rated may come back, as for things bought again.",
    )  # fmt: skip
    active = sum(bool(st.session_state.get(f"{prefix}{name}")) for name in FILTERS)
    label = f"Filters ({active})" if active else "Filters"
    with st.popover(label, icon=":material/filter_list:"):
        filters = _filters(store, prefix)
    return Choices(k, bool(rated), filters)


def _filters(store: Recommender, prefix: str) -> Filters:
    known = store.catalog.columns_known
    category, brand, cheapest, dearest, least = (f"{prefix}{name}" for name in FILTERS)
    categories = _several("Categories", category, store.dataset.categories()) if "category" in known else []
    brands = _several("Brands", brand, store.dataset.brands()) if "brand" in known else []
    low = high = None
    if "price" in known:
        with st.container(horizontal=True):
            low = st.number_input("Lowest price", 0.0, value=None, key=cheapest, bind="query-params")
            high = st.number_input("Highest price", 0.0, value=None, key=dearest, bind="query-params")
    fewest = st.number_input(
        "At least this many ratings", 0, value=0, step=10, key=least, bind="query-params"
    )
    return Filters(tuple(categories), tuple(brands), low, high, int(fewest))


def _several(label: str, key: str, options: list[str]) -> list[str]:
    return st.multiselect(
        label, options, key=key, bind="query-params", placeholder="All", filter_mode="contains"
    )
