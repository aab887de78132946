"""Old names of URL parameters: bookmarks made with them keep working."""

from __future__ import annotations

import streamlit as st

from recsys.filters import FILTERS

PREFIXES = ("", "s_")
OLD_NAMES = {
    "look": "quality_view",
    "reader": "sample_user",
    **{prefix + old: prefix + one.word for prefix in PREFIXES for one in FILTERS for old in one.old_words},
}


def rename_old_parameters() -> None:
    """Give old parameters of the URL their new names. A new name that is there already wins."""
    for old, new in OLD_NAMES.items():
        if old in st.query_params:
            values = st.query_params.get_all(old)
            del st.query_params[old]
            if new not in st.query_params:
                st.query_params[new] = values
