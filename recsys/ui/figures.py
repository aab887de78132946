"""Charts on a page: the figure, the sentence that says what it shows, the table behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from recsys.charts import CONFIG, Theme, take_title
from recsys.ui.download import download
from recsys.ui.text import cut_cells, escape_markdown

Chart = Callable[..., go.Figure]
Sentence = Callable[..., str]


def theme() -> Theme:
    """The theme the viewer has chosen."""
    return "dark" if st.context.theme.type == "dark" else "light"


def draw(figure: go.Figure, key: str, alt: str) -> None:
    """A figure in our own look, without Streamlit's; its title stands above as text that wraps."""
    if title := take_title(figure):
        st.markdown(f"**{escape_markdown(title, 200)}**")
    st.plotly_chart(figure, theme=None, config=CONFIG, key=key, alt=alt)


@st.fragment
def chart_card(
    key: str,
    chart: Chart,
    sentence: Sentence,
    *tables: pd.DataFrame,
    shown: pd.DataFrame | None = None,
    **how: Any,
) -> None:
    """A bordered card: chart, computed sentence, and the table with a download.

    A fragment: opening the table runs this card again and nothing else.
    """
    with st.container(border=True, key=f"card-{key}", height="stretch"):
        words = sentence(*tables, **how)
        draw(chart(*tables, theme=theme(), **how), key=f"chart-{key}", alt=words)
        st.text(words)
        st.space("stretch")
        table = tables[0] if shown is None else shown
        opened = st.expander(
            "The numbers",
            icon=":material/table_rows:",
            key=f"numbers-{key}",
            on_change="rerun",
            type="compact",
        )
        if opened.open:
            with opened:
                st.dataframe(
                    cut_cells(table),
                    hide_index=True,
                    height=240,
                    key=f"table-{key}",
                    alt=f"The numbers: {words}",
                )
                download(table, key, key)
