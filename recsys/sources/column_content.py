"""What a column holds, told from its values: ratings, times, or the ids of users and items."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

_AMAZON_USER = re.compile(r"A[A-Z0-9]{8,27}")
_AMAZON_ITEM = re.compile(r"B[0-9A-Z]{9}|[0-9]{9}[0-9X]")
_USER_WORD = re.compile(r"(?:u|user|usr|customer|cust|reviewer|member|client)[-_ ]?[0-9a-f]+", re.I)
_ITEM_WORD = re.compile(r"(?:i|item|p|prod|product|sku|article|movie|m|b|book)[-_ ]?[0-9a-f]+", re.I)
_DATE = re.compile(
    r"(19|20)\d{6}|\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
)

SHAPES = {
    "amazon": (_AMAZON_USER, _AMAZON_ITEM),
    "words": (_USER_WORD, _ITEM_WORD),
    "sample": (re.compile(r"U[2-9A-Z]{12}"), re.compile(r"P[2-9A-Z]{9}")),
}
_SURE = 0.9
_EARLIEST, _LATEST = 100_000_000.0, 1e14


def is_number(text: str) -> bool:
    """True for a finite decimal number."""
    return re.fullmatch(r"\s*[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?\s*", text) is not None


def is_date(text: str) -> bool:
    """True for an ISO 8601 date, with or without a time of day."""
    if _DATE.fullmatch(text.strip()) is None:
        return False
    try:
        datetime.fromisoformat(text.strip()[:10])
    except ValueError:
        return False
    return True


def share(values: Sequence[str], test: re.Pattern[str]) -> float:
    """Share of the values that match a pattern as a whole."""
    return sum(test.fullmatch(value) is not None for value in values) / max(1, len(values))


def is_time_column(values: Sequence[str]) -> bool:
    """True where nearly all values are dates, or numbers of the size of a time since 1973."""
    dates = sum(is_date(value) for value in values)
    seconds = sum(
        is_number(value) and _EARLIEST <= float(value.replace(",", ".")) <= _LATEST for value in values
    )
    return max(dates, seconds) >= _SURE * len(values) > 0


def is_rating_column(values: Sequence[str]) -> bool:
    """True where nearly all values are numbers of a rating's size."""
    small = [value for value in values if is_number(value) and abs(float(value.replace(",", "."))) <= 100]
    return len(small) >= 0.5 * len(values) > 0


def time_unit(values: Sequence[str]) -> str | None:
    """Unit of a time column: "s", "ms" or "date"; None where the values are no times."""
    if sum(is_date(value) for value in values) * 2 > len(values):
        return "date"
    numbers = sorted(float(value) for value in values if is_number(value) and "," not in value)
    if not numbers:
        return None
    return "ms" if numbers[len(numbers) // 2] > 1e11 else "s"


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
    return by_user or (item_alone and by_item)
