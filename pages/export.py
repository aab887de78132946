"""Take the answers away: for all users or products, in one file that is made in the background."""

import streamlit as st

from recsys.ui import export, service
from recsys.ui.navigation import EXPORT
from recsys.ui.sharing import read_only
from recsys.ui.shell import guard, heading

guard()
recommender = service.recommender()

heading(EXPORT)
at_work = export.status()
if reason := read_only():
    st.info(f"{reason} Exports are made with the command line: `facet export`.", icon=":material/lock:")
elif not at_work:
    export.form(recommender)
export.files(at_work=at_work)
