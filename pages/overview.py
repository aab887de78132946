"""What is loaded, how good the model is, and where to go next."""

import streamlit as st

from recsys.ui import first_look, lists, overview, service
from recsys.ui.navigation import OVERVIEW
from recsys.ui.report import download_report
from recsys.ui.shell import guard, heading

guard()
recommender = service.recommender()

heading(OVERVIEW, overview.lead(recommender))
first_look.strip(recommender)
overview.made_up_notice(recommender)
overview.data_tiles(recommender)

left, right = st.columns([3, 2], gap="medium")
with left:
    overview.accuracy(recommender)
with right:
    overview.model_card(recommender)

lists.lists(recommender)

st.subheader("Where to go next", anchor=False)
overview.next_steps(recommender)
download_report(recommender)
