"""The products similar to one product, each a click away from being the next one asked about."""

import streamlit as st

from recsys.ui import controls, item_views, search
from recsys.ui.service import studio
from recsys.ui.shell import guard, heading

guard()
store = studio()

heading("similar", "Products that the same people like: open one, and walk on from there.")
item_id = search.item_box(store)
if not item_id:
    item_views.start(store)
    st.stop()
if item_id not in store.items:
    search.item_matches(store, item_id, item_views.walk_to)
    st.stop()

item_views.breadcrumb(store, item_id)
item_views.card(store, item_id)
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="controls"):
    st.subheader("Similar products", anchor=False)
    choices = controls.answer_controls(store, "s_", with_rated=False)
item_views.similar(store, item_id, choices)
