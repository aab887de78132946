"""What stands around every page: navigation, the name, and the data set in service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from recsys.ui import service
from recsys.ui.text import ago, plain

NAME = "Lattice"
STATIC = Path(__file__).with_name("static")
_READY = "_shell_ready"

PAGES = {
    "overview": ("Overview", ":material/home:", "What is loaded, how good the model is, and where to begin."),
    "explore": ("Explore the data", ":material/insights:", "Ratings, users, products, long tail and time."),
    "recommend": ("Recommend for a user", ":material/person_search:", "What to show a user next, and why."),
    "similar": ("Similar products", ":material/hub:", "Walk the catalogue from product to product."),
    "quality": ("Model quality", ":material/monitoring:", "Measured on held-out ratings, beside baselines."),
}


def page(name: str) -> Any:
    """One of the pages, by the name of its file, to link to."""
    title, icon, words = PAGES[name]
    return st.Page(f"pages/{name}.py", title=title, icon=icon, help=words, default=name == "overview")


def run() -> None:
    """Run the app: called by `app.py` on every rerun."""
    st.set_page_config(page_title=NAME, page_icon=str(STATIC / "icon.png"), layout="wide")
    chosen = st.navigation([page(name) for name in PAGES])
    st.session_state[_READY] = True
    st.logo(str(STATIC / "logo.svg"), size="large", icon_image=str(STATIC / "icon.png"))
    with st.sidebar:
        _data_in_service()
    chosen.run()


def guard() -> None:
    """Called first by every page: brings the shell up where a page was opened without it.

    Until some session has called `st.navigation`, a server with a `pages/` folder runs the
    page that a deep link names by itself, without `app.py`. Registering the pages and
    running again hands the request to `app.py`, its query parameters intact.
    """
    if _READY not in st.session_state:
        st.session_state[_READY] = True
        st.navigation([page(name) for name in PAGES], position="hidden")
        st.rerun()


def _data_in_service() -> None:
    manifest = service.manifest()
    if manifest is None:
        return
    with st.container(key="data-in-service", gap="xxsmall"):
        st.caption("Data in service")
        st.text(plain(manifest["name"], 40))
        st.caption(f"{manifest['summary']['n_ratings']:,} ratings, built {ago(manifest['built_at'])}")
        if manifest["made_up"]:
            st.badge("Made-up data", icon=":material/science:", color="orange")
        st.caption(f"Version {manifest['version']}")
