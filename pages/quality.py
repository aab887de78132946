"""Is it better than showing best-sellers, for whom, and how sure are we?"""

import streamlit as st

from recsys.ui import quality_views
from recsys.ui.service import studio
from recsys.ui.shell import guard, heading

guard()
store = studio()

heading("quality", "Is it better than showing best-sellers, for whom, and how sure are we?")
views = quality_views.views(store)
if not views:
    quality_views.missing()
    st.stop()

quality_views.verdict(store)
view = st.segmented_control(
    "View", list(views), key="look", default=next(iter(views)), required=True, bind="query-params",
    label_visibility="collapsed", wrap=False,
)  # fmt: skip
views.get(view, next(iter(views.values())))(store)
