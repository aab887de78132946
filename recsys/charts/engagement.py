"""Charts of ratings over time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, new_figure


def engagement(table: Table, theme: Theme = "light") -> go.Figure:
    """Ratings, users and mean rating by month, one above the other.

    Table: month, ratings, active_users, new_users, mean_rating.
    """
    data, colours = as_pandas(table), PALETTE[theme]
    figure = _stack(new_figure(_busiest(data), theme, height=560), 3, [0.42, 0.33, 0.25])
    hover = "%{x|%B %Y}<br>"
    figure.add_bar(
        row=1, col=1, x=data["month"], y=data["ratings"], marker_color=colours["accent"],
        showlegend=False, hovertemplate=hover + "%{y:,} ratings<extra></extra>",
    )  # fmt: skip
    for column, name, colour in (
        ("active_users", "active", colours["accent"]),
        ("new_users", "rating for the first time", colours["neutral"]),
    ):
        figure.add_scatter(
            row=2, col=1, x=data["month"], y=data[column], mode="lines", name=name, showlegend=False,
            line={"color": colour, "width": 2},
            hovertemplate=hover + f"%{{y:,}} users {name}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        row=3, col=1, x=data["month"], y=data["mean_rating"], mode="lines", showlegend=False,
        line={"color": colours["accent"], "width": 2}, connectgaps=False,
        hovertemplate=hover + "mean %{y:.2f} ★<extra></extra>",
    )  # fmt: skip
    _panel(figure, theme, 1, "Ratings a month")
    _panel(figure, theme, 2, "Active users a month. Grey: those who rate for the first time")
    _panel(figure, theme, 3, "Mean rating")
    figure.update_yaxes(tickformat="~s", rangemode="tozero", nticks=4)
    figure.update_yaxes(
        row=3, col=1, tickformat=".1f", rangemode="normal", range=_around(data["mean_rating"]), nticks=6
    )
    return figure


def engagement_sentence(table: Table) -> str:
    data = as_pandas(table)
    months, months_of = pd.to_datetime(data["month"]), "month" if len(data) == 1 else "months"
    last, before = data["ratings"].iloc[-12:].sum(), data["ratings"].iloc[-24:-12].sum()
    change = ""
    if len(data) >= 24 and before > 0:
        factor = last / before
        against = f"{factor:.1f} times as many as" if factor >= 2 else f"{factor - 1:+.0%} against"
        change = f" The last 12 months brought {last:,} ratings, {against} the 12 before."
    return (
        f"{int(data['ratings'].sum()):,} ratings over {len(data):,} {months_of}, {months.iloc[0]:%B %Y} to "
        f"{months.iloc[-1]:%B %Y}. {_busiest(data)}.{change}"
    )


def item_history(table: Table, theme: Theme = "light") -> go.Figure:
    """A product's ratings and their mean by month. Table: month, count, mean."""
    data, colours = _every_month(as_pandas(table)), PALETTE[theme]
    figure = _stack(new_figure(_busiest(data, "count"), theme, height=340), 2, [0.6, 0.4])
    figure.add_bar(
        row=1, col=1, x=data["month"], y=data["count"], marker_color=colours["accent"], showlegend=False,
        hovertemplate="%{x|%B %Y}<br>%{y:,} ratings<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        row=2, col=1, x=data["month"], y=data["running"], mode="lines", showlegend=False,
        line={"color": colours["accent"], "width": 2},
        hovertemplate="Until %{x|%B %Y}<br>mean %{y:.2f} ★<extra></extra>",
    )  # fmt: skip
    _panel(figure, theme, 1, "Ratings a month")
    _panel(figure, theme, 2, "Mean of all ratings so far")
    figure.update_yaxes(row=1, col=1, tickformat="~s", rangemode="tozero", nticks=4)
    figure.update_yaxes(row=2, col=1, tickformat=".1f", range=_around(data["running"]), nticks=4)
    return figure


def item_history_sentence(table: Table) -> str:
    data = _every_month(as_pandas(table))
    first, last = data["month"].iloc[0], data["month"].iloc[-1]
    total = int(data["count"].sum())
    return (
        f"{total:,} ratings from {first:%B %Y} to {last:%B %Y}. {_busiest(data, 'count')}. "
        f"The mean of all of them is {data['running'].iloc[-1]:.2f}."
    )


def _every_month(data: pd.DataFrame) -> pd.DataFrame:
    """The same with empty months filled in, and the running mean of all ratings until each month."""
    known = data.assign(month=pd.to_datetime(data["month"])).set_index("month")[["count", "mean"]]
    every = pd.date_range(known.index.min(), known.index.max(), freq="MS", name="month")
    whole = known.reindex(every)
    counts = whole["count"].fillna(0)
    whole["running"] = (counts * whole["mean"].fillna(0)).cumsum() / counts.cumsum()
    return whole.assign(count=counts.astype(np.int64)).reset_index()


def _busiest(data: pd.DataFrame, column: str = "ratings") -> str:
    top = data.iloc[int(data[column].argmax())]
    return f"Busiest month: {pd.Timestamp(top['month']):%B %Y}, {int(top[column]):,} ratings"


def _stack(figure: go.Figure, rows: int, heights: list[float]) -> go.Figure:
    """The figure, made into panels that share their months."""
    # Into the figure itself: to copy its layout would take plotly longer than all the rest.
    panels = make_subplots(
        rows=rows, shared_xaxes=True, row_heights=heights, vertical_spacing=0.26 / rows**0.7, figure=figure
    )
    for row in range(1, rows):
        panels.update_xaxes(row=row, col=1, showticklabels=False)
    panels.update_layout(hovermode="closest", margin_t=74)
    return panels


def _panel(figure: go.Figure, theme: Theme, row: int, text: str) -> None:
    axis = "" if row == 1 else str(row)
    figure.add_annotation(
        text=text, x=0, xref="paper", xanchor="left", y=1, yref=f"y{axis} domain", yanchor="bottom",
        yshift=4, showarrow=False, font={"size": 12, "color": PALETTE[theme]["muted"]},
    )  # fmt: skip


def _around(values: pd.Series) -> list[float]:
    """An axis range around the values that does not blow up small movements."""
    low, high = float(values.min()), float(values.max())
    room = max(0.1 * (high - low), (0.8 - (high - low)) / 2)
    return [low - room, high + room]
