"""The version in service, opened once and shared by all sessions."""

from __future__ import annotations

import gc

import streamlit as st

from recsys.errors import ArtifactError
from recsys.recommender import Recommender
from recsys.ui.folder import artifacts_folder
from recsys.versions.manifest import Manifest
from recsys.versions.store import ArtifactStore


def recommender() -> Recommender:
    """The version in service. Where there is none, the page says what to do and stops."""
    store = ArtifactStore(artifacts_folder())
    try:
        return _open(str(store.root), store.current())
    except ArtifactError as error:
        _say_how_to_build(store, error)
        st.stop()


def manifest() -> Manifest | None:
    """The manifest of the version in service, or None where there is none."""
    store = ArtifactStore(artifacts_folder())
    try:
        return _open(str(store.root), store.current()).manifest
    except ArtifactError:
        return None


def _say_how_to_build(store: ArtifactStore, error: ArtifactError) -> None:
    if store.current() is None:
        st.title("Nothing to show yet", anchor=False)
        st.text(f"No data set found in {store.root}. Build one; it takes about a minute.")
    else:
        st.title("The artifacts cannot be opened", anchor=False)
        st.text(str(error).replace("`", ""))
    with st.container(border=True, width=640):
        st.markdown("**From your ratings file**")
        st.code("python -m recsys build --ratings FILE", language=None)
        st.markdown("**From made-up data, to look around**")
        st.code("python -m recsys build", language=None)
    st.caption("Then reload this page.")


@st.cache_resource(max_entries=2, show_spinner=False)  # also called before anybody looks: ui.start
def _open(root: str, version: str | None) -> Recommender:
    opened = Recommender.open(root, version)
    # Objects that stay for good, most of all the libraries, need not be walked through at each
    # garbage collection, which stops every session meanwhile (measured: 0.1 s each time).
    gc.collect()
    gc.freeze()
    return opened
