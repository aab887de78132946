"""The lists that need no user."""

from __future__ import annotations

import streamlit as st

from recsys.lists import BEST, DAYS, NEW, POPULAR, RISING, WINDOWS
from recsys.recommender import Recommender
from recsys.ui.controls import AnswerOptions, answer_options
from recsys.ui.links import to_similar
from recsys.ui.tables import item_table, ranges
from recsys.ui.text import day, escape_markdown

_NAMES = {POPULAR: "Popular", RISING: "Rising", NEW: "New", BEST: "Best rated"}
_COLUMNS = {
    POPULAR: ("open", "icon", "in_window", "product", "rated", "brand", "price"),
    RISING: ("open", "icon", "growth", "growth_range", "product", "in_window", "before", "rated"),
    NEW: ("open", "icon", "in_window", "product", "rated", "brand", "price"),
    BEST: ("open", "icon", "bayesian_mean", "product", "rated", "brand", "price"),
}


def lists(recommender: Recommender) -> None:
    """One of the lists, chosen by the viewer."""
    st.subheader("Products for everybody", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="list-controls"):
        kind = st.segmented_control(
            "List", list(recommender.lists), key="l_list", default=POPULAR, required=True,
            bind="query-params", format_func=_NAMES.__getitem__,
        )  # fmt: skip
        days = _window(recommender, kind or POPULAR)
        options = answer_options(recommender.dataset, "l_", with_rated=False)
    _show(recommender, kind or POPULAR, days, options)


def _window(recommender: Recommender, kind: str) -> int:
    """The length of the window in days; not asked where the list has none."""
    if kind == BEST or recommender.interactions.timestamps is None:
        return DAYS
    chosen = st.selectbox(
        "Window", WINDOWS, index=WINDOWS.index(DAYS), key="l_days", bind="query-params", width=130,
        format_func=lambda days: f"{days} days",
        help="How many days, up to the latest rating of the data. Rising compares them with as many days"
        " before.",
    )  # fmt: skip
    return int(chosen)


def _show(recommender: Recommender, kind: str, days: int, options: AnswerOptions) -> None:
    answer = recommender.top(kind, options.k, days=days, filters=options.filters, rules=options.rules)
    if answer.empty:
        st.info(escape_markdown(answer.attrs["note"], 600), icon=":material/search_off:")
        return
    st.caption(_words(recommender, kind, days))
    shown = answer.rename(columns={"score": "bayesian_mean"}) if kind == BEST else answer
    if kind == RISING:
        shown = shown.assign(growth_range=ranges(shown, "growth"))
    item_table(shown, "list", _COLUMNS[kind], alt=_NAMES[kind], on_open=to_similar, file=f"list-{kind}")


def _words(recommender: Recommender, kind: str, days: int) -> str:
    """What the list holds."""
    last = recommender.summary.last_timestamp
    if kind == BEST:
        return (
            "The best mean rating. The mean of a product with few ratings is drawn towards the mean of all"
            " ratings."
        )
    if last is None or recommender.interactions.timestamps is None:
        return "The most ratings of all time: these data have no times."
    window = f"the {days} days up to {day(last)}"
    if kind == RISING:
        return (
            f"Growth is how many times as many ratings a product has in {window} as in the {days} days"
            " before, beside the growth of all ratings. The list is sorted by the lower end of the 95% range."
        )
    if kind == NEW:
        return f"First rated in {window}; those with the most ratings since come first."
    return f"The most ratings in {window}."
