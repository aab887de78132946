"""What is loaded, how good the model is, and where to go next."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from recsys import charts
from recsys.charts.results import BASELINE, LEAD, comparison_sentence, figures_table
from recsys.charts.text import count
from recsys.recommender import Recommender
from recsys.report import facts
from recsys.report.facts import Fact
from recsys.ui.figures import draw, theme
from recsys.ui.icons import material
from recsys.ui.links import link_to, link_to_similar, link_to_user
from recsys.ui.navigation import EXPLORE, QUALITY
from recsys.ui.text import ago, escape_markdown, name_of


def lead(recommender: Recommender) -> str:
    """What is loaded, in one line."""
    return f"{facts.lead(recommender.manifest)} Built {ago(recommender.manifest.built_at)}."


def made_up_notice(recommender: Recommender) -> None:
    """Says that the data are made up, where they are, and how to load others."""
    if recommender.manifest.made_up:
        st.info(
            f"{facts.MADE_UP} Load your own on the page *Data and builds*, or with"
            " `python -m recsys build --ratings FILE`.",
            title="These data are made up",
            icon=":material/science:",
        )


def data_tiles(recommender: Recommender) -> None:
    """The data set in six numbers, with how they changed in a year where times are known."""
    months = recommender.table("monthly") if "monthly" in recommender.tables() else pd.DataFrame()
    with st.grid(3, min_column_width=150, key="tiles"):
        for fact in facts.data_facts(recommender.summary):
            _tile(fact, months)


def _tile(fact: Fact, months: pd.DataFrame) -> None:
    # No sparkline: the marks of Streamlit's own have no accessible name. The exploration has the charts.
    change = _change(months[fact.column], fact.column) if fact.column in months else {}
    words = fact.meaning
    if fact.column == "active_users":
        words += ". The change is of the users active in each month."
    st.metric(fact.name, fact.value, **change, help=words, border=True, height="stretch")


def _change(months: pd.Series[Any], column: str) -> dict[str, Any]:
    """The last twelve months against the twelve before, where the data are that long."""
    last, before = months.iloc[-12:], months.iloc[-24:-12]
    if len(months) < 24 or not before.sum():
        return {}
    if column == "mean_rating":
        change = f"{last.mean() - before.mean():+.2f} ★"
    else:
        change = f"{last.sum() / before.sum() - 1:+.0%}"
    return {"delta": change, "delta_description": "in 12 months", "delta_color": "primary"}


def accuracy(recommender: Recommender) -> None:
    """The model against the baselines, as measured in the build."""
    evaluation = recommender.manifest.evaluation
    with st.container(border=True, key="accuracy", height="stretch"):
        st.subheader("Better than showing best-sellers?", anchor=False)
        if evaluation is None or evaluation.ranking is None:
            st.text("This build did not measure that. Build with --evaluate to hold ratings out and measure.")
            return
        st.text(comparison_sentence(evaluation.ranking, BASELINE, LEAD))
        table = figures_table(evaluation.ranking)
        words = charts.metric_bars_sentence(table, LEAD)
        draw(charts.metric_bars(table, LEAD, theme()), "overview-recall", words)
        link_to(QUALITY, "For whom, and how sure are we?")


def model_card(recommender: Recommender) -> None:
    """How the models were made."""
    manifest = recommender.manifest
    with st.container(border=True, key="model-card", height="stretch"):
        st.subheader("Model card", anchor=False)
        st.table(facts.model_facts(manifest), border="horizontal", alt="Model card")
        st.caption(escape_markdown(manifest.served.sentence(), 600))
        st.caption(facts.FOLDED_IN)


def next_steps(recommender: Recommender) -> None:
    """Links to example users, a popular product, the exploration and the quality page."""
    with st.grid(3, min_column_width=170, key="next-steps"):
        for one in facts.examples(recommender):
            with _step(one.title, ":material/person:", f"{one.user_id}, {count(one.n_ratings, 'rating')}"):
                link_to_user(one.user_id, "What to recommend")
        for item in recommender.popular(1).to_dict("records"):
            with _step("A popular product", material(item), name_of(item, 110)):
                link_to_similar(item["item_id"], "What is similar")
        ratings = count(recommender.summary.n_ratings, "rating")
        with _step("The data", EXPLORE.icon, f"{ratings} in charts"):
            link_to(EXPLORE, "Explore")
        with _step("The model", QUALITY.icon, "Measured on held-out ratings"):
            link_to(QUALITY, "How good is it")


def _step(title: str, icon: str, words: str) -> DeltaGenerator:
    box = st.container(border=True, height="stretch", gap="xsmall")
    box.caption(f"{icon} {title}")
    box.markdown(f"**{escape_markdown(words, 120)}**")
    return box
