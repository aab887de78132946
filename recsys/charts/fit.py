"""Charts of the rating model's calibration and of how the settings were chosen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys.charts.text import escape_plotly
from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, new_figure


def calibration(table: Table, theme: Theme = "light") -> go.Figure:
    """True against predicted mean rating, a point for each tenth of the predictions.

    Table: predicted, actual, count, and where known low and high (of actual).
    """
    data, colours = as_pandas(table), PALETTE[theme]
    figure = new_figure(
        f"Predictions are {_gap(data):.2f} stars off on average", theme,
        x="Mean predicted rating", y="Mean true rating", height=380,
    )  # fmt: skip
    ends = [
        float(data[["predicted", "actual"]].min().min()),
        float(data[["predicted", "actual"]].max().max()),
    ]
    room = max(0.15, 0.06 * (ends[1] - ends[0]))
    span = [ends[0] - room, ends[1] + room]
    figure.add_scatter(
        x=span, y=span, mode="lines", hoverinfo="skip", showlegend=False,
        line={"color": colours["neutral"], "width": 1, "dash": "dot"},
    )  # fmt: skip
    known = {"low", "high"} <= set(data.columns)
    figure.add_scatter(
        x=data["predicted"], y=data["actual"], mode="markers+lines", showlegend=False,
        line={"color": colours["accent"], "width": 1.5}, marker={"size": 9, "color": colours["accent"]},
        error_y={
            "type": "data", "symmetric": False, "array": data["high"] - data["actual"], "width": 3,
            "arrayminus": data["actual"] - data["low"], "thickness": 1.2, "color": colours["accent"],
        } if known else None,
        customdata=data["count"],
        hovertemplate="Predicted %{x:.2f}, true %{y:.2f}<br>%{customdata:,} ratings<extra></extra>",
    )  # fmt: skip
    figure.add_annotation(
        x=1, xref="paper", xanchor="right", y=0, yref="paper", yanchor="bottom", xshift=-6, yshift=6,
        text="dotted: predicted is true", showarrow=False, font={"size": 12, "color": colours["muted"]},
    )  # fmt: skip
    figure.update_xaxes(range=span, showgrid=True, tickformat=".1f", nticks=6)
    figure.update_yaxes(range=span, tickformat=".1f", nticks=6)
    return figure


def calibration_sentence(table: Table) -> str:
    data = as_pandas(table)
    bias = float(np.average(data["predicted"] - data["actual"], weights=data["count"]))
    worst = data.iloc[int((data["predicted"] - data["actual"]).abs().argmax())]
    side = "too high" if bias > 0 else "too low"
    overall = "right" if abs(bias) < 0.005 else f"{abs(bias):.2f} stars {side}"
    return (
        f"Over {int(data['count'].sum()):,} ratings, the predictions are {overall} overall. The largest "
        f"gap is where {worst['predicted']:.2f} is predicted and the mean rating is {worst['actual']:.2f}."
    )


def tuning_trail(table: Table, theme: Theme = "light", *, value_name: str = "Validation figure",
                 lower_is_better: bool = False) -> go.Figure:  # fmt: skip
    """Every setting tried, in order, and the best so far. Table: step, candidate, value."""
    data, colours = as_pandas(table), PALETTE[theme]
    best_so_far = data["value"].cummin() if lower_is_better else data["value"].cummax()
    at = int(data["value"].argmin() if lower_is_better else data["value"].argmax())
    number = np.arange(1, len(data) + 1)
    figure = new_figure(_best(data, at), theme, x="Settings tried, in order", y=value_name, height=360)
    figure.add_scatter(
        x=number, y=best_so_far, mode="lines",
        line={"color": colours["neutral"], "width": 1.5, "shape": "hv"},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    chosen = number == at + 1
    figure.add_scatter(
        x=number, y=data["value"], mode="markers", showlegend=False,
        marker={
            "opacity": 1, "line": {"width": 0}, "size": np.where(chosen, 13, 7),
            "color": np.where(chosen, colours["accent"], colours["neutral"]),
        },
        customdata=np.column_stack([
            [escape_plotly(step, 40) for step in data["step"]],
            [escape_plotly(candidate, 120) for candidate in data["candidate"]],
        ]),
        hovertemplate="%{customdata[0]}<br>%{customdata[1]}<br>%{y:.4f}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(tickformat="d", nticks=8, range=[0.3, len(data) + 0.7])
    figure.update_yaxes(tickformat="~g", nticks=6)
    return figure


def tuning_trail_sentence(table: Table, *, lower_is_better: bool = False) -> str:
    data = as_pandas(table)
    at = int(data["value"].argmin() if lower_is_better else data["value"].argmax())
    first, chosen = data["value"].iloc[0], data["value"].iloc[at]
    gain = f", {chosen / first - 1:+.1%} against the first setting".replace("-", "−") if first else ""
    return (
        f"{len(data):,} settings were tried on the validation split."
        f" The best is {data['candidate'].iloc[at]}: {chosen:.4g}{gain}."
    )


def _best(data: pd.DataFrame, at: int) -> str:
    return f"Best of {len(data):,} settings: {data['candidate'].iloc[at]}"


def _gap(data: pd.DataFrame) -> float:
    return float(np.average((data["predicted"] - data["actual"]).abs(), weights=data["count"]))
