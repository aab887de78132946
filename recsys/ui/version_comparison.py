"""Versions beside each other: a figure over all of them, and two of them in detail."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.charts.text import count, decimals, plain
from recsys.errors import RecsysError
from recsys.evaluation.metrics.registry import label
from recsys.ui import service
from recsys.ui.download import download
from recsys.ui.figures import draw, theme
from recsys.ui.links import link_to_user
from recsys.ui.text import cut_cells, escape_markdown
from recsys.version_comparison import Churn, VersionComparison, compare_versions, same_data
from recsys.versions.manifest import Manifest

METRICS = ("recall@20", "ndcg@10", "coverage@20")
_MOST_SHOWN = 5
_TASKS = {"rating": "Stars", "similar": "Similar products"}


def over_versions(manifests: dict[str, Manifest]) -> None:
    """One figure over the versions that were measured; nothing where fewer than two were."""
    measured = [
        one for one in sorted(manifests.values(), key=lambda one: one.version)
        if one.evaluation and one.evaluation.ranking
    ]  # fmt: skip
    if len(measured) < 2:
        return
    metric = st.segmented_control(
        "Figure", METRICS, key="v_metric", default=METRICS[0], required=True, bind="query-params",
        format_func=label, label_visibility="collapsed",
    )  # fmt: skip
    table = _figures(measured, str(metric))
    words = charts.over_versions_sentence(table, label(str(metric)))
    draw(charts.over_versions(table, label(str(metric)), theme()), "over-versions", words)
    st.text(words)


def _figures(measured: list[Manifest], metric: str) -> pd.DataFrame:
    kinds: list[Manifest] = []
    rows = []
    for one in measured:
        figure = one.evaluation and one.evaluation.ranking and one.evaluation.ranking.model.get(metric)
        if not figure:
            continue
        kind = next((place for place, other in enumerate(kinds) if same_data(other, one)), len(kinds))
        if kind == len(kinds):
            kinds.append(one)
        built = pd.Timestamp(one.built_at)
        rows.append(
            {
                "label": f"{built.day} {built:%b, %H:%M:%S}", "value": figure.value, "low": figure.low,
                "high": figure.high, "data": kind,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=["label", "value", "low", "high", "data"])


def compare(kept: list[str], current: str | None) -> None:
    """Two versions to choose, and what differs between them; asked for by a button or a link."""
    if len(kept) < 2:
        return
    st.subheader("Compare two versions", anchor=False)
    newest = list(reversed(kept))
    after_first = current if current in newest else newest[0]
    before_first = next(one for one in newest if one != after_first)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        before = st.selectbox(
            "Before", newest, newest.index(before_first), key="v_before", bind="query-params", width=240
        )
        after = st.selectbox(
            "After", newest, newest.index(after_first), key="v_after", bind="query-params", width=240
        )
        asked = st.toggle("Show what differs", key="v_compare", bind="query-params")
    if not asked:
        return
    if before == after:
        st.info("Choose two different versions.", icon=":material/difference:")
        return
    try:
        compared = _compared(before, after)
    except RecsysError as error:
        st.error(escape_markdown(error, 400), icon=":material/error:")
        return
    _show(compared)


@st.cache_data(max_entries=8, show_spinner="Comparing the lists of 500 users")
def _compared(before: str, after: str) -> VersionComparison:
    return compare_versions(service.other(before), service.other(after))


def _show(compared: VersionComparison) -> None:
    with st.grid(3, min_column_width=170, key="version-counts"):
        for name, one in compared.data.items():
            told = "" if one.new is None else f" {one.new:,} are new, {one.gone:,} are gone."
            st.metric(
                name.capitalize(), f"{one.after:,}", one.after - one.before or None, border=True,
                height="stretch", help=f"{one.before:,} before.{told}",
            )  # fmt: skip
    _churn(compared.churn)
    st.markdown("**Settings and facts that differ**")
    if compared.settings:
        rows = [(one.name, one.before or "none", one.after or "none") for one in compared.settings]
        _table(pd.DataFrame(rows, columns=["Setting", "Before", "After"]), "Settings that differ")
    else:
        st.text("None: the two were built in the same way.")
    st.markdown("**Figures**")
    if not compared.figures:
        st.text("They were not both measured, so no figures can be compared.")
        return
    if not compared.same_data:
        st.warning("The data differ, so the figures are of different tests.", icon=":material/difference:")
    figures = pd.DataFrame(
        [
            {
                "Task": _TASKS.get(pair.task, pair.task.capitalize()),
                "Figure": label(pair.metric),
                "Before": _words(pair.before.value, pair.before.low, pair.before.high),
                "After": _words(pair.after.value, pair.after.low, pair.after.high),
            }
            for pair in compared.figures
        ]
    )
    _table(figures, "Figures of both versions")
    download(figures, "versions-compared", "versions-compared")


def _churn(churn: Churn | None) -> None:
    st.markdown("**How many of the first ten change**")
    if churn is None:
        st.text("No user is known to both versions, so no lists can be compared.")
        return
    st.text(
        f"For {count(churn.users, 'user')} that both versions know: {decimals(churn.replaced, 1)} of ten"
        f" products are others on average, and {churn.unchanged:.0%} of the lists hold the same ten."
    )
    if churn.most:
        st.caption("Whose lists change most:")
        with st.container(horizontal=True, gap="medium"):
            for user_id, n in churn.most[:_MOST_SHOWN]:
                link_to_user(user_id, f"{escape_markdown(user_id)}: {n} of ten")


def _table(frame: pd.DataFrame, alt: str) -> None:
    st.dataframe(cut_cells(frame), hide_index=True, height="content", alt=alt)


def _words(value: float, low: float, high: float) -> str:
    return plain(f"{decimals(value, 4)} ({decimals(low, 4)} to {decimals(high, 4)})")
