"""Charts of one product's ratings."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys.charts.text import count, percent
from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, new_figure, star_ticks


def item_ratings(histogram: Table, everything: Table, theme: Theme = "light") -> go.Figure:
    """A product's ratings against those of all products.

    Parameters
    ----------
    histogram : table
        rating, count, of the product.
    everything : table
        rating, count, share, of all products (`profile`'s rating_distribution).
    """
    data, colours = _beside(histogram, everything), PALETTE[theme]
    own, all_of = _means(data)
    figure = new_figure(
        f"{own:.2f} ★ on average; all products: {all_of:.2f} ★",
        theme,
        x="Rating",
        y="Share of ratings",
        height=280,
    )
    figure.add_bar(
        x=data["rating"], y=data["own"], name="this product", marker_color=colours["accent"],
        customdata=data["count"], hovertemplate="%{x} ★<br>%{customdata:,} ratings (%{y:.0%})<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=data["rating"], y=data["all"], name="all products", mode="markers",
        marker={"symbol": "line-ew", "size": 34, "line": {"width": 2.5, "color": colours["text"]}},
        hovertemplate="%{x} ★<br>%{y:.0%} of all ratings<extra></extra>",
    )  # fmt: skip
    star_ticks(figure, data["rating"])
    figure.update_layout(margin_t=74)
    figure.update_yaxes(tickformat=".0%", rangemode="tozero", nticks=5)
    return figure


def item_ratings_sentence(histogram: Table, everything: Table) -> str:
    data = _beside(histogram, everything)
    own, all_of = _means(data)
    best, total = data.iloc[-1], int(data["count"].sum())
    direction = "above" if own > all_of else "below"
    return (
        f"{count(total, 'rating')} with a mean of {own:.2f}, {abs(own - all_of):.2f} {direction} that of"
        f" all ratings; {percent(best['own'])} give the highest, {percent(best['all'])} of all ratings do."
    )


def _beside(histogram: Table, everything: Table) -> pd.DataFrame:
    """Shares of each rating, the product's and everybody's, and the product's counts."""
    own = as_pandas(histogram)[["rating", "count"]]
    data = (
        as_pandas(everything)[["rating", "share"]]
        .merge(own, on="rating", how="outer")
        .fillna(0)
        .sort_values("rating")
    )
    data["own"] = data["count"] / max(1, data["count"].sum())
    return data.rename(columns={"share": "all"}).astype({"count": np.int64})


def _means(data: pd.DataFrame) -> tuple[float, float]:
    return float((data["rating"] * data["own"]).sum()), float((data["rating"] * data["all"]).sum())
