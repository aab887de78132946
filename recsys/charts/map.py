"""The map of the products: one point each, coloured by what is asked for, with some lit up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys.charts.text import compact, count, escape_plotly, percent
from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, new_figure

CLUSTER, CATEGORIES, POPULARITY, STARS = "Cluster", "Category", "Number of ratings", "Mean stars"
"""What the points can be coloured by."""
HUES: dict[str, tuple[str, ...]] = {
    "light": (
        *("#0F766E", "#C2410C", "#4338CA", "#B45309", "#BE185D", "#15803D", "#0369A1", "#7C3AED"),
        *("#A16207", "#DC2626"),
    ),
    "dark": (
        *("#2DD4BF", "#FB923C", "#A5B4FC", "#FBBF24", "#F472B6", "#4ADE80", "#38BDF8", "#C084FC"),
        *("#FDE047", "#F87171"),
    ),
}
"""Colours that can be told apart, by theme; more clusters than colours begin again."""
SCALES: dict[str, tuple[str, ...]] = {
    "light": ("#CBD5E1", "#7FB8B3", "#0F766E", "#042F2E"),
    "dark": ("#334155", "#2A7F79", "#2DD4BF", "#CCFBF1"),
}
"""From low to high, by theme."""
_HEIGHT = 620
_LABELS = 12
"""The largest clusters have their names on the map."""
_LABEL, _TITLE = 22, 50
"""Characters of a name on the map, and of a title in a hover box."""
_FADED, _FULL = 0.25, 0.8
_FEW = 3_000
"""So many points are drawn without WebGL, which not every browser has."""
MARKS = {
    "group": ("circle", 6, 4),
    "history": ("diamond", 10, 2),
    "similar": ("circle", 11, 0),
    "product": ("star", 19, 1),
}
"""What can be lit up, the last one on top: its mark, the size of it in pixels, and which of the `HUES`."""


@dataclass(frozen=True)
class Lit:
    """Products that stand out.

    Attributes
    ----------
    kind : str
        One of `MARKS`.
    name : str
        For the legend.
    places : sequence of int
        Their places in the table.
    """

    kind: str
    name: str
    places: Sequence[int]


def product_map(
    table: Table,
    colour: str = CLUSTER,
    lit: Sequence[Lit] = (),
    theme: Theme = "light",
    category: str = "group",
) -> go.Figure:
    """The map. The first trace holds all products, in the order of the table.

    Parameters
    ----------
    table : table
        x, y, item_id, cluster, cluster_name, n_ratings, mean_rating and, where known, title and the
        column `category`.
    colour : str
        `CLUSTER`, `CATEGORIES`, `POPULARITY` or `STARS`.
    lit : sequence of Lit
        Stand out, in this order; all others fade.
    """
    data = as_pandas(table)
    figure = new_figure(f"{count(len(data), 'product')}, alike ones near each other", theme, height=_HEIGHT)
    painted, legend = _colours(data, colour, theme, category)
    marker = {
        "size": 7 if len(data) <= _FEW else 4, "opacity": _FADED if lit else _FULL, "line": {"width": 0},
        **painted,
    }  # fmt: skip
    scatter = go.Scatter if len(data) <= _FEW else go.Scattergl
    base = scatter(
        x=data["x"].to_numpy(np.float32), y=data["y"].to_numpy(np.float32), mode="markers", marker=marker,
        showlegend=False, **_hover(data),
        unselected={"marker": {"opacity": _FADED / 2}},
    )  # fmt: skip
    figure.add_trace(base)
    for hue, name in legend if not lit else []:
        figure.add_trace(
            scatter(
                x=[None], y=[None], mode="markers", name=escape_plotly(name, 32), hoverinfo="skip",
                marker={"size": 9, "color": hue},
            )
        )  # fmt: skip
    for one in sorted(lit, key=lambda one: list(MARKS).index(one.kind)):
        figure.add_trace(_light(scatter, data, one, theme))
    if colour == CLUSTER and not lit:
        _label(figure, data, theme)
    _frame(figure, theme)
    return figure


def _colours(
    data: pd.DataFrame, colour: str, theme: Theme, category: str
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """How the points are coloured, and the colours and names of a legend."""
    if colour == CLUSTER:
        hues = HUES[theme]
        return _stepped(data["cluster"].to_numpy() % len(hues), hues), []
    if colour == CATEGORIES and category in data:
        return _kinds(data[category], theme)
    if colour == STARS:
        return _scaled(data["mean_rating"].to_numpy(np.float32), "Mean", " ★", theme), []
    logs = np.log10(np.maximum(1, data["n_ratings"].to_numpy(np.float64))).astype(np.float32)
    scaled = _scaled(logs, "Ratings", "", theme)
    ticks = np.arange(np.floor(float(logs.min())), np.ceil(float(logs.max())) + 1)
    scaled["colorbar"] |= {"tickvals": ticks, "ticktext": [compact(10.0**tick) for tick in ticks]}
    return scaled, []


def _kinds(kinds: pd.Series, theme: Theme) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The most frequent kinds in colours of their own, the others grey."""
    hues, grey = HUES[theme][:-2], PALETTE[theme]["neutral_soft"]
    top = kinds.value_counts().index[: len(hues)].tolist()
    codes = kinds.map({name: code for code, name in enumerate(top)}).fillna(len(top)).to_numpy(np.int16)
    legend = list(zip(hues, top, strict=False)) + ([(grey, "other")] if (codes == len(top)).any() else [])
    return _stepped(codes, (*hues[: len(top)], grey)), legend


def _stepped(codes: Any, hues: Sequence[str]) -> dict[str, Any]:
    """Whole numbers as colours: one number an item is less to send than one colour each."""
    n = len(hues)
    scale = [(step / n, hue) for place, hue in enumerate(hues) for step in (place, place + 1)]
    return {"color": codes.astype(np.uint8), "colorscale": scale, "cmin": -0.5, "cmax": n - 0.5}


def _scaled(values: Any, title: str, suffix: str, theme: Theme) -> dict[str, Any]:
    muted = PALETTE[theme]["muted"]
    bar = {
        "title": {"text": title, "font": {"color": muted, "size": 12}}, "ticksuffix": suffix, "thickness": 10,
        "outlinewidth": 0, "tickfont": {"color": muted, "size": 12}, "orientation": "h", "y": 1.0, "x": 0.0,
        "yanchor": "bottom", "xanchor": "left", "len": 0.5, "lenmode": "fraction",
    }  # fmt: skip
    return {"color": values, "colorscale": list(SCALES[theme]), "colorbar": bar, "showscale": True}


def _hover(data: pd.DataFrame) -> dict[str, Any]:
    """What a hover box says of each product; text from data is escaped, and numbers are sent as numbers."""
    names = data["title"].fillna(data["item_id"]) if "title" in data else data["item_id"]
    return {
        "text": [escape_plotly(name, _TITLE) for name in names],
        "customdata": data[["n_ratings", "mean_rating"]].to_numpy(np.float32),
        "hovertemplate": "%{text}<br>%{customdata[0]:,} ratings, %{customdata[1]:.2f} ★<extra></extra>",
    }


def _light(scatter: Any, data: pd.DataFrame, one: Lit, theme: Theme) -> Any:
    rows, (symbol, size, hue) = data.iloc[list(one.places)], MARKS[one.kind]
    return scatter(
        x=rows["x"].to_numpy(np.float32), y=rows["y"].to_numpy(np.float32), mode="markers",
        name=escape_plotly(one.name, 40), **_hover(rows),
        marker={
            "symbol": symbol, "size": size, "color": HUES[theme][hue],
            "line": {"width": 1.5 if one.kind != "group" else 0, "color": PALETTE[theme]["background"]},
        },
    )  # fmt: skip


def _label(figure: go.Figure, data: pd.DataFrame, theme: Theme) -> None:
    """The names of the largest clusters, each at the product in their middle; a name stands once."""
    said: set[str] = set()
    for _, group in data.groupby("cluster", sort=True):
        name = str(group["cluster_name"].iloc[0]).partition(":")[0]
        if name in said or len(said) == _LABELS:
            continue
        said.add(name)
        places = group[["x", "y"]].to_numpy(np.float64)
        middle = places[np.abs(places - np.median(places, axis=0)).sum(axis=1).argmin()]
        figure.add_annotation(
            x=middle[0], y=middle[1], showarrow=False, text=escape_plotly(name, _LABEL),
            font={"size": 12, "color": PALETTE[theme]["text"]}, bgcolor=PALETTE[theme]["background"],
            opacity=0.85, borderpad=2,
        )  # fmt: skip


def _frame(figure: go.Figure, theme: Theme) -> None:
    """No axes: only what is near has a meaning. Dragging draws around products."""
    colours = PALETTE[theme]
    for axis in (figure.update_xaxes, figure.update_yaxes):
        axis(visible=False, fixedrange=False, range=[-1.06, 1.06])
    figure.update_layout(
        dragmode="lasso", hovermode="closest", uirevision="map", selectionrevision="map",
        margin={"l": 0, "r": 0, "t": 44, "b": 0}, legend={"y": 0, "yanchor": "top"},
        modebar={
            "bgcolor": "rgba(0,0,0,0)", "color": colours["muted"], "activecolor": colours["accent"],
            "orientation": "h",
        },
        newselection={"line": {"color": colours["accent"], "width": 2, "dash": "solid"}},
        activeselection={"fillcolor": colours["accent"], "opacity": 0.12},
    )  # fmt: skip


def product_map_sentence(n: int, clusters: int, kept: float, compared: int) -> str:
    """What the map shows, and how much of what is similar it keeps."""
    chance = min(1.0, compared / max(1, n - 1))
    return (
        f"{count(n, 'product')} in {count(clusters, 'cluster')}. Of the {compared} most similar products of"
        f" each, {percent(kept)} are among its {compared} nearest on the map; by chance it would be"
        f" {percent(chance)}."
    )
