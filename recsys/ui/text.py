"""Text from data files, safe where Streamlit renders Markdown; days and ages in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pandas as pd
from pandas.api.types import is_numeric_dtype

from recsys.charts.text import count, day, name_of, plain, span

__all__ = ["ago", "cut_cells", "day", "escape_markdown", "name_of", "span"]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~=&^])")
_EAGER = re.compile(r"(?<=[:.@/\-<>])(?=\S)|(?<=www)(?=\.)")
_JOINER = "\u2060"
CELL = 300
"""Characters of a table's cell."""


def escape_markdown(text: object, limit: int = 80) -> str:
    """One line of plain text, safe in labels, captions and links.

    Backslashes keep Markdown, HTML and LaTeX from being read. Streamlit looks for emoji
    codes, colours, arrows and bare addresses in the finished text, after the backslashes are
    gone: an invisible word joiner inside them keeps them from being found.
    """
    line = _EAGER.sub(_JOINER, plain(text, limit))
    return _MARKDOWN.sub(r"\\\1", line)


def cut_cells(frame: pd.DataFrame, limit: int = CELL) -> pd.DataFrame:
    """The frame with every text as plain text on one line, cut where it is long."""
    cut = frame.copy(deep=False)
    for name in frame:
        if not is_numeric_dtype(frame[name]):
            cut[name] = [plain(cell, limit) if isinstance(cell, str) else cell for cell in frame[name]]
    return cut


def ago(moment: str) -> str:
    """How long ago an ISO time was, in words."""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{count(int(seconds // size), unit)} ago"
    return "just now"
