"""What stands around every page: navigation, the name, and the data set in service."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from recsys.charts.text import count, plain
from recsys.ui import bookmarks, service, sign_in
from recsys.ui.navigation import Screen, pages
from recsys.ui.text import ago

NAME = "Facet"
ASSETS = Path(__file__).with_name("assets")
_READY = "_shell_ready"


def run() -> None:
    """Run the app: called by `app.py` on every rerun."""
    st.set_page_config(
        page_title=NAME, page_icon=str(ASSETS / "mark.png"), layout="wide", initial_sidebar_state=230
    )
    st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "mark.png"))
    if not sign_in.let_in():
        st.navigation(pages(), position="hidden")
        return
    shown = service.begin()  # held until the run ends
    chosen = st.navigation(pages())
    st.session_state[_READY] = True
    with st.sidebar:
        _data_in_service()
        sign_in.signed_in()
    # Set again, now that the page is known: the browser's tab and history tell pages apart.
    st.set_page_config(page_title=f"{chosen.title} · {NAME}")
    chosen.run()
    del shown


def guard() -> None:
    """Called first by every page: brings the shell up where a page was opened without it.

    Until some session has called `st.navigation`, a server with a `pages/` folder runs the
    page that a deep link names by itself, without `app.py`. Registering the pages and
    running again hands the request to `app.py`, its query parameters intact.
    """
    if _READY not in st.session_state:
        st.session_state[_READY] = True
        # With no icon set before it, navigation makes the browser fetch one from a font host.
        st.set_page_config(page_icon=str(ASSETS / "mark.png"))
        st.navigation(pages(), position="hidden")
        st.rerun()
    if not sign_in.let_in():
        st.stop()
    bookmarks.rename_old_parameters()


def heading(screen: Screen, lead: str | None = None) -> None:
    """The title of a page and what it is for. A badge marks made-up data on every page."""
    manifest = service.manifest()
    with st.container(gap="xxsmall", key="heading"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.title(screen.title, anchor=False, width="content")
            if manifest is not None and manifest.made_up:
                st.badge(
                    "Made-up data",
                    icon=":material/science:",
                    color="orange",
                    help="The products, customers and ratings were generated to show the studio.",
                )
        st.text(screen.purpose if lead is None else lead)


def _data_in_service() -> None:
    manifest = service.manifest()
    if manifest is None:
        return
    with st.container(key="data-in-service", gap="xxsmall"):
        st.caption("Data in service")
        st.text(plain(manifest.name, 60))
        st.caption(f"{count(manifest.summary.n_ratings, 'rating')}  \nbuilt {ago(manifest.built_at)}")
        st.caption(f"Version  \n{manifest.version}")
