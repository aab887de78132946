"""For one user: what they rated, what to recommend next, predicted stars, and why."""

import streamlit as st

from recsys.ui import controls, search, user_views
from recsys.ui.service import studio
from recsys.ui.shell import guard, heading

guard()
store = studio()

heading("recommend", "What to show a user next, how many stars to expect from them, and why.")
user_id = search.user_box(store)
if not user_id:
    user_views.popular(store)
    st.stop()
if user_id not in store.users:
    search.user_matches(store, user_id)
    user_views.popular(store)
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="controls"):
    view = controls.view()
    choices = controls.answer_controls(store)
if view == controls.LIKED:
    user_views.more_like_liked(store, user_id, choices.k)
else:
    user_views.recommendations(store, user_id, choices)
