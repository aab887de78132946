"""Why a product was recommended: what the user's own products add to its score."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from recsys.charts.text import age_words, count, decimals, escape_plotly, percent, plain
from recsys.charts.theme import PALETTE, Table, Theme, as_pandas, new_figure
from recsys.columns import PATH

SHOWN = 8
LEVELS = (3, 2, 1)
"""Levels of a category that products are grouped by: the first that leaves little to "other"."""
LITTLE = 0.25
BANDS = (16, 8, 4, 2, 1)
"""Products without categories are grouped by how many times an average rating they add."""
_COLUMNS = ["name", "contribution", "share", "n", "members", "rest", "when", "parts"]


def explanation_bars(reasons: Table) -> pd.DataFrame:
    """The bars of `contributions`, in their order from the top; they sum to the score.

    A bar is a product while the eight largest make half of the score or more. Otherwise the
    bars show what sets this product apart: the rated products that add more to it than an
    average rating does, grouped by category. Where the catalogue knows too few categories, they
    are grouped by how many times an average rating they add.

    Parameters
    ----------
    reasons : table
        item_id and contribution of each rated product; where known title, category, and
        expected: what an average rating contributes; from the sequential model also age, recency
        and closeness.

    Returns
    -------
    pandas.DataFrame
        name, contribution, share (of the score), n (products), members (the largest by name),
        rest (whether the bar holds what is left over), and for a bar of one product when it was
        rated, such as "rated 3rd last", and its recency and closeness in words; "" where the order
        does not count.
    """
    data = _named(as_pandas(reasons))
    if not _is_spread(data):
        return _bars(data)
    above = data["contribution"] > data["expected"]
    below = _rest(data[~above], "Average or less", bool(above.any()))
    groups = _by_category(data[above]) if _has_categories(data[above]) else _by_band(data[above])
    return pd.concat([groups, below], ignore_index=True)


def contributions(reasons: Table, theme: Theme = "light") -> go.Figure:
    """What a user's products add to a score, largest first; the bars sum to the score.

    Where the order counts, the name of a product has below it when it was rated. Table: as for
    `explanation_bars`.
    """
    data, colours = explanation_bars(reasons).iloc[::-1], PALETTE[theme]
    height = 120 + (38 if data["when"].any() else 30) * len(data)
    figure = new_figure(_title(as_pandas(reasons)), theme, x="Contribution to the score", height=height)
    parts = data["contribution"]
    shares = [percent(share) if share >= 0 else f"−{percent(-share)}" for share in data["share"]]
    soft = data["rest"].to_numpy(bool) | (data["contribution"].to_numpy() < 0)
    figure.add_bar(
        orientation="h",
        y=list(range(len(data))),
        x=data["contribution"],
        marker_color=np.where(soft, colours["neutral_soft"], colours["accent"]),
        text=shares,
        textposition=["outside" if part >= 0 else "none" for part in parts],
        cliponaxis=False,
        customdata=[_hover(*bar) for bar in zip(data["name"], data["parts"], data["members"], strict=True)],
        hovertemplate="%{customdata}<br>%{x:.4f}, %{text} of the score<extra></extra>",
    )
    names = [_tick(*bar, colours["muted"]) for bar in zip(data["name"], data["when"], strict=True)]
    figure.update_yaxes(tickvals=list(range(len(data))), ticktext=names, showgrid=False)
    for row in np.flatnonzero(parts < 0):  # beside the bar, its text would cover the names
        figure.add_annotation(
            x=0, y=row, text=shares[row], showarrow=False, xanchor="left", xshift=4, font={"size": 12}
        )
    ends = [1.05 * min(0.0, float(parts.min())), 1.16 * max(0.0, float(parts.max()))] if len(parts) else None
    figure.update_xaxes(showgrid=True, tickformat="~g", nticks=4, tickangle=0, range=ends)
    return figure


def contributions_sentence(reasons: Table) -> str:
    data = _named(as_pandas(reasons))
    if data.empty:
        return "None of this user's ratings contribute."
    score, first = float(data["contribution"].sum()), data.iloc[0]
    start = f"The score {decimals(score, 4)} is the sum over {count(len(data), 'rated product')}"
    if not _is_spread(data):
        when = f" ({first['when']})" if first["when"] else ""
        return f"{start}; {plain(first['name'])}{when} alone gives {percent(first['share'])}."
    above = data[data["contribution"] > data["expected"]]
    names = "; ".join(plain(name, 50) for name in data["name"].iloc[:3])
    taken = 1 - float(above["share"].sum())
    others = f", and the others take away {percent(-taken)}" if taken < -0.005 else ""
    return (
        f"{start}. An average rating adds {data['expected'].iloc[0]:.5f} to this product; {len(above):,} of"
        f" this user's ratings add more, together {percent(above['share'].sum())} of the score{others}."
        f" The most comes from: {names}{'' if names.endswith('…') else '.'}"
    )


def _named(reasons: pd.DataFrame) -> pd.DataFrame:
    """The reasons, largest first, with the name, the share of the score and the group of each."""
    data = reasons.sort_values("contribution", ascending=False, kind="stable")
    score = float(data["contribution"].sum()) or 1.0
    names = data["item_id"] if "title" not in data else data["title"].fillna(data["item_id"])
    data = data.assign(name=names, share=data["contribution"] / score, when="", parts="")
    if "age" not in data:
        return data
    pairs = zip(data["recency"], data["closeness"], strict=True)
    return data.assign(
        when=[f"rated {age_words(int(age))}" for age in data["age"]],
        parts=[f"recency {recency:.2g} × closeness {decimals(closeness, 4)}" for recency, closeness in pairs],
    )


def _has_categories(data: pd.DataFrame) -> bool:
    """Whether categories are known for most of what the products add."""
    if "category" not in data:
        return False
    return bool(data.loc[_is_known(data), "share"].sum() > 0.5 * data["share"].sum())


def _is_known(data: pd.DataFrame) -> pd.Series[bool]:
    return data["category"].map(lambda path: isinstance(path, str) and bool(path))


def _by_category(data: pd.DataFrame) -> pd.DataFrame:
    """A bar for each of the largest categories, one for the others, one for products without."""
    known = data[_is_known(data)]
    for levels in LEVELS:
        known = known.assign(group=[_group(path, levels) for path in known["category"]])
        sizes = known.groupby("group")["contribution"].sum().sort_values(ascending=False, kind="stable")
        if sizes.iloc[SHOWN:].sum() <= LITTLE * sizes.sum():
            break
    largest = sizes.index[:SHOWN]
    bars = [
        _row(f"{group}: {count(len(members), 'product')}", members)
        for group, members in ((group, known[known["group"] == group]) for group in largest)
    ]
    others = known[~known["group"].isin(largest)]
    return pd.concat(
        [*bars, _rest(others, "Other categories"),
         _rest(data[~_is_known(data)], "No category")]
    )  # fmt: skip


def _by_band(data: pd.DataFrame) -> pd.DataFrame:
    """A bar for each range of multiples of what an average rating adds, the highest on top."""
    multiple = data["contribution"] / data["expected"].abs().clip(lower=1e-12)
    bars, above = [], np.inf
    for least in BANDS:
        members = data[(multiple >= least) & (multiple < above)]
        if len(members):
            what = f"{least} to {above:.0f}" if np.isfinite(above) else f"Over {least}"
            bars.append(_row(f"{what} times average: {count(len(members), 'product')}", members))
        above = least
    return pd.concat(bars)


def _is_spread(data: pd.DataFrame) -> bool:
    """Whether the largest products carry too little to explain the score."""
    return (
        "expected" in data
        and len(data) > SHOWN + 1
        and bool((data["contribution"] > data["expected"]).any())
        and float(data["share"].iloc[:SHOWN].sum()) < 0.5
    )


def _bars(data: pd.DataFrame) -> pd.DataFrame:
    """A bar for each of the largest products, and one for the others."""
    cut = len(data) if len(data) <= SHOWN + 1 else SHOWN
    single = [_row(row["name"], data.iloc[[at]]) for at, (_, row) in enumerate(data.iloc[:cut].iterrows())]
    return pd.concat([pd.DataFrame(columns=_COLUMNS), *single, _rest(data.iloc[cut:], "Other")])


def _row(name: str, members: pd.DataFrame, rest: bool = False) -> pd.DataFrame:
    values = (name, members["contribution"].sum(), members["share"].sum(), len(members))
    whens, first = members["when"].iloc[:3], members.iloc[0]
    if len(members) == 1 and not rest:
        parts = f"{first['when']}: {first['parts']}" if first["when"] else ""
        return pd.DataFrame([(*values, (), rest, first["when"], parts)], columns=_COLUMNS)
    largest = tuple(
        f"{plain(one, 60)}, {when}" if when else one
        for one, when in zip(members["name"].iloc[:3], whens, strict=True)
    )
    return pd.DataFrame([(*values, largest, rest, "", "")], columns=_COLUMNS)


def _rest(members: pd.DataFrame, what: str, shown: bool = True) -> pd.DataFrame:
    """One bar for what is left over; none where nothing is."""
    if members.empty or not shown:
        return pd.DataFrame(columns=_COLUMNS)
    return _row(f"{what}: {count(len(members), 'product')}", members, rest=True)


def _group(path: str, levels: int) -> str:
    return path.split(PATH)[:levels][-1]


def _tick(name: str, when: str, colour: str) -> str:
    label = escape_plotly(name, 40)
    return f'{label}<br><span style="font-size:11px;color:{colour}">{when}</span>' if when else label


def _hover(name: str, parts: str, members: tuple[str, ...]) -> str:
    lines = [escape_plotly(name, 90), *([parts] if parts else ())]
    return "<br>".join([*lines, *(f"· {escape_plotly(member, 90)}" for member in members)])


def _title(reasons: pd.DataFrame) -> str:
    """How many of the user's products carry most of the score."""
    data = _named(reasons)
    parts = data["contribution"].to_numpy(float)
    if not len(parts) or parts.sum() <= 0:
        return "None of this user's ratings contribute"
    if _is_spread(data):
        above = data[data["contribution"] > data["expected"]]
        return f"{len(above):,} of {len(data):,} rated products add more than an average rating"
    needed = int(np.searchsorted(np.cumsum(parts), 0.5 * parts.sum())) + 1
    return f"{'One product makes' if needed == 1 else f'{needed} products make'} half of the score or more"
