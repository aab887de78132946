"""The tiles and cards of the overview."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.charts.quality import OURS
from recsys.charts.theme import one_in
from recsys.evaluation.results import Evaluation, TaskResult
from recsys.recommender import Recommender
from recsys.search.results import SearchReport
from recsys.ui.figures import draw, theme
from recsys.ui.icons import material
from recsys.ui.links import link_to_similar, link_to_user
from recsys.ui.results import against, ranking_table
from recsys.ui.shell import heading
from recsys.ui.text import ago, compact, count, day, escape, name_of, plain, share, span

KINDS = {"active": "An active user", "typical": "A typical user", "one rating": "A light user"}


def introduction(store: Recommender) -> None:
    """The heading, which says what is loaded, and plainly whether it is made up."""
    stated, numbers = store.manifest, store.summary
    name = plain(stated.name, 120)
    words = f"{name.capitalize() if stated.made_up else name}: {count(numbers.n_ratings, 'rating')}"
    if numbers.last_timestamp is not None:
        words += f", the latest of {day(numbers.last_timestamp)}"
    heading("overview", f"{words}; built {ago(stated.built_at)}.")
    if stated.made_up:
        st.info(
            "Its products, customers and ratings were generated to show the studio. Load your own with"
            " `python -m recsys build --ratings FILE`.",
            title="This store is made up",
            icon=":material/science:",
        )


def data_tiles(store: Recommender) -> None:
    """The data set in six numbers, with their course by month where times are known."""
    numbers = store.summary
    course: Any = store.table("monthly") if "monthly" in store.tables() else ()
    with st.grid(3, min_column_width=150, key="tiles"):
        _tile("Ratings", compact(numbers.n_ratings), f"{count(numbers.n_ratings, 'rating')}, one for"
              " each pair of a user and a product", course, "ratings")  # fmt: skip
        _tile("Users", compact(numbers.n_users), f"{count(numbers.n_users, 'user')} with a rating or"
              " more; those active in each month", course, "active_users")  # fmt: skip
        if not numbers.implicit:
            _tile("Mean rating", f"{numbers.mean_rating:.2f} ★", "Mean of all ratings", course, "mean_rating")
        _tile("Products", compact(numbers.n_items), f"{count(numbers.n_items, 'product')} with a rating"
              " or more")  # fmt: skip
        _tile("Density", one_in(numbers.density), "Share of all pairs of a user and a product that are"
              " rated: how full the table is")  # fmt: skip
        if numbers.first_timestamp is not None:
            first, last = day(numbers.first_timestamp), day(numbers.last_timestamp)
            _tile("Time span", span(first, last), f"From {first} to {last}")


def _tile(label: str, value: str, words: str, course: Any = (), column: str = "") -> None:
    known = column in course
    st.metric(
        label, value, **_change(course[column], column) if known else {}, help=words, border=True,
        height="stretch", chart_data=course[column].ffill().tolist() if known else None, chart_type="area",
    )  # fmt: skip


def _change(months: pd.Series, column: str) -> dict[str, Any]:
    """The last twelve months against the twelve before, where there are so many."""
    if len(months) < 24:
        return {}
    last, before = months.iloc[-12:], months.iloc[-24:-12]
    if column == "mean_rating":
        change = f"{last.mean() - before.mean():+.2f} ★"
    elif before.sum():
        change = f"{last.sum() / before.sum() - 1:+.0%}"
    else:
        return {}
    return {"delta": change, "delta_description": "in 12 months", "delta_color": "primary"}


def accuracy(store: Recommender) -> None:
    """The model against the baselines, as measured in the build."""
    with st.container(border=True, key="accuracy", height="stretch"):
        st.subheader("Better than showing best-sellers?", anchor=False)
        table = ranking_table(store.manifest)
        if table is None:
            st.text("That was not measured in this build. Build with --evaluate to hold ratings out and see.")
            return
        st.text(against(_ranking(store), "popular", "recall@20"))
        words = charts.metric_bars_sentence(table, "recall@20", ours=OURS)
        draw(charts.metric_bars(table, "recall@20", theme()), "overview-recall", words)
        st.page_link(
            "pages/quality.py", label="For whom, and how sure are we?", icon=":material/monitoring:", help=""
        )


def model_card(store: Recommender) -> None:
    """How the models were made."""
    stated, model = store.manifest, store.manifest.model
    rows = {
        "Method": "Truncated SVD, degree-normalised",
        "Rank": f"{count(model.n_factors, 'factor')}",
        "Energy kept": f"{share(model.energy)} of the squared norm",
        "Settings": "tuned on validation data" if stated.config.tune else "defaults",
        "Similar products": _index_words(model.similar_index),
        "Star error": _star_error(stated.evaluation),
        "Built in": f"{sum(stated.seconds.values()):.1f} s, {stated.peak_memory_mb:,} MB",
        "Version": store.version,
    }
    with st.container(border=True, key="model-card", height="stretch"):
        st.subheader("Model card", anchor=False)
        st.table(
            {name: value for name, value in rows.items() if value}, border="horizontal", alt="Model card"
        )
        st.caption(
            "Only products have factors of their own; a user is the sum of what they rated. So a new user"
            " needs no new training, and every score can be taken apart."
        )


def _ranking(store: Recommender) -> TaskResult:
    evaluation = store.manifest.evaluation
    assert evaluation is not None
    assert evaluation.ranking is not None
    return evaluation.ranking


def _star_error(evaluation: Evaluation | None) -> str | None:
    if evaluation is None or evaluation.rating is None:
        return None
    error = evaluation.rating.model["rmse"]
    return f"{error.value:.3f} RMSE, {error.low:.3f} to {error.high:.3f}"


def _index_words(index: SearchReport) -> str:
    if index.kind == "exact":
        return "exact search"
    return f"{index.recall:.1%} of the exact answer, searching {index.kind}"


def next_steps(store: Recommender) -> None:
    """Links to an active user, a light user and a popular product."""
    examples = {entry["kind"]: entry for entry in store.example_users().iloc[::-1].to_dict("records")}
    with st.grid(3, min_column_width=170, key="next-steps"):
        for kind, title in KINDS.items():
            if kind in examples:
                entry = examples[kind]
                with _step(
                    title, ":material/person:", f"{entry['user_id']}, {count(entry['n_ratings'], 'rating')}"
                ):
                    link_to_user(entry["user_id"], "What to recommend")
        for item in store.popular(1).to_dict("records"):
            with _step("A popular product", material(item), name_of(item, 60)):
                link_to_similar(item["item_id"], "What is similar")
        with _step(
            "The data", ":material/insights:", f"{count(store.summary.n_ratings, 'rating')} in charts"
        ):
            st.page_link("pages/explore.py", label="Explore", icon=":material/insights:", help="")
        with _step("The model", ":material/monitoring:", "Measured on ratings it has not seen"):
            st.page_link("pages/quality.py", label="How good is it", icon=":material/monitoring:", help="")


def _step(title: str, icon: str, words: str) -> Any:
    box = st.container(border=True, height="stretch", gap="xsmall")
    box.caption(f"{icon} {title}")
    box.markdown(f"**{escape(words, 70)}**")
    return box
