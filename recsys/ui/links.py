"""Going from page to page, with the query of the URL taken along."""

from __future__ import annotations

import streamlit as st

from recsys.ui.navigation import AUDIENCE, BASKET, COMPARE, RECOMMEND, SIMILAR, Screen


def to_similar(item_id: str) -> None:
    """Open the page of a product; for callbacks.

    A callback may not name parameters that widgets of this page are bound to. Their values
    stay, as long as the next page is not bound to the same names.
    """
    st.session_state["item"] = item_id
    st.switch_page(SIMILAR.path, query_params={"item": item_id})


def to_user(user_id: str) -> None:
    """Open the recommendations for a user; for callbacks, as `to_similar`."""
    st.session_state["user"] = user_id
    st.switch_page(RECOMMEND.path, query_params={"user": user_id})


def link_to(screen: Screen, label: str) -> None:
    """A link to a screen."""
    st.page_link(screen.path, label=label, icon=screen.icon, help="")


def link_to_similar(item_id: str, label: str) -> None:
    """A link to the page of a product."""
    st.page_link(SIMILAR.path, label=label, icon=SIMILAR.icon, query_params=_query(item=item_id), help="")


def link_to_audience(item_id: str, label: str) -> None:
    """A link to the users that a product is for."""
    st.page_link(AUDIENCE.path, label=label, icon=AUDIENCE.icon, query_params={"a_item": item_id}, help="")


def link_to_user(user_id: str, label: str) -> None:
    """A link to the recommendations for a user."""
    st.page_link(RECOMMEND.path, label=label, icon=RECOMMEND.icon, query_params=_query(user=user_id), help="")


def link_to_basket(user_id: str, label: str) -> None:
    """A link to the basket that holds what a user rated."""
    st.page_link(BASKET.path, label=label, icon=BASKET.icon, query_params={"from_user": user_id}, help="")


def link_to_filled_basket(items: str, label: str) -> None:
    """A link to a basket, given as `basket_state.encode` writes it."""
    st.page_link(BASKET.path, label=label, icon=BASKET.icon, query_params={"items": items}, help="")


def link_to_compare(user_id: str, label: str) -> None:
    """A link to the rankers' lists for a user."""
    st.page_link(COMPARE.path, label=label, icon=COMPARE.icon, query_params={"c_user": user_id}, help="")


def _query(**changed: str) -> dict[str, str | list[str]]:
    """The query of the URL with some of it changed: whoever comes back finds a view as it was."""
    kept: dict[str, str | list[str]] = {name: st.query_params.get_all(name) for name in st.query_params}
    return {**kept, **changed}
