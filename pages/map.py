"""The products on a map: what is alike is near. Light some up, draw around some, see what they are."""

import streamlit as st

from recsys.ui import map as views
from recsys.ui import service
from recsys.ui.navigation import MAP
from recsys.ui.shell import guard, heading

guard()
recommender = service.recommender()

heading(MAP)
products = recommender.map()
if products.empty:
    views.no_map()
    st.stop()
colour = views.colour(recommender, products)
lit = views.lit(recommender, products)
views.show(recommender, products, colour, lit)
views.clusters(products)
