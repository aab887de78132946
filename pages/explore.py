"""The data themselves: ratings, users and products, the long tail, time, and what cleaning found."""

import streamlit as st

from recsys.ui import exploration
from recsys.ui.service import studio
from recsys.ui.shell import guard, heading

guard()
store = studio()

heading("explore", "What is in the ratings, before any model: every chart says what it shows in these data.")
topics = exploration.topics(store)
topic = st.segmented_control(
    "Topic", list(topics), key="topic", default=next(iter(topics)), required=True, bind="query-params",
    label_visibility="collapsed", wrap=False,
)  # fmt: skip
topics.get(topic, next(iter(topics.values())))(store)
