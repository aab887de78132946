"""What if: a basket to change, the list it makes, what moved, and why a product is where it is."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.charts.text import count, decimals, plain
from recsys.recommender import Recommender
from recsys.rules import Rules
from recsys.served import NOT, Mark
from recsys.ui import basket_state as state
from recsys.ui.basket_state import Entries
from recsys.ui.figures import draw, theme
from recsys.ui.icons import material
from recsys.ui.links import link_to_similar, to_similar
from recsys.ui.search import choose
from recsys.ui.tables import PRODUCTS, choice_table, item_table
from recsys.ui.text import escape_markdown, name_of

_RANKED = ("icon", "moved", "score", "predicted_rating", "rule", "product")
_FOUND = 10
_DEPTH = 100
"""Places of the list that are kept to say what moved."""
_SHOWN, _BEFORE = "basket_shown", "basket_before"


def problems() -> None:
    """Says what of a link could not be taken."""
    for words in state.problems():
        st.warning(escape_markdown(words, 300), icon=":material/link_off:")


def start(recommender: Recommender) -> None:
    """Ways to begin: what an example user, or the user of an ID, rated last."""
    with st.container(horizontal=True, gap="small", key="basket-start"):
        examples = recommender.example_users().drop_duplicates("kind")
        for kind, user_id in zip(examples["kind"], examples["user_id"], strict=True):
            st.button(
                f"A user: {kind}", key=f"fill-{kind}", icon=":material/person:",
                on_click=state.from_user, args=(recommender, user_id),
            )  # fmt: skip
    st.text_input(
        "Or the ID of a user", key="basket_user", max_chars=200, placeholder="Press Enter to fill the basket",
        on_change=lambda: state.from_user(recommender, st.session_state["basket_user"].strip()),
    )  # fmt: skip


def add_box(recommender: Recommender) -> None:
    """A search whose finds are a click from the basket."""
    typed = st.text_input(
        "Add a product", key="basket_add", type="search", live=True, max_chars=200,
        placeholder="Words of its title, or the start of its ID",
    )  # fmt: skip
    liked = state.marks(recommender)[0]
    _finds(recommender, typed or "", "add", lambda item_id: _added(item_id, liked))


def _added(item_id: str, mark: Mark) -> None:
    state.add(item_id, mark)
    choose("basket_add", "")


def _finds(recommender: Recommender, typed: str, key: str, on_choose: Any) -> None:
    if not typed.strip():
        return
    found = recommender.search_items(typed, _FOUND)
    found = found[found["n_ratings"] > 0]
    if found.empty:
        st.text("No rated product has this ID, and no title contains these words.")
        return
    names = {str(item["item_id"]): name_of(item, 60) for item in found.to_dict("records")}
    pills = f"{key}-found"

    def chosen() -> None:
        item_id = st.session_state[pills]
        if item_id is not None:
            on_choose(item_id)

    st.pills(
        f"{count(len(names), 'product')} found: choose one", list(names), key=pills, on_change=chosen,
        wrap=True,
        format_func=lambda item_id: escape_markdown(names[item_id], 60),
    )  # fmt: skip


def contents(recommender: Recommender, entries: Entries) -> None:
    """The products of the basket, the latest on top, each with its mark and its place to change."""
    choices = state.marks(recommender)
    rows = recommender.items.rows([item_id for item_id, _ in entries])
    cards = recommender.dataset.describe(rows, {}).to_dict("records")
    for place in range(len(entries) - 1, -1, -1):
        (item_id, mark), card = entries[place], cards[place]
        with st.container(border=True, gap="xsmall", key=f"in-basket-{place}"):
            st.markdown(f"{material(card)} **{escape_markdown(name_of(card, 90), 90)}**")
            with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
                _mark_box(item_id, mark, choices)
                last = place == len(entries) - 1
                _button("Up", place, item_id, state.move, 1, off=last)
                _button("Down", place, item_id, state.move, -1, off=place == 0)
                _button("Remove", place, item_id, state.remove)


def _mark_box(item_id: str, mark: Mark, choices: list[Mark]) -> None:
    options = choices if mark in choices else [mark, *choices]
    key = f"mark-{item_id}"
    st.session_state[key] = mark
    st.selectbox(
        "Mark", options, key=key, format_func=_mark_words, label_visibility="collapsed", width=130,
        on_change=lambda: state.set_mark(item_id, st.session_state[key]),
    )  # fmt: skip


def _mark_words(mark: Mark) -> str:
    return "Not this" if mark == NOT else f"{mark:g} ★"


def _button(words: str, place: int, item_id: str, does: Any, *more: Any, off: bool = False) -> None:
    st.button(
        words, key=f"{words}-{place}", type="tertiary", on_click=does, args=(item_id, *more), disabled=off
    )


def links(entries: Entries) -> None:
    """The basket as a link, and a way to empty it."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        with st.popover("Make this a link", icon=":material/link:"):
            st.caption("This page's address holds the basket. Send it, or keep it as a bookmark.")
            address = (st.context.url or "").partition("?")[0]
            st.code(f"{address}?{state.ITEMS}={state.encode(entries)}", language=None, wrap_lines=True)
        st.button("Empty it", key="basket-empty", icon=":material/delete:", type="tertiary",
                  on_click=state.put, args=([],))  # fmt: skip


def ranked(recommender: Recommender, entries: Entries, k: int, rules: Rules | None = None) -> None:
    """The list that the basket makes, with what moved since its last change, and why."""
    deep = recommender.recommend_basket(entries, max(k, _DEPTH), rules=rules)
    before = _last_list(recommender, entries, deep)
    answer = deep.head(k)
    personal = deep.attrs["kind"] == "personal"
    st.subheader("What to recommend" if personal else "Popular products", anchor=False)
    if answer.empty or not personal:
        st.caption(escape_markdown(deep.attrs["note"], 400))
        item_table(answer, "basket-list", PRODUCTS, alt="The list of this basket", on_open=to_similar)
        return
    st.caption(_changes(recommender, before, deep, k) + " Select a row to see why.")
    shown = answer
    if before:
        shown = answer.assign(moved=[_moved(item, rank, before) for item, rank in _ranks(answer).items()])
    chosen = answer.iloc[
        choice_table(shown, "basket-list", _RANKED, alt="The list of this basket", file="basket")
    ]
    with st.container(border=True, key="basket-why"):
        name = escape_markdown(name_of(chosen.to_dict(), 120), 120)
        st.subheader(f"Why {name}?", anchor=False)
        _bars(recommender, entries, str(chosen["item_id"]), "basket-why-bars")
        link_to_similar(str(chosen["item_id"]), "Products similar to this one")


def _ranks(frame: pd.DataFrame) -> dict[str, int]:
    return dict(zip(frame["item_id"], frame["rank"], strict=True))


def _last_list(recommender: Recommender, entries: Entries, deep: pd.DataFrame) -> dict[str, int]:
    """The ranks before the last change of the basket; empty where there was none."""
    now = (recommender.version, state.encode(entries))
    kept = st.session_state.get(_SHOWN)
    if kept is None or kept[0] != now:
        same_data = kept is not None and kept[0][0] == recommender.version
        st.session_state[_BEFORE] = kept[1] if kept is not None and same_data else {}
        ranks = _ranks(deep) if deep.attrs["kind"] == "personal" else {}
        st.session_state[_SHOWN] = (now, ranks)
    return dict(st.session_state.get(_BEFORE, {}))


def _moved(item_id: str, rank: int, before: dict[str, int]) -> str:
    if item_id not in before:
        return "new"
    steps = before[item_id] - rank
    return f"▲ {steps}" if steps > 0 else f"▼ {-steps}" if steps < 0 else "="


def _changes(recommender: Recommender, before: dict[str, int], deep: pd.DataFrame, k: int) -> str:
    """What moved since the last change, in a sentence."""
    if not before:
        return "Sorted by score."
    after = _ranks(deep.head(k))
    steps = [before[item] - rank for item, rank in after.items() if item in before]
    up, down = sum(step > 0 for step in steps), sum(step < 0 for step in steps)
    inside = {item for item, rank in before.items() if rank <= k}
    words = f"Since the last change: {up} up, {down} down, {len(set(after) - set(before))} new"
    gone = [item for item in inside if item not in after]
    if gone:
        first = min(gone, key=lambda item: before[item])
        rows = recommender.items.rows([first])
        name = name_of(recommender.dataset.describe(rows, {}).to_dict("records")[0], 60)
        words += f", {len(gone)} no longer among the first {k}, such as {name}"
    return escape_markdown(words + ".", 400)


def _bars(recommender: Recommender, entries: Entries, item_id: str, key: str) -> None:
    parts = recommender.explain_basket(entries, item_id)
    words = charts.pulls_sentence(parts)
    draw(charts.pulls(parts, theme()), key, words)
    st.text(words)


def why_not(recommender: Recommender, entries: Entries, k: int) -> None:
    """Where any product stands for this basket, and what pulls it up or down."""
    st.subheader("Why not …?", anchor=False)
    typed = st.text_input(
        "A product that you miss in the list", key="why_not", bind="query-params", type="search", live=True,
        max_chars=200, placeholder="Words of its title, or its ID",
    )  # fmt: skip
    item_id = (typed or "").strip() if (typed or "") not in recommender.items else typed or ""
    if item_id not in recommender.items:
        _finds(recommender, item_id, "why-not", lambda chosen: choose("why_not", chosen))
        return
    card = recommender.dataset.describe(recommender.items.rows([item_id]), {}).to_dict("records")[0]
    with st.container(border=True, key="why-not-card"):
        st.markdown(f"{material(card)} **{escape_markdown(name_of(card, 120), 120)}**")
        standing = recommender.rank_of(entries, item_id)
        if standing.rank is None:
            st.text(standing.why)
            return
        words = (
            f"Rank {standing.rank:,} of {standing.n_ranked:,}, with the score {decimals(standing.score, 4)}."
        )
        last = recommender.recommend_basket(entries, k).iloc[-1]
        if standing.rank > k:
            name = plain(name_of(last.to_dict()), 60)
            words += f" Rank {int(last['rank'])} has {decimals(last['score'], 4)}: {name}."
        st.text(words)
        _bars(recommender, entries, item_id, "why-not-bars")
