"""A figure over the kept versions, oldest first.

Table: label (when it was built), value, low, high (its 95% interval), data (a number for what it was
measured on: only versions with the same one can be compared).
"""

from __future__ import annotations

import plotly.graph_objects as go

from recsys.charts.text import count, decimals, escape_plotly
from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, new_figure


def over_versions(table: Table, metric: str, theme: Theme = "light") -> go.Figure:
    """A dot with its interval for each version; a line joins those that were measured on the same data."""
    data, colours = as_pandas(table).reset_index(drop=True), PALETTE[theme]
    figure = new_figure(_title(table, metric), theme, x="Version, oldest first", y=metric, height=300)
    for number, own in data.groupby("data", sort=False):
        latest = number == data["data"].iloc[-1]
        colour = colours["accent" if latest else "neutral"]
        figure.add_scatter(
            x=own.index, y=own["value"], mode="lines+markers", cliponaxis=False, showlegend=False,
            line={"color": colour, "width": 2}, marker={"size": 10, "color": colour},
            error_y={
                "type": "data", "symmetric": False, "color": colour, "thickness": 1.5, "width": 5,
                "array": own["high"] - own["value"], "arrayminus": own["value"] - own["low"],
            },
            customdata=[
                f"{row['label']}<br>{decimals(row['value'], 4)}"
                f" ({decimals(row['low'], 4)} to {decimals(row['high'], 4)})"
                for row in own.to_dict("records")
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(
        tickvals=list(data.index), ticktext=[escape_plotly(label, 24) for label in data["label"]],
        range=[-0.4, len(data) - 0.6],
    )  # fmt: skip
    figure.update_yaxes(nticks=5, tickformat=".3~f")
    return figure


def over_versions_sentence(table: Table, metric: str) -> str:
    """The last figure against the one before on the same data."""
    data = as_pandas(table)
    if data.empty:
        return "No kept version was measured."
    last = data.iloc[-1]
    words = f"{metric} of the latest version is {decimals(last['value'], 4)}"
    words += f" (95% interval {decimals(last['low'], 4)} to {decimals(last['high'], 4)})."
    others = data[data["data"] != last["data"]]
    if len(others):
        were = "was" if len(others) == 1 else "were"
        words += f" {count(len(others), 'version')} in grey {were} built from other data: another test."
    return words


def _title(table: Table, metric: str) -> str:
    data = as_pandas(table)
    same = data[data["data"] == data["data"].iloc[-1]] if len(data) else data
    if len(same) < 2:
        return f"{metric} over versions"
    before, last = same.iloc[-2], same.iloc[-1]
    if last["low"] <= before["value"] <= last["high"]:
        return f"{metric}: no sure change since the version before"
    return f"{metric}: {'higher' if last['value'] > before['value'] else 'lower'} than in the version before"
