"""Going from page to page, with what stands in the URL taken along."""

from __future__ import annotations

import streamlit as st


def query(**changed: str) -> dict[str, str | list[str]]:
    """The query of the URL with some of it changed: a view left and come back to stays as it was."""
    kept = {name: st.query_params.get_all(name) for name in st.query_params}
    return {**kept, **changed}


def to_similar(item_id: str) -> None:
    """Open the page of a product; for callbacks.

    Parameters that widgets of this page are bound to may not be named here; their values stay,
    as long as the next page is not bound to the same names.
    """
    st.session_state["item"] = item_id
    st.switch_page("pages/similar.py", query_params={"item": item_id})


def link_to_similar(item_id: str, label: str) -> None:
    """A link to the page of a product."""
    st.page_link(
        "pages/similar.py", label=label, icon=":material/hub:", query_params=query(item=item_id), help=""
    )


def link_to_user(user_id: str, label: str) -> None:
    """A link to the recommendations for a user."""
    st.page_link(
        "pages/recommend.py",
        label=label,
        icon=":material/person_search:",
        query_params=query(user=user_id),
        help="",
    )
