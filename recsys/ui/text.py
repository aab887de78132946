"""Text from data files as plain text, and numbers as people read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|$~=&^])")
_EAGER = re.compile(r"(?<=[:.@/\-<>])(?=\S)|(?<=www)(?=\.)")
_JOINER = "\u2060"


def plain(text: object, limit: int = 80) -> str:
    """One line of text, cut with an ellipsis where it is longer than `limit`."""
    line = " ".join(str(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def escape(text: object, limit: int = 80) -> str:
    """The same, safe where Streamlit would render Markdown: labels, captions, links.

    Backslashes keep Markdown, HTML and LaTeX from being read. Emoji short codes, colours,
    arrows and bare addresses are looked for only afterwards, in the finished text: an
    invisible word joiner within them keeps them from being found.
    """
    line = _EAGER.sub(_JOINER, plain(text, limit))
    return _MARKDOWN.sub(r"\\\1", line)


def name_of(item: Any, limit: int = 80) -> str:
    """An item's title where it has one, else its id; plain text."""
    title = item.get("title")
    return plain(title if isinstance(title, str) and title else item["item_id"], limit)


def count(n: int, one: str, many: str | None = None) -> str:
    """A grouped number with its noun: 1 rating, 1,234 ratings."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def compact(n: float) -> str:
    """A number short enough for a tile: 950, 8,000, 476k, 7.8M."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if n >= (1e5 if unit == "k" else size):
            return f"{n / size:.3g}{unit}"
    return f"{n:,.0f}"


def share(value: float) -> str:
    """A share as a percentage, with as many digits as a small one needs."""
    percent = 100 * value
    return (
        f"{percent:.0f}%" if percent >= 10 else f"{percent:.2g}%" if percent >= 0.001 else f"{percent:.1e}%"
    )


def day(seconds: int) -> str:
    """Unix seconds as a day, such as 3 May 2014."""
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return f"{moment.day} {moment:%b %Y}"


def span(first: str, last: str) -> str:
    """Two days, as `day` gives them, as a span of years, or of months within a year."""
    if first[-4:] != last[-4:]:
        return f"{first[-4:]} – {last[-4:]}"
    return f"{first[-8:-5]} – {last[-8:]}" if first[-8:] != last[-8:] else last[-8:]


def ago(moment: str) -> str:
    """How long ago an ISO time was, in words."""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{count(int(seconds // size), unit)} ago"
    return "just now"
