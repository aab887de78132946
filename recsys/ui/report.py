"""The report as a download."""

from __future__ import annotations

import weakref

import streamlit as st

from recsys.recommender import Recommender
from recsys.report import report_html
from recsys.ui.folder import artifacts_folder


def download_report(recommender: Recommender) -> None:
    """A button that downloads the report; it is made only when it is clicked."""
    # Idle sessions hold no version: one that is gone from memory is opened again.
    known, folder, version = weakref.ref(recommender), artifacts_folder(), recommender.version
    st.download_button(
        "Download the report",
        data=lambda: report_html(known() or Recommender.open(folder, version)).encode(),
        file_name="report.html",
        mime="text/html",
        key="download-report",
        icon=":material/description:",
        help="Data, quality, example users and how to read it: one HTML file that opens without the network,"
        " and prints.",
        on_click="ignore",
    )
