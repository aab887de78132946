"""Exports on the page: what is wanted and of whom, how far it is, and the files that are there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from recsys.charts.text import count, plain
from recsys.errors import RecsysError
from recsys.estimates import duration, size
from recsys.export import ExportRequest, begin
from recsys.export.request import FORMS, Form, What
from recsys.export.unfinished import Unfinished
from recsys.jobs import background
from recsys.jobs.request import ExportTask
from recsys.recommender import Recommender
from recsys.ui.controls import filter_popover, obeyed
from recsys.ui.folder import artifacts_folder
from recsys.ui.sharing import read_only
from recsys.ui.text import ago, escape_markdown

FOLDER = "exports"
"""In the artifacts folder."""
POLL = 1.0
"""Seconds between two looks at an export."""
_WHAT: dict[What, str] = {
    "recommendations": "Recommendations for users",
    "similar": "Similar products",
    "next": "Rated next",
    "audiences": "Audiences of products",
}
_LINES: dict[What, str] = {
    "recommendations": "One line for each user and product: user_id, rank, item_id, score, and personal,"
    " which is false where the list is the popular one.",
    "similar": "One line for each pair: query_id (the product asked about), rank, item_id, score, cosine.",
    "next": "What people rated after each product: query_id, rank, item_id, score.",
    "audiences": "The users that each product is for: query_id, rank, user_id, score, n_ratings.",
}
_FORM: dict[Form, str] = {"parquet": "Parquet", "csv": "CSV", "jsonl": "JSON lines"}
_ALL, _ACTIVE, _CHOSEN = "All", "Active lately", "By ID"
_LARGEST = 200_000_000
"""Bytes of a file that the browser is given: a larger one would fill the server's memory."""


def form(recommender: Recommender) -> None:
    """What is wanted, of whom, and the button that starts it."""
    kinds = [what for what in _WHAT if what != "next" or recommender.sequential is not None]
    with st.grid(3, min_column_width=220, key="export-what"):
        what = st.selectbox("What", kinds, key="x_what", bind="query-params", format_func=_WHAT.__getitem__)
        written = st.selectbox(
            "File", FORMS, key="x_form", bind="query-params", format_func=_FORM.__getitem__
        )
        k = st.number_input("Lines of a list", 1, 1_000, 10, key="x_k", bind="query-params")
    st.caption(_LINES[what])
    request = _of_whom(recommender, what, written, int(k))
    if request is not None and st.button("Export", icon=":material/play_arrow:", key="export"):
        _start(request)


def _of_whom(recommender: Recommender, what: What, written: Form, k: int) -> ExportRequest | None:
    """The request, with a line that says how many are asked about; None where there is nobody."""
    of_users = what == "recommendations"
    timed = of_users and recommender.interactions.timestamps is not None
    ids, days, least = None, None, 1
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="export-whom"):
        whom = st.segmented_control(
            "Users" if of_users else "Products", [_ALL, *([_ACTIVE] if timed else []), _CHOSEN],
            key=f"x_whom_{'users' if of_users else 'products'}", bind="query-params", default=_ALL,
            required=True,
        )  # fmt: skip
        if of_users:
            least = int(
                st.number_input(
                    "Who rated at least", 1, value=1, key="x_least", bind="query-params", width=150
                )
            )
        if whom == _ACTIVE:
            days = int(
                st.number_input("Within days", 1, value=90, key="x_days", bind="query-params", width=150)
            )
        label = "Products asked about" if what == "audiences" else "Products listed"
        filters = filter_popover(recommender.dataset, "x_", label)
        rules = None if what == "audiences" else obeyed("x_rules")
    if whom == _CHOSEN:
        text = st.text_area("IDs, one on each line", key="x_ids", persist_state="session", height=140)
        ids = tuple(line.strip() for line in (text or "").splitlines() if line.strip())
        if not ids:
            return None
    try:
        request = ExportRequest(
            what, written, k, ids=ids, min_rated=least, active_days=days, filters=filters, rules=rules
        )
        n = len(request.rows(recommender))
    except RecsysError as error:
        st.warning(escape_markdown(error, 400), icon=":material/search_off:")
        return None
    st.caption(f"{count(n, 'list')} with at most {count(k, 'line')} each.")
    return request


def _start(request: ExportRequest) -> None:
    if read_only():
        return
    artifacts = artifacts_folder()
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    out = artifacts / FOLDER / f"{request.what}-{stamp}.{request.form}"
    try:
        out.parent.mkdir(exist_ok=True)
        begin(artifacts, out, request)
        background.start(artifacts, ExportTask(str(out)))
    except (RecsysError, OSError) as error:
        st.error(escape_markdown(error, 400), icon=":material/error:")
    else:
        st.rerun()


# The export at work -----------------------------------------------------------------


def status() -> bool:
    """The export at work, or why the last one failed. Returns whether one is at work."""
    seen = background.state(artifacts_folder(), background.EXPORT)
    if seen is None:
        return False
    if seen.active:
        _watch()
        return True
    name, out = escape_markdown(seen.job.name), artifacts_folder() / FOLDER / seen.job.name
    if not (out.exists() or Unfinished.beside(out).folder.exists()):
        return False  # it has been deleted since
    if seen.status == "failed":
        st.error(f"{name}: {escape_markdown(seen.reason, 600)}", icon=":material/error:")
    elif seen.status == "done":
        st.success(f"{name} is there, after {duration(seen.seconds)}.", icon=":material/check_circle:")
    else:
        st.info(f"{name} was stopped. It can go on.", icon=":material/cancel:")
    return False


@st.fragment(run_every=POLL)
def _watch() -> None:
    seen = background.state(artifacts_folder(), background.EXPORT)
    if seen is None or not seen.active:
        st.rerun()
    with st.container(border=True, key="export-at-work"):
        left = "" if seen.seconds_left is None else f", about {duration(seen.seconds_left)} left"
        st.markdown(f"**Writing {escape_markdown(seen.job.name)}**")
        st.progress(seen.fraction, escape_markdown(plain(seen.progress.detail, 120) or "Starting"))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{seen.fraction:.0%} after {duration(seen.seconds)}{left}")
            st.space("stretch")
            if not read_only():
                st.button("Stop the export", key="stop-export", icon=":material/stop:", on_click=_stop)
    st.caption("You can close this page or go to another one: the export goes on.")


def _stop() -> None:
    if not read_only():
        background.stop(artifacts_folder(), background.EXPORT)


# The files --------------------------------------------------------------------------


def files(*, at_work: bool) -> None:
    """The exported files, and the exports that were stopped."""
    folder = artifacts_folder() / FOLDER
    there = sorted(folder.glob("*.*"), key=_changed, reverse=True) if folder.is_dir() else []
    done = [path for path in there if path.is_file()]
    stopped = [] if at_work else [path for path in there if path.suffix == ".unfinished"]
    if not (done or stopped):
        return
    st.subheader("Files", anchor=False)
    for path in done:
        _file(path)
    for path in stopped:
        _unfinished(path.with_suffix(""))


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _file(path: Path) -> None:
    n_bytes = path.stat().st_size
    with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"file-{path.name}"):
        when = datetime.fromtimestamp(_changed(path), UTC).isoformat()
        st.text(f"{path.name}\n{size(n_bytes)}, {ago(when)}")
        st.space("stretch")
        if n_bytes <= _LARGEST:
            st.download_button(
                "Download", data=path.read_bytes, file_name=path.name, key=f"get-{path.name}",
                icon=":material/download:", on_click="ignore", mime="application/octet-stream",
            )  # fmt: skip
        else:
            st.text(f"Too large for the browser. It lies in {path.parent}.")
        if not read_only():
            st.button("Delete", key=f"delete-{path.name}", on_click=_delete, args=(path,), type="tertiary")


def _unfinished(out: Path) -> None:
    with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"rest-{out.name}"):
        st.text(f"{out.name}\nstopped")
        st.space("stretch")
        if not read_only():
            st.button("Go on", key=f"go-on-{out.name}", on_click=_go_on, args=(out,))
            st.button("Delete", key=f"drop-{out.name}", on_click=_drop, args=(out,), type="tertiary")


def _delete(path: Path) -> None:
    if not read_only():
        path.unlink(missing_ok=True)


def _go_on(out: Path) -> None:
    if read_only():
        return
    try:
        background.start(artifacts_folder(), ExportTask(str(out)))
    except RecsysError as error:
        st.error(escape_markdown(error, 400), icon=":material/error:")


def _drop(out: Path) -> None:
    if not read_only():
        Unfinished.beside(out).remove()
