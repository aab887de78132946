"""The topics of the exploration: one function draws one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.charts.text import count, plain
from recsys.data.cleaning.report import CleaningReport
from recsys.recommender import Recommender
from recsys.report import facts
from recsys.report.facts import TOPS
from recsys.ui.figures import Chart, Sentence, chart_card
from recsys.ui.links import to_similar
from recsys.ui.tables import PRODUCTS, item_table
from recsys.ui.text import cut_cells, escape_markdown

Topic = Callable[[Recommender], None]

_WEIGHTED = ("open", "icon", "n_ratings", "bayesian_mean", "product", "kind", "brand", "price")


def topics(recommender: Recommender) -> dict[str, Topic]:
    """The topics that this data set has something for."""
    found: dict[str, Topic] = {"Users and products": users_and_items, "Sparsity": sparsity}
    if not recommender.summary.implicit:
        found = {"Ratings": ratings, **found}
    if "monthly" in recommender.tables():
        found["Over time"] = over_time
    return {**found, "Top products": top_products, "Data quality": data_quality}


def ratings(recommender: Recommender) -> None:
    """How people rate."""
    left, right = st.columns(2, gap="medium")
    with left:
        _card(
            recommender,
            "rating_distribution",
            charts.rating_distribution,
            charts.rating_distribution_sentence,
        )
    with right:
        _card(recommender, "generosity", charts.generosity, charts.generosity_sentence)
    if "categories" in recommender.tables():
        _card(recommender, "categories", charts.categories, charts.categories_sentence)


def users_and_items(recommender: Recommender) -> None:
    """How unequal users and products are."""
    left, right = st.columns(2, gap="medium")
    with left:
        _card(recommender, "ratings_per_user", charts.ratings_per_user, charts.ratings_per_user_sentence)
    with right:
        _card(recommender, "ratings_per_item", charts.ratings_per_item, charts.ratings_per_item_sentence)
    _card(recommender, "long_tail", charts.long_tail, charts.long_tail_sentence)


def sparsity(recommender: Recommender) -> None:
    """How empty the table of users and products is."""
    st.text(facts.sparsity_sentence(recommender.summary))
    _card(recommender, "sparsity", charts.sparsity, charts.sparsity_sentence)


def over_time(recommender: Recommender) -> None:
    """Ratings, active users and their mean, month by month."""
    _card(recommender, "monthly", charts.engagement, charts.engagement_sentence)


def top_products(recommender: Recommender) -> None:
    """The most rated and the best rated products."""
    names = [name for name in TOPS if name in recommender.tables()]
    chosen = st.segmented_control(
        "Sorted by", names, key="top", default=names[0], required=True, bind="query-params",
        format_func=lambda name: TOPS[name][0],
    )  # fmt: skip
    name = chosen if chosen in names else names[0]
    st.caption(TOPS[name][1])
    order = _WEIGHTED if name == "best_rated" else PRODUCTS
    item_table(recommender.table(name).head(50), name, order, alt=TOPS[name][1], on_open=to_similar, rows=12)


def data_quality(recommender: Recommender) -> None:
    """What cleaning did, and what to know before trusting a model of these data."""
    left, right = st.columns([2, 3], gap="medium")
    with left, st.container(border=True, key="cleaning"):
        cleaning_report(recommender.manifest.cleaning)
    with right, st.container(border=True, key="findings"):
        st.subheader("Findings")
        findings = recommender.table("findings")
        if findings.empty:
            st.text("Nothing stands out.")
        for severity, finding in zip(findings["severity"], findings["finding"], strict=True):
            icon = ":material/warning:" if severity == "warning" else ":material/info:"
            with st.container(horizontal=True, wrap=False, gap="small", vertical_alignment="center"):
                st.markdown(icon, width="content")
                st.text(plain(finding, 300), width="stretch")


def cleaning_report(report: CleaningReport) -> None:
    """Rows read, accepted and rejected by reason, with samples."""
    st.subheader("Cleaning report")
    st.text(f"Read as {plain(report.source)}.")
    with st.container(horizontal=True):
        st.metric("Rows read", f"{report.rows_read:,}", width="content")
        st.metric("Rejected", f"{report.n_rejected:,}", width="content")
        st.metric(
            "Duplicates", f"{report.duplicates:,}", width="content",
            help=facts.DUPLICATES,
        )  # fmt: skip
    if not report.n_rejected:
        st.text("Every row was accepted.")
    for reason, rejection in report.rejected.items():
        st.text(f"{count(rejection.count, 'row')} rejected: {plain(reason)}")
        samples = cut_cells(pd.DataFrame([asdict(row) for row in rejection.samples]))
        st.dataframe(samples, hide_index=True, key=f"samples-{reason}", alt=f"Sample rows: {plain(reason)}")
    for note in report.notes:
        st.caption(escape_markdown(note, 400))


def _card(recommender: Recommender, name: str, chart: Chart, sentence: Sentence) -> None:
    if name in recommender.tables():
        chart_card(name, chart, sentence, recommender.table(name))
