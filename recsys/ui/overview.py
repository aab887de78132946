"""What is loaded, how good the model is, and where to go next."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from recsys import charts
from recsys.charts.results import comparison_sentence, figures_table
from recsys.charts.text import compact, count, one_in, percent, plain
from recsys.evaluation.results import TaskResult
from recsys.recommender import Recommender
from recsys.search.results import SearchReport
from recsys.ui.figures import draw, theme
from recsys.ui.icons import material
from recsys.ui.links import link_to, link_to_similar, link_to_user
from recsys.ui.navigation import EXPLORE, QUALITY
from recsys.ui.text import ago, day, escape_markdown, name_of, span

LEAD = "recall@20"
EXAMPLES = {"active": "An active user", "typical": "A typical user", "one rating": "A light user"}


def lead(recommender: Recommender) -> str:
    """What is loaded, in one line."""
    manifest, summary = recommender.manifest, recommender.summary
    name = plain(manifest.name, 120)
    words = f"{name[:1].upper()}{name[1:]}" if manifest.made_up else name
    words += f": {count(summary.n_ratings, 'rating')}"
    if summary.last_timestamp is not None:
        words += f", the latest from {day(summary.last_timestamp)}"
    return f"{words}. Built {ago(manifest.built_at)}."


def made_up_notice(recommender: Recommender) -> None:
    """Says that the data are made up, where they are, and how to load others."""
    if recommender.manifest.made_up:
        st.info(
            "The products, customers and ratings were generated to show the studio. Load your own on the page"
            " *Data and builds*, or with `python -m recsys build --ratings FILE`.",
            title="These data are made up",
            icon=":material/science:",
        )


def data_tiles(recommender: Recommender) -> None:
    """The data set in six numbers, with how they changed in a year where times are known."""
    summary = recommender.summary
    months = recommender.table("monthly") if "monthly" in recommender.tables() else pd.DataFrame()
    with st.grid(3, min_column_width=150, key="tiles"):
        _tile(
            "Ratings", compact(summary.n_ratings),
            f"{count(summary.n_ratings, 'rating')}, one for each pair of a user and a product they rated",
            months, "ratings",
        )  # fmt: skip
        _tile(
            "Users", compact(summary.n_users),
            f"{count(summary.n_users, 'user')} with at least one rating. The change is of the users active"
            " in each month.",
            months, "active_users",
        )  # fmt: skip
        if not summary.implicit and summary.mean_rating is not None:
            _tile("Mean rating", f"{summary.mean_rating:.2f} ★", "Mean of all ratings", months, "mean_rating")
        _tile(
            "Products",
            compact(summary.n_items),
            f"{count(summary.n_items, 'product')} with at least one rating",
        )
        _tile(
            "Density", one_in(summary.density),
            "The share of all pairs of a user and a product that are rated: how full the table is",
        )  # fmt: skip
        if summary.first_timestamp is not None and summary.last_timestamp is not None:
            first, last = day(summary.first_timestamp), day(summary.last_timestamp)
            _tile("Time span", span(first, last), f"From {first} to {last}")


def _tile(label: str, value: str, words: str, months: pd.DataFrame | None = None, column: str = "") -> None:
    # No sparkline: the marks of Streamlit's own have no accessible name. The exploration has the charts.
    change = _change(months[column], column) if months is not None and column in months else {}
    st.metric(label, value, **change, help=words, border=True, height="stretch")


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
        st.text(comparison_sentence(evaluation.ranking, "popular", LEAD))
        table = figures_table(evaluation.ranking)
        words = charts.metric_bars_sentence(table, LEAD)
        draw(charts.metric_bars(table, LEAD, theme()), "overview-recall", words)
        link_to(QUALITY, "For whom, and how sure are we?")


def model_card(recommender: Recommender) -> None:
    """How the models were made."""
    manifest = recommender.manifest
    evaluation = manifest.evaluation
    rows = {
        "Method": "Truncated SVD, degree-normalised",
        "Served": manifest.served.name,
        "Rank": count(manifest.model.n_factors, "factor"),
        "Energy kept": f"{percent(manifest.model.energy)} of the squared norm",
        "Settings": "tuned on validation data" if manifest.config.tune else "defaults",
        "Similar products": _search_words(manifest.model.similar_index),
        "Star error": _star_error(evaluation.rating if evaluation else None),
        "Built in": f"{sum(manifest.seconds.values()):.1f} s, {manifest.peak_memory_mb:,} MB",
        "Version": recommender.version,
    }
    with st.container(border=True, key="model-card", height="stretch"):
        st.subheader("Model card", anchor=False)
        st.table(
            {name: words for name, words in rows.items() if words}, border="horizontal", alt="Model card"
        )
        st.caption(escape_markdown(manifest.served.sentence(), 600))
        st.caption(
            "Only products have stored factors. A user is the sum of the products they rated, so a new"
            " user needs no new training, and every score can be taken apart."
        )


def _star_error(rating: TaskResult | None) -> str:
    if rating is None:
        return ""
    error = rating.model["rmse"]
    return f"{error.value:.3f} RMSE, {error.low:.3f} to {error.high:.3f}"


def _search_words(search: SearchReport) -> str:
    if search.kind == "exact":
        return "exact search"
    return f"{search.recall:.1%} of the exact answer, searching {search.kind}"


def next_steps(recommender: Recommender) -> None:
    """Links to example users, a popular product, the exploration and the quality page."""
    examples = {entry["kind"]: entry for entry in recommender.example_users().iloc[::-1].to_dict("records")}
    with st.grid(3, min_column_width=170, key="next-steps"):
        for kind in [kind for kind in EXAMPLES if kind in examples]:
            user_id, n_ratings = examples[kind]["user_id"], examples[kind]["n_ratings"]
            with _step(EXAMPLES[kind], ":material/person:", f"{user_id}, {count(n_ratings, 'rating')}"):
                link_to_user(user_id, "What to recommend")
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
