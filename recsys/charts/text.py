"""Text and numbers as people read them, for charts and pages alike."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from recsys.evaluation.choice import ITEM_KNN, POPULAR, SEQUENTIAL, STATIC

_UNSEEN = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of the text around them."""

_WHAT = {
    SEQUENTIAL: "What a user rated last counts most, and so does what people go on to rate after it.",
    STATIC: "Uses everything a user rated. Order does not matter.",
    ITEM_KNN: "Lists products that share raters with what a user rated.",
    POPULAR: "Everybody gets the products with the most ratings.",
}
"""What a ranker does, in a line."""


def plain(text: object, limit: int = 80) -> str:
    """One line of text, cut with an ellipsis where it is longer than `limit`."""
    # Cut first, so that a title of a megabyte takes no longer than others.
    line = " ".join(_UNSEEN.sub("", str(text)[: 10 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def decimals(value: float, digits: int, *, sign: bool = False) -> str:
    """A number with so many decimals; a zero has no sign, unless `sign` gives every number one.

    >>> decimals(-0.0001, 3), decimals(-0.0001, 3, sign=True)
    ('0.000', '+0.000')
    """
    return f"{round(float(value), digits) + 0.0:{'+' if sign else ''}.{digits}f}"


def escape_plotly(text: object, limit: int = 200) -> str:
    """Text from data as plain text in Plotly's labels, titles and hover boxes.

    Plotly renders a subset of HTML there, and TeX between dollar signs.

    Parameters
    ----------
    limit : int
        Longer texts are cut, with an ellipsis.
    """
    return html.escape(plain(text, limit), quote=False).replace("$", "&#36;")


def count(n: int, one: str, many: str | None = None) -> str:
    """A grouped number with its noun: 1 rating, 1,234 ratings."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def compact(number: float) -> str:
    """A number in few characters: 950, 8,000, 12k, 476k, 7.82M, 1.2B."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= max(size, 1e4):
            return f"{number / size:.3g}{letter}"
    return f"{number:,.0f}" if abs(number) >= 1e3 else f"{number:.3g}"


def percent(share: float) -> str:
    """A share as a percentage, with two digits where it is small: 58%, 4.2%, 0.039%."""
    if share <= 0 or share >= 0.0495:
        return f"{share:.0%}"
    if share >= 0.01:
        return f"{share:.1%}"
    return f"{100 * share:.2g}%" if share >= 1e-6 else f"{100 * share:.1e}%"


def one_in(share: float, *, short: bool = False) -> str:
    """A share as "1 in 260", for shares too small for percentages; `short`: 1 in 260k."""
    if share <= 0:
        return "none"
    odds = 1 / share
    if odds < 10:
        return percent(share) if short or odds < 2 else f"1 in {odds:.2g}"
    step = 10 ** max(0, len(str(int(odds))) - 2)
    rounded = round(odds / step) * step
    return f"1 in {compact(rounded) if short else f'{rounded:,}'}"


def stars(value: float) -> str:
    """A rating in words: "five stars", "3.5 stars"."""
    words = {1: "one star", 2: "two stars", 3: "three stars", 4: "four stars", 5: "five stars"}
    return words.get(cast(int, value), f"{value:.3g} stars")


def ranker_name(name: str) -> str:
    """A ranker as people read it: "Sequential model" for "sequential"."""
    return f"{name.capitalize()} model" if name in (SEQUENTIAL, STATIC) else name


def ranker_line(name: str) -> str:
    """The name of a ranker and what it does."""
    return f"{ranker_name(name)}: {what}" if (what := _WHAT.get(name)) else ranker_name(name)


def age_words(age: int) -> str:
    """How long ago a product was rated, in products: "last", "2nd last", "3rd last"."""
    if age == 1:
        return "last"
    suffix = "th" if age % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(age % 10, "th")
    return f"{age:,}{suffix} last"


def because_line(reasons: Iterable[Mapping[Any, Any]]) -> str:
    """The products that a recommendation comes from, with when each was rated where the order counts."""
    parts = [
        name_of(reason, 60) + (f" ({age_words(reason['age'])})" if "age" in reason else "")
        for reason in reasons
    ]
    return plain("; ".join(parts), 200)


def name_of(item: Mapping[Any, Any], limit: int = 80) -> str:
    """An item's title where it has one, else its id; plain text."""
    title = item.get("title")
    return plain(title if isinstance(title, str) and title else item["item_id"], limit)


def day(seconds: int) -> str:
    """Unix seconds as a day, such as 3 May 2014."""
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return f"{moment.day} {moment:%b %Y}"


def day_of(moment: str) -> str:
    """The day of an ISO time, as `day` gives it."""
    return day(int(datetime.fromisoformat(moment).timestamp()))


def span(first: str, last: str) -> str:
    """Two days, as `day` gives them, as a span of years, or of months within a year."""
    if first[-4:] != last[-4:]:
        return f"{first[-4:]} – {last[-4:]}"
    return f"{first[-8:-5]} – {last[-8:]}" if first[-8:] != last[-8:] else last[-8:]
