"""Charts of the data: how ratings spread over stars, users, products and categories.

Each takes a table of `recsys.data.profile.tables`, and has beside it a sentence that says what
it shows in this data.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys.charts.text import escape_plotly, percent, plain, stars
from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, mark_line, new_figure, star_ticks
from recsys.columns import PATH


def rating_distribution(table: Table, theme: Theme = "light") -> go.Figure:
    """Share of each rating, the most frequent one marked. Table: rating, count, share."""
    data, colours = as_pandas(table), PALETTE[theme]
    top = int(data["share"].argmax())
    figure = new_figure(
        f"{percent(data['share'].iloc[top])} of ratings are {stars(data['rating'].iloc[top])}",
        theme, x="Rating", y="Share of ratings",
    )  # fmt: skip
    figure.add_bar(
        x=data["rating"],
        y=data["share"],
        marker_color=[
            colours["accent"] if row == top else colours["neutral_soft"] for row in range(len(data))
        ],
        text=[percent(share) for share in data["share"]],
        textposition="outside",
        cliponaxis=False,
        customdata=data["count"],
        hovertemplate="Rated %{x}<br>%{customdata:,} ratings (%{y:.1%})<extra></extra>",
    )
    star_ticks(figure, data["rating"])
    figure.update_yaxes(tickformat=".0%", rangemode="tozero", nticks=5)
    return figure


def rating_distribution_sentence(table: Table) -> str:
    data = as_pandas(table)
    total, top = int(data["count"].sum()), data.iloc[int(data["share"].argmax())]
    mean = float((data["rating"] * data["share"]).sum())
    if len(data) == 1:
        return f"All {total:,} ratings are the same. They record what happened, not how much it was liked."
    low = data.iloc[0]
    return (
        f"Of {total:,} ratings, {percent(top['share'])} are {stars(top['rating'])} and "
        f"{percent(low['share'])} are {stars(low['rating'])}; the mean is {mean:.2f}."
    )


def ratings_per_user(table: Table, theme: Theme = "light") -> go.Figure:
    """How many users gave at least n ratings, log-log. Table: `profile`'s ratings_per_user."""
    data = as_pandas(table)
    return _at_least(data, theme, _typical(data, "users", "rated", "product"), "ratings given", "users")


def ratings_per_user_sentence(table: Table) -> str:
    data = as_pandas(table)
    return (
        f"{_typical(data, 'users', 'rated', 'product')}. The most active user rated"
        f" {int(data['ratings'].max()):,}. {_head(data, 'users')}."
    )


def ratings_per_item(table: Table, theme: Theme = "light") -> go.Figure:
    """How many products got at least n ratings, log-log. Table: `profile`'s ratings_per_item."""
    data = as_pandas(table)
    return _at_least(
        data, theme, _typical(data, "products", "have", "rating"), "ratings received", "products"
    )


def ratings_per_item_sentence(table: Table) -> str:
    data = as_pandas(table)
    return (
        f"{_typical(data, 'products', 'have', 'rating')}. The most rated product has"
        f" {int(data['ratings'].max()):,}. {_head(data, 'products')}; the rest is the long tail."
    )


def generosity(table: Table, theme: Theme = "light") -> go.Figure:
    """Users by their own mean rating. Table: low, high, users, min_ratings."""
    data, colours = as_pandas(table), PALETTE[theme]
    median = _median(data)
    figure = new_figure(
        f"Half of users average {median:.1f} stars or more", theme,
        x=f"A user's mean rating (users with {int(data['min_ratings'].iloc[0])} ratings or more)", y="Users",
    )  # fmt: skip
    figure.add_bar(
        x=(data["low"] + data["high"]) / 2,
        y=data["users"],
        marker_color=np.where(
            data["low"] + 1e-9 >= median - 0.125, colours["accent"], colours["neutral_soft"]
        ),
        customdata=np.column_stack([data["low"], data["high"]]),
        hovertemplate="Mean %{customdata[0]:.2f} to %{customdata[1]:.2f}<br>%{y:,} users<extra></extra>",
    )
    mark_line(figure, theme, x=median)
    figure.update_layout(bargap=0.06)
    figure.update_xaxes(ticksuffix=" ★", range=[data["low"].min(), data["high"].max()])
    figure.update_yaxes(tickformat=",", nticks=5)
    return figure


def generosity_sentence(table: Table) -> str:
    data = as_pandas(table)
    total = int(data["users"].sum())
    if not total:
        return "No user has given enough ratings to show how generous they are."
    best, middle = data.iloc[-1], (data["low"].min() + data["high"].max()) / 2
    strict = float(data.loc[data["high"] <= middle, "users"].sum()) / total
    return (
        f"Of {total:,} users with {int(best['min_ratings'])} ratings or more, half average about "
        f"{_median(data):.1f} or more, {percent(best['users'] / total)} at least {best['low']:.2f}, "
        f"and {percent(strict)} below {middle:.1f}."
    )


def categories(table: Table, theme: Theme = "light", limit: int = 12) -> go.Figure:
    """Ratings by category, with their mean. Table: category, n_items, n_ratings, mean_rating."""
    data, colours = as_pandas(table), PALETTE[theme]
    shown = data.head(limit).iloc[::-1]
    first = data.iloc[0]
    share = first["n_ratings"] / data["n_ratings"].sum()
    figure = new_figure(
        f"{_leaf(first['category'])} leads with {percent(share)} of the ratings", theme,
        x="Ratings", height=110 + 28 * len(shown),
    )  # fmt: skip
    figure.add_bar(
        orientation="h",
        y=list(range(len(shown))),
        x=shown["n_ratings"],
        marker_color=[colours["neutral_soft"]] * (len(shown) - 1) + [colours["accent"]],
        text=[f"{mean:.2f} ★" for mean in shown["mean_rating"]],
        textposition="outside",
        cliponaxis=False,
        customdata=np.column_stack([[escape_plotly(name) for name in shown["category"]], shown["n_items"]]),
        hovertemplate="%{customdata[0]}<br>%{x:,} ratings of %{customdata[1]:,} products<br>"
        "mean %{text}<extra></extra>",
    )
    names = [escape_plotly(_leaf(name), 28) for name in shown["category"]]
    figure.update_yaxes(tickvals=list(range(len(shown))), ticktext=names, showgrid=False)
    figure.update_xaxes(showgrid=True, tickformat="~s", nticks=6, range=[0, 1.14 * shown["n_ratings"].max()])
    return figure


def categories_sentence(table: Table) -> str:
    data = as_pandas(table)
    enough = data[data["n_ratings"] >= max(1, data["n_ratings"].sum() / 100)]
    enough = enough.sort_values("mean_rating", kind="stable")
    best, worst = enough.iloc[-1], enough.iloc[0]
    return (
        f"Of {len(data):,} categories, {_leaf(data['category'].iloc[0])} has the most ratings,"
        f" {_leaf(best['category'])} the best mean ({best['mean_rating']:.2f}) and"
        f" {_leaf(worst['category'])} the lowest ({worst['mean_rating']:.2f})."
    )


def _at_least(data: pd.DataFrame, theme: Theme, title: str, what: str, who: str) -> go.Figure:
    colours = PALETTE[theme]
    figure = new_figure(title, theme, x=f"{what[0].upper()}{what[1:]} (at least)", y=f"{who.capitalize()}")
    head_from, head_share = int(data["head_from"].iloc[0]), float(data["head_share"].iloc[0])
    last = max(2.0, float(data["ratings"].max()))
    if head_from > 1:
        figure.add_shape(
            type="rect", x0=head_from, x1=last, y0=0, y1=1, yref="paper", layer="below",
            fillcolor=colours["accent_soft"], line_width=0,
        )  # fmt: skip
    figure.add_scatter(
        x=data["ratings"], y=data["at_least"], mode="lines", showlegend=False,
        line={"color": colours["accent"], "width": 2.5}, customdata=data["share_at_least"],
        hovertemplate=f"%{{y:,}} {who} (%{{customdata:.2~%}})<br>with %{{x:,}} {what} or more<extra></extra>",
    )  # fmt: skip
    figure.add_annotation(
        x=1, xref="paper", xanchor="right", y=1, yref="paper", yanchor="top", xshift=-8, yshift=-6,
        text=f"{percent(head_share)} of {who}<br>make 80% of ratings", align="right", showarrow=False,
        font={"size": 12, "color": colours["muted"]},
    )  # fmt: skip
    _log_axis(figure.update_xaxes, float(np.log10(last)) + 0.02, 0.0)
    _log_axis(figure.update_yaxes, _room(data["at_least"]), -0.05)
    return figure


def _log_axis(update: Callable[..., object], high: float, low: float) -> None:
    """A logarithmic axis between two powers of ten; short ones also get ticks at 2 and 5."""
    update(type="log", dtick=1 if high > 1.7 else "D2", tickformat="~s", range=[low, high])


def _room(counts: pd.Series) -> float:
    """Upper end of a logarithmic axis, a little over the largest count."""
    return float(np.log10(max(2, counts.max()))) + 0.12


def _typical(data: pd.DataFrame, who: str, verb: str, what: str) -> str:
    """The typical count in words, whichever way says most."""
    two = data.loc[data["ratings"] == 2, "share_at_least"]
    once = 1.0 - (float(two.iloc[0]) if len(two) else 0.0)
    if once >= 0.3:
        return f"{percent(once)} of {who} {verb} one {what} only"
    median = int(data.loc[data["share_at_least"] >= 0.5, "ratings"].max())
    return f"Half of {who} {verb} {median:,} {what}{'s' * (median != 1)} or more"


def _head(data: pd.DataFrame, who: str) -> str:
    return f"{percent(data['head_share'].iloc[0])} of {who} make 80% of the ratings"


def _median(data: pd.DataFrame) -> float:
    """Median of a histogram, interpolated within its bin."""
    mass = np.concatenate([[0.0], np.cumsum(data["users"])])
    edges = np.append(data["low"], data["high"].iloc[-1])
    return float(np.interp(mass[-1] / 2, mass, edges))


def _leaf(path: str) -> str:
    return plain(path.rsplit(PATH, 1)[-1])
