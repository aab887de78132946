"""Charts of how unevenly the user-product table is filled."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys.charts.text import one_in, percent
from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, new_figure


def long_tail(table: Table, theme: Theme = "light") -> go.Figure:
    """Cumulative share of ratings over products, most rated first.

    Table: share_items, share_ratings, head.
    """
    data, colours = as_pandas(table), PALETTE[theme]
    head = _head_share(data)
    figure = new_figure(
        f"{percent(head)} of products make 80% of the ratings", theme,
        x="Share of products, most rated first",
        y="Share of ratings",
    )  # fmt: skip
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": colours["neutral"], "width": 1, "dash": "dot"},
    )  # fmt: skip
    figure.add_scatter(
        x=data["share_items"], y=data["share_ratings"], mode="lines", showlegend=False,
        fill="tozeroy", fillcolor=colours["accent_soft"], line={"color": colours["accent"], "width": 2.5},
        hovertemplate="The first %{x:.1%} of products<br>have %{y:.1%} of the ratings<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[head], y=[0.8], mode="markers", hoverinfo="skip", showlegend=False,
        marker={"size": 10, "color": colours["accent"], "line": {"color": colours["background"], "width": 2}},
    )  # fmt: skip
    for x, y, side, text in (
        (head, 0.8, "left", "80% of ratings"),
        (0.97, 0.5, "right", "if all were rated equally often"),
    ):
        figure.add_annotation(
            x=x, y=y, text=text, showarrow=False, xanchor=side, yanchor="top",
            xshift=8 if side == "left" else 0, yshift=-4, font={"size": 12, "color": colours["muted"]},
        )  # fmt: skip
    figure.update_xaxes(tickformat=".0%", range=[0, 1.005])
    figure.update_yaxes(tickformat=".0%", range=[0, 1.02], nticks=6)
    return figure


def long_tail_sentence(table: Table) -> str:
    data = as_pandas(table)
    first = float(np.interp(0.01, data["share_items"], data["share_ratings"]))
    half = float(np.interp(0.5, data["share_items"], data["share_ratings"]))
    return (
        f"The most rated 1% of products have {percent(first)} of the ratings."
        f" {percent(_head_share(data))} of products make 80%, and the less rated half has"
        f" {percent(1 - half)}."
    )


def sparsity(table: Table, theme: Theme = "light") -> go.Figure:
    """Filled share of the user-product table, from its busiest corner. Table: `profile`'s sparsity."""
    data, colours = as_pandas(table), PALETTE[theme]
    figure = new_figure(
        f"{_of_pairs(_filled(data))} rated", theme, height=400,
        x="Products, most rated first", y="Users, most active first",
    )  # fmt: skip
    rows = data.assign(
        users=[_band(*pair) for pair in zip(data["users_from"], data["users_to"], strict=True)],
        items=[_band(*pair) for pair in zip(data["items_from"], data["items_to"], strict=True)],
        label=[one_in(share, short=True) for share in data["density"]],
        level=np.log10(data["density"].where(data["density"] > 0)),
    )
    across, down = rows["items"].unique(), rows["users"].unique()
    level, label = (
        rows.pivot(index="users", columns="items", values=name).reindex(index=down, columns=across)
        for name in ("level", "label")
    )
    figure.add_heatmap(
        x=list(across), y=list(down), z=level, text=label, texttemplate="%{text}",
        colorscale=[[0, colours["surface"]], [1, colours["accent"]]], showscale=False, xgap=3, ygap=3,
        hovertemplate="%{y} of users × %{x} of products<br>rated: %{text}<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False)
    figure.update_xaxes(side="bottom")
    return figure


def sparsity_sentence(table: Table) -> str:
    data = as_pandas(table)
    filled, busiest = _filled(data), float(data["density"].iloc[0])
    side = 100 * float(np.sqrt(filled))
    width = f"{side:.3g} m" if side >= 1 else f"{100 * side:.0f} cm"
    return (
        "If all user–product pairs were a field of 100 × 100 m, the ratings would cover "
        f"a square {width} wide. Where the busiest users meet the most rated products, "
        f"{percent(busiest)} of the pairs are rated."
    )


def _head_share(data: pd.DataFrame) -> float:
    return float(data.loc[data["head"], "share_items"].min())


def _filled(data: pd.DataFrame) -> float:
    return float(data["ratings"].sum() / data["cells"].sum())


def _of_pairs(share: float) -> str:
    if share > 0.1:
        return f"{percent(share)} of user–product pairs are"
    return f"{one_in(share)} user–product pairs is"


def _band(start: float, stop: float) -> str:
    """A band of users or products in words: "top 1%", "1–5%"."""
    return f"top {100 * stop:g}%" if start == 0 else f"{100 * start:g}–{100 * stop:g}%"
