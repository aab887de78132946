"""The views of the quality page: one function draws one, from what the build measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.charts import PALETTE, metric_name
from recsys.charts.quality import OURS
from recsys.evaluation.results import Evaluation, TaskResult
from recsys.recommender import Recommender
from recsys.ui import results
from recsys.ui.download import download
from recsys.ui.figures import chart_card, theme
from recsys.ui.text import count, escape, name_of

View = Callable[[Recommender], None]
LEAD = "recall@20"
SPLITS = {
    "leave-last": "Each user's latest rating was held out",
    "random": "Ratings were held out at random",
}
HIT, SHARED = "✔", "●"


def views(store: Recommender) -> dict[str, View]:
    """The views that this version has something for."""
    measured = store.manifest.evaluation or Evaluation("")
    found: dict[str, View] = {}
    if measured.ranking:
        found |= {"Against baselines": baselines, "For whom": segments, "Accuracy and variety": tradeoff}
    if measured.rating:
        found["Predicted stars"] = stars
    if measured.similar:
        found["Similar products"] = similar
    if "side_by_side" in store.tables():
        found["Side by side"] = side_by_side
    return {**found, "How it was tuned": tuning} if found else {}


def missing() -> None:
    """What to do where nothing was measured."""
    st.info(
        "This version was built without holding ratings out, so nobody knows how good it is."
        " Build again to find out; the version in service stays until the new one is there.",
        title="Not measured",
        icon=":material/straighten:",
    )
    st.code("python -m recsys build --ratings FILE --evaluate", language="bash")


def verdict(store: Recommender) -> None:
    """The three questions that are asked first, each with its answer."""
    found = _evaluation(store).ranking
    if not found or LEAD not in found.model:
        return
    with st.grid(3, min_column_width=260, key="verdict"):
        _answer("Better than best-sellers?", results.against(found, "popular", LEAD))
        _answer("For whom?", _for_whom(store))
        _answer("How sure are we?", _how_sure(found))
    seconds = sum(sum(part.seconds.values()) for part in _evaluation(store).tasks())
    how = SPLITS.get(_evaluation(store).split, "Ratings were held out")
    st.caption(
        f"{how}, the models learnt from the rest, and were"
        f" asked for what was held out. {found.protocol} Measured in {seconds:.1f} s of the build."
    )


def _evaluation(store: Recommender) -> Evaluation:
    evaluation = store.manifest.evaluation
    assert evaluation is not None
    return evaluation


def _task(store: Recommender, name: str) -> TaskResult:
    task = getattr(_evaluation(store), name)
    assert isinstance(task, TaskResult)
    return task


def _answer(question: str, words: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown(f"**{question}**")
        st.text(words)


def _for_whom(store: Recommender) -> str:
    table = results.part(store.manifest, "ranking", "segments")
    if table is None:
        return "That was not measured in this build."
    rows = table[table.metric == LEAD].pivot_table(index="segment", columns="model", values="value")
    won = rows.index[rows[OURS] > rows["popular"]] if "popular" in rows else rows.index[:0]
    lost = [segment for segment in rows.index if segment not in won]
    words = f"Ahead of best-sellers in {len(won)} of {len(rows)} segments of users and products."
    return words + (f" Not for {', '.join(lost)}." if lost else "")


def _how_sure(found: TaskResult) -> str:
    gain = found.ahead.get("popular", {}).get(LEAD)
    if gain is None:
        return "That was not measured in this build."
    return (
        f"Were other users drawn, the lead in {metric_name(LEAD)} would lie between {gain.low:+.3f} and"
        f" {gain.high:+.3f} in 95 of 100 draws."
    )


def baselines(store: Recommender) -> None:
    """Every accuracy metric against the baselines, with intervals."""
    table = results.ranking_table(store.manifest)
    assert table is not None
    metric = _metric("metric", _accuracy(table))
    _metric_card("baselines", table, metric)
    lead = results.leads(_task(store, "ranking"), metric)
    with st.container(border=True, key="leads"):
        st.markdown(f"**How far ahead in {metric_name(metric)}, user by user**")
        st.caption("Both sides meet the same users: the difference is surer than the two intervals suggest.")
        _frame(lead, "leads", {
            "baseline": st.column_config.TextColumn("Against", width=140),
            "value": st.column_config.NumberColumn("Lead", format="%+.4f", width=90),
            "low": st.column_config.NumberColumn("At least", format="%+.4f", width=90),
            "high": st.column_config.NumberColumn("At most", format="%+.4f", width=90),
            "verdict": st.column_config.TextColumn("In words", width=200),
        })  # fmt: skip
    everything = st.expander("All figures, with 95% intervals", key="all-figures", on_change="rerun")
    if everything.open:
        whole = results.wide(table)
        whole["In plain words"] = [results.meaning(name) for name in table.metric.unique()]
        with everything:
            _frame(whole, "figures", {"In plain words": st.column_config.TextColumn(width=600)})


def _accuracy(table: pd.DataFrame) -> list[str]:
    """The accuracy metrics of the longest lists."""
    names = [name for name in table.metric.unique() if name.partition("@")[0] not in results.BEYOND]
    longest = max(int(name.rpartition("@")[2]) for name in names)
    return [name for name in names if name.endswith(f"@{longest}")]


def segments(store: Recommender) -> None:
    """For which users, and which products, it is how good."""
    table = results.part(store.manifest, "ranking", "segments")
    if table is None:
        st.text("Segments were not measured in this build.")
        return
    metric = _metric("segment_metric", list(table.metric.unique()))
    shown = table[table.metric == metric]
    chart_card("segments", charts.segments, charts.segments_sentence, table, shown=shown, metric=metric)


def tradeoff(store: Recommender) -> None:
    """Accuracy against what else a shop wants of a list."""
    table = results.ranking_table(store.manifest)
    assert table is not None
    found = [name for name in table.metric.unique() if name.partition("@")[0] in results.BEYOND]
    if not found:
        st.text("Coverage and novelty were not measured in this build.")
        return
    across = _metric("across", found, "Against")
    up = "ndcg@20" if "ndcg@20" in set(table.metric) else LEAD
    shown = table[table.metric.isin([across, up])]
    chart_card(
        "tradeoff", charts.tradeoff, charts.tradeoff_sentence, table, shown=shown, across=across, up=up
    )


def stars(store: Recommender) -> None:
    """How far predicted stars are from the true ones."""
    table = results.rating_table(store.manifest)
    assert table is not None
    metric = _metric("star_metric", [name for name in ("rmse", "mae") if name in set(table.metric)])
    points = results.part(store.manifest, "rating", "calibration")
    left, right = st.columns(2, gap="medium")
    with left:
        _metric_card("stars", table, metric)
    with right:
        if points is None:
            st.text("Calibration was not measured in this build.")
        else:
            chart_card("calibration", charts.calibration, charts.calibration_sentence, points)


def similar(store: Recommender) -> None:
    """Whether asking by one product of a user finds another that was held out."""
    table = results.similar_table(store.manifest)
    assert table is not None
    st.caption(escape(_task(store, "similar").protocol, 300))
    metric = _metric("similar_metric", list(table.metric.unique()))
    _metric_card("similar", table, metric)


def side_by_side(store: Recommender) -> None:
    """The lists of all rankers for one user, with what they share and what was held out."""
    table = store.table("side_by_side")
    first, *others = table.model.unique()
    users, found = list(table.user_id.unique()), table.user_id[(table.model == first) & table.hit]
    start = users.index(found.iloc[0]) if len(found) else 0
    chosen = st.selectbox(
        "User", users, start, key="reader", bind="query-params", width=320,
        help="A sample of the users whose ratings were held out.",
    )  # fmt: skip
    lists = table[table.user_id == (chosen if chosen in users else users[start])]
    ours = lists[lists.model == first]
    st.caption(
        f"{HIT} was held out from this user, and found.  {SHARED} is in our list too."
        " What was held out is hidden from the models, so that they can only guess it."
    )
    shown = pd.DataFrame({"#": ours["rank"].to_numpy()})
    words = []
    for name in (first, *others):
        own = lists[lists.model == name]
        label = "Our model" if name == first else name
        shown[label] = pd.Series(_marked(store, own, () if name == first else set(ours.item_id)))
        hits, shared = int(own.hit.sum()), int(own.item_id.isin(ours.item_id).sum())
        overlap = "" if name == first else f", {shared} shared with ours"
        words.append(f"{label}: {count(hits, 'hit')}{overlap}")
    accent = PALETTE[theme()]["accent_soft"]
    styled = shown.style.map(
        lambda text: f"background-color: {accent}" if text.startswith(HIT) else "", subset=shown.columns[1:]
    )
    widths: dict[str, Any] = {name: st.column_config.TextColumn(width=232) for name in shown.columns[1:]}
    widths["#"] = st.column_config.NumberColumn(width=40)
    st.dataframe(
        styled, hide_index=True, height="content", key="side-by-side", column_config=widths, placeholder="",
        alt="The first products of each ranker for one user",
    )  # fmt: skip
    st.text("  ·  ".join(words))
    download(shown, "side-by-side", "side-by-side")


def _marked(store: Recommender, own: pd.DataFrame, ours: Any) -> list[str]:
    rows = [store.item_row(item_id) for item_id in own.item_id]
    titles = store.catalog.columns_of(rows, ("title",)).get("title", [None] * len(rows))
    marked = []
    for item_id, title, hit in zip(own.item_id, titles, own.hit, strict=True):
        mark = HIT if hit else SHARED if item_id in ours else "\u2003"
        marked.append(f"{mark} {name_of({'item_id': item_id, 'title': title}, 60)}")
    return marked


def tuning(store: Recommender) -> None:
    """What was tried on validation data, and what was chosen."""
    for task, title in (("ranking", "Which products to show"), ("rating", "How many stars to expect")):
        found = getattr(_evaluation(store), task)
        if not found:
            continue
        st.subheader(title, anchor=False)
        trail = results.part(store.manifest, task, "trail")
        if trail is not None:
            lower = task == "rating"
            chart_card(f"trail-{task}", charts.tuning_trail, charts.tuning_trail_sentence, trail,
                       lower_is_better=lower)  # fmt: skip
        else:
            st.text("These are the defaults. Build with --tune to choose on a validation split.")
        if found.chosen:
            known = {name.replace("_", " "): f"{value:g}" if isinstance(value, float) else str(value)
                     for name, value in found.chosen.items()}  # fmt: skip
            with st.container(border=True, key=f"chosen-{task}", width="content"):
                st.markdown("**The settings**")
                st.table(known, border="horizontal", width="content", alt=f"Settings: {title}")


def _metric(key: str, names: list[str], label: str = "Metric") -> str:
    """Choose a metric; its meaning in plain words stands below."""
    default = LEAD if LEAD in names else names[0]
    with st.container(gap="xsmall", key=f"choice-{key}"):
        chosen = st.pills(
            label, names, key=key, default=default, required=True, bind="query-params",
            format_func=metric_name, label_visibility="collapsed",
        )  # fmt: skip
        metric = chosen if chosen in names else default
        st.caption(f"**{metric_name(metric)}:** {escape(results.meaning(metric), 400)}")
    return metric


def _metric_card(key: str, table: pd.DataFrame, metric: str) -> None:
    shown = table[table.metric == metric]
    chart_card(key, charts.metric_bars, charts.metric_bars_sentence, table, shown=shown, metric=metric)


def _frame(table: pd.DataFrame, key: str, config: dict[str, Any]) -> None:
    st.dataframe(table, hide_index=True, height="content", key=f"table-{key}", column_config=config, alt=key)
    download(table, key, key)
