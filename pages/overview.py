"""What is loaded, how good the model is, and where to go next."""

import streamlit as st

from recsys.ui import cards
from recsys.ui.service import studio
from recsys.ui.shell import guard

guard()
store = studio()

cards.introduction(store)
cards.data_tiles(store)

left, right = st.columns([3, 2], gap="medium")
with left:
    cards.accuracy(store)
with right:
    cards.model_card(store)

st.subheader("Where to go next", anchor=False)
cards.next_steps(store)
