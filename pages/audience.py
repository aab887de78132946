"""For a product, a category or a brand: the users to show it to, how many are how close, and why."""

import streamlit as st

from recsys.ui import audience, search, service
from recsys.ui.navigation import AUDIENCE
from recsys.ui.shell import guard, heading

guard()
recommender = service.recommender()

heading(AUDIENCE)
kind = audience.kind(recommender)
if kind == audience.PRODUCT:
    item_id = search.item_box(recommender, "a_item")
    if item_id not in recommender.items:
        if item_id:
            search.item_matches(recommender, item_id, audience.choose_product)
        else:
            audience.start(recommender)
        st.stop()
    asked = audience.of_product(recommender, item_id)
else:
    asked = audience.of_group(recommender, kind)
audience.show(recommender, asked)
audience.measured(recommender)
