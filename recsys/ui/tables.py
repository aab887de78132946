"""Tables of products: category icons, progress bars for scores, one button to walk on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from recsys.ui import icons
from recsys.ui.download import download
from recsys.ui.text import name_of, plain

ROW = 36
STARS = "%.2f ★"

Column = Any


def with_names(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with a name, and where a catalogue knows its kind an icon, for each product; plain text."""
    records = frame.to_dict("records")
    front = pd.DataFrame({"product": [name_of(item, 120) for item in records]}, index=frame.index)
    if {"category", "title"} & set(frame.columns):
        front.insert(0, "icon", [icons.picture(icons.kind(item)) for item in records])
    if "category" in frame:
        front["kind"] = [plain(str(path).rsplit(" > ", 1)[-1], 60) if path else "" for path in frame.category]
    return pd.concat([front, frame], axis=1)


def columns(frame: pd.DataFrame) -> dict[str, Column]:
    """How each column that a table of products may have is shown."""
    config = st.column_config
    top = float(frame["score"].max()) if "score" in frame and len(frame) else 1.0
    return {
        "rank": config.NumberColumn("#", width=44, help="Place in the list"),
        "icon": config.ImageColumn("", width=42, help="The kind of product, from its category"),
        "product": config.TextColumn("Product", width=300),
        "kind": config.TextColumn("Category", width=170),
        "brand": config.TextColumn("Brand", width=105),
        "price": config.NumberColumn("Price", format="dollar", width=84),
        "score": config.ProgressColumn(
            "Score", format="%.3f", min_value=0.0, max_value=max(top, 1e-9), width=125,
            help="How well the product fits: the list is sorted by it. Compare it within one list only.",
        ),
        "cosine": config.ProgressColumn(
            "Cosine", format="%.2f", min_value=0.0, max_value=1.0, width=125,
            help="Cosine similarity of the two products' factors: near 1, the same people like both.",
        ),
        "shared_raters": config.NumberColumn("Shared raters", format="localized", width=108,
            help="People who rated both products: the evidence behind the similarity"),
        "predicted_rating": config.NumberColumn("Predicted", format=STARS, width=92,
            help="Stars this user would be expected to give; the list is not sorted by them"),
        "mean_rating": config.NumberColumn("Mean", format=STARS, width=80, help="Mean of all its ratings"),
        "bayesian_mean": config.NumberColumn("Weighted mean", format=STARS, width=120,
            help="Its mean, drawn towards the mean of all ratings where it has few"),
        "n_ratings": config.NumberColumn("Ratings", format="localized", width=80, help="Number of ratings"),
        "rating": config.NumberColumn("Rated", format="%.3g ★", width=72, help="Stars this user gave"),
        "timestamp": config.DateColumn("When", format="D MMM YYYY", width=105),
        "because": config.TextColumn("Because they rated", width=420, help="What adds most to the score"),
        "item_id": config.TextColumn("ID", width=120),
    }  # fmt: skip


def item_table(
    frame: pd.DataFrame,
    key: str,
    order: tuple[str, ...],
    *,
    alt: str,
    on_open: Callable[[str], None] | None = None,
    button: str = "Similar",
    height: int | None = None,
    selectable: bool = False,
    file: str | None = None,
    widths: dict[str, int] | None = None,
) -> int | None:
    """Products as a table with a download below.

    Parameters
    ----------
    order : tuple of str
        The columns to show, where the frame has them; "open" is the place of the button. The
        others can be shown from the table's menu.
    on_open : callable, optional
        Given the item_id of the row whose button is clicked.
    height : int, optional
        Pixels at most; longer tables scroll.
    selectable : bool
        Whether one row is always chosen, the first to begin with.
    file : str, optional
        The name of the download, where it is not the key.
    widths : dict, optional
        Pixels of columns that are to be narrower or wider than elsewhere.

    Returns
    -------
    int or None
        The place of the chosen row.
    """
    shown = with_names(frame)
    config = columns(frame)
    for name, width in (widths or {}).items():
        config[name]["width"] = width
    if on_open is not None:
        # Called while the click is handled, before the page runs again.
        click, ids = f"open-{key}", frame.item_id.tolist()
        shown["open"] = f":material/arrow_forward: {button}"
        config["open"] = st.column_config.ButtonColumn(
            "", key=click, type="tertiary", width=100, alignment="left",
            on_click=lambda: on_open(ids[st.session_state[click].row]),
        )  # fmt: skip
    visible = [name for name in order if name in shown]
    hidden = [name for name in config if name in shown and name not in visible]
    cut: Any = height if height is not None and ROW * (len(shown) + 1) > height else "content"
    choice: dict[str, Any] = (
        {"on_select": "rerun", "selection_mode": "single-row-required"} if selectable else {}
    )
    state: Any = st.dataframe(
        shown[visible + hidden], key=f"table-{key}", hide_index=True, column_order=visible,
        column_config=config, row_height=ROW, height=cut, placeholder="", alt=alt,
        **choice,
    )  # fmt: skip
    download(flat(frame), file or key, key)
    if not selectable:
        return None
    rows = state.selection.rows
    return int(rows[0]) if rows and rows[0] < len(shown) else 0


def flat(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame for a file: reasons as one text, everything else as it is."""
    if "reasons" not in frame:
        return frame
    return frame.assign(reasons=[because(reasons) for reasons in frame.reasons])


def because(reasons: list[dict[str, Any]], limit: int = 200) -> str:
    """The reasons of one recommendation, with what each adds to the score."""
    parts = [f"{name_of(reason, limit)} (+{reason['contribution']:.3f})" for reason in reasons]
    return plain("; ".join(parts), 4 * limit)
