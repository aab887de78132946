"""The chart of an audience: how many users are how close."""

from __future__ import annotations

import plotly.graph_objects as go

from recsys.charts.text import count
from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, new_figure


def reach(table: Table, theme: Theme = "light") -> go.Figure:
    """How many users are at least so close, as a share of the closest. Table: users, score."""
    data, colours = as_pandas(table), PALETTE[theme]
    half = _within_half(data)
    figure = new_figure(
        f"{count(half, 'user')} {'is' if half == 1 else 'are'} at least half as close as the closest",
        theme, height=280, x="Users, closest first (logarithmic)", y="Closeness, the closest is 100%",
    )  # fmt: skip
    figure.add_scatter(
        x=data["users"], y=data["score"] / data["score"].iloc[0], mode="lines", showlegend=False,
        fill="tozeroy", fillcolor=colours["accent_soft"], line={"color": colours["accent"], "width": 2.5},
        hovertemplate="The first %{x:,} users<br>are at least %{y:.0%} as close<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(type="log", dtick=1, tickformat=",")
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02], nticks=6)
    return figure


def reach_sentence(table: Table) -> str:
    data = as_pandas(table)
    total = int(data["users"].iloc[-1])
    return (
        f"{count(total, 'user')} {'has' if total == 1 else 'have'} anything to do with it;"
        f" {_within_half(data):,} of them are at least half as close as the closest."
    )


def _within_half(data: Table) -> int:
    frame = as_pandas(data)
    return int(frame["users"][frame["score"] >= frame["score"].iloc[0] / 2].max())
