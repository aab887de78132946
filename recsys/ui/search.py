"""Choosing one user or one product among millions: typed, searched on the server, shareable by URL."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from recsys.recommender import Recommender
from recsys.ui.tables import item_table
from recsys.ui.text import count, escape, plain

LIMIT = 50
_KINDS = {
    "most active": ("Most active", ":material/local_fire_department:"),
    "active": ("Active", ":material/bolt:"),
    "typical": ("Typical", ":material/person:"),
    "one rating": ("One rating", ":material/looks_one:"),
}


def choose(key: str, value: str) -> None:
    """Put an id into the search box of that key, as if it had been typed."""
    st.session_state[key] = value


def user_box(store: Recommender, key: str = "user") -> str:
    """A search box for users with examples beside it; returns what stands in it."""
    typed = st.text_input(
        "User ID", key=key, bind="query-params", type="search", live=True, max_chars=200,
        placeholder=f"Search {store.summary.n_users:,} users by the start of their ID",
    )  # fmt: skip
    with st.container(horizontal=True, gap="small", key="user-examples"):
        examples = store.example_users().drop_duplicates("kind")
        for kind, user_id in zip(examples.kind, examples.user_id, strict=True):
            label, icon = _KINDS[kind]
            st.button(label, key=f"example-{kind}", icon=icon, on_click=choose, args=(key, user_id))
        st.button(
            "Random", key="random-user", icon=":material/casino:", on_click=_random_user, args=(store, key)
        )
    return (typed or "").strip()


def _random_user(store: Recommender, key: str) -> None:
    choose(key, store.random_user(np.random.default_rng()))


def user_matches(store: Recommender, typed: str, key: str = "user") -> None:
    """Users whose id begins as typed, each a click away; near ids where there are none."""
    found = store.search_users(typed, LIMIT)
    if found.empty:
        st.warning("No user has this ID, and none begins with it.", icon=":material/search_off:")
        ids, words = store.users.near(typed), "Nearest IDs"
    else:
        ids, total = found.user_id.tolist(), found.attrs["total"]
        more = f"; here are the first {len(ids)}" if total > len(ids) else ""
        words = f"{count(total, 'user')} begin with what you typed{more}"
    _pills(words, ids, key)


def _pills(words: str, ids: list[str], key: str) -> None:
    state = f"match-{key}"
    st.pills(
        words, ids, key=state, format_func=lambda one: escape(one, 40),
        on_change=lambda: choose(key, st.session_state[state]),
    )  # fmt: skip


def item_box(store: Recommender, key: str = "item") -> str:
    """A search box for products; returns what stands in it."""
    by = "ID or words of the title" if "title" in store.catalog.columns_known else "the start of their ID"
    typed = st.text_input(
        "Product", key=key, bind="query-params", type="search", live=True, max_chars=200,
        placeholder=f"Search {store.summary.n_items:,} products by {by}",
    )  # fmt: skip
    return (typed or "").strip()


def item_matches(store: Recommender, typed: str, on_open: Callable[[str], None]) -> None:
    """Products found by id or title, each one click away; near ids where there are none."""
    found = store.search_items(typed, LIMIT)
    if not found.empty:
        many = len(found) == LIMIT
        words = f"The first {LIMIT} products" if many else f"{count(len(found), 'product')} found"
        st.text(f"{words} for “{plain(typed, 60)}”{'; more words find fewer' if many else ''}.")
        order = ("icon", "product", "kind", "brand", "price", "n_ratings", "mean_rating", "open")
        item_table(found, "matches", order, alt="Products found", on_open=on_open, button="Open", height=420)
        return
    st.warning("No product has this ID, and no title has these words.", icon=":material/search_off:")
    near = store.items.near(typed)
    st.pills(
        "Nearest IDs", near, key="match-item", format_func=lambda one: escape(one, 40),
        on_change=lambda: on_open(st.session_state["match-item"]),
    )  # fmt: skip
