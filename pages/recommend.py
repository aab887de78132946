"""For one user: what they rated, what to recommend next, predicted stars, and why."""

import streamlit as st

from recsys.ui import controls, search, user_views
from recsys.ui.service import studio
from recsys.ui.shell import guard

guard()
store = studio()

st.title("Recommend for a user")
user_id = search.user_box(store)
if not user_id:
    user_views.popular(
        store, "Nobody is chosen yet: type an ID, or take one of the examples. Until then, what is popular:"
    )
    st.stop()
if user_id not in store.users:
    search.user_matches(store, user_id)
    user_views.popular(store, "No such user, so nothing personal can be said. What is popular:")
    st.stop()

view = controls.view()
choices = controls.answer_controls(store)
if view == controls.LIKED:
    user_views.more_like_liked(store, user_id, choices.k)
else:
    user_views.recommendations(store, user_id, choices)
