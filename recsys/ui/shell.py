"""What stands around every page: navigation, the name, and the data set in service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from recsys.ui import service
from recsys.ui.text import ago, plain

NAME = "Facet"
ASSETS = Path(__file__).with_name("assets")
_READY = "_shell_ready"

PAGES = {
    "overview": ("Overview", ":material/home:", "What is loaded, how good the model is, and where to begin."),
    "explore": (
        "Explore the data",
        ":material/insights:",
        "Ratings, users, products, the long tail, time, and what cleaning found.",
    ),
    "recommend": (
        "Recommend for a user",
        ":material/person_search:",
        "What to show a user next, how many stars to expect, and why.",
    ),
    "similar": (
        "Similar products",
        ":material/hub:",
        "Walk the catalogue from product to product, by what the same people like.",
    ),
    "quality": (
        "Model quality",
        ":material/monitoring:",
        "Is it better than showing best-sellers, for whom, and how sure are we?",
    ),
}


def page(name: str) -> Any:
    """One of the pages, by the name of its file, to link to."""
    title, icon, words = PAGES[name]
    first = name == "overview"
    return st.Page(
        f"pages/{name}.py",
        title=title,
        icon=icon,
        help=words,
        default=first,
        url_path="home" if first else name,
    )


def overview() -> None:
    """Stands at /overview: the default page itself is served at the root only."""
    st.switch_page("pages/overview.py")


def pages() -> list[Any]:
    """All pages, for `st.navigation`."""
    return [*map(page, PAGES), st.Page(overview, visibility="hidden")]


def run() -> None:
    """Run the app: called by `app.py` on every rerun."""
    st.set_page_config(
        page_title=NAME, page_icon=str(ASSETS / "mark.png"), layout="wide", initial_sidebar_state=230
    )
    chosen = st.navigation(pages())
    st.session_state[_READY] = True
    st.logo(str(ASSETS / "logo.svg"), size="large", icon_image=str(ASSETS / "mark.png"))
    with st.sidebar:
        _data_in_service()
    # Set again, now that the page is known: the browser's tab and history tell pages apart.
    st.set_page_config(page_title=f"{chosen.title} · {NAME}")
    chosen.run()


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


def heading(name: str, lead: str) -> None:
    """The title of a page and what it is for; and, on every page, that a made-up store is one."""
    stated = service.manifest()
    with st.container(gap="xxsmall", key="heading"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.title(PAGES[name][0], anchor=False, width="content")
            if stated is not None and stated.made_up:
                st.badge(
                    "Made-up data",
                    icon=":material/science:",
                    color="orange",
                    help="Products, customers and ratings of this store were generated to show the studio.",
                )
        st.text(lead)


def _data_in_service() -> None:
    stated = service.manifest()
    if stated is None:
        return
    with st.container(key="data-in-service", gap="xxsmall"):
        st.caption("Data in service")
        st.text(plain(stated.name, 60))
        st.caption(f"{stated.summary.n_ratings:,} ratings  \nbuilt {ago(stated.built_at)}")
        st.caption(f"Version  \n{stated.version}")
