"""What if: put products into a basket, and see what is recommended, what moves, and why."""

import streamlit as st

from recsys.ui import basket, basket_state, controls, service
from recsys.ui.navigation import BASKET
from recsys.ui.shell import guard, heading

guard()
recommender = service.recommender()

heading(BASKET)
entries = basket_state.load(recommender)
basket.problems()
left, right = st.columns([2, 3], gap="large")
with left:
    st.subheader("The basket", anchor=False)
    basket.add_box(recommender)
    if entries:
        st.caption(
            "The latest is on top, and counts most where order counts. “Not this” asks for less of the"
            " kind. Stars change the predicted stars only."
        )
        with st.container(gap="xsmall", key="basket-contents"):
            basket.contents(recommender, entries)
        basket.links(entries)
    else:
        st.caption("It is empty. Add products, or begin with what somebody rated last.")
        basket.start(recommender)
with right:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        k = int(st.slider("How many", 5, 50, 10, step=5, key="b_k", bind="query-params", width=200))
        rules = controls.obeyed("b_rules")
    basket.ranked(recommender, entries, k, rules)
    if entries:
        basket.why_not(recommender, entries, k)
