"""The kept versions: what each was made of, and which one is in service."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from recsys.charts.text import count, plain
from recsys.errors import ArtifactError, RecsysError
from recsys.estimates import size
from recsys.ui import version_comparison
from recsys.ui.download import download
from recsys.ui.folder import artifacts_folder
from recsys.ui.sharing import read_only
from recsys.ui.text import ago, cut_cells, escape_markdown
from recsys.versions.manifest import Manifest
from recsys.versions.store import ArtifactStore

LEAD = "recall@20"
_PROBLEM = "_version_problem"
_COUNTS = ("Ratings", "Users", "Products")


def versions() -> None:
    """The list, and what can be done with a version."""
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.error(escape_markdown(problem, 600), icon=":material/error:")
    store = ArtifactStore(artifacts_folder())
    kept = store.versions()
    if not kept:
        st.info("Nothing is built yet. Load data, or build the sample store.", icon=":material/inventory_2:")
        return
    current, manifests = _current(store), _manifests(store, kept)
    frame = table(manifests, current, store.pinned())
    st.dataframe(
        cut_cells(frame), hide_index=True, alt="Versions, newest first", height="content",
        column_config={name: st.column_config.NumberColumn(format="localized") for name in _COUNTS},
    )  # fmt: skip
    download(frame, "versions", "versions")
    for version in kept:
        if version not in manifests:
            st.warning(f"Version {version} is damaged, or was made by another version of this program.")
    if not read_only():
        _actions(store, kept, current)
    version_comparison.over_versions(manifests)
    version_comparison.compare(list(manifests)[::-1], current)


def _current(store: ArtifactStore) -> str | None:
    try:
        return store.current()
    except ArtifactError as error:
        st.error(escape_markdown(error, 400))
        return None


def _manifests(store: ArtifactStore, kept: list[str]) -> dict[str, Manifest]:
    found = {}
    for version in reversed(kept):
        try:
            found[version] = store.manifest(version)
        except ArtifactError:
            continue
    return found


def table(manifests: dict[str, Manifest], current: str | None, pinned: list[str]) -> pd.DataFrame:
    """One row for each version, newest first."""
    return pd.DataFrame(
        [
            {
                "In service": "✓" if version == current else "",
                "Pinned": "✓" if version in pinned else "",
                "Version": version,
                "Made of": plain(manifest.name, 80),
                "Built": ago(manifest.built_at),
                "Ratings": manifest.summary.n_ratings,
                "Users": manifest.summary.n_users,
                "Products": manifest.summary.n_items,
                "Factors": manifest.model.n_factors,
                "Recall@20": _figure(manifest),
                "Size": size(sum(file.bytes for file in manifest.files.values())),
                "Took": f"{sum(manifest.seconds.values()):,.0f} s",
            }
            for version, manifest in manifests.items()
        ]
    )


def _figure(manifest: Manifest) -> str:
    result = manifest.evaluation and manifest.evaluation.ranking
    figure = result.model.get(LEAD) if result else None
    return "not measured" if figure is None else f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _actions(store: ArtifactStore, kept: list[str], current: str | None) -> None:
    pinned = store.pinned()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        version = st.selectbox("Version", list(reversed(kept)), key="one_version", width=260)
        if version != current:
            st.button(
                "Put it in service", key="rollback", icon=":material/restore:", on_click=_do,
                args=(store.rollback, version),
            )  # fmt: skip
        held = version in pinned
        st.button(
            "Unpin it" if held else "Pin it", key="pin", on_click=_do,
            args=(store.unpin if held else store.pin, version),
            icon=":material/keep_off:" if held else ":material/keep:",
            help="Builds keep the last three versions. A pinned one is kept until it is unpinned.",
        )  # fmt: skip
        if version != current and not held and st.button("Delete it", key="delete", icon=":material/delete:"):
            _ask_to_delete(store, version)


@st.dialog("Delete this version?", icon=":material/delete:")
def _ask_to_delete(store: ArtifactStore, version: str) -> None:
    """Ask first: what is deleted cannot be brought back."""
    try:
        manifest = store.manifest(version)
        st.text(f"{plain(manifest.name, 80)}: {count(manifest.summary.n_ratings, 'rating')}, built"
                f" {ago(manifest.built_at)}.")  # fmt: skip
    except ArtifactError:
        st.text("It is damaged.")
    st.text(f"Version {version} cannot be brought back, only built again.")
    if st.button("Delete it for good", key="delete_now", on_click=_do, args=(store.delete, version)):
        st.rerun()


def _do(act: Callable[[str], None], version: str) -> None:
    """Act on a version; for callbacks. What went wrong is said when the page runs again."""
    if read_only():
        return
    try:
        act(version)
    except RecsysError as error:
        st.session_state[_PROBLEM] = str(error)
