"""The views of the quality page: one function draws one, from what the build measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.charts import PALETTE, results
from recsys.charts.results import LEAD, model_name
from recsys.charts.text import count
from recsys.evaluation.choice import ServedChoice
from recsys.evaluation.metrics import registry
from recsys.evaluation.metrics.registry import Family, label
from recsys.evaluation.results import MODEL, Evaluation, TaskResult
from recsys.recommender import Recommender
from recsys.ui import new_products
from recsys.ui.download import download
from recsys.ui.figures import chart_card, theme
from recsys.ui.text import escape_markdown, name_of

View = Callable[[], None]
HIT, SHARED = "✔", "●"


def views(recommender: Recommender, evaluation: Evaluation) -> dict[str, View]:
    """The views that this version has something for."""
    found: dict[str, View] = {}
    if evaluation.ranking:
        found["Against baselines"] = partial(baselines, evaluation.ranking)
        found["For whom"] = partial(segments, evaluation.ranking)
        if len(results.order_worth_table(evaluation.ranking)):
            found["What order is worth"] = partial(order, evaluation.ranking)
        found["Accuracy and variety"] = partial(tradeoff, evaluation.ranking)
    if evaluation.rating:
        found["Predicted stars"] = partial(stars, evaluation.rating)
    if evaluation.similar:
        found["Similar products"] = partial(similar, evaluation.similar)
    if found:
        found["New products"] = partial(new_products.quality, recommender, evaluation.new_products)
    if "side_by_side" in recommender.tables():
        found["Side by side"] = partial(side_by_side, recommender)
    return {**found, "How it was tuned": partial(tuning, evaluation)} if found else {}


def not_measured(recommender: Recommender) -> None:
    """Why nothing was measured, and what to do."""
    why = results.why_unmeasured(recommender.manifest)
    st.info(
        f"{why} The version in service stays until the new one is ready.",
        title="Not measured",
        icon=":material/straighten:",
    )
    st.code("python -m recsys build --ratings FILE", language="bash")


def served(choice: ServedChoice) -> None:
    """Which ranker is served and why; a warning where another one is better."""
    words = escape_markdown(choice.sentence(), 600)
    if choice.behind:
        st.warning(words, title="A better ranker was measured", icon=":material/warning:")
    elif choice.measured:
        st.caption(words)


def verdict(evaluation: Evaluation) -> None:
    """The three questions that are asked first, each with its answer."""
    task = evaluation.ranking
    if task is None or not (found := results.answers(task)):
        return
    with st.grid(3, min_column_width=260, key="verdict"):
        for question, words in found.items():
            _answer(question, words)
    st.caption(escape_markdown(results.how_measured(evaluation, task), 1_000))


def _answer(question: str, words: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown(f"**{question}**")
        st.text(words)


def baselines(task: TaskResult) -> None:
    """Every accuracy metric against the baselines, with intervals."""
    table = results.figures_table(task)
    metric = _metric("metric", results.longest_lists(task))
    _metric_card("baselines", table, metric)
    with st.container(border=True, key="leads"):
        st.markdown(f"**How far ahead in {label(metric)}, user by user**")
        st.caption(
            "Both sides are measured on the same users. The paired difference is therefore more precise than"
            " the two intervals above suggest."
        )
        # Rounded, and with 0 for what would be shown as a negative zero.
        _frame(results.leads(task, metric).round(4).replace(0.0, 0.0), "leads", {
            "baseline": st.column_config.TextColumn("Against", width=140),
            "value": st.column_config.NumberColumn("Lead", format="%+.4f", width=90),
            "low": st.column_config.NumberColumn("At least", format="%+.4f", width=90),
            "high": st.column_config.NumberColumn("At most", format="%+.4f", width=90),
            "verdict": st.column_config.TextColumn("In words", width=200),
        })  # fmt: skip
    everything = st.expander("All figures, with 95% intervals", key="all-figures", on_change="rerun")
    if everything.open:
        whole = results.wide(table)
        whole["Meaning"] = [registry.meaning(name) for name in table["metric"].unique()]
        with everything:
            _frame(whole, "figures", {"Meaning": st.column_config.TextColumn(width=600)})


def segments(task: TaskResult) -> None:
    """How good it is for which users, and which products."""
    if not task.segments:
        st.text(results.NOT_MEASURED)
        return
    table = results.table(task.segments)
    metric = _metric("segment_metric", list(table["metric"].unique()))
    shown = table[table["metric"] == metric]
    chart_card("segments", charts.segments, charts.segments_sentence, table, shown=shown, metric=metric)


def order(task: TaskResult) -> None:
    """What the order in which people rated is worth: both of our models, user by user, and by segment."""
    table = results.order_worth_table(task)
    st.caption(
        "The sequential model knows the order in which each user rated, the static model does not. Both"
        " are measured on the same users, and the difference is taken user by user."
    )
    left, right = st.columns(2, gap="medium")
    with left:
        chart_card("order", charts.order_worth, charts.order_worth_sentence, table)
    ours = (MODEL, results.SEQUENTIAL, results.STATIC)
    parts = results.table(entry for entry in task.segments if entry.model in ours)
    if parts.empty:
        return
    metric = LEAD if LEAD in set(parts["metric"]) else parts["metric"].iloc[0]
    with right:
        chart_card(
            "order-segments", charts.segments, charts.segments_sentence, parts,
            shown=parts[parts["metric"] == metric], metric=metric,
        )  # fmt: skip


def tradeoff(task: TaskResult) -> None:
    """A chart of accuracy against coverage, novelty and similar measures."""
    lists = [name for name in task.model if registry.of(name).family is Family.LISTS]
    if not lists:
        st.text(results.NOT_MEASURED)
        return
    table = results.figures_table(task)
    across = _metric("across", lists, "Against")
    up = "ndcg@20" if "ndcg@20" in task.model else LEAD
    shown = table[table["metric"].isin([across, up])]
    chart_card(
        "tradeoff", charts.tradeoff, charts.tradeoff_sentence, table, shown=shown, across=across, up=up
    )


def stars(task: TaskResult) -> None:
    """How far predicted stars are from the true ones."""
    metric = _metric(
        "star_metric", [name for name in task.model if registry.of(name).family is Family.RATING]
    )
    left, right = st.columns(2, gap="medium")
    with left:
        _metric_card("stars", results.figures_table(task), metric)
    with right:
        if task.calibration:
            points = results.table(task.calibration)
            chart_card("calibration", charts.calibration, charts.calibration_sentence, points)
        else:
            st.text(results.NOT_MEASURED)


def similar(task: TaskResult) -> None:
    """Whether similar products are alike, what they find, and who fills the lists."""
    st.caption(escape_markdown(task.protocol, 400))
    metric = _metric("similar_metric", list(task.model))
    _metric_card("similar", results.figures_table(task), metric)


def side_by_side(recommender: Recommender) -> None:
    """The lists of all rankers for one user, with what they share and what was held out."""
    table = recommender.table("side_by_side")
    first, *others = table["model"].unique()
    others.sort(key=lambda name: name not in (results.STATIC, results.SEQUENTIAL))
    lists = table[table["user_id"] == _sample_user(table, first)]
    ours = lists[lists["model"] == first]
    st.caption(
        f"{HIT} was held out from this user, and the ranker found it.  {SHARED} is in our list too."
        " The rankers never saw the held-out ratings."
    )
    shown = pd.DataFrame({"#": ours["rank"].to_numpy()})
    words = []
    for name in (first, *others):
        own = lists[lists["model"] == name]
        title = model_name(MODEL if name == first else str(name))
        shown[title] = pd.Series(_marked(recommender, own, () if name == first else set(ours["item_id"])))
        overlap = (
            "" if name == first else f", {int(own['item_id'].isin(ours['item_id']).sum())} shared with ours"
        )
        words.append(f"{title}: {count(int(own['hit'].sum()), 'hit')}{overlap}")
    accent = PALETTE[theme()]["accent_soft"]
    styled = shown.style.map(
        lambda text: f"background-color: {accent}" if text.startswith(HIT) else "", subset=shown.columns[1:]
    )
    widths: dict[str, Any] = {name: st.column_config.TextColumn(width=190) for name in shown.columns[1:]}
    widths["#"] = st.column_config.NumberColumn(width=34, pinned=True)
    st.dataframe(
        styled, hide_index=True, row_height=82, height="content", key="side-by-side", column_config=widths,
        placeholder="", alt="The first products of each ranker for one user",
    )  # fmt: skip
    st.text("  ·  ".join(words))
    download(shown, "side-by-side", "side-by-side")


def _sample_user(table: pd.DataFrame, first: str) -> str:
    """Choose one of the sampled users; to begin with, one for whom our model found something."""
    users = [str(user_id) for user_id in table["user_id"].unique()]
    found = table.loc[(table["model"] == first) & table["hit"], "user_id"]
    start = users.index(str(found.iloc[0])) if len(found) else 0
    chosen = st.selectbox(
        "User", users, start, key="sample_user", bind="query-params", width=320,
        help="A sample of the users whose ratings were held out.",
    )  # fmt: skip
    return chosen if chosen in users else users[start]


def _marked(recommender: Recommender, own: pd.DataFrame, ours: Any) -> list[str]:
    rows = [recommender.dataset.item_row(item_id) for item_id in own["item_id"]]
    titles = recommender.catalog.columns_of(rows, ("title",)).get("title", [None] * len(rows))
    marked = []
    for item_id, title, hit in zip(own["item_id"], titles, own["hit"], strict=True):
        mark = HIT if hit else SHARED if item_id in ours else "\u2003"
        marked.append(f"{mark} {name_of({'item_id': item_id, 'title': title}, 90)}")
    return marked


def tuning(evaluation: Evaluation) -> None:
    """What was tried on validation data, and what was chosen."""
    for task, title in (
        (evaluation.ranking, "Which products to show"),
        (evaluation.rating, "How many stars to expect"),
    ):
        if task is not None:
            _settings(task, title)


def _settings(task: TaskResult, title: str) -> None:
    st.subheader(title, anchor=False)
    if task.trail:
        chart_card(
            f"trail-{task.task}", charts.tuning_trail, charts.tuning_trail_sentence,
            results.table(task.trail), lower_is_better=task.task == "rating",
        )  # fmt: skip
    else:
        st.text("These are the defaults. Build with --tune to choose on a validation split.")
    if task.chosen:
        known = {
            name.replace("_", " "): f"{value:g}" if isinstance(value, float) else str(value)
            for name, value in task.chosen.items()
        }
        with st.container(border=True, key=f"chosen-{task.task}", width="content"):
            st.markdown("**The settings**")
            st.table(known, border="horizontal", width="content", alt=f"Settings: {title}")


def _metric(key: str, names: list[str], words: str = "Metric") -> str:
    """Choose a metric; its meaning is written below."""
    default = LEAD if LEAD in names else names[0]
    with st.container(gap="xsmall", key=f"choice-{key}"):
        chosen = st.pills(
            words, names, key=key, default=default, required=True, bind="query-params",
            format_func=label, label_visibility="collapsed",
        )  # fmt: skip
        metric = chosen if chosen in names else default
        st.caption(f"**{label(metric)}:** {escape_markdown(registry.meaning(metric), 400)}")
    return metric


def _metric_card(key: str, table: pd.DataFrame, metric: str) -> None:
    shown = table[table["metric"] == metric]
    chart_card(key, charts.metric_bars, charts.metric_bars_sentence, table, shown=shown, metric=metric)


def _frame(table: pd.DataFrame, key: str, config: dict[str, Any]) -> None:
    st.dataframe(table, hide_index=True, height="content", key=f"table-{key}", column_config=config, alt=key)
    download(table, key, key)
