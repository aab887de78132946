"""The screens of the studio, listed once: navigation, headings and links read this."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage


@dataclass(frozen=True)
class Screen:
    """One screen: a script in `pages/`, with the module of the same name in `recsys.ui` behind it.

    Attributes
    ----------
    name : str
        Of the script, without ".py", and of its URL.
    title, icon : str
    purpose : str
        What it answers, in one sentence: the line below its title.
    """

    name: str
    title: str
    icon: str
    purpose: str

    @property
    def path(self) -> str:
        """The script, as Streamlit's links take it."""
        return f"pages/{self.name}.py"

    def page(self) -> StreamlitPage:
        """The screen as `st.navigation` takes it. The first one is served at the root."""
        first = self is OVERVIEW
        return st.Page(
            self.path,
            title=self.title,
            icon=self.icon,
            help=self.purpose,
            default=first,
            url_path="home" if first else self.name,
        )


OVERVIEW = Screen(
    "overview",
    "Overview",
    ":material/home:",
    "What is loaded, how good the model is, and where to begin.",
)
EXPLORE = Screen(
    "explore",
    "Explore the data",
    ":material/insights:",
    "The ratings before any model. Each chart comes with a sentence on what it shows in your data.",
)
RECOMMEND = Screen(
    "recommend",
    "Recommend for a user",
    ":material/person_search:",
    "What to show a user next, how many stars to expect, and why.",
)
SIMILAR = Screen(
    "similar",
    "Similar products",
    ":material/hub:",
    "Products that the same people like. Open one to see what is similar to it.",
)
MAP = Screen(
    "map",
    "Catalogue map",
    ":material/map:",
    "The most rated products, alike ones near each other. Draw around some to see what they are.",
)
AUDIENCE = Screen(
    "audience",
    "Audience",
    ":material/groups:",
    "Whom to show a product, a category or a brand to, and why them.",
)
BASKET = Screen(
    "basket",
    "What if",
    ":material/shopping_basket:",
    "Put products into a basket and see what is recommended, what moves, and why.",
)
COMPARE = Screen(
    "compare",
    "Compare rankers",
    ":material/compare_arrows:",
    "Two or three rankers side by side for the same person: what they share, and what each list is like.",
)
RULES = Screen(
    "rules",
    "Rules",
    ":material/rule:",
    "Decide what is never shown, what comes first and how many of a kind, and see what that costs.",
)
QUALITY = Screen(
    "quality",
    "Model quality",
    ":material/monitoring:",
    "Is it better than showing best-sellers, for whom, and how sure are we?",
)
DATA = Screen(
    "data",
    "Data and builds",
    ":material/database:",
    "Load data, see how they are read, build, and go back to an earlier version.",
)
EXPORT = Screen(
    "export",
    "Export",
    ":material/file_export:",
    "Take the answers away: for all users or products, in one file.",
)
SCREENS = (
    *(OVERVIEW, EXPLORE, RECOMMEND, SIMILAR, MAP, AUDIENCE, BASKET),
    *(COMPARE, RULES, QUALITY, EXPORT, DATA),
)


def _overview() -> None:
    """Stands at /overview: the default page itself is served at the root only."""
    st.switch_page(OVERVIEW.path)


def pages() -> list[StreamlitPage]:
    """All pages, for `st.navigation`."""
    return [
        *(screen.page() for screen in SCREENS),
        st.Page(_overview, url_path="overview", visibility="hidden"),
    ]
