"""What a dial of the compare page costs, as the build measured it on held-out ratings.

Table, one dial, positions ascending: position, hit_rate, low, high (its 95% interval), products (how many
different ones all users measured are shown) and variety (1 - mean cosine of two products of a list).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys.charts.text import decimals
from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, new_figure

NICHE, VARIETY = "niche", "variety"
_ENDS = {NICHE: ("popular", "niche"), VARIETY: ("as built", "varied")}
_GAINED = {NICHE: ("products", "Products shown"), VARIETY: ("variety", "Variety of a list")}


def dial_cost(table: Table, dial: str, position: float, theme: Theme = "light") -> go.Figure:
    """Hits, and what is gained for them, over the positions of a dial; today's position is a line.

    Both are in percent of their value at rest, so that one axis serves.

    Parameters
    ----------
    dial : {"niche", "variety"}
    position : float
        Where the dial stands.
    """
    data, colours = as_pandas(table), PALETTE[theme]
    column, name = _GAINED[dial]
    left, right = _ENDS[dial]
    figure = new_figure(
        _title(data, dial), theme, x=f"{left} ← dial → {right}" if dial == NICHE else f"{left} → {right}",
        y="Percent of the value at rest", height=300,
    )  # fmt: skip
    rest = _at(data, 0.0)
    for low_or_high in ("low", "high"):
        figure.add_scatter(
            x=data["position"], y=_percent(data[low_or_high], rest["hit_rate"]), mode="lines",
            line={"width": 0}, hoverinfo="skip", showlegend=False,
            fill="tonexty" if low_or_high == "high" else None, fillcolor=colours["accent_soft"],
        )  # fmt: skip
    for measure, words, colour in (("hit_rate", "Hit rate", "accent"), (column, name, "neutral")):
        figure.add_scatter(
            x=data["position"], y=_percent(data[measure], rest[measure]), mode="lines+markers", name=words,
            line={"color": colours[colour], "width": 2.5}, marker={"size": 7},
            customdata=data[measure],
            hovertemplate=f"{words} %{{y:.0f}}% of that at rest (%{{customdata:,.4~g}})<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=position, line={"color": colours["text"], "width": 1.5, "dash": "dot"})
    figure.update_layout(showlegend=True)
    figure.update_yaxes(ticksuffix="%", rangemode="tozero", nticks=6)
    figure.update_xaxes(tickvals=data["position"], tickformat="~g", showgrid=True)
    return figure


def dial_cost_sentence(table: Table, dial: str, position: float) -> str:
    """What the dial costs where it stands; between two positions that were measured, in proportion."""
    data = as_pandas(table)
    if data.empty:
        return "This build did not measure what the dial costs."
    column, name = _GAINED[dial]
    rest, now = _at(data, 0.0), _at(data, position)
    digits = 0 if column == "products" else 2
    if not position:
        return (
            f"At rest, {decimals(100 * rest['hit_rate'], 1)}% of users are shown a held-out product, and"
            f" {name.lower()}: {rest[column]:,.{digits}f}."
        )
    return (
        f"At {position:g}, hits are {_change(now['hit_rate'], rest['hit_rate'])}"
        f" ({decimals(100 * now['hit_rate'], 1)}% of users, {decimals(100 * rest['hit_rate'], 1)}% at rest),"
        f" and {name.lower()} {_change(now[column], rest[column])} ({now[column]:,.{digits}f},"
        f" {rest[column]:,.{digits}f} at rest)."
    )


def _at(data: pd.DataFrame, position: float) -> dict[str, float]:
    return {
        str(name): float(np.interp(position, data["position"], data[name]))
        for name in data.columns
        if name != "position" and pd.api.types.is_numeric_dtype(data[name])
    }


def _percent(values: pd.Series[float], rest: float) -> pd.Series[float]:
    return 100 * values / rest if rest else values * 0.0


def _change(now: float, rest: float) -> str:
    change = now / rest - 1 if rest else 0.0
    if abs(change) < 0.005:
        return "unchanged"
    return f"{abs(change):.0%} {'higher' if change > 0 else 'lower'}"


def _title(data: pd.DataFrame, dial: str) -> str:
    """What to see: the position farthest from rest whose hits are within their interval at rest."""
    rest = data.iloc[(data["position"] - 0.0).abs().argmin()]
    free = data[(data["hit_rate"] >= rest["low"]) & (data["position"] >= 0)]
    farthest = float(free["position"].max()) if len(free) else 0.0
    what = "Popular to niche" if dial == NICHE else "Variety"
    if farthest <= 0:
        return f"{what}: every step loses hits"
    return f"{what}: no sure loss of hits up to {farthest:g}"
