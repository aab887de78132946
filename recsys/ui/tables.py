"""Tables of products whose names can be read at every width.

Columns before "product" are pinned: they keep their width, so on a phone one sees them and the
name. The name and the columns after it share the rest of the width. Long names wrap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pandas as pd
import streamlit as st

from recsys.charts.text import count, plain
from recsys.columns import CATEGORY, PATH, TITLE
from recsys.ui import icons
from recsys.ui.download import download
from recsys.ui.text import cut_cells, name_of

ROW_HEIGHTS = ((24, 36), (72, 64), (None, 80))
"""Longest name in characters, and the row height in pixels that shows it whole on a phone.
Streamlit wraps text in rows higher than 60 pixels."""
NAME_LIMIT = 105
HEADER = 36
STARS = "%.2f ★"
_DIGITS = {"score": 3, "cosine": 2, "predicted_rating": 2}
"""Decimals of the columns whose numbers can be negative."""
PRODUCTS = ("open", "icon", "n_ratings", "mean_rating", "product", "kind", "brand", "price")
"""The columns of a list of products that is no answer to a question."""

SIMILAR_TO_IT = "Open: what is similar to this product"

Column = Any
"""What `st.column_config` makes."""
OnOpen = Callable[[str], None]


def columns() -> dict[str, Column]:
    """How each column that a table of products may have is shown."""
    config = st.column_config
    return {
        "rank": config.NumberColumn("#", width=30, help="Position in the list"),
        "icon": config.ImageColumn("", width=36, help="The kind of product"),
        "moved": config.TextColumn("Moved", width=58, help="Places since the last change of the basket"),
        "score": config.NumberColumn(
            "Score", format="%.3f", width=56,
            help="How well the product fits. The list is sorted by it. Compare scores within one list only.",
        ),
        "predicted_rating": config.NumberColumn(
            "Stars", format=STARS, width=62,
            help="Predicted stars: what this user would be expected to give. The list is not sorted by them.",
        ),
        "similarity": config.NumberColumn(
            "Similarity", format="%.2f", width=72,
            help="How alike the two products are, at most 1. The list is sorted by it: the cosine, made"
            " smaller where the product has few ratings.",
        ),
        "cosine": config.NumberColumn(
            "Cosine", format="%.2f", width=60,
            help="Cosine similarity of the two products' factors. Near 1: the same people like both.",
        ),
        "shared_raters": config.NumberColumn(
            "Shared", format="localized", width=60,
            help="People who rated both products: the evidence behind the similarity.",
        ),
        "raters_after": config.NumberColumn(
            "Later", format="localized", width=60, help="People who rated it later than this product"
        ),
        "in_window": config.NumberColumn(
            "Lately", format="localized", width=60, help="Ratings in the window"
        ),
        "before": config.NumberColumn(
            "Before", format="localized", width=60, help="Ratings in the window before"
        ),
        "growth": config.NumberColumn(
            "Growth", format="%.1f ×", width=64,
            help="How many times as many ratings as in the window before, beside the growth of all ratings",
        ),
        "growth_range": config.TextColumn("95% range", width=86, help="The growth is in it with 95%"),
        "lift": config.NumberColumn(
            "Lift", format="%.1f ×", width=64,
            help="How many times as often the same people rated both as chance would give",
        ),
        "lift_range": config.TextColumn("95% range", width=86, help="The lift is in it with 95%"),
        "n_ratings": config.NumberColumn("Ratings", format="localized", width=62, help="Number of ratings"),
        "mean_rating": config.NumberColumn("Mean", format=STARS, width=62, help="Mean of all its ratings"),
        "bayesian_mean": config.NumberColumn(
            "Weighted", format=STARS, width=76,
            help="Its mean, pulled towards the mean of all ratings where it has few ratings",
        ),
        "rating": config.NumberColumn("Rated", format="%.3g ★", width=60, help="Stars this user gave"),
        "timestamp": config.DateColumn("When", format="D MMM YYYY", width=96),
        "rule": config.TextColumn(
            "Rule", width=70, help="What a rule of the shop did: pinned, or its score multiplied"
        ),
        "product": config.TextColumn("Product", width=190),
        "words": config.TextColumn(
            "Its words", width=150, help="Words of its description that add most to the score"
        ),
        "because": config.TextColumn(
            "Because they rated", width=180, help="The rated products that add most to the score"
        ),
        "kind": config.TextColumn("Category", width=120),
        "rated": config.TextColumn("Rated by all", width=110, help="Mean and number of its ratings"),
        "cluster_name": config.TextColumn("Cluster", width=150, help="Of the map"),
        "brand": config.TextColumn("Brand", width=80),
        "price": config.NumberColumn("Price", format="dollar", width=70),
        "item_id": config.TextColumn("ID", width=110),
    }  # fmt: skip


def item_table(
    frame: pd.DataFrame,
    key: str,
    order: tuple[str, ...],
    *,
    alt: str,
    on_open: OnOpen | None = None,
    rows: int | None = None,
    file: str | None = None,
    whole: pd.DataFrame | None = None,
) -> None:
    """Products as a table with a download below.

    Parameters
    ----------
    order : tuple of str
        The columns to show, where the frame has them. "open" is the place of the button. The
        table's menu can show the others.
    on_open : callable, optional
        Given the item_id of the row whose button is clicked.
    rows : int, optional
        Rows to show at most; longer tables scroll.
    file : str, optional
        The name of the download, where it is not the key.
    whole : pandas.DataFrame, optional
        What the download holds, where that is more than is shown.
    """
    config = columns()
    shown = with_names(frame)
    if on_open is not None:
        shown["open"] = ":material/arrow_forward:"
        config["open"] = open_button(f"open-{key}", frame["item_id"].tolist(), on_open)
    _show(shown, key, order, config, alt, rows)
    download(flat(frame if whole is None else whole), file or key, key)


def choice_table(frame: pd.DataFrame, key: str, order: tuple[str, ...], *, alt: str, file: str) -> int:
    """The same, with one row always chosen. Returns its position; the first one to begin with."""
    state = _show(
        with_names(frame), key, order, columns(), alt, None,
        on_select="rerun", selection_mode="single-row-required",
    )  # fmt: skip
    download(flat(frame), file, key)
    rows = state.selection.rows
    return int(rows[0]) if rows and rows[0] < len(frame) else 0


def with_names(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with a name, an icon, the category and the ratings of each product in plain text."""
    names = [name_of(item, NAME_LIMIT) for item in frame.to_dict("records")]
    front = pd.DataFrame({"product": names}, index=frame.index)
    if {CATEGORY, TITLE} & set(frame.columns):
        front["icon"] = [icons.picture(icons.kind(item)) for item in frame.to_dict("records")]
    if "category" in frame:
        front["kind"] = [_last_level(path) for path in frame["category"]]
    if {"mean_rating", "n_ratings"} <= set(frame.columns):
        pairs = zip(frame["mean_rating"], frame["n_ratings"], strict=True)
        front["rated"] = [
            f"{mean:.2f} ★ from {count(n, 'rating')}" if n else "no ratings yet" for mean, n in pairs
        ]
    return pd.concat([front, cut_cells(frame)], axis=1)


def _last_level(path: object) -> str:
    return plain(path.rsplit(PATH, 1)[-1], 60) if isinstance(path, str) else ""


def ranges(frame: pd.DataFrame, name: str) -> list[str]:
    """The intervals of a column, from `name_low` to `name_high`, in words."""
    pairs = zip(frame[f"{name}_low"], frame[f"{name}_high"], strict=True)
    return [f"{low:.1f} to {high:.1f}" for low, high in pairs]


def flat(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame for a file: reasons as one text, everything else as it is."""
    if "reasons" not in frame:
        return frame
    return frame.assign(reasons=[because(reasons) for reasons in frame.reasons])


def because(reasons: list[dict[str, Any]], limit: int = 200) -> str:
    """The reasons of one recommendation, with what each adds to the score."""
    parts = [f"{name_of(reason, limit)} (+{reason['contribution']:.3f})" for reason in reasons]
    return plain("; ".join(parts), 4 * limit)


def _show(
    shown: pd.DataFrame,
    key: str,
    order: tuple[str, ...],
    config: dict[str, Column],
    alt: str,
    rows: int | None,
    **selection: Any,
) -> Any:
    shown = _signless(shown)
    visible = [name for name in order if name in shown]
    hidden = [name for name in config if name in shown and name not in visible]
    for name in visible[: visible.index("product")]:
        if name != "open":  # the button says so itself
            config[name]["pinned"] = True
    row_height = _row_height(shown["product"])
    height: Any = "content" if rows is None or len(shown) <= rows else HEADER + row_height * rows
    return st.dataframe(
        shown[visible + hidden], key=f"table-{key}", hide_index=True, column_order=visible,
        column_config=config, row_height=row_height, height=height, placeholder="", alt=alt, **selection,
    )  # fmt: skip


def _signless(shown: pd.DataFrame) -> pd.DataFrame:
    """Numbers that would be shown as a negative zero are zero."""
    shown = shown.copy(deep=False)
    for name, digits in _DIGITS.items():
        if name in shown:
            shown[name] = shown[name].mask(shown[name].round(digits).eq(0), 0.0)
    return shown


def _row_height(names: pd.Series[str]) -> int:
    longest = int(names.str.len().max()) if len(names) else 0
    return next(height for limit, height in ROW_HEIGHTS if limit is None or longest <= limit)


def open_button(key: str, ids: list[str], on_open: OnOpen, words: str = SIMILAR_TO_IT) -> Column:
    """A column of buttons. The callback runs while the click is handled, before the page runs again."""
    return st.column_config.ButtonColumn(
        "", key=key, type="tertiary", width=36, pinned=True, help=words,
        on_click=lambda: on_open(cast(str, ids[st.session_state[key].row])),
    )  # fmt: skip
