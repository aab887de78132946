"""What a column holds, told from its values: ratings, times, or the ids of users and items."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from recsys.sources import times

_AMAZON_USER = re.compile(r"A[A-Z0-9]{8,27}")
_AMAZON_ITEM = re.compile(r"B[0-9A-Z]{9}|[0-9]{9}[0-9X]")
_USER_WORD = re.compile(r"(?:u|user|usr|customer|cust|reviewer|member|client)[-_ ]?[0-9a-f]+", re.I)
_ITEM_WORD = re.compile(r"(?:i|item|p|prod|product|sku|article|movie|m|b|book)[-_ ]?[0-9a-f]+", re.I)

SHAPES = {
    "amazon": (_AMAZON_USER, _AMAZON_ITEM),
    "words": (_USER_WORD, _ITEM_WORD),
    "sample": (re.compile(r"U[2-9A-Z]{12}"), re.compile(r"P[2-9A-Z]{9}")),
}
_THOUSANDS = re.compile(r"(?<=\d)[.,'’\s](?=\d{3}(?!\d))")
_SURE = 0.9
_MOST_LEVELS = 21
"""Different values that a column of ratings has at most: 0 to 10 in halves, or 0 to 100 in fives."""
_HIGHEST = 100.0

_MISSING = ("null", "none", "nan", "n/a", "#n/a", "<na>", "nat", "nil", "(null)", "[null]", "(none)", "\\n")
_ERRORS = ("#NULL!", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "NaN", "NaT", "<NA>", "\\N")
MISSING = tuple(
    sorted({form for word in _MISSING for form in (word, word.upper(), word.capitalize())} | {*_ERRORS})
)
"""Words that only mean that there is no value."""
DOUBTFUL = (
    "NA",
    "na",
    "-",
    "--",
    "?",
    ".",
    "unknown",
    "Unknown",
    "anonymous",
    "Anonymous",
    "undefined",
    "missing",
)
"""Words that may be an id, and mean that there is none where they are by far the most frequent."""
CUT = r"^\d(?:[.,]\d+)?[eE]\+\d{2,3}$|^\d{16,}\.0$"
"""A long number as a spreadsheet shows it, or as a decimal: several ids have become the same text."""


def is_number(text: str) -> bool:
    """True for a finite decimal number."""
    plain = re.fullmatch(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*", text)
    return plain is not None and math.isfinite(to_number(text))


def to_number(text: str) -> float:
    """The number that a text with `is_number` is, with a decimal point or comma."""
    return float(text.replace(",", "."))


def share(values: Sequence[str], test: re.Pattern[str]) -> float:
    """Share of the values that match a pattern as a whole."""
    return sum(test.fullmatch(value) is not None for value in values) / max(1, len(values))


def share_of_numbers(values: Sequence[str]) -> float:
    """Share of the values, other than missing ones, that are numbers."""
    values = given(values)
    plain = [re.sub(_THOUSANDS, "", value) for value in values]
    return sum(map(is_number, plain)) / max(1, len(values))


def given(values: Sequence[str]) -> list[str]:
    """The values that are not missing."""
    return [value for value in values if value.strip() and value not in MISSING]


def is_time_column(values: Sequence[str]) -> bool:
    """True where nearly all values are dates, or numbers of the size of a time since 1973."""
    values = given(values)
    if not values:
        return False
    dates = sum(times.looks_like_date(value) for value in values)
    if dates >= _SURE * len(values):
        return True
    numbers = [to_number(value) for value in values if is_number(value)]
    return sum(1e8 <= number <= 4.2e18 for number in numbers) >= _SURE * len(values) and any(
        low * 1e8 <= sorted(numbers)[len(numbers) // 2] <= low * 4.2e9 for low in (1, 1e3, 1e6, 1e9)
    )


def says_yes_or_no(values: Sequence[str]) -> bool:
    """True where all values are 0 and 1, or false and true, and both are there."""
    found = {value.lower().removesuffix(".0") for value in given(values)}
    return found in ({"0", "1"}, {"false", "true"})


def are_titles(values: Sequence[str], several_words: bool) -> bool:
    """True where most values are different texts, and no numbers, dates or addresses."""
    values = given(values)
    texts = [
        value
        for value in values
        if not (is_number(value) or times.looks_like_date(value) or value.startswith("http"))
        and (" " in value or not several_words)
    ]
    return len(texts) >= 0.5 * len(values) > 0 and len(set(texts)) >= 0.5 * len(texts)


def are_lists(values: Sequence[str]) -> bool:
    """True where many values are several words with a bar between them, as `Comedy|Drama`."""
    return sum("|" in value for value in values) >= 0.2 * len(values) > 0


def is_rating_column(values: Sequence[str]) -> bool:
    """True where most values are numbers of a rating's size."""
    values = given(values)
    small = [value for value in values if is_number(value) and abs(to_number(value)) <= _HIGHEST]
    return len(small) >= 0.5 * len(values) > 0


def looks_like_ratings(values: Sequence[str]) -> bool:
    """True where nearly all values are numbers, few and small, and more than two: a scale.

    Ratings are few values that come again and again.
    """
    values = given(values)
    numbers = {to_number(value) for value in values if is_number(value)}
    n_numbers = sum(is_number(value) for value in values)
    if not values or n_numbers < _SURE * len(values) or not 3 <= len(numbers) <= _MOST_LEVELS:
        return False
    low, high = min(numbers), max(numbers)
    small = high - low <= 10 and low >= -10 and high <= 10
    hundred = low >= 0 and high <= _HIGHEST and all(number % 5 == 0 for number in numbers)
    doubled = all(number * 4 == int(number * 4) for number in numbers)
    return doubled and (small or hundred)


def order_by_shape(first: Sequence[str], second: Sequence[str]) -> tuple[bool, str] | None:
    """(swapped, kind of ids) where the ids themselves tell users from items, else None."""
    for kind, shapes in SHAPES.items():
        straight = _points_to(first, second, shapes, kind != "amazon")
        swapped = _points_to(second, first, shapes, kind != "amazon")
        if straight != swapped:
            return swapped, kind
    return None


def _points_to(
    users: Sequence[str],
    items: Sequence[str],
    shapes: tuple[re.Pattern[str], re.Pattern[str]],
    item_alone: bool,
) -> bool:
    """True where one column has the shape of its role and the other has not."""
    user, item = shapes
    by_user = share(users, user) >= _SURE and share(items, user) <= 1 - _SURE
    by_item = share(items, item) >= _SURE and share(users, item) <= 1 - _SURE
    # Many words begin with A: an Amazon user stands beside an Amazon item.
    return (by_user and (item_alone or share(items, item) >= 0.5)) or (item_alone and by_item)
