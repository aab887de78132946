"""Two or three rankers side by side for the same user or basket, and what two dials make of a list."""

import streamlit as st

from recsys.ui import compare, controls, service
from recsys.ui.navigation import COMPARE
from recsys.ui.shell import guard, heading

guard()
recommender = service.recommender()

heading(COMPARE)
asked = compare.asked(recommender)
if asked is None:
    st.stop()
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="controls"):
    rankers = compare.chosen_rankers(recommender)
    k = int(st.slider("How many", 5, 20, 10, step=5, key="c_k", bind="query-params", width=160))
    dials = compare.dials()
    rules = controls.obeyed("c_rules")
    other = compare.other_version(recommender)
found = compare.lists(recommender, asked, rankers, k, dials, rules)
if other is not None and (frame := compare.of_version(other, asked, k)) is not None:
    found[f"Version {other.version}"] = frame
if not found:
    st.info("Choose a ranker to see its list.", icon=":material/compare_arrows:")
    st.stop()

left, right = st.columns([3, 2], gap="large")
with left:
    compare.moves(found)
with right:
    compare.facts(recommender, found)
    compare.hits(recommender, asked)
compare.dial_costs(recommender, dials)
compare.side_by_side(found)
