"""What the order in which people rated is worth: the sequential model against the static one.

Table: metric, sequential, static (the two figures), value, low, high (the sequential figure less
the static one, paired by user, with a 95% interval); by importance.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from recsys.charts.text import decimals
from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, new_figure
from recsys.evaluation.metrics.registry import label


def order_worth(table: Table, theme: Theme = "light") -> go.Figure:
    """The paired difference in each metric with its interval; right of zero the order helps."""
    data, colours = as_pandas(table).iloc[::-1], PALETTE[theme]
    height = 130 + 36 * len(data)
    figure = new_figure(_title(data), theme, x="Sequential model less static model", height=height)
    places = list(range(len(data)))
    sure = (data["low"] > 0) | (data["high"] < 0)
    figure.add_vline(x=0, line={"color": colours["muted"], "width": 1, "dash": "dot"})
    figure.add_scatter(
        x=data["value"],
        y=places,
        mode="markers",
        cliponaxis=False,
        marker={"size": 12, "color": [colours["accent"] if one else colours["neutral"] for one in sure]},
        error_x={
            "type": "data", "symmetric": False, "color": colours["text"], "thickness": 1.5, "width": 4,
            "array": data["high"] - data["value"], "arrayminus": data["value"] - data["low"],
        },
        customdata=[_hover(row) for row in data.to_dict("records")],
        hovertemplate="%{customdata}<extra></extra>",
    )  # fmt: skip
    for place, row in enumerate(data.to_dict("records")):
        left = row["value"] < 0  # away from the line at zero
        figure.add_annotation(
            x=row["low" if left else "high"], y=place, text=decimals(row["value"], 4, sign=True),
            showarrow=False, xanchor="right" if left else "left", xshift=-8 if left else 8,
            font={"size": 12, "color": colours["text"]},
        )  # fmt: skip
    figure.update_yaxes(tickvals=places, ticktext=[label(name) for name in data["metric"]], showgrid=False)
    figure.update_yaxes(range=[-0.6, len(data) - 0.4])
    figure.update_xaxes(showgrid=True, tickformat="~g", nticks=6, range=_range(data))
    return figure


def order_worth_sentence(table: Table) -> str:
    data = as_pandas(table)
    if data.empty:
        return "This build did not measure both models."
    first = data.to_dict("records")[0]
    name = label(first["metric"])
    figures = f"{name} is {first['sequential']:.4f} with the order and {first['static']:.4f} without it"
    low, high = (decimals(first[end], 4, sign=True) for end in ("low", "high"))
    interval = f"paired difference {decimals(first['value'], 4, sign=True)}, 95% interval {low} to {high}"
    verdict = _lead(first)
    if verdict > 0:
        ratio = first["sequential"] / first["static"] if first["static"] > 0 else float("inf")
        times = f", {ratio:.2f} times as much" if ratio < 100 else ""
        return f"The order helps here: {figures}{times} ({interval})."
    if verdict < 0:
        return f"Order is worth nothing here, and using it costs accuracy: {figures} ({interval})."
    return f"Order is worth nothing that can be measured here: {figures} ({interval}, which holds zero)."


def _lead(row: dict[Any, Any]) -> int:
    return int(row["low"] > 0) - int(row["high"] < 0)


def _title(data: pd.DataFrame) -> str:
    """In words; `data` has the most important metric last."""
    if data.empty:
        return "What order is worth"
    row = data.to_dict("records")[-1]
    gain = abs(row["value"]) / row["static"] if row["static"] > 0 else 0.0
    if _lead(row) > 0:
        return f"What order is worth: {gain:.0%} more {label(row['metric'])}"
    if _lead(row) < 0:
        return f"What order is worth: nothing, {gain:.1%} less {label(row['metric'])}"
    return "What order is worth: nothing that can be measured"


def _range(data: pd.DataFrame) -> list[float]:
    """From the lowest to the highest end, zero included, with room for the figures at the outer ends."""
    low, high = min(0.0, float(data["low"].min())), max(0.0, float(data["high"].max()))
    width = (high - low) or 1.0
    room = [0.3 if any_of.any() else 0.06 for any_of in (data["value"] < 0, data["value"] >= 0)]
    return [low - room[0] * width, high + room[1] * width]


def _hover(row: dict[Any, Any]) -> str:
    ends = f"{row['low']:+.4f} to {row['high']:+.4f}"
    return (
        f"{label(row['metric'])}: {row['value']:+.4f} ({ends})<br>"
        f"sequential {row['sequential']:.4f}, static {row['static']:.4f}"
    )
