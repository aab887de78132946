"""Load data, see how they are read and whether they are enough, build, and manage versions."""

import streamlit as st

from recsys.ui import builds, data, data_source, sharing, versions
from recsys.ui.navigation import DATA
from recsys.ui.shell import guard, heading

LOAD, VERSIONS = "Load data", "Versions"

guard()
heading(DATA)
above = st.container()
if reason := sharing.read_only():
    st.info(f"{reason} Builds are made with the command line.", icon=":material/lock:")
    st.subheader(VERSIONS, anchor=False)
    with above:
        builds.status()
    versions.versions()
    st.stop()

view = st.segmented_control(
    "View", [LOAD, VERSIONS], key="data_view", default=LOAD, required=True, bind="query-params",
    label_visibility="collapsed", wrap=False,
)  # fmt: skip
if view == VERSIONS:
    with above:
        builds.status()
    versions.versions()
    st.stop()

given = data_source.given()
if given is None:
    with above:
        builds.status()
    st.stop()
options = data.options_for(given)
preview = data.seen(given, options)
data.reading(preview)
if preview.summary is None:
    with above:
        builds.status()
else:
    data.enough(preview.checks)
    builds.build_form(given, options, preview.summary.n_ratings)
