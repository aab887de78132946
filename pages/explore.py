"""The data themselves: ratings, users and products, the long tail, time, and what cleaning found."""

import streamlit as st

from recsys.ui import exploration
from recsys.ui.service import studio
from recsys.ui.shell import guard

guard()
store = studio()

st.title("Explore the data")
topics = exploration.topics(store)
topic = st.segmented_control(
    "Topic",
    list(topics),
    key="topic",
    default=next(iter(topics)),
    required=True,
    bind="query-params",
    label_visibility="collapsed",
)
topics[topic or next(iter(topics))](store)
