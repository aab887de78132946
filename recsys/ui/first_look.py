"""The first thing a stakeholder sees: one user, what is recommended to them, and why."""

from __future__ import annotations

from typing import Any

import streamlit as st

from recsys.charts.text import percent, plain
from recsys.recommender import Recommender
from recsys.ui.icons import material
from recsys.ui.links import link_to_basket, link_to_similar, link_to_user
from recsys.ui.search import example
from recsys.ui.text import escape_markdown, name_of

_SHOWN = 3


def strip(recommender: Recommender) -> None:
    """What an example user rated last, what is recommended, and why, beside each other."""
    user_id = example(recommender)
    answer = recommender.recommend(user_id, _SHOWN)
    if answer.empty:
        return
    history, best = recommender.history(user_id).head(_SHOWN), answer.iloc[0].to_dict()
    personal = answer.attrs["kind"] == "personal"
    with st.container(border=True, key="first-look"):
        st.subheader("What it does, for one user", anchor=False)
        past, following, why = st.columns(3, gap="large")
        with past:
            st.caption(":material/history: They rated" + (" last" if "timestamp" in history else ""))
            for item in history.to_dict("records"):
                stars = "" if recommender.summary.implicit else f" &ensp; {item['rating']:g} ★"
                _name(item, stars)
        with following:
            st.caption(":material/auto_awesome: " + ("We recommend" if personal else "Popular products"))
            for item in answer.to_dict("records"):
                _name(item)
        with why:
            st.caption(":material/lightbulb: Why")
            st.markdown(
                _why(recommender, user_id, best) if personal else escape_markdown(answer.attrs["note"], 300)
            )
            link_to_user(user_id, "All recommendations, with reasons")
            link_to_basket(user_id, "Change what they rated")
            link_to_similar(str(best["item_id"]), "Similar to the first one")


def _name(item: dict[Any, Any], after: str = "") -> None:
    st.markdown(f"#### {material(item)} {escape_markdown(name_of(item, 70), 70)}{after}")


def _why(recommender: Recommender, user_id: str, best: dict[Any, Any]) -> str:
    """The largest parts of the first product's score, in a sentence."""
    name = escape_markdown(name_of(best, 70), 70)
    if not best["reasons"]:
        return f"**{name}** fits what they rated as a whole."
    total = float(best["score"])
    parts = [
        f"**{escape_markdown(plain(name_of(reason, 60)), 60)}** ({percent(reason['contribution'] / total)})"
        for reason in best["reasons"][:2]
    ]
    rated = " and ".join(parts)
    return f"**{name}** comes first because they rated {rated}. The percentages are shares of its score."
