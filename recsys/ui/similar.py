"""The views of one product: its card, the products similar to it, and the walk that led to it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.charts.text import count, plain
from recsys.recommender import Recommender
from recsys.ui import new_products
from recsys.ui.controls import AnswerOptions
from recsys.ui.figures import draw, theme
from recsys.ui.icons import material
from recsys.ui.search import choose
from recsys.ui.tables import PRODUCTS, item_table, ranges
from recsys.ui.text import escape_markdown, name_of

_WALK = "walk"
_STEPS = 8
_SIMILAR = ("open", "icon", "similarity", "shared_raters", "product", "rated")
_TOGETHER = ("open", "icon", "lift", "shared_raters", "product", "lift_range", "rated")
_NEXT = ("open", "icon", "score", "raters_after", "product", "rated")


def start(recommender: Recommender) -> None:
    """Where a walk can begin."""
    st.subheader("Start from a popular product", anchor=False)
    item_table(recommender.popular(12), "start", PRODUCTS, alt="Most rated products", on_open=walk_to)


def walk_to(item_id: str) -> None:
    """Make a product the next one asked about."""
    choose("item", item_id)


def breadcrumb(recommender: Recommender, item_id: str) -> None:
    """The products walked through, each a click away; going back cuts the walk there."""
    walk: list[str] = [step for step in st.session_state.get(_WALK, []) if recommender.knows(step)]
    walk = walk[: walk.index(item_id) + 1] if item_id in walk else [*walk, item_id][-_STEPS:]
    st.session_state[_WALK] = walk
    if len(walk) < 2:
        return
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="breadcrumb"):
        st.markdown(":material/route:", width="content")
        for number, step in enumerate(walk):
            label = escape_markdown(name_of(_brief(recommender, step), 30), 30)
            st.button(
                label, key=f"step-{number}", type="tertiary", on_click=walk_to, args=(step,),
                icon=":material/chevron_right:" if number else None, disabled=step == item_id,
            )  # fmt: skip


def _brief(recommender: Recommender, item_id: str) -> dict[str, Any]:
    return {"item_id": item_id, "title": recommender.new.description(item_id)["title"][0]}


def card(recommender: Recommender, item_id: str) -> None:
    """A product: what is known of it, how it was rated, and when."""
    item = recommender.item(item_id)
    with st.container(border=True, key="product-card"):
        st.subheader(escape_markdown(name_of(item, 160), 160), anchor=False, icon=material(item))
        known = [item.get("brand"), item.get("category"), f"ID {item_id}"]
        st.text("  ·  ".join(plain(value, 100) for value in known if isinstance(value, str) and value))
        with st.container(horizontal=True, gap="large"):
            st.metric("Ratings", f"{item['n_ratings']:,}", width="content")
            if not recommender.summary.implicit and item["n_ratings"]:
                st.metric("Mean", f"{item['mean_rating']:.2f} ★", width="content")
            if isinstance(price := item.get("price"), float) and price == price:
                st.metric("Price", escape_markdown(f"${price:,.2f}"), width="content")
        new_products.resting(recommender, item)
        if not recommender.summary.implicit and item["n_ratings"]:
            _charts(recommender, item)


def _charts(recommender: Recommender, item: dict[str, Any]) -> None:
    tables = item["histogram"], recommender.table("rating_distribution")
    left, right = st.columns(2, gap="medium") if item["by_month"] is not None else (st.container(), None)
    with left:
        words = charts.item_ratings_sentence(*tables)
        draw(charts.item_ratings(*tables, theme()), "item-ratings", words)
        st.caption(words)
    if right is None:
        return
    with right:
        words = charts.item_history_sentence(item["by_month"])
        draw(charts.item_history(item["by_month"], theme()), "item-history", words)
        st.caption(words)


def similar(recommender: Recommender, item_id: str, options: AnswerOptions) -> None:
    """The similar products, with the evidence."""
    answer = recommender.similar(item_id, options.k, filters=options.filters, rules=options.rules)
    if answer.attrs["kind"] == "content":
        new_products.similar_rated(answer, walk_to)
        return
    if answer.empty:
        st.info(escape_markdown(answer.attrs["note"], 600), icon=":material/search_off:")
        return
    words = "" if recommender.described is None else " or whose words are alike"
    st.caption(
        f"{count(len(answer), 'product')} that the same people rate{words}, sorted by similarity: 1 is alike"
        " in every way, and few ratings make it smaller. Shared is the number of people who rated both."
        " The arrow opens a product."
    )
    shown = answer.rename(columns={"score": "similarity"})
    item_table(shown, "similar", _SIMILAR, alt="Similar products", on_open=walk_to)


def rated_next(recommender: Recommender, item_id: str, options: AnswerOptions) -> None:
    """What people rated after this product; nothing where the order of time is not known."""
    if recommender.sequential is None or item_id in recommender.new:
        return
    answer = recommender.rated_next(item_id, options.k, filters=options.filters, rules=options.rules)
    words = (
        "Similar products are alike, in whatever order people rate them. These are what people go on to rate"
        " after this product, alike or not. Later is the number of people who did so."
    )
    _section("Rated next", "rated-next", answer, words, _NEXT)


def together(recommender: Recommender, item_id: str, options: AnswerOptions) -> None:
    """What people rated together with a product; nothing for a product without ratings."""
    if item_id in recommender.new:
        return
    answer = recommender.together(item_id, options.k, filters=options.filters, rules=options.rules)
    if not answer.empty:
        answer = answer.assign(lift_range=ranges(answer, "lift"))
    words = (
        "Products that the same people rated more often than chance would give. Lift is how many times as"
        " often. The list is sorted by the lower end of its 95% range: a few shared raters prove little."
    )
    _section("Often rated together", "together", answer, words, _TOGETHER)


def _section(title: str, key: str, answer: pd.DataFrame, words: str, columns: tuple[str, ...]) -> None:
    """A list under its heading, or why it is empty."""
    st.subheader(title, anchor=False)
    if answer.empty:
        st.info(escape_markdown(answer.attrs["note"], 600), icon=":material/search_off:")
        return
    st.caption(words)
    item_table(answer, key, columns, alt=title, on_open=walk_to)
