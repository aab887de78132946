"""Old names of URL parameters: bookmarks made with them keep working."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from recsys.errors import FilterError
from recsys.filters import FILTERS

Parse = Callable[[str], Any]

PREFIXES = ("", "s_")
OLD_NAMES: dict[str, tuple[str, Parse]] = {
    "look": ("quality_view", str),
    "reader": ("sample_user", str),
    **{
        prefix + old: (prefix + one.word, one.parse)
        for prefix in PREFIXES
        for one in FILTERS
        for old in one.old_words
    },
}
"""The new name of each old parameter, and how its text is read."""


def rename_old_parameters() -> None:
    """Give the values of old parameters to the widgets of the new names. New names in the URL win.

    The widgets read the URL as it was when the run began, so the values go through the session.
    """
    for old in [name for name in OLD_NAMES if name in st.query_params]:
        new, parse = OLD_NAMES[old]
        text = st.query_params[old]
        del st.query_params[old]
        if new in st.query_params:
            continue
        try:
            st.session_state[new] = parse(text)
        except FilterError:
            continue  # a value that the widget would not take either
