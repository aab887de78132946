"""Choosing one user or one product among millions: typed, searched on the server, shareable by URL."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from recsys.charts.text import count, plain
from recsys.data.ids import IdTable
from recsys.recommender import Recommender
from recsys.ui.tables import PRODUCTS, item_table
from recsys.ui.text import escape_markdown

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


def example(recommender: Recommender) -> str:
    """The user that a page opens on where nobody is chosen: a typical one, where there is one."""
    examples = recommender.example_users().drop_duplicates("kind").set_index("kind")["user_id"]
    return str(next(examples[kind] for kind in ("typical", "active", *examples.index) if kind in examples))


def opening_example(recommender: Recommender) -> str:
    """The example user, with a line that says it is one."""
    user_id = example(recommender)
    st.caption(f"Nobody is chosen yet. This is an example: user {escape_markdown(user_id)}.")
    return user_id


def user_box(recommender: Recommender, key: str = "user") -> str:
    """A search box for users with examples below it; returns what was typed."""
    typed = st.text_input(
        "User ID", key=key, bind="query-params", type="search", live=True, max_chars=200,
        placeholder=f"Search {recommender.summary.n_users:,} users by the start of their ID",
    )  # fmt: skip
    with st.container(horizontal=True, gap="small", key="user-examples"):
        examples = recommender.example_users().drop_duplicates("kind")
        for kind, user_id in zip(examples.kind, examples.user_id, strict=True):
            label, icon = _KINDS[kind]
            st.button(label, key=f"example-{kind}", icon=icon, on_click=choose, args=(key, user_id))
        st.button(
            "Random",
            key="random-user",
            icon=":material/casino:",
            on_click=_random_user,
            args=(recommender, key),
        )
    return _known(typed or "", recommender.users)


def _random_user(recommender: Recommender, key: str) -> None:
    choose(key, recommender.random_user(np.random.default_rng()))


def user_matches(recommender: Recommender, typed: str, key: str = "user") -> None:
    """Users whose id starts with what was typed, each a click away; the nearest ids where there are none."""
    found = recommender.search_users(typed, LIMIT)
    if found.empty:
        st.warning("No user has this ID, and no ID starts with it.", icon=":material/search_off:")
        ids, words = recommender.users.suggestions(typed), "Nearest IDs"
    else:
        ids, total = found.user_id.tolist(), found.attrs["total"]
        shown = f"; the first {len(ids)} are shown" if total > len(ids) else ""
        words = f"{count(total, 'user ID')} starting with what you typed{shown}"
    _pills(words, ids, key)


def _pills(words: str, ids: list[str], key: str) -> None:
    state = f"match-{key}"
    st.pills(
        words, ids, key=state, format_func=lambda one: escape_markdown(one, 40),
        on_change=lambda: choose(key, st.session_state[state]),
    )  # fmt: skip


def item_box(recommender: Recommender, key: str = "item") -> str:
    """A search box for products; returns what was typed."""
    by = (
        "ID or words of the title"
        if "title" in recommender.catalog.columns_known
        else "the start of their ID"
    )
    typed = st.text_input(
        "Product", key=key, bind="query-params", type="search", live=True, max_chars=200,
        placeholder=f"Search {recommender.summary.n_items:,} products by {by}",
    )  # fmt: skip
    return _known(typed or "", recommender.items)


def _known(typed: str, ids: IdTable) -> str:
    """What was typed, without blanks around it unless they are part of an id."""
    return typed if typed in ids else typed.strip()


def item_matches(recommender: Recommender, typed: str, on_open: Callable[[str], None]) -> None:
    """Products found by id or title, each a click away; the nearest ids where there are none."""
    found = recommender.search_items(typed, LIMIT)
    if not found.empty:
        many = len(found) == LIMIT
        words = f"The first {LIMIT} products" if many else f"{count(len(found), 'product')} found"
        st.text(f"{words} for “{plain(typed, 60)}”. {'Add words to narrow the search.' if many else ''}")
        item_table(found, "matches", PRODUCTS, alt="Products found", on_open=on_open, rows=8)
        return
    st.warning("No product has this ID, and no title contains these words.", icon=":material/search_off:")
    near = recommender.items.suggestions(typed)
    st.pills(
        "Nearest IDs", near, key="match-item", format_func=lambda one: escape_markdown(one, 40),
        on_change=lambda: on_open(st.session_state["match-item"]),
    )  # fmt: skip
