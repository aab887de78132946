"""Charts of how good the models are, ours against the baselines.

All take tidy tables: one row a figure, with columns model, metric, value, and where known
low and high (a 95% interval) and segment.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys.charts.results import model_name
from recsys.charts.text import escape_plotly
from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, new_figure
from recsys.evaluation.metrics.registry import label, lower_is_better
from recsys.evaluation.results import MODEL

_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")


def metric_bars(table: Table, metric: str, theme: Theme = "light") -> go.Figure:
    """One metric of every model with its interval, best on top. Table: model, metric, value, low, high."""
    data, colours = _of_metric(as_pandas(table), metric)[::-1], PALETTE[theme]
    figure = new_figure(_verdict(data[::-1], metric), theme, x=label(metric), height=110 + 36 * len(data))
    colour = [colours["accent"] if model == MODEL else colours["neutral"] for model in data["model"]]
    shared: dict[str, Any] = {
        "x": data["value"], "y": list(range(len(data))), "error_x": _bars(data, colours["text"]),
        "customdata": _hover(data),
        "hovertemplate": "%{customdata[0]}<br>%{x:.4f} %{customdata[1]}<extra></extra>",
    }  # fmt: skip
    if close := _close(data["value"]):
        figure.add_scatter(
            mode="markers", marker={"size": 12, "color": colour, "line": {"width": 0}}, **shared
        )
    else:
        figure.add_bar(orientation="h", marker_color=colour, **shared)
    for row, value in enumerate(data["value"]):
        end = max(value, data["high"].iloc[row] if "high" in data else value)
        figure.add_annotation(
            x=np.nanmax([end, value]), y=row, text=f"{value:.4g}", showarrow=False, xanchor="left", xshift=8,
            font={"size": 12, "color": colours["text"]},
        )  # fmt: skip
    names = [escape_plotly(model_name(model), 30) for model in data["model"]]
    figure.update_yaxes(tickvals=list(range(len(data))), ticktext=names, showgrid=False)
    figure.update_xaxes(showgrid=True, tickformat="~g", nticks=6, range=_bar_range(data, close))
    return figure


def metric_bars_sentence(table: Table, metric: str) -> str:
    data = _of_metric(as_pandas(table), metric)
    own, others = data[data["model"] == MODEL], data[data["model"] != MODEL]
    if own.empty or others.empty:
        return _verdict(data, metric) + "."
    row, best = own.iloc[0], others.iloc[0]
    verdict = _verdict(data, metric)
    if "high" not in data or pd.isna([row["low"], row["high"], best["low"], best["high"]]).any():
        return f"{verdict}."
    apart = row["low"] > best["high"] or row["high"] < best["low"]
    return (
        f"{verdict}. The 95% intervals are {row['low']:.4g} to {row['high']:.4g} for our model and "
        f"{best['low']:.4g} to {best['high']:.4g} for {model_name(best['model'])}. "
        f"They {'do not overlap' if apart else 'overlap'}."
    )


def segments(table: Table, metric: str, theme: Theme = "light") -> go.Figure:
    """One metric by segment, a point with its interval per model.

    Table: model, metric, segment, value, low, high.
    """
    data, colours = as_pandas(table), PALETTE[theme]
    data = data[data["metric"] == metric]
    figure = new_figure(_segment_title(data, metric), theme, y=label(metric), height=380)
    greys = [colours["muted"], colours["neutral"], colours["neutral_soft"]]
    others = [model for model in data["model"].unique() if model != MODEL]
    for number, model in enumerate([MODEL, *others]):
        rows = data[data["model"] == model]
        colour = colours["accent"] if model == MODEL else greys[(number - 1) % len(greys)]
        figure.add_scatter(
            x=[escape_plotly(segment) for segment in rows["segment"]],
            y=rows["value"],
            name=escape_plotly(model_name(model)),
            mode="markers",
            offsetgroup=str(number),
            marker={"size": 11 if model == MODEL else 8, "color": colour, "symbol": _SYMBOLS[number % 7]},
            error_y=_bars(rows, colour),
            customdata=_hover(rows),
            hovertemplate="%{customdata[0]}, %{x}<br>%{y:.4f} %{customdata[1]}<extra></extra>",
        )
    figure.update_layout(scattermode="group", scattergap=0.5, margin_t=74)
    figure.update_yaxes(tickformat="~g", nticks=6, rangemode="tozero")
    return figure


def segments_sentence(table: Table, metric: str) -> str:
    data = as_pandas(table)
    data = data[data["metric"] == metric]
    won, total = _won(data, metric)
    own = data[data["model"] == MODEL].sort_values("value", ascending=lower_is_better(metric))
    if own.empty:
        return f"Our model has no {label(metric)} by segment."
    best, worst = own.iloc[0], own.iloc[-1]
    return (
        f"Our model is ahead in {won} of {total} segments. Its {label(metric)} is best for "
        f"{best['segment']} ({best['value']:.4g}) and worst for {worst['segment']} ({worst['value']:.4g})."
    )


def tradeoff(table: Table, across: str, up: str, theme: Theme = "light") -> go.Figure:
    """One metric against another, a labelled point per model. Table: model, metric, value."""
    data, colours = _pair(as_pandas(table), across, up), PALETTE[theme]
    figure = new_figure(_tradeoff_title(data, across, up), theme, x=label(across), y=label(up), height=380)
    names = [escape_plotly(model_name(model), 30) for model in data.index]
    middle = (data[across].min() + data[across].max()) / 2
    figure.add_scatter(
        x=data[across],
        y=data[up],
        mode="markers+text",
        text=names,
        textposition=["middle left" if x > middle else "middle right" for x in data[across]],
        textfont={"color": colours["text"], "size": 12.5},
        marker={
            "opacity": 1,
            "line": {"width": 0},
            "size": [15 if model == MODEL else 10 for model in data.index],
            "color": [colours["accent"] if model == MODEL else colours["neutral"] for model in data.index],
        },
        cliponaxis=False,
        hovertemplate=f"%{{text}}<br>{label(up)} %{{y:.4f}}<br>{label(across)} %{{x:.4f}}<extra></extra>",
    )
    figure.update_xaxes(showgrid=True, tickformat="~g", nticks=6, range=_padded(data[across]))
    figure.update_yaxes(tickformat="~g", nticks=6, range=_padded(data[up]))
    return figure


def tradeoff_sentence(table: Table, across: str, up: str) -> str:
    data = _pair(as_pandas(table), across, up)
    first = data.index[0]
    text = f"{model_name(first)} has the best {label(up)} ({data[up].iloc[0]:.4g}). Its "
    return (
        text + f"{label(across).lower()} is {data[across].iloc[0]:.4g}; "
        f"over all models it ranges from {data[across].min():.4g} to {data[across].max():.4g}."
    )


def _of_metric(data: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Rows of one metric, best first."""
    rows = data[data["metric"] == metric]
    return rows.sort_values("value", ascending=lower_is_better(metric), kind="stable")


def _verdict(data: pd.DataFrame, metric: str) -> str:
    """Ours against the best other, in words; `data` is sorted best first."""
    own, others = data[data["model"] == MODEL], data[data["model"] != MODEL]
    if own.empty or others.empty:
        return f"{label(metric)}: {data['value'].iloc[0]:.4g}"
    value, best = float(own["value"].iloc[0]), others.iloc[0]
    ratio = value / float(best["value"]) if best["value"] > 0 else np.inf
    other, start = model_name(best["model"]), f"{label(metric)}: {value:.4g}"
    if not np.isfinite(ratio):
        return f"{start}, {other} {best['value']:.4g}"
    if ratio >= 2:
        return f"{start}, {ratio:.1f} times that of {other}"
    return f"{start}, {abs(ratio - 1):.1%} {'above' if ratio >= 1 else 'below'} {other}"


def _segment_title(data: pd.DataFrame, metric: str) -> str:
    won, total = _won(data, metric)
    return f"{label(metric)}: our model is ahead in {won} of {total} segments"


def _won(data: pd.DataFrame, metric: str) -> tuple[int, int]:
    wide = data.pivot_table(index="segment", columns="model", values="value", observed=True)
    if MODEL not in wide or wide.shape[1] < 2:
        return 0, len(wide)
    others = wide.drop(columns=MODEL)
    if lower_is_better(metric):
        return int((wide[MODEL] < others.min(axis=1)).sum()), len(wide)
    return int((wide[MODEL] > others.max(axis=1)).sum()), len(wide)


def _pair(data: pd.DataFrame, across: str, up: str) -> pd.DataFrame:
    """Two metrics side by side, one row a model, best of `up` first."""
    wide = data[data["metric"].isin([across, up])].pivot_table(
        index="model", columns="metric", values="value"
    )
    return wide.dropna().sort_values(up, ascending=lower_is_better(up))


def _tradeoff_title(data: pd.DataFrame, across: str, up: str) -> str:
    place = list(data.index).index(MODEL) + 1 if MODEL in data.index else 0
    if not place:
        return f"{label(up)} against {label(across).lower()}"
    rank = data[across].rank(ascending=False).loc[MODEL]
    return f"Our model is number {place} in {label(up)} and number {rank:.0f} in {label(across).lower()}"


def _bars(data: pd.DataFrame, colour: str) -> dict[str, Any] | None:
    """Error bars from low and high, where they are known."""
    if "low" not in data or "high" not in data:
        return None
    return {
        "type": "data", "symmetric": False, "color": colour, "thickness": 1.5, "width": 4,
        "array": (data["high"] - data["value"]).clip(lower=0).fillna(0),
        "arrayminus": (data["value"] - data["low"]).clip(lower=0).fillna(0),
    }  # fmt: skip


def _hover(data: pd.DataFrame) -> np.ndarray:
    names = [escape_plotly(model_name(model)) for model in data["model"]]
    if "low" not in data:
        return np.column_stack([names, [""] * len(data)])
    pairs = zip(data["low"], data["high"], strict=True)
    return np.column_stack(
        [names, ["" if pd.isna(low) else f"({low:.4f} to {high:.4f})" for low, high in pairs]]
    )


def _close(values: pd.Series) -> bool:
    """Whether bars from zero would look all alike, so that points on a cut axis serve better."""
    return bool(values.min() > 0.6 * values.max())


def _bar_range(data: pd.DataFrame, close: bool) -> list[float]:
    """From zero for bars, around the intervals for points; with room for the figures."""
    ends = data[[name for name in ("value", "low", "high") if name in data]].to_numpy(float)
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    if close:
        room = 0.12 * (high - low) or 0.1 * high
        return [low - room, high + 1.8 * room]
    return [min(0.0, low), 1.16 * high if high > 0 else 1.0]


def _padded(values: pd.Series) -> list[float]:
    room = 0.12 * float(values.max() - values.min()) or 0.1 * abs(float(values.max())) or 1.0
    return [float(values.min()) - room, float(values.max()) + room]
