"""The artifacts in service, opened once and shared by all sessions."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import streamlit as st

from recsys.errors import ArtifactError
from recsys.recommender import Recommender
from recsys.versions.manifest import Manifest
from recsys.versions.store import ArtifactStore

ROOT = Path(__file__).parents[2]
FOLDER = "RECSYS_ARTIFACTS"


def artifacts_folder() -> Path:
    """Where the artifacts are: the environment's RECSYS_ARTIFACTS, else beside `app.py`."""
    return Path(os.environ.get(FOLDER, ROOT / "artifacts"))


def studio() -> Recommender:
    """The version in service; where there is none, the page says what to do and stops."""
    store = ArtifactStore(artifacts_folder())
    try:
        return _open(str(store.root), store.current())
    except ArtifactError as error:
        _say_how_to_build(store, error)
        st.stop()


def _say_how_to_build(store: ArtifactStore, error: ArtifactError) -> None:
    if store.current() is None:
        st.title("Nothing to show yet", anchor=False)
        st.text(f"There is no data set in service in {store.root}. A minute, and there is one:")
    else:
        st.title("The artifacts cannot be opened", anchor=False)
        st.text(str(error).replace("`", ""))
    with st.container(border=True, width=640):
        st.markdown("**From a ratings file of yours**")
        st.code("python -m recsys build --ratings FILE", language=None)
        st.markdown("**A made-up electronics store, to look around**")
        st.code("python -m recsys build", language=None)
    st.caption("Then reload this page.")


def manifest() -> Manifest | None:
    """What the manifest of the version in service says, or None where there is none."""
    store = ArtifactStore(artifacts_folder())
    try:
        return _open(str(store.root), store.current()).manifest
    except ArtifactError:
        return None


@st.cache_resource(max_entries=2, show_spinner=False)  # also called where nobody looks yet: ui.start
def _open(root: str, version: str | None) -> Recommender:
    opened = Recommender.open(root, version)
    # What stays for good, the libraries above all, need not be walked through by each collection
    # of garbage, which stops every session meanwhile (measured: 0.1 s each time).
    gc.collect()
    gc.freeze()
    return opened
