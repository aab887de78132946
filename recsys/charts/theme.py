"""The look of every chart: one palette and one template, light and dark."""

from __future__ import annotations

import html
import textwrap
from functools import cache
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import polars as pl

from recsys.charts.text import escape_plotly

Theme = Literal["light", "dark"]
Table = pd.DataFrame | pl.DataFrame

PALETTE: dict[str, dict[str, str]] = {
    "light": {
        "accent": "#0F766E",
        "accent_soft": "rgba(15, 118, 110, 0.14)",
        "text": "#0F172A",
        "muted": "#64748B",
        "neutral": "#94A3B8",
        "neutral_soft": "#CBD5E1",
        "grid": "#E2E8F0",
        "surface": "#F1F5F9",
        "background": "#FFFFFF",
    },
    "dark": {
        "accent": "#2DD4BF",
        "accent_soft": "rgba(45, 212, 191, 0.16)",
        "text": "#E2E8F0",
        "muted": "#94A3B8",
        "neutral": "#64748B",
        "neutral_soft": "#475569",
        "grid": "#273449",
        "surface": "#1E293B",
        "background": "#0F172A",
    },
}
"""The colours of the app, by theme: one accent, and greys."""

CONFIG: dict[str, Any] = {"displayModeBar": False, "scrollZoom": False, "doubleClick": "reset"}
"""What to hand to plotly.js beside a figure: no toolbar, and the page scrolls over a chart."""

FONT = '"Source Sans", "Source Sans 3", "Source Sans Pro", system-ui, sans-serif'
TITLE_WIDTH = 50


@cache
def template(theme: Theme = "light") -> go.layout.Template:
    """The Plotly template of a theme; transparent, so that the page shows through."""
    colours = PALETTE[theme]
    axis = {
        "automargin": True,
        "gridcolor": colours["grid"],
        "linecolor": colours["grid"],
        "zeroline": False,
        "ticks": "",
        "ticklabelstandoff": 6,
        "tickfont": {"color": colours["muted"], "size": 12},
        "title": {"font": {"color": colours["muted"], "size": 12}, "standoff": 12},
        "fixedrange": True,
        "exponentformat": "SI",
        "separatethousands": True,
    }
    layout = {
        "font": {"family": FONT, "size": 13, "color": colours["text"]},
        "title": {
            "x": 0, "xref": "container", "xanchor": "left", "y": 0.98, "yref": "container", "yanchor": "top",
            "automargin": True, "pad": {"t": 4, "b": 14, "l": 2}, "font": {"size": 16, "weight": 600},
            "subtitle": {"font": {"size": 12.5, "color": colours["muted"]}},
        },
        "margin": {"l": 8, "r": 16, "t": 48, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": [colours["accent"], colours["neutral"], colours["muted"], colours["neutral_soft"]],
        "xaxis": {**axis, "showgrid": False},
        "yaxis": axis,
        "bargap": 0.25,
        "barcornerradius": 3,
        "dragmode": False,
        "hoverlabel": {
            "bgcolor": colours["surface"], "bordercolor": colours["grid"], "align": "left",
            "font": {"family": FONT, "size": 13, "color": colours["text"]},
        },
        "legend": {
            "orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom",
            "font": {"size": 12, "color": colours["muted"]}, "itemclick": False, "itemdoubleclick": False,
        },
    }  # fmt: skip
    return go.layout.Template(layout=layout)


def new_figure(
    title: str, theme: Theme, *, x: str = "", y: str = "", height: int = 340, subtitle: str = ""
) -> go.Figure:
    """An empty figure with our template; `title` and `subtitle` are plain text and get escaped."""
    figure = go.Figure()
    wrapped = "<br>".join(escape_plotly(line) for line in textwrap.wrap(title, TITLE_WIDTH))
    figure.update_layout(
        template=template(theme),
        title={"text": wrapped, "subtitle": {"text": escape_plotly(subtitle)}},
        height=height,
    )
    figure.update_xaxes(title_text=x)
    figure.update_yaxes(title_text=y)
    return figure


def take_title(figure: go.Figure) -> str:
    """Take the title off a figure, for a page that writes it above as text that wraps."""
    title = html.unescape((figure.layout.title.text or "").replace("<br>", " "))
    if title:
        figure.update_layout(title_text="", margin_t=_room(figure), height=figure.layout.height - 36)
    return title


def _room(figure: go.Figure) -> int:
    """Pixels above the plot: for a legend, or for text over a panel."""
    legend = any(trace.name and trace.showlegend is not False for trace in figure.data)
    written = any("domain" in str(note.yref) for note in figure.layout.annotations)
    return 36 if legend else 28 if written else 8


def as_pandas(table: Table) -> pd.DataFrame:
    """The same table as pandas, whichever library it came from."""
    return table if isinstance(table, pd.DataFrame) else table.to_pandas()


def star_ticks(figure: go.Figure, ratings: pd.Series) -> None:
    """Name each rating on the x axis where they are few enough."""
    few = len(ratings) <= 10
    figure.update_xaxes(
        tickvals=list(ratings) if few else None,
        ticktext=[f"{rating:g} ★" for rating in ratings] if few else None,
        ticksuffix=" ★",
    )


def mark_line(figure: go.Figure, theme: Theme, *, x: float | None = None, y: float | None = None) -> None:
    """A thin dotted reference line."""
    line = {"color": PALETTE[theme]["muted"], "width": 1, "dash": "dot"}
    if x is not None:
        figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", line=line)
    if y is not None:
        figure.add_shape(type="line", x0=0, x1=1, xref="paper", y0=y, y1=y, line=line, layer="below")
