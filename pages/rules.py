"""Business rules: what is never shown, what comes first, how many of a kind, and what that costs."""

import streamlit as st

from recsys.ui import rules, rules_editor, rules_state, service
from recsys.ui.navigation import RULES
from recsys.ui.shell import guard, heading

guard()
recommender = service.recommender()

heading(RULES)
start = rules_state.start()
rules.problem()
left, right = st.columns([2, 3], gap="large")
with left:
    st.subheader("The rules", anchor=False)
    draft = rules_editor.editor(recommender, start)
    if draft is None:
        st.stop()
    rules_state.keep(draft)
    rules.unknown(recommender, draft)
    rules.actions(draft)
with right:
    rules.cost(recommender, draft)
    rules.effect(recommender, draft)
