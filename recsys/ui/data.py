"""How data would be read, whether they are enough, and what a build takes: seen before anything is built."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import partial

import pandas as pd
import streamlit as st

from recsys.charts.text import count, plain
from recsys.data.preview import SKIPPED, Preview, look, roles_of
from recsys.data.profile.readiness import Check
from recsys.data.reading_options import ReadingOptions
from recsys.errors import DataFormatError, Reading
from recsys.report import facts
from recsys.sources.databases import read_query
from recsys.sources.source import Source
from recsys.ui.data_source import Given
from recsys.ui.text import cut_cells, escape_markdown

ROLE_NAMES = {"user": "User", "item": "Product", "rating": "Rating", "timestamp": "Time", SKIPPED: "Not used"}
_DATES = {"day-first": "Day first", "month-first": "Month first", "year-first": "Year first"}
_UNITS = {
    "s": "seconds since 1970",
    "ms": "milliseconds since 1970",
    "µs": "microseconds since 1970",
    "ns": "nanoseconds since 1970",
    "days": "days since 1970",
    "date": "dates",
    "compact": "dates such as 20140723",
}
_LEVELS = {
    "good": (":material/check_circle:", "Good", "green"),
    "weak": (":material/info:", "Weak", "orange"),
    "poor": (":material/error:", "Poor", "red"),
}
_MOST_COLUMNS = 24
_STATE, _OF, _ROUND = "_reading_options", "_reading_of", "_reading_round"


def options_for(given: Given) -> ReadingOptions:
    """What was said of how these data are laid out; other data begin anew."""
    if st.session_state.get(_OF) != given.name:
        st.session_state[_OF] = given.name
        _say(ReadingOptions())
    return _said()


def _said() -> ReadingOptions:
    said: ReadingOptions = st.session_state.get(_STATE, ReadingOptions())
    return said


def _say(options: ReadingOptions) -> None:
    """Take these options, and have every input begin with them."""
    st.session_state[_STATE] = options
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1


def seen(given: Given, options: ReadingOptions) -> Preview:
    """How these data would be read."""
    if problem := _role_problem(options.columns):
        return replace(
            _look(given, replace(options, columns=None)), summary=None, problem=problem, readings=()
        )
    return _look(given, options)


@st.cache_resource(max_entries=8, show_spinner="Reading…")
def _look(given: Given, options: ReadingOptions) -> Preview:
    if given.query:
        try:
            return look(*_rows(given), options)
        except DataFormatError as error:
            return Preview(problem=str(error))
    ratings = given.ratings[0] if len(given.ratings) == 1 else given.ratings
    return look(ratings, given.catalog, options)


@st.cache_resource(max_entries=2, show_spinner="Running the query…")
def _rows(given: Given) -> tuple[Source, Source | None]:
    """The rows of the queries: asked once, however often they are looked at."""
    query, products = given.queries()
    assert query is not None
    return read_query(query), None if products is None else read_query(products)


def _role_problem(columns: tuple[str, ...] | None) -> str:
    if columns is None:
        return ""
    roles = Counter(role for role in columns if role != SKIPPED)
    for role, n in roles.items():
        if n > 1:
            return f"{n} columns are marked as {ROLE_NAMES[role].lower()}: leave one."
    missing = [ROLE_NAMES[role].lower() for role in ("user", "item") if role not in roles]
    return f"Say which column is the {' and which the '.join(missing)}." if missing else ""


# How it was read --------------------------------------------------------------------


def reading(preview: Preview) -> None:
    """How the data are read, what is in doubt, and the inputs to change it."""
    st.subheader("How it is read", anchor=False)
    if preview.label:
        unit = f" Times: {_UNITS.get(preview.time_unit, preview.time_unit)}." if preview.time_unit else ""
        st.text(f"{plain(preview.label, 200)}.{unit}")
    if preview.problem:
        (_ask if preview.readings else _refuse)(preview)
    with st.container(gap="xxsmall"):
        for note in preview.notes:
            st.caption(escape_markdown(note, 400))
    if preview.columns:
        _columns(preview)
    _more()
    if preview.rows is not None:
        st.markdown("**The first rows, as they are read**")
        st.dataframe(cut_cells(_shown_rows(preview.rows)), hide_index=True, alt="The first rows as read")
    _rejected(preview)


def _refuse(preview: Preview) -> None:
    st.error(escape_markdown(preview.problem, 1_000), icon=":material/error:")


def _ask(preview: Preview) -> None:
    """The readings that are plausible, each with a button that settles it."""
    st.warning(escape_markdown(f"{preview.problem}. Which is right?", 1_000), icon=":material/help:")
    with st.grid(2, min_column_width=260, key="readings"):
        for place, one in enumerate(preview.readings):
            with st.container(border=True, height="stretch"):
                st.text(plain(one.meaning, 200))
                if one.rows:
                    frame = pd.DataFrame(
                        one.rows, columns=[ROLE_NAMES.get(role, role) for role, _ in one.roles]
                    )
                    st.dataframe(cut_cells(frame), hide_index=True, alt=f"Reading {place + 1}")
                st.button(
                    "Read it so", key=f"reading-{place}", on_click=_choose, args=(one,),
                )  # fmt: skip


def _choose(one: Reading) -> None:
    _say(_said().with_option(one.option))


def _columns(preview: Preview) -> None:
    """Each column with its first values and its role."""
    st.markdown("**What each column is**")
    round_, roles = st.session_state[_ROUND], roles_of(preview.columns)
    shown = preview.columns[:_MOST_COLUMNS]
    with st.grid(4, min_column_width=170, key="columns"):
        for place, column in enumerate(shown):
            key = f"role-{round_}-{place}"
            with st.container(border=True, gap="xxsmall"):
                st.selectbox(
                    escape_markdown(column.name, 40), list(ROLE_NAMES), key=key,
                    format_func=lambda role: ROLE_NAMES[role],
                    index=list(ROLE_NAMES).index(roles[place]),
                    on_change=partial(_set_roles, roles, len(shown)),
                )  # fmt: skip
                st.text("\n".join(plain(value, 24) for value in column.values[:3]))
    if len(preview.columns) > len(shown):
        st.caption(f"{count(len(preview.columns) - len(shown), 'more column')} are not shown.")


def _set_roles(roles: tuple[str, ...], n: int) -> None:
    round_ = st.session_state[_ROUND]
    chosen = [st.session_state.get(f"role-{round_}-{place}", roles[place]) for place in range(n)]
    st.session_state[_STATE] = replace(_said(), columns=(*chosen, *roles[n:]))


def _more() -> None:
    """What can be stated beside the columns."""
    round_, said = st.session_state[_ROUND], _said()
    st.toggle(
        "The rows of each user stand in order of time, earliest first", value=said.in_order,
        key=f"in-order-{round_}", on_change=_set_more,
        help="Where there are no times, or they are too coarse: the order of the rows is then used.",
    )  # fmt: skip
    with st.expander("Separator, header, scale, dates"), st.grid(3, min_column_width=170, key="more"):
        st.text_input(
            "Separator", said.delimiter or "", key=f"delimiter-{round_}", on_change=_set_more,
            placeholder="recognised",
        )  # fmt: skip
        st.selectbox(
            "Dates", list(_DATES), None if said.dates is None else list(_DATES).index(said.dates),
            key=f"dates-{round_}", on_change=_set_more, placeholder="recognised",
            format_func=lambda order: _DATES[order],
        )  # fmt: skip
        low, high = said.scale or (None, None)
        st.number_input(
            "Lowest rating", value=low, key=f"low-{round_}", on_change=_set_more, placeholder="found"
        )
        st.number_input(
            "Highest rating", value=high, key=f"high-{round_}", on_change=_set_more, placeholder="found"
        )
        st.number_input(
            "Means 'not rated'", value=said.unrated[0] if said.unrated else None, key=f"unrated-{round_}",
            on_change=_set_more, placeholder="none",
        )  # fmt: skip
        st.toggle(
            "The first line is a rating", value=said.no_header, key=f"header-{round_}", on_change=_set_more
        )
    if said != ReadingOptions():
        st.button("Recognise everything again", on_click=_say, args=(ReadingOptions(),), type="tertiary")


def _set_more() -> None:
    def value(name: str) -> object:
        return st.session_state.get(f"{name}-{st.session_state[_ROUND]}")

    low, high, unrated = value("low"), value("high"), value("unrated")
    scale = (
        (float(low), float(high))
        if isinstance(low, float) and isinstance(high, float) and low < high
        else None
    )
    delimiter, dates = value("delimiter"), value("dates")
    st.session_state[_STATE] = replace(
        _said(),
        delimiter=str(delimiter).replace("\\t", "\t") if delimiter else None,
        dates=str(dates) if dates else None,
        scale=scale,
        unrated=(float(unrated),) if isinstance(unrated, float) else (),
        no_header=bool(value("header")),
        in_order=bool(value("in-order")),
    )


def _shown_rows(rows: pd.DataFrame) -> pd.DataFrame:
    names = {"user_id": "User", "item_id": "Product", "rating": "Rating", "timestamp": "Time"}
    shown = rows.copy()
    if "timestamp" in shown:
        times = pd.to_datetime(shown["timestamp"], unit="s", errors="coerce", utc=True)
        shown["timestamp"] = times.dt.strftime("%Y-%m-%d %H:%M:%S").fillna("")
    return shown.rename(columns=names)


def _rejected(preview: Preview) -> None:
    """What is kept, what is not, and why."""
    report, found = preview.report, preview.summary
    if report is None or found is None:
        return
    st.text(facts.kept_sentence(report, found))
    if report.rejected:
        table = cut_cells(facts.rejected_table(report))
        st.dataframe(table, hide_index=True, alt="Rejected rows by reason")


# Is it enough? ----------------------------------------------------------------------


def enough(checks: tuple[Check, ...]) -> None:
    """Every check with what was found, what it means, and what to do."""
    st.subheader("Is it enough?", anchor=False)
    weak = sum(check.level != "good" for check in checks)
    st.text("Every check is good." if not weak else f"{weak} of {len(checks)} checks are not good.")
    with st.grid(2, min_column_width=300, key="checks"):
        for check in sorted(checks, key=lambda one: list(_LEVELS).index(one.level), reverse=True):
            icon, word, color = _LEVELS[check.level]
            with st.container(border=True, height="stretch", gap="xsmall"):
                with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                    st.badge(word, icon=icon, color=color)  # type: ignore[arg-type]  # one of _LEVELS
                    st.markdown(f"**{check.name}: {escape_markdown(check.found)}**")
                st.caption(
                    escape_markdown(f"{check.wanted[:1].upper()}{check.wanted[1:]}. {check.meaning}", 500)
                )
                if check.advice:
                    st.text(check.advice)
