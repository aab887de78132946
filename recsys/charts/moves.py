"""Lists side by side as lines: how far each product moves from one ranker to the next."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import plotly.graph_objects as go

from recsys.charts.text import count, escape_plotly, plain
from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, new_figure


def moves(lists: Table, theme: Theme = "light") -> go.Figure:
    """A column a list, a dot a product; lines join a product's dots in lists beside each other.

    Parameters
    ----------
    lists : table
        list (its name), rank, item_id, name; the lists in the order of the columns.
    """
    data, colours = as_pandas(lists), PALETTE[theme]
    names = list(data["list"].unique())
    deepest = int(data["rank"].max()) if len(data) else 1
    figure = new_figure("Where each product stands", theme, height=110 + 30 * deepest)
    places = data.assign(column=data["list"].map(names.index))
    for left, right, name in _lines(places):
        rises = right["rank"] < left["rank"]
        figure.add_scatter(
            x=[left["column"], right["column"]], y=[left["rank"], right["rank"]], mode="lines",
            line={"color": colours["accent" if rises else "neutral"], "width": 2.5}, showlegend=False,
            hovertemplate=f"{escape_plotly(name, 80)}<extra></extra>",
        )  # fmt: skip
    figure.add_scatter(
        x=places["column"], y=places["rank"], mode="markers+text", text=places["rank"].astype(str),
        textfont={"size": 11, "color": colours["text"]}, showlegend=False, cliponaxis=False,
        marker={"size": 24, "color": colours["surface"], "line": {"width": 1.5, "color": colours["neutral"]}},
        customdata=[escape_plotly(name, 90) for name in places["name"]],
        hovertemplate="%{customdata}<br>rank %{y}<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(range=[deepest + 0.7, 0.3], showticklabels=False, showgrid=False)
    figure.update_xaxes(
        tickvals=list(range(len(names))), ticktext=[escape_plotly(name, 24) for name in names], side="top",
        range=[-0.3, len(names) - 0.7], tickangle=0,
    )  # fmt: skip
    return figure


def moves_sentence(lists: Table) -> str:
    """How many products neighbouring lists share, and the largest move."""
    data = as_pandas(lists)
    names = list(data["list"].unique())
    words = []
    for first, second in pairwise(names):
        before, after = (data[data["list"] == name].set_index("item_id") for name in (first, second))
        shared = before.index.intersection(after.index)
        part = f"{first} and {second} share {count(len(shared), 'product') if len(shared) else 'nothing'}"
        steps = before.loc[shared, "rank"] - after.loc[shared, "rank"]
        if len(steps) and steps.abs().max():
            item = steps.abs().idxmax()
            way = "up" if steps[item] > 0 else "down"
            part += f"; {plain(before.loc[item, 'name'], 60)} moves {way} {abs(steps[item]):,}"
        words.append(part + ".")
    return " ".join(words)


def _lines(places: pd.DataFrame) -> list[tuple[pd.Series, pd.Series, str]]:
    """The two ends of each line, and the product."""
    found = []
    for _, own in places.sort_values("column").groupby("item_id", sort=False):
        rows = [row for _, row in own.iterrows()]
        found += [
            (left, right, str(left["name"]))
            for left, right in pairwise(rows)
            if right["column"] - left["column"] == 1
        ]
    return found
