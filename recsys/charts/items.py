"""Charts of one product, and of why it was recommended."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, escape, new_figure, percent, star_ticks

SHOWN = 8


def item_ratings(histogram: Table, store: Table, theme: Theme = "light") -> go.Figure:
    """A product's ratings against those of the whole store.

    Parameters
    ----------
    histogram : table
        rating, count, of the product.
    store : table
        rating, count, share, of all products (`profile`'s rating_distribution).
    """
    data, colours = _beside(histogram, store), PALETTE[theme]
    own, all_of = _means(data)
    figure = new_figure(
        f"{own:.2f} ★ on average, the store {all_of:.2f} ★",
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


def item_ratings_sentence(histogram: Table, store: Table) -> str:
    data = _beside(histogram, store)
    own, all_of = _means(data)
    best, total = data.iloc[-1], int(data["count"].sum())
    direction = "above" if own > all_of else "below"
    ratings = "rating" if total == 1 else "ratings"
    return (
        f"{total:,} {ratings} with a mean of {own:.2f}, {abs(own - all_of):.2f} {direction} the store's; "
        f"{percent(best['own'])} give the highest, {percent(best['all'])} do so in the whole store."
    )


def contributions(reasons: Table, theme: Theme = "light") -> go.Figure:
    """What each of a user's products adds to a score, largest first; the bars sum to the score.

    Table: item_id, contribution, and where known title and rating; any order. Beyond the
    eight largest, the others are one bar.
    """
    data, colours = _shown(as_pandas(reasons)).iloc[::-1], PALETTE[theme]
    figure = new_figure(
        _why(as_pandas(reasons)), theme, x="Contribution to the score", height=120 + 30 * len(data)
    )
    rest = data["item_id"].isna()
    figure.add_bar(
        orientation="h",
        y=list(range(len(data))),
        x=data["contribution"],
        marker_color=np.where(rest | (data["contribution"] < 0), colours["neutral_soft"], colours["accent"]),
        text=[percent(share) if share >= 0 else f"−{percent(-share)}" for share in data["share"]],
        textposition="outside",
        cliponaxis=False,
        customdata=[escape(name, 90) for name in data["name"]],
        hovertemplate="%{customdata}<br>adds %{x:.4f}, %{text} of the score<extra></extra>",
    )
    names = [escape(name, 32) for name in data["name"]]
    figure.update_yaxes(tickvals=list(range(len(data))), ticktext=names, showgrid=False)
    parts = data["contribution"]
    ends = [1.05 * min(0.0, float(parts.min())), 1.16 * max(0.0, float(parts.max()))]
    figure.update_xaxes(showgrid=True, tickformat="~g", nticks=4, tickangle=0, range=ends)
    return figure


def contributions_sentence(reasons: Table) -> str:
    data = as_pandas(reasons)
    if data.empty:
        return "Nothing this user rated speaks for it."
    shown = _shown(data)
    total, first = float(data["contribution"].sum()), shown.iloc[0]
    return (
        f"The score {total:.4f} is the sum over {len(data):,} rated "
        f"{'product' if len(data) == 1 else 'products'}; "
        f"{first['name']} alone gives {percent(first['share'])}."
    )


def _beside(histogram: Table, store: Table) -> pd.DataFrame:
    """Shares of each rating, the product's and the store's, and the product's counts."""
    own = as_pandas(histogram)[["rating", "count"]]
    data = (
        as_pandas(store)[["rating", "share"]]
        .merge(own, on="rating", how="outer")
        .fillna(0)
        .sort_values("rating")
    )
    data["own"] = data["count"] / max(1, data["count"].sum())
    return data.rename(columns={"share": "all"}).astype({"count": np.int64})


def _means(data: pd.DataFrame) -> tuple[float, float]:
    return float((data["rating"] * data["own"]).sum()), float((data["rating"] * data["all"]).sum())


def _shown(reasons: pd.DataFrame) -> pd.DataFrame:
    """The largest contributions by name, and the rest in one row with a null item_id."""
    data = reasons.sort_values("contribution", ascending=False, kind="stable")
    total = float(data["contribution"].sum()) or 1.0
    names = data["item_id"] if "title" not in data else data["title"].fillna(data["item_id"])
    data = data.assign(name=names, share=data["contribution"] / total)[
        ["item_id", "name", "contribution", "share"]
    ]
    if len(data) <= SHOWN + 1:
        return data
    rest = data.iloc[SHOWN:]
    row = {
        "item_id": None, "name": f"{len(rest):,} other products",
        "contribution": rest["contribution"].sum(), "share": rest["share"].sum(),
    }  # fmt: skip
    return pd.concat([data.iloc[:SHOWN], pd.DataFrame([row])], ignore_index=True)


def _why(reasons: pd.DataFrame) -> str:
    """How many of the user's products carry most of the score."""
    parts = np.sort(reasons["contribution"].to_numpy(float))[::-1]
    total = parts.sum()
    if not len(parts) or total <= 0:
        return "Nothing this user rated speaks for it"
    needed = int(np.searchsorted(np.cumsum(parts), 0.5 * total)) + 1
    return f"{'One product makes' if needed == 1 else f'{needed} products make'} half of the score or more"
