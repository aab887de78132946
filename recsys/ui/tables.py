"""Tables of products: category icons, progress bars for scores, one button to walk on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from recsys.ui.download import download
from recsys.ui.text import name_of, plain

# The first word found in a category path (or, failing that, a title) gives the icon.
_ICONS = (
    ("🎮", ("gaming", "game ", "console")),
    ("🎧", ("headphone", "earbud", "microphone")),
    ("📷", ("camera", "photo", "lens", "tripod", "flash")),
    ("📺", ("television", "video", "tv", "projector", "hdmi")),
    ("🔊", ("audio", "speaker", "turntable", "amplifier", "mp3", "radio")),
    ("📱", ("phone", "mobile", "tablet", "e-reader", "ebook")),
    ("💾", ("storage", "drive", "memory", "flash")),
    ("📡", ("network", "router", "wi-fi", "modem")),
    ("⌨️", ("keyboard", "mouse", "mice", "monitor")),
    ("🖨️", ("office", "printer", "scanner")),
    ("🚗", ("gps", "car ", "marine", "vehicle")),
    ("⌚", ("wearable", "watch", "fitness")),
    ("🏠", ("home", "security", "smart")),
    ("💻", ("computer", "laptop", "pc ", "component", "graphics")),
    ("🔌", ("cable", "charger", "power", "batter", "accessor")),
)
_NO_ICON = "📦"

Column = Any
STARS = "%.2f ★"


def icon(item: dict[str, Any]) -> str:
    """An emoji for the kind of product; a parcel where nothing is known."""
    for known in (item.get("category"), item.get("title")):
        text = f"{known} ".lower() if isinstance(known, str) else ""
        for emoji, words in _ICONS:
            if any(word in text for word in words):
                return emoji
    return _NO_ICON


def with_names(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with an icon and a name for each product in front, all plain text."""
    records = frame.to_dict("records")
    front = pd.DataFrame(
        {"icon": [icon(item) for item in records], "product": [name_of(item, 90) for item in records]},
        index=frame.index,
    )
    return pd.concat([front, frame], axis=1)


def columns(frame: pd.DataFrame, high: float = 5.0) -> dict[str, Column]:
    """How each column that a table of products may have is shown."""
    config = st.column_config
    top = float(frame["score"].max()) if "score" in frame and len(frame) else 1.0
    return {
        "rank": config.NumberColumn("#", width=45, help="Place in the list"),
        "icon": config.TextColumn("", width=38),
        "product": config.TextColumn("Product", width="large"),
        "brand": config.TextColumn("Brand", width=105),
        "price": config.NumberColumn("Price", format="dollar", width=80),
        "score": config.ProgressColumn(
            "Score", format="%.3f", min_value=0.0, max_value=max(top, 1e-9), width=110,
            help="How well the product fits: the list is sorted by it. Compare it within one list only.",
        ),
        "cosine": config.ProgressColumn(
            "Cosine", format="%.2f", min_value=0.0, max_value=1.0, width=100,
            help="Cosine similarity of the two products' factors: 1 is liked by the same people.",
        ),
        "shared_raters": config.NumberColumn("Shared raters", format="localized", width=100,
            help="People who rated both products: the evidence behind the similarity."),
        "predicted_rating": config.NumberColumn("Predicted", format=STARS, width=90,
            help="Stars this user would be expected to give; the list is not sorted by them."),
        "mean_rating": config.NumberColumn("Mean", format=STARS, width=80, help="Mean of all its ratings"),
        "n_ratings": config.NumberColumn("Ratings", format="localized", width=80, help="Number of ratings"),
        "rating": config.NumberColumn("Rated", format="%.3g ★", width=70, help="Stars this user gave"),
        "timestamp": config.DateColumn("When", format="D MMM YYYY", width=100),
        "because": config.TextColumn("Because of", width="large", help="What adds most to the score"),
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
) -> None:
    """Products as a table with a download below.

    Parameters
    ----------
    order : tuple of str
        The columns to show, where the frame has them.
    on_open : callable, optional
        Given the item_id of the row whose button is clicked.
    """
    shown = with_names(frame)
    config = columns(frame)
    if on_open is not None:
        # Called while the click is handled, before the page runs again.
        click, ids = f"open-{key}", frame.item_id.tolist()
        shown["open"] = f":material/arrow_forward: {button}"
        config["open"] = st.column_config.ButtonColumn(
            "",
            key=click,
            type="tertiary",
            width=110,
            on_click=lambda: on_open(ids[st.session_state[click].row]),
        )
        order = (*order, "open")
    present = [name for name in order if name in shown]
    tall = height or 36 * (len(shown) + 1) + 3
    st.dataframe(
        shown[present], key=f"table-{key}", hide_index=True, column_config=config, row_height=36,
        height=min(tall, 740), alt=alt,
    )  # fmt: skip
    download(flat(frame), key, key)


def flat(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame for a file: reasons as one text, everything else as it is."""
    if "reasons" not in frame:
        return frame
    return frame.assign(reasons=[because(reasons) for reasons in frame.reasons])


def because(reasons: list[dict[str, Any]], limit: int = 200) -> str:
    """The reasons of one recommendation, with what each adds to the score."""
    parts = [f"{name_of(reason, limit)} (+{reason['contribution']:.3f})" for reason in reasons]
    return plain("; ".join(parts), 4 * limit)
