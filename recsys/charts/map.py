"""The map of the products: one point each, coloured by what is asked for, with some lit up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys.charts.raster import picture
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
"""Distinct colours, by theme. They repeat where there are more clusters."""
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
CRISP = 3_000
"""Products, the most rated, that have marks of their own, which hover boxes belong to."""
_EDGE = 1.06
"""Where the map ends, on both axes."""
_MARK = (7, 5)
"""Size of a mark in pixels, where all products have one, and where they are many."""
_LIGHT = 500
"""More products than this are lit up by small marks."""
_LEVELS = 24
"""Colours of a scale."""
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


@dataclass(frozen=True)
class _Paint:
    """How the points are coloured: numbers on a scale, with a bar, or with the names of a legend."""

    values: Any
    hues: Sequence[str]
    low: float
    high: float
    levels: int
    bar: dict[str, Any] | None = None
    legend: Sequence[tuple[str, str]] = ()

    @property
    def colours(self) -> list[str]:
        """The colour of each level; between few hues they are mixed."""
        ends = np.array([[int(hue[at : at + 2], 16) for at in (1, 3, 5)] for hue in self.hues])
        at = np.linspace(0, len(ends) - 1, self.levels)
        mixed = [np.interp(at, np.arange(len(ends)), part) for part in ends.T]
        return [f"#{r:02X}{g:02X}{b:02X}" for r, g, b in np.round(np.array(mixed)).astype(int).T]

    @property
    def level(self) -> Any:
        """The level of each point, from 0."""
        share = (self.values - self.low) / max(1e-9, self.high - self.low)
        return np.clip((share * self.levels).astype(np.int64), 0, self.levels - 1)

    def marker(self, n: int) -> dict[str, Any]:
        """The colours of the first n points. Numbers are less to send than colours."""
        edges = np.linspace(0, 1, self.levels + 1)
        scale = [
            (edge, hue) for place, hue in enumerate(self.colours) for edge in (edges[place], edges[place + 1])
        ]
        painted = {"color": self.values[:n], "colorscale": scale, "cmin": self.low, "cmax": self.high}
        return painted if self.bar is None else {**painted, "colorbar": self.bar, "showscale": True}


def product_map(
    table: Table, colour: str = CLUSTER, lit: Sequence[Lit] = (), theme: Theme = "light"
) -> go.Figure:
    """The map. The first trace holds the first products of the table, in its order.

    Where there are more than `CRISP`, a picture below it shows all: so many marks of their own would move
    slowly, and drawing them with WebGL needs scripts that the studio's security policy forbids.

    Parameters
    ----------
    table : table
        x, y, item_id, cluster, cluster_name, n_ratings, mean_rating and, where known, title and group; most
        rated first.
    colour : str
        `CLUSTER`, `CATEGORIES`, `POPULARITY` or `STARS`.
    lit : sequence of Lit
        Stand out; all others fade.
    """
    data = as_pandas(table)
    figure = new_figure(f"{count(len(data), 'product')}, alike ones near each other", theme, height=_HEIGHT)
    paint, opacity = _paint(data, colour, theme), _FADED if lit else _FULL
    few = len(data) <= CRISP
    if not few:
        _draw_all(figure, data, paint, opacity)
    figure.add_scatter(
        **_places(data.head(CRISP)), mode="markers", showlegend=False, **_hover(data.head(CRISP)),
        marker={
            "size": _MARK[0 if few else 1], "opacity": opacity, "line": {"width": 0}, **paint.marker(CRISP),
        },
        unselected={"marker": {"opacity": _FADED / 2}},
    )  # fmt: skip
    for hue, name in paint.legend if not lit else []:
        figure.add_scatter(
            x=[None], y=[None], mode="markers", name=escape_plotly(name, 32), hoverinfo="skip",
            marker={"size": 9, "color": hue},
        )  # fmt: skip
    for one in sorted(lit, key=lambda one: list(MARKS).index(one.kind)):
        _light(figure, data, one, theme)
    if colour == CLUSTER and not lit:
        _label(figure, data, theme)
    _frame(figure, theme)
    return figure


def _places(data: pd.DataFrame) -> dict[str, Any]:
    return {name: data[name].to_numpy(np.float32) for name in ("x", "y")}


def _draw_all(figure: go.Figure, data: pd.DataFrame, paint: _Paint, opacity: float) -> None:
    """All points as a picture below the others."""
    source = picture(**_places(data), levels=paint.level, colours=paint.colours, opacity=opacity, bound=_EDGE)
    figure.add_layout_image(
        source=source, xref="x", yref="y", x=-_EDGE, y=_EDGE, sizex=2 * _EDGE, sizey=2 * _EDGE,
        sizing="stretch", layer="below",
    )  # fmt: skip


def _paint(data: pd.DataFrame, colour: str, theme: Theme) -> _Paint:
    if colour == CLUSTER:
        hues = HUES[theme]
        return _stepped(data["cluster"].to_numpy() % len(hues), hues)
    if colour == CATEGORIES and "group" in data:
        return _kinds(data["group"], theme)
    if colour == STARS:
        return _scaled(data["mean_rating"].to_numpy(np.float32), "Mean", " ★", theme)
    logs = np.log10(np.maximum(1, data["n_ratings"].to_numpy(np.float64))).astype(np.float32)
    ticks = np.arange(np.floor(float(logs.min())), np.ceil(float(logs.max())) + 1)
    scaled = _scaled(logs, "Ratings", "", theme)
    bar = {**(scaled.bar or {}), "tickvals": ticks, "ticktext": [compact(10.0**tick) for tick in ticks]}
    return replace(scaled, bar=bar)


def _kinds(kinds: pd.Series, theme: Theme) -> _Paint:
    """The most frequent kinds in colours of their own, the others grey."""
    hues, grey = HUES[theme][:-2], PALETTE[theme]["neutral_soft"]
    top = kinds.value_counts().index[: len(hues)].tolist()
    codes = kinds.map({name: code for code, name in enumerate(top)}).fillna(len(top)).to_numpy(np.int16)
    others = [(grey, "other")] if (codes == len(top)).any() else []
    painted = _stepped(codes, (*hues[: len(top)], grey))
    return replace(painted, legend=[*zip(hues, top, strict=False), *others])


def _stepped(codes: Any, hues: Sequence[str]) -> _Paint:
    return _Paint(codes.astype(np.uint8), hues, -0.5, len(hues) - 0.5, len(hues))


def _scaled(values: Any, title: str, suffix: str, theme: Theme) -> _Paint:
    muted = PALETTE[theme]["muted"]
    bar = {
        "title": {"text": title, "font": {"color": muted, "size": 12}}, "ticksuffix": suffix, "thickness": 10,
        "outlinewidth": 0, "tickfont": {"color": muted, "size": 12}, "orientation": "h", "y": 1.0, "x": 0.0,
        "yanchor": "bottom", "xanchor": "left", "len": 0.5, "lenmode": "fraction",
    }  # fmt: skip
    low, high = float(values.min()), float(values.max())
    return _Paint(values, SCALES[theme], low, high if high > low else low + 1, _LEVELS, bar)


def _hover(data: pd.DataFrame) -> dict[str, Any]:
    """What a hover box says of each product; text from data is escaped, and numbers are sent as numbers."""
    names = data["title"].fillna(data["item_id"]) if "title" in data else data["item_id"]
    return {
        "text": [escape_plotly(name, _TITLE) for name in names],
        "customdata": data[["n_ratings", "mean_rating"]].to_numpy(np.float32),
        "hovertemplate": "%{text}<br>%{customdata[0]:,} ratings, %{customdata[1]:.2f} ★<extra></extra>",
    }


def _light(figure: go.Figure, data: pd.DataFrame, one: Lit, theme: Theme) -> None:
    rows, (symbol, size, hue) = data.iloc[list(one.places)[:CRISP]], MARKS[one.kind]
    if len(rows) > _LIGHT:
        size = _MARK[1]
    figure.add_scatter(
        **_places(rows), mode="markers",
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
        name = ", ".join(str(group["cluster_name"].iloc[0]).partition(":")[0].split(", ")[:2])
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
        axis(visible=False, fixedrange=False, range=[-_EDGE, _EDGE])
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
        f"{count(n, 'product')} in {count(clusters, 'cluster')}. Of the {compared} products most like each"
        f" one, by cosine, {percent(kept)} are among its {compared} nearest on the map; by chance it would be"
        f" {percent(chance)}."
    )
