"""The version in service, opened once and shared by all sessions."""

from __future__ import annotations

import gc
import weakref
from contextlib import suppress

import streamlit as st

from recsys.errors import ArtifactError
from recsys.recommender import Recommender
from recsys.ui.folder import artifacts_folder
from recsys.ui.links import link_to
from recsys.ui.navigation import DATA
from recsys.versions.manifest import Manifest
from recsys.versions.store import ArtifactStore

_RUN = "_version_of_this_run"


def begin() -> Recommender | None:
    """Resolve the version in service once for a run of the app: sidebar, heading and page show this one.

    The caller keeps the result until the run ends. The session itself refers to it weakly, so that
    idle sessions hold no old versions; a fragment that runs again finds it while others look at it,
    else the version in service.
    """
    st.session_state.pop(_RUN, None)
    try:
        return _resolve()
    except ArtifactError:
        return None


def recommender() -> Recommender:
    """The version of this run. Where there is none, the page says what to do and stops."""
    try:
        return _resolve()
    except ArtifactError as error:
        _say_how_to_build(ArtifactStore(artifacts_folder()), error)
        st.stop()


def manifest() -> Manifest | None:
    """The manifest of the version of this run, or None where there is none."""
    try:
        return _resolve().manifest
    except ArtifactError:
        return None


def _resolve() -> Recommender:
    known: weakref.ReferenceType[Recommender] | None = st.session_state.get(_RUN)
    opened = None if known is None else known()
    if opened is None:
        opened = in_service(ArtifactStore(artifacts_folder()))
        st.session_state[_RUN] = weakref.ref(opened)
    return opened


def prepare() -> None:
    """Open the version in service before anybody looks."""
    with suppress(ArtifactError):
        in_service(ArtifactStore(artifacts_folder()))


def in_service(store: ArtifactStore) -> Recommender:
    """The version in service, shared by all who ask. ArtifactError where there is none that is whole.

    Where another version took its place while it was opened, that one. Where its files were
    written in place meanwhile, it is verified and opened again.
    """
    while True:
        version = store.current()
        try:
            opened = _open(str(store.root), version)
        except ArtifactError:
            if store.current() == version:
                raise
            continue
        if not opened.dataset.artifacts.overwritten():
            return opened
        _open.clear(str(store.root), version)
        _open(str(store.root), version)


def other(version: str) -> Recommender:
    """Another kept version than the one in service. ArtifactError where it cannot be opened."""
    return _open(str(ArtifactStore(artifacts_folder()).root), version)


def _say_how_to_build(store: ArtifactStore, error: ArtifactError) -> None:
    if not _is_built(store):
        st.title("Nothing to show yet", anchor=False)
        st.text(f"No data set found in {store.root}. Build one; it takes about a minute.")
    else:
        st.title("The artifacts cannot be opened", anchor=False)
        st.text(str(error).replace("`", ""))
    with st.container(border=True, width=640):
        link_to(DATA, "Load data and build here")
        st.markdown("**From your ratings file**")
        st.code("python -m recsys build --ratings FILE", language=None)
        st.markdown("**From made-up data, to look around**")
        st.code("python -m recsys build", language=None)
    st.caption("Then reload this page.")


def _is_built(store: ArtifactStore) -> bool:
    try:
        return store.current() is not None
    except ArtifactError:
        return True


@st.cache_resource(max_entries=3, show_spinner=False)  # also called before anybody looks: ui.start
def _open(root: str, version: str | None) -> Recommender:
    opened = Recommender.open(root, version)
    # Objects that stay for good, most of all the libraries, need not be walked through at each
    # garbage collection, which stops every session meanwhile (measured: 0.1 s each time).
    gc.collect()
    gc.freeze()
    return opened
