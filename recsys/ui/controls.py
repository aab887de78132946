"""The inputs beside an answer: how many products, and which may be shown. All of them are in the URL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from recsys.charts.text import plain
from recsys.columns import BRAND, CATEGORY
from recsys.dataset import Dataset
from recsys.filters import FILTERS, N_RATINGS, Filter, Filters
from recsys.rules import Rules
from recsys.ui import shop_rules
from recsys.ui.text import CELL

_CHOICES: dict[str, Callable[[Dataset], list[str]]] = {CATEGORY: Dataset.categories, BRAND: Dataset.brands}


@dataclass(frozen=True)
class AnswerOptions:
    """What a viewer asked for."""

    k: int
    include_rated: bool
    filters: Filters
    rules: Rules | None = None


def answer_options(dataset: Dataset, prefix: str = "", with_rated: bool = True) -> AnswerOptions:
    """k, whether rated products may come back, and the filters that the catalogue allows.

    Parameters
    ----------
    prefix : str
        Starts the names in the URL: pages that share a name would reset each other's.
    """
    k = st.slider("How many", 5, 50, 10, step=5, key=f"{prefix}k", bind="query-params", width=200)
    rated = with_rated and st.toggle(
        "Include already rated", key=f"{prefix}rated", bind="query-params",
        help="Also recommend products this user has rated, such as things people buy again.",
    )  # fmt: skip
    filters = filter_popover(dataset, prefix)
    return AnswerOptions(int(k), bool(rated), filters, obeyed(f"{prefix}rules"))


def filter_popover(dataset: Dataset, prefix: str, label: str = "Filters") -> Filters:
    """The filters that the catalogue allows, behind a button."""
    known = [one for one in FILTERS if one.column in (*dataset.catalog.columns_known, N_RATINGS)]
    active = sum(bool(st.session_state.get(prefix + one.word)) for one in known)
    with st.popover(f"{label} ({active})" if active else label, icon=":material/filter_list:"):
        values = {one.name: _filter_input(one, prefix + one.word, dataset) for one in known}
    return Filters(**values)


def obeyed(key: str) -> Rules | None:
    """The rules of the shop, unless the viewer turns them off; nothing is shown where there are none."""
    rules = shop_rules.read()
    if not rules:
        return None
    on = st.toggle(
        "Obey the rules", True, key=key, bind="query-params",
        help="The rules of this shop, as they are set on the page Rules. Turn them off to see what the"
        " ranker says alone.",
    )  # fmt: skip
    return rules if on else None


def option(text: str) -> str:
    """A choice as it is shown and stands in the URL: whole, unless it is very long."""
    return text if len(text) <= CELL else plain(text, CELL)


def _filter_input(one: Filter, key: str, dataset: Dataset) -> Any:
    """The widget of one filter: a choice among texts, or a number."""
    if one.many:
        return tuple(
            st.multiselect(
                one.label, _CHOICES[one.column](dataset), key=key, bind="query-params", help=one.help,
                placeholder="All", filter_mode="contains", format_func=option,
            )
        )  # fmt: skip
    if one.kind is int:
        return st.number_input(
            one.label, 0, value=int(one.default), step=10, key=key, bind="query-params", help=one.help
        )
    return st.number_input(one.label, 0.0, value=None, key=key, bind="query-params", help=one.help)
