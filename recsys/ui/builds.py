"""Builds on the page: what one takes, how far it is, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from recsys import estimates
from recsys.charts.text import plain
from recsys.config import RANKERS
from recsys.data.reading_options import ReadingOptions
from recsys.errors import RecsysError
from recsys.estimates import Estimate, duration, size
from recsys.jobs import background
from recsys.jobs.background import JobState
from recsys.jobs.request import BuildRequest
from recsys.ui.data_source import Given
from recsys.ui.folder import artifacts_folder
from recsys.ui.links import link_to
from recsys.ui.navigation import OVERVIEW, QUALITY
from recsys.ui.sharing import read_only
from recsys.ui.text import escape_markdown

POLL = 1.0
"""Seconds between two looks at a build."""
_MEASURE = {"yes": "Yes", "no": "No"}
_EVALUATE = {"yes": True, "no": False}
_RANKER = {
    "auto": "The one that measures best",
    "sequential": "Sequential",
    "static": "Static: the order of ratings is not used",
    "popular": "Popular products",
    "item-knn": "Item-kNN",
}
_ENDED = {
    "done": (":material/check_circle:", "is built and in service"),
    "failed": (":material/error:", "could not be built"),
    "stopped": (":material/cancel:", "was stopped"),
}


@dataclass(frozen=True)
class Settings:
    """How the models are to be made."""

    evaluate: bool | None
    tune: bool
    rank: int | None
    ranker: str

    @property
    def measured(self) -> bool:
        """Whether the build is measured on held-out ratings."""
        return self.evaluate is not False


def build_form(given: Given, reading: ReadingOptions, n_ratings: int) -> None:
    """What a build takes, its settings, and the button that starts it."""
    st.subheader("Build", anchor=False)
    folder = artifacts_folder()
    at_work = background.state(folder)
    status()
    if at_work is not None and at_work.active:
        return
    settings = _settings()
    wanted = estimates.estimate(n_ratings, measured=settings.measured, tuned=settings.tune)
    memory, disk = estimates.free(folder)
    _takes(wanted, memory, disk)
    if problem := estimates.why_not(wanted, memory, disk):
        st.error(problem, icon=":material/memory:")
    request = BuildRequest(
        () if given.made_up else given.ratings,
        None if given.made_up else given.catalog,
        ReadingOptions() if given.made_up else reading,
        settings.evaluate, settings.tune, settings.rank, settings.ranker,
        query=given.query, catalog_query=given.catalog_query, source=given.source,
    )  # fmt: skip
    if st.button("Build it", icon=":material/play_arrow:", key="build", disabled=bool(problem)):
        _start(request, wanted.seconds)


def _settings() -> Settings:
    with st.expander("Settings of the models"), st.grid(2, min_column_width=220, key="settings"):
        evaluate = st.selectbox(
            "Measure on held-out ratings", list(_MEASURE), key="b_evaluate", persist_state="session",
            format_func=lambda one: _MEASURE[one],
            help="Shows how much better the lists are than best-sellers.",
        )  # fmt: skip
        ranker = st.selectbox(
            "Ranking model",
            RANKERS,
            format_func=lambda one: _RANKER[one],
            key="b_ranker",
            persist_state="session",
        )
        rank = st.number_input(
            "Factors", 1, value=None, key="b_rank", persist_state="session", step=16,
            placeholder="by the size of the data", help="The rank of the truncated SVD.",
        )  # fmt: skip
        tune = st.toggle(
            "Choose the settings on held-out ratings first", key="b_tune", persist_state="session"
        )
    return Settings(
        _EVALUATE.get(evaluate), bool(tune), None if rank is None else int(rank), ranker or "auto"
    )


def _takes(wanted: Estimate, memory: int, disk: int) -> None:
    with st.grid(3, min_column_width=150, key="takes"):
        st.metric("Time, about", duration(wanted.seconds), border=True, height="stretch")
        st.metric("Memory, about", size(wanted.memory), border=True, height="stretch")
        st.metric("Disk, about", size(wanted.disk), border=True, height="stretch")
    st.caption(
        f"{size(memory)} of memory and {size(disk)} of disk are free. Estimated from the number of ratings"
        " and measured builds; other work on this machine makes it longer."
    )


def _start(request: BuildRequest, expected: float) -> None:
    if read_only():
        return
    try:
        background.start(artifacts_folder(), request, expected)
    except RecsysError as error:
        st.error(escape_markdown(error, 400), icon=":material/error:")
    else:
        st.rerun()


# The build at work ------------------------------------------------------------------


def status() -> None:
    """The build at work, or how the last one ended."""
    seen = background.state(artifacts_folder())
    if seen is None:
        return
    if seen.active:
        _watch()
    else:
        _ended(seen)


@st.fragment(run_every=POLL)
def _watch() -> None:
    seen = background.state(artifacts_folder())
    if seen is None or not seen.active:
        st.rerun()
    with st.container(border=True, key="build-at-work"):
        left = "" if seen.seconds_left is None else f", about {duration(seen.seconds_left)} left"
        st.markdown(f"**Building {escape_markdown(seen.job.name)}**")
        stages = seen.progress.stages
        stage = stages[-1].name if stages else "Starting"
        doing = f": {plain(seen.progress.detail, 80)}" if seen.progress.detail else ""
        st.progress(seen.fraction, escape_markdown(f"{stage}{doing}", 160))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{seen.fraction:.0%} after {duration(seen.seconds)}{left}")
            st.space("stretch")
            if not read_only():
                _stop_button(seen)
        _details(seen)
    st.caption("You can close this page or go to another one: the build goes on.")


def _stop_button(seen: JobState) -> None:
    if seen.status == "running":
        st.button("Stop the build", key="stop", icon=":material/stop:", on_click=_stop)
    else:
        st.text("Stopping…")
        if (
            seen.job.stopped is not None
            and seen.seconds + seen.job.started - seen.job.stopped > background.PATIENCE
        ):
            st.button("End it now", key="kill", on_click=_stop)


def _stop() -> None:
    if not read_only():
        background.stop(artifacts_folder())


def _ended(seen: JobState) -> None:
    icon, words = _ENDED[seen.status]
    name = escape_markdown(seen.job.name)
    head = f"{name[:1].upper()}{name[1:]} {words}, after {duration(seen.seconds)}."
    with st.container(border=True, key="build-ended"):
        if seen.status == "done":
            st.success(head, icon=icon)
            with st.container(horizontal=True):
                link_to(OVERVIEW, "See it")
                link_to(QUALITY, "How good is it?")
        elif seen.status == "failed":
            st.error(f"{head} {escape_markdown(seen.reason, 600)}", icon=icon)
        else:
            st.info(f"{head} What was in service still is.", icon=icon)
        _details(seen)
        if not read_only():
            st.button("Dismiss", key="forget", type="tertiary", on_click=_forget)


def _forget() -> None:
    if not read_only():
        background.forget(artifacts_folder())


def _details(seen: JobState) -> None:
    with st.expander("Stages and log", key=f"stages-{seen.job.pid}"):
        for stage in seen.progress.stages:
            took = "at work" if stage.seconds is None else f"{stage.seconds:.1f} s"
            st.text(f"{stage.name}: {took}")
        if seen.log:
            st.code("\n".join(plain(line, 300) for line in seen.log), language=None, wrap_lines=True)
