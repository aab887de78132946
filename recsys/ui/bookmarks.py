"""Old names of URL parameters: bookmarks made with them keep working."""

from __future__ import annotations

import streamlit as st

OLD_NAMES = {
    "cheapest": "min_price",
    "dearest": "max_price",
    "least": "min_ratings",
    "s_cheapest": "s_min_price",
    "s_dearest": "s_max_price",
    "s_least": "s_min_ratings",
    "look": "quality_view",
    "reader": "sample_user",
}


def rename_old_parameters() -> None:
    """Give old parameters of the URL their new names. A new name that is there already wins."""
    for old, new in OLD_NAMES.items():
        if old in st.query_params:
            values = st.query_params.get_all(old)
            del st.query_params[old]
            if new not in st.query_params:
                st.query_params[new] = values
