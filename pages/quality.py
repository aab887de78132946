"""Is it better than showing best-sellers, for whom, and how sure are we?"""

import streamlit as st

from recsys.ui import quality, service
from recsys.ui.navigation import QUALITY
from recsys.ui.report import download_report
from recsys.ui.shell import guard, heading

guard()
recommender = service.recommender()

heading(QUALITY)
evaluation = recommender.manifest.evaluation
views = quality.views(recommender, evaluation) if evaluation else {}
if not evaluation or not views:
    quality.not_measured(recommender)
    st.stop()

quality.served(recommender.manifest.served)
quality.verdict(evaluation)
view = st.segmented_control(
    "View", list(views), key="quality_view", default=next(iter(views)), required=True, bind="query-params",
    label_visibility="collapsed", wrap=True,
)  # fmt: skip
views.get(view, next(iter(views.values())))()
download_report(recommender)
