"""The topics of the exploration page: one function draws one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.charts.theme import one_in
from recsys.data.cleaning.report import CleaningReport
from recsys.recommender import Recommender
from recsys.ui.figures import chart_card
from recsys.ui.links import to_similar
from recsys.ui.tables import item_table
from recsys.ui.text import count, escape, plain

Topic = Callable[[Recommender], None]

_TOPS = {
    "most_rated": ("Number of ratings", "The products with the most ratings."),
    "best_rated": (
        "Weighted mean",
        "The products with the best mean, drawn towards the mean of all ratings where there are few: three"
        " five-star ratings do not beat a thousand good ones.",
    ),
}


def topics(store: Recommender) -> dict[str, Topic]:
    """The topics that this data set has something for."""
    found: dict[str, Topic] = {"Users and products": users_and_items, "Sparsity": sparsity}
    if not store.summary.implicit:
        found = {"Ratings": ratings, **found}
    if "monthly" in store.tables():
        found["Over time"] = over_time
    return {**found, "Top products": top_products, "Data quality": data_quality}


def ratings(store: Recommender) -> None:
    """How people rate."""
    left, right = st.columns(2, gap="medium")
    with left:
        _card(store, "rating_distribution", charts.rating_distribution, charts.rating_distribution_sentence)
    with right:
        _card(store, "generosity", charts.generosity, charts.generosity_sentence)
    if "categories" in store.tables():
        _card(store, "categories", charts.categories, charts.categories_sentence)


def users_and_items(store: Recommender) -> None:
    """How unequal users and products are."""
    left, right = st.columns(2, gap="medium")
    with left:
        _card(store, "ratings_per_user", charts.ratings_per_user, charts.ratings_per_user_sentence)
    with right:
        _card(store, "ratings_per_item", charts.ratings_per_item, charts.ratings_per_item_sentence)
    _card(store, "long_tail", charts.long_tail, charts.long_tail_sentence)


def sparsity(store: Recommender) -> None:
    """How empty the table of users and products is."""
    numbers = store.summary
    cells = numbers.n_users * numbers.n_items
    st.text(
        f"{numbers.n_users:,} users and {numbers.n_items:,} products make a table of {cells:,} cells;"
        f" {count(numbers.n_ratings, 'rating')} fill {one_in(numbers.density)} of them. A recommender"
        " guesses which of the empty cells would be filled next."
    )
    _card(store, "sparsity", charts.sparsity, charts.sparsity_sentence)


def over_time(store: Recommender) -> None:
    """Ratings, active users and their mean, month by month."""
    _card(store, "monthly", charts.engagement, charts.engagement_sentence)


def top_products(store: Recommender) -> None:
    """The most rated and the best rated products."""
    order = ("icon", "product", "brand", "price", "n_ratings", "mean_rating", "bayesian_mean", "open")
    names = [name for name in _TOPS if name in store.tables()]
    chosen = st.segmented_control(
        "Sorted by", names, key="top", default=names[0], required=True, bind="query-params",
        format_func=lambda name: _TOPS[name][0],
    )  # fmt: skip
    name = chosen if chosen in names else names[0]
    st.caption(_TOPS[name][1])
    item_table(store.table(name).head(50), name, order, alt=_TOPS[name][1], on_open=to_similar, height=840)


def data_quality(store: Recommender) -> None:
    """What cleaning did, and what to know before trusting a model of these data."""
    left, right = st.columns([2, 3], gap="medium")
    with left, st.container(border=True, key="cleaning"):
        cleaning_report(store.manifest.cleaning)
    with right, st.container(border=True, key="findings"):
        st.subheader("Findings")
        findings = store.table("findings")
        if findings.empty:
            st.text("Nothing stands out.")
        for finding in findings.itertuples():
            icon = ":material/warning:" if finding.severity == "warning" else ":material/info:"
            with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
                st.markdown(icon, width="content")
                st.text(plain(finding.finding, 300), width="stretch")


def cleaning_report(report: CleaningReport) -> None:
    """Rows read, accepted and rejected by reason, with samples."""
    st.subheader("Cleaning report")
    st.text(f"Read as {plain(report.source)}.")
    rejected = report.n_rejected
    with st.container(horizontal=True):
        st.metric("Rows read", f"{report.rows_read:,}", width="content")
        st.metric("Rejected", f"{rejected:,}", width="content")
        st.metric("Duplicates resolved", f"{report.duplicates:,}", width="content",
                  help="Of several ratings of one product by one user the latest counts.")  # fmt: skip
    if not rejected:
        st.text("Every row was accepted.")
    for reason, what in report.rejected.items():
        st.text(f"{what.count:,} rejected: {plain(reason)}")
        samples = pd.DataFrame([asdict(sample) for sample in what.samples])
        st.dataframe(samples, hide_index=True, key=f"samples-{reason}", alt=f"Sample rows: {plain(reason)}")
    for note in report.notes:
        st.caption(escape(note, 400))


def _card(store: Recommender, name: str, chart: Any, sentence: Any) -> None:
    if name in store.tables():
        chart_card(name, chart, sentence, store.table(name))
