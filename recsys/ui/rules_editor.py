"""The editor of the rules page: a widget for every rule."""

from __future__ import annotations

from typing import Any

import msgspec
import pandas as pd
import streamlit as st

from recsys.charts.text import plain
from recsys.recommender import Recommender
from recsys.rules import Rules, Selection
from recsys.ui import rules_state as state
from recsys.ui.text import escape_markdown

_KINDS = ("brands", "categories", "products")
_LABELS = {"brands": "Brands", "categories": "Categories", "products": "Product IDs"}


def editor(recommender: Recommender, start: Rules) -> Rules | None:
    """Widgets for every rule; None where what they say is no rule, which is then said."""
    choices = _choices(recommender, start)
    said: dict[str, Any] = {
        "exclude": _selection("Never show", "exclude", start.exclude, choices),
        "only": _selection("Show only", "only", start.only, choices),
        **_minimum(recommender, start),
        "at_most": _limits(start, choices),
        "boost": _boosts(start, choices),
        "pin": _pins(start),
    }
    try:
        return msgspec.convert(said, Rules)
    except msgspec.ValidationError as error:
        st.error(escape_markdown(_in_words(str(error)), 300), icon=":material/rule:")
        return None


def _in_words(problem: str) -> str:
    """A problem of validation without the path of the value: rows are counted from 1."""
    words, _, path = problem.partition(" - at ")
    table, _, row = path.strip("`$.").partition("[")
    names = {"at_most": "At most", "boost": "Raise or lower", "pin": "Pinned products"}
    if row and table in names:
        return f"{names[table]}, row {int(row.partition(']')[0]) + 1}: {words}."
    return f"{words}."


def _key(name: str) -> str:
    return f"rules-{state.edition()}-{name}"


def _choices(recommender: Recommender, start: Rules) -> dict[str, list[str]]:
    """What can be chosen: what the catalogue knows, and what the rules name already."""
    named = {kind: [one for part in start.selections() for one in getattr(part, kind)] for kind in _KINDS}
    dataset = recommender.dataset
    known = {"brands": dataset.brands(), "categories": dataset.categories(), "products": []}
    return {kind: list(dict.fromkeys([*known[kind], *named[kind]])) for kind in _KINDS}


def _selection(
    title: str, name: str, start: Selection, choices: dict[str, list[str]]
) -> dict[str, list[str]]:
    chosen = sum(len(getattr(start, kind)) for kind in _KINDS)
    with st.expander(title, icon=_ICONS[name], expanded=bool(chosen)):
        return {
            kind: st.multiselect(
                _LABELS[kind], choices[kind], default=list(getattr(start, kind)), key=_key(f"{name}-{kind}"),
                accept_new_options=True, filter_mode="contains", placeholder=_PLACEHOLDERS[kind],
                format_func=lambda text: plain(text, 80),
            )
            for kind in _KINDS
        }  # fmt: skip


_ICONS = {"exclude": ":material/block:", "only": ":material/filter_alt:"}
_PLACEHOLDERS = {
    "brands": "Choose, or type a name",
    "categories": "Choose, or type a path",
    "products": "Type or paste an ID, then Enter",
}


def _minimum(recommender: Recommender, start: Rules) -> dict[str, Any]:
    stocked = "in_stock" in recommender.catalog.columns_known
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        ratings = st.number_input(
            "Fewest ratings", 0, value=start.min_ratings, key=_key("ratings"), width=150
        )
        stars = st.number_input(
            "Lowest mean rating", value=start.min_stars, step=0.1, key=_key("stars"), width=170,
            placeholder="Any", help="In the scale of the data.",
        )  # fmt: skip
        hidden = st.toggle(
            "Hide what is out of stock", start.hide_out_of_stock, key=_key("stock"), disabled=not stocked,
            help="The catalogue's column in_stock says it."
            if stocked
            else "The catalogue has no column in_stock, stock or availability, so this is not known.",
        )  # fmt: skip
    return {"min_ratings": ratings, "min_stars": stars, "hide_out_of_stock": hidden}


def _choice_columns(choices: dict[str, list[str]]) -> dict[str, Any]:
    return {
        kind: st.column_config.MultiselectColumn(
            _LABELS[kind], options=choices[kind], accept_new_options=True, width=150
        )
        for kind in _KINDS
    }


def _limits(start: Rules, choices: dict[str, list[str]]) -> list[dict[str, Any]]:
    each = {limit.each: limit.n for limit in start.at_most if limit.each is not None}
    found: list[dict[str, Any]] = []
    with st.expander("At most so many in a list", icon=":material/stacks:", expanded=bool(start.at_most)):
        with st.container(horizontal=True, gap="medium"):
            for what in ("brand", "category"):
                n = st.number_input(
                    f"Of each {what}", 1, value=each.get(what), key=_key(f"each-{what}"), width=150,
                    placeholder="No limit",
                )  # fmt: skip
                if n is not None:
                    found.append({"n": n, "each": what})
        st.caption("Or of some products taken together, a row each:")
        rows = [msgspec.to_builtins(limit) for limit in start.at_most if limit.each is None]
        columns = {
            "n": st.column_config.NumberColumn("At most", min_value=0, step=1, width=80),
            **_choice_columns(choices),
        }
        return found + _rows("limits", rows, columns, "Limits")


def _boosts(start: Rules, choices: dict[str, list[str]]) -> list[dict[str, Any]]:
    with st.expander("Raise or lower", icon=":material/swap_vert:", expanded=bool(start.boost)):
        st.caption("Scores are multiplied: a factor of 2 raises, 0.5 lowers, 1 changes nothing.")
        columns = {
            "factor": st.column_config.NumberColumn("Factor", min_value=0.0, width=80),
            **_choice_columns(choices),
        }
        rows = [msgspec.to_builtins(boost) for boost in start.boost]
        return _rows("boosts", rows, columns, "Products that are raised or lowered")


def _pins(start: Rules) -> list[dict[str, Any]]:
    with st.expander("Pinned products", icon=":material/push_pin:", expanded=bool(start.pin)):
        st.caption("They always have the same place in recommendations, unless the user has them already.")
        columns = {
            "product": st.column_config.TextColumn("Product ID", width=180),
            "place": st.column_config.NumberColumn("Place", min_value=1, step=1, width=80),
        }
        rows = [msgspec.to_builtins(pin) for pin in start.pin]
        return _rows("pins", rows, columns, "Pinned products")


def _rows(name: str, rows: list[dict[str, Any]], columns: dict[str, Any], alt: str) -> list[dict[str, Any]]:
    """A table to edit, as the rows that say something."""
    frame = pd.DataFrame(rows, columns=list(columns))
    for column in frame:
        lists = column in _KINDS
        texts = lists or column == "product"
        frame[column] = frame[column].astype(object if texts else "float64")
    edited = st.data_editor(
        frame, key=_key(name), num_rows="dynamic", hide_index=True, column_config=columns, alt=alt,
        height="content",
    )  # fmt: skip
    found = []
    for row in edited.to_dict("records"):
        said = {str(key): _plain(value) for key, value in row.items() if not _missing(value)}
        if said:
            found.append(said)
    return found


def _missing(value: Any) -> bool:
    return (
        value is None
        or (isinstance(value, float) and value != value)
        or (isinstance(value, (list, tuple, str)) and not len(value))
    )


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.strip() if isinstance(value, str) else value
