"""For one user: what to show next, how many stars to expect, why, and what they rated."""

import streamlit as st

from recsys.ui import audience, controls, links, rankers, recommend, search, service
from recsys.ui.navigation import RECOMMEND
from recsys.ui.shell import guard, heading

guard()
recommender = service.recommender()

heading(RECOMMEND)
user_id = search.user_box(recommender) or search.opening_example(recommender)
if user_id not in recommender.users:
    search.user_matches(recommender, user_id)
    recommend.popular(recommender)
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="controls"):
    view = recommend.view()
    if view == recommend.RECOMMENDED:
        ranker = rankers.choice(recommender)
        options = controls.answer_options(recommender.dataset)

with st.container(horizontal=True, gap="small"):
    links.link_to_basket(user_id, "What if they had rated other products?")
    links.link_to_compare(user_id, "Compare rankers")
if view == recommend.RATED:
    audience.leanings(recommender, user_id)
    recommend.history(recommender, user_id)
elif view == recommend.LIKED:
    recommend.more_like_liked(recommender, user_id)
else:
    recommend.recommendations(recommender, user_id, options, ranker)
