"""What is similar to a product, and what people rate next or together with it: each a click away."""

import streamlit as st

from recsys.ui import controls, links, new_products, search, service, similar
from recsys.ui.navigation import SIMILAR
from recsys.ui.shell import guard, heading

guard()
recommender = service.recommender()

heading(SIMILAR)
item_id = search.item_box(recommender)
if not recommender.knows(item_id):
    if item_id:
        search.item_matches(recommender, item_id, similar.walk_to)
    else:
        similar.start(recommender)
    st.stop()

similar.breadcrumb(recommender, item_id)
similar.card(recommender, item_id)
if item_id in recommender.items:
    links.link_to_audience(item_id, "Whom to show it to")
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="controls"):
    st.subheader("Similar products", anchor=False)
    options = controls.answer_options(recommender.dataset, "s_", with_rated=False)
similar.similar(recommender, item_id, options)
similar.rated_next(recommender, item_id, options)
similar.together(recommender, item_id, options)
new_products.similar(recommender, item_id, options, similar.walk_to)
