"""The data themselves: ratings, users and products, the long tail, time, and what cleaning found."""

import streamlit as st

from recsys.ui import explore, service
from recsys.ui.navigation import EXPLORE
from recsys.ui.shell import guard, heading

guard()
recommender = service.recommender()

heading(EXPLORE)
topics = explore.topics(recommender)
topic = st.segmented_control(
    "Topic", list(topics), key="topic", default=next(iter(topics)), required=True, bind="query-params",
    label_visibility="collapsed", wrap=True,
)  # fmt: skip
topics.get(topic, next(iter(topics.values())))(recommender)
