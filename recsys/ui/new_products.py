"""The views of products that nobody has rated yet: what is said of them rests on their words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from recsys import charts
from recsys.charts import results
from recsys.charts.text import count, percent, plain
from recsys.evaluation.metrics import registry
from recsys.evaluation.metrics.registry import label
from recsys.evaluation.results import TaskResult
from recsys.recommender import Recommender
from recsys.ui.controls import AnswerOptions
from recsys.ui.figures import chart_card
from recsys.ui.links import to_similar
from recsys.ui.tables import item_table
from recsys.ui.text import escape_markdown, name_of

TITLE = "New, by its description"
DEBIASED = "debiased_co_ratings@20"
_RECOMMENDED = ("open", "icon", "score", "product", "words", "because")
_SIMILAR = ("open", "icon", "cosine", "product", "words")
_BY_WORDS = ("open", "icon", "cosine", "product", "rated")
_SHOWN = 5


def recommended(recommender: Recommender, user_id: str, options: AnswerOptions) -> None:
    """The products without ratings that fit a user best; nothing where there are none."""
    answer = recommender.recommend_new(user_id, _SHOWN, filters=options.filters, rules=options.rules)
    if answer.empty:
        return
    _heading("The words were learned from products that have ratings. The score is a sum over what this"
             " user rated, as above; scores of the two lists do not compare.")  # fmt: skip
    shown = _with_words(answer).assign(because=[_titles(reasons) for reasons in answer.reasons])
    alt = f"New products for {plain(user_id)}"
    item_table(shown, "new-recommended", _RECOMMENDED, alt=alt, on_open=to_similar)


def similar(
    recommender: Recommender, item_id: str, options: AnswerOptions, on_open: Callable[[str], None]
) -> None:
    """The products without ratings that are most like a product; nothing where there are none."""
    answer = recommender.similar_new(item_id, _SHOWN, filters=options.filters, rules=options.rules)
    if answer.empty:
        return
    _heading("The words were learned from products that have ratings.")
    item_table(_with_words(answer), "new-similar", _SIMILAR, alt="Similar new products", on_open=on_open)


def similar_rated(answer: pd.DataFrame, on_open: Callable[[str], None]) -> None:
    """The rated products that are most like one without ratings."""
    note = escape_markdown(answer.attrs["note"], 600)
    if answer.empty:
        st.info(note, icon=":material/search_off:")
        return
    st.caption(f"{note} These {count(len(answer), 'product')} have ratings.")
    item_table(answer, "similar", _BY_WORDS, alt="Similar products", on_open=on_open)


def resting(recommender: Recommender, item: dict[str, Any]) -> None:
    """How much of what is said of a product rests on its ratings, and how much on its words."""
    if not item["n_ratings"]:
        st.caption("No ratings yet: what is said of this product rests on its words alone.")
        return
    share = recommender.new.rating_share(item["item_id"])
    if share < 0.95:
        st.caption(
            f"What is similar rests to {percent(share)} on its {count(item['n_ratings'], 'rating')}"
            f" and to {percent(1 - share)} on its words."
        )


def quality(recommender: Recommender, task: TaskResult | None) -> None:
    """How well products that lost their ratings are placed by their words."""
    if task is None:
        off = recommender.new.why_off if recommender.described is None else ""
        st.info(
            off or "Too few products have enough ratings to measure this.",
            title="Off" if off else "Not measured",
            icon=":material/new_releases:",
        )
        return
    st.caption(escape_markdown(task.protocol, 400))
    names = list(task.model)
    metric = st.pills(
        "Metric", names, key="new_metric", default=DEBIASED, required=True, bind="query-params",
        format_func=label, label_visibility="collapsed",
    ) or DEBIASED  # fmt: skip
    st.caption(f"**{label(metric)}:** {escape_markdown(registry.meaning(metric), 400)}")
    table = results.figures_table(task)
    shown = table[table["metric"] == metric]
    left, right = st.columns(2, gap="medium")
    with left:
        chart_card("new", charts.metric_bars, charts.metric_bars_sentence, table, shown=shown, metric=metric)
    with right:
        if task.segments:
            parts = results.table(task.segments)
            chart_card(
                "few-ratings", charts.segments, charts.segments_sentence, parts,
                shown=parts[parts["metric"] == metric], metric=metric,
            )  # fmt: skip
            st.caption(
                "The same when some ratings are given back. A product's words count as much as"
                f" {task.chosen['evidence']:g} ratings."
            )


def _heading(words: str) -> None:
    st.subheader(TITLE, anchor=False)
    st.caption(f"Nobody has rated these products yet: they are found by their words alone. {words}")


def _with_words(answer: pd.DataFrame) -> pd.DataFrame:
    return answer.assign(words=[plain(", ".join(words), 80) for words in answer.words])


def _titles(reasons: list[dict[str, Any]]) -> str:
    return plain("; ".join(name_of(reason, 60) for reason in reasons), 200)
