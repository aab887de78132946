"""What pulls a product up or down for a basket: a bar a product, and the bars sum to the score."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys.charts.text import count, decimals, escape_plotly, plain
from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, new_figure

SHOWN = 10


def pulls(parts: Table, theme: Theme = "light") -> go.Figure:
    """Contributions, largest first; those of negative examples are marked.

    Parameters
    ----------
    parts : table
        item_id, contribution, mark ("not" for negative examples) and, where known, title.
    """
    data, colours = _bars(as_pandas(parts)).iloc[::-1], PALETTE[theme]
    values = data["contribution"].to_numpy(float)
    places = list(range(len(data)))
    figure = new_figure(
        f"The bars sum to the score {decimals(values.sum(), 4)}",
        theme,
        x="Contribution to the score",
        height=120 + 30 * len(data),
    )
    figure.add_bar(
        orientation="h",
        y=places,
        x=values,
        marker_color=np.where(values < 0, colours["neutral"], colours["accent"]),
        customdata=[escape_plotly(name, 90) for name in data["name"]],
        hovertemplate="%{customdata}<br>%{x:.4f}<extra></extra>",
        cliponaxis=False,
    )
    for place, value in zip(places, values, strict=True):
        figure.add_annotation(
            x=max(value, 0.0), y=place, text=decimals(value, 4, sign=True), showarrow=False,
            xanchor="left", xshift=4, font={"size": 12},
        )  # fmt: skip
    names = [escape_plotly(name, 34) for name in data["name"]]
    figure.update_yaxes(tickvals=places, ticktext=names, showgrid=False)
    low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    room = (high - low) or 1.0
    figure.update_xaxes(
        showgrid=True, tickformat="~g", nticks=4, tickangle=0, range=[low - 0.04 * room, high + 0.24 * room],
        zeroline=True, zerolinecolor=colours["neutral"],
    )  # fmt: skip
    return figure


def pulls_sentence(parts: Table) -> str:
    """The score, and what adds and takes away most."""
    data = _named(as_pandas(parts))
    up, down = data[data["contribution"] > 0], data[data["contribution"] < 0]
    words = [
        f"The score {decimals(data['contribution'].sum(), 4)} is the sum over {count(len(data), 'product')}"
    ]
    if len(up):
        words.append(f"{plain(up['name'].iloc[0], 60)} adds most ({decimals(up['contribution'].iloc[0], 4)})")
    if len(down):
        least = down.iloc[-1]
        words.append(f"{plain(least['name'], 60)} takes away most ({decimals(-least['contribution'], 4)})")
    return "; ".join(words) + "."


def _named(parts: pd.DataFrame) -> pd.DataFrame:
    titles = parts["title"] if "title" in parts else parts["item_id"]
    names = [
        plain(title if isinstance(title, str) and title else item, 100)
        for title, item in zip(titles, parts["item_id"], strict=True)
    ]
    marks = parts["mark"] if "mark" in parts else [""] * len(parts)
    named = [f"Not: {name}" if mark == "not" else name for name, mark in zip(names, marks, strict=True)]
    data = parts.assign(name=named)
    return data.sort_values("contribution", ascending=False, kind="stable", ignore_index=True)


def _bars(parts: pd.DataFrame) -> pd.DataFrame:
    """name and contribution of the largest in either direction, and of the others together."""
    data = _named(parts)[["name", "contribution"]]
    if len(data) <= SHOWN + 1:
        return data
    largest = data["contribution"].abs().nlargest(SHOWN).index
    others = data.drop(index=largest)
    rest = pd.DataFrame([(f"{len(others):,} others", others["contribution"].sum())], columns=data.columns)
    return pd.concat([data.loc[sorted(largest)], rest], ignore_index=True)
