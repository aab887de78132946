"""Times as people write them, and as machines count them, to unix seconds.

The unit of numbers, and whether the day or the month comes first in 7/8/2014, are decided by the
whole column, never by one row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

from recsys.errors import AmbiguousFileError, DataFormatError, Reading, shown

FORMS = (
    "seconds, ms, µs or ns since 1970, a spreadsheet's day numbers, years, or dates such as 2014-07-23,"
    " 2014/07/23 10:11, 23.07.2014, 7/23/2014 10:11 AM, 23-Jul-2014 or Jul 23, 2014 (best as YYYY-MM-DD)"
)
ORDERS = ("day-first", "month-first", "year-first")

_EARLIEST, _LATEST = 1e8, 4.2e9
"""Unix seconds of times that people's ratings have: 1973 to 2103."""
_DAY = 86_400
_EXCEL_EPOCH = -25_569 * _DAY
_UNITS: dict[str, tuple[float, float, float, float]] = {
    # name: (lowest, highest median, seconds of one, seconds at zero)
    "years": (1900, 2100, 0, 0),
    "days": (7_305, 24_999, _DAY, 0),
    "spreadsheet days": (29_221, 73_051, _DAY, _EXCEL_EPOCH),
    "s": (_EARLIEST, _LATEST, 1, 0),
    "ms": (_EARLIEST * 1e3, _LATEST * 1e3, 1e-3, 0),
    "µs": (_EARLIEST * 1e6, _LATEST * 1e6, 1e-6, 0),
    "ns": (_EARLIEST * 1e9, _LATEST * 1e9, 1e-9, 0),
}
NOTES = {
    "years": "Timestamps are years: each stands for its first of January.",
    "days": "Timestamps are days since 1970.",
    "spreadsheet days": "Timestamps are the day numbers of a spreadsheet.",
    "ms": "Timestamps are in milliseconds.",
    "µs": "Timestamps are in microseconds.",
    "ns": "Timestamps are in nanoseconds.",
    "compact": "Timestamps are dates without separators, such as 20140723101100.",
    "date": "Timestamps are dates.",
}

_WEEKDAY = r"(?i)^\s*(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_CLOCK = (
    r"(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(?:([ap])\.?m\.?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?\s*$"
)
_SEP, _ORDINAL = r"\s*[-/. ]\s*", r"(?:st|nd|rd|th)?"
_WITH_YEAR_FIRST = _WEEKDAY + r"(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})" + _CLOCK
_COMPACT = r"(?i)^\s*((?:19|20)\d{2})(\d{2})(\d{2})" + _CLOCK
_TRIPLE = _WEEKDAY + r"(\d{1,2})" + _SEP + r"(\d{1,2})\s*[-/., ]\s*(\d{4}|\d{2})" + _CLOCK
_DAY_NAMED = _WEEKDAY + rf"(\d{{1,2}}){_ORDINAL}[-/. ]+([a-z]{{3,9}})\.?[-/., ]+(\d{{4}}|\d{{2}})" + _CLOCK
_MONTH_NAMED = _WEEKDAY + rf"([a-z]{{3,9}})\.?[-/ ]+(\d{{1,2}}){_ORDINAL},?[-/ ]+(\d{{4}})" + _CLOCK
_UNIX_DATE = (
    _WEEKDAY
    + r"([a-z]{3})\s+(\d{1,2})\s+(\d{1,2}):(\d{2}):(\d{2})(?:\s+(UTC|GMT|Z|[+-]\d{4}))?\s+(\d{4})\s*$"
)
_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (_WITH_YEAR_FIRST, _COMPACT, _TRIPLE, _DAY_NAMED, _MONTH_NAMED, _UNIX_DATE)
)
_MONTHS = {
    name: place
    for place, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_ISO_FORMATS = ("%Y-%m-%d", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.f")
_OFFSET = r"(:\d\d(?:\.\d+)?)\s*(?:Z|UTC|[+-]\d\d(?::?\d\d)?)$"


@dataclass(frozen=True)
class TimeColumn:
    """A column of times, as messages call it.

    Attributes
    ----------
    source, column : str
    cure : str
        The option that leaves the column out.
    dates : str or None
        One of `ORDERS`, where it is stated.
    """

    source: str
    column: str
    cure: str
    dates: str | None = None

    def unreadable(self, why: str) -> DataFormatError:
        """The error where the values are no times."""
        return DataFormatError(
            f"{self.source}: the time column {self.column} {why}. Times are read as {FORMS}."
            f" Convert it, or leave it out with {self.cure}."
        )


def looks_like_date(text: str) -> bool:
    """True for a date in one of the forms that are read."""
    for pattern in _PATTERNS:
        match = pattern.match(text)
        if match is None:
            continue
        parts = [part for part in match.groups()[:3] if part]
        words = [part for part in parts if part.isalpha()]
        if any(word[:3].lower() not in _MONTHS for word in words):
            continue
        numbers = sorted(int(part) for part in parts if part.isdigit() and len(part) <= 2)
        if pattern is _PATTERNS[1] and not (1 <= int(parts[1]) <= 12 and 1 <= int(parts[2]) <= 31):
            continue
        return len(numbers) < 2 or numbers[0] <= 12
    return False


# Numbers ------------------------------------------------------------------------------------


def unit_of(numbers: pl.Series) -> str | None:
    """The unit of a column of numbers, by their median; None where they are no times of our age."""
    numbers = numbers.drop_nulls().cast(pl.Float64)
    numbers = numbers.filter(numbers.is_finite())
    median = numbers.median()
    if not isinstance(median, float):
        return None
    if 1.9e11 <= median <= 2.1e11 or 1.9e13 <= median <= 2.1e13 or 190_001 <= median <= 210_012:
        valid = _of_compact(numbers.to_frame("t"), "t").is_not_null().mean()
        if isinstance(valid, float) and valid > 0.95:
            return "compact"
    if 1900 <= median <= 2100 and (numbers != numbers.round()).any():
        return None
    return next((name for name, (low, high, *_) in _UNITS.items() if low <= median <= high), None)


def of_numbers(numbers: pl.Series, column: TimeColumn) -> tuple[pl.Series, str]:
    """Unix seconds of a column of numbers, and its unit; null where one is no time of our age.

    Raises
    ------
    DataFormatError
        Where the column as a whole is no time.
    """
    unit = unit_of(numbers)
    if unit is None:
        known = numbers.drop_nulls()
        median = known.median() if len(known) else None
        if median is None:
            raise column.unreadable("holds no times")
        day = _day_of(float(median))  # type: ignore[arg-type]
        raise column.unreadable(
            f"holds numbers such as {float(known[0]):.10g}: as unix seconds that is {day}, so the unit is"
            " another"
        )
    frame = numbers.to_frame("t")
    if unit == "compact":
        return _of_compact(frame, "t"), unit
    if unit == "years":
        years = pl.col("t").cast(pl.Int32, strict=False)
        valid = pl.when(years.is_between(1900, 2100)).then(years)
        return frame.select(pl.date(valid, 1, 1).cast(pl.Datetime("ms")).dt.epoch("s").alias("t"))["t"], unit
    _, _, one, zero = _UNITS[unit]
    seconds = (pl.col("t") / (1 / one) if one < 1 else pl.col("t") * one).floor() + zero
    timed = pl.when(seconds.is_between(_EARLIEST, _LATEST)).then(seconds).cast(pl.Int64, strict=False)
    return frame.select(timed.alias("t"))["t"], unit


def of_our_age(seconds: pl.Series) -> pl.Series:
    """Unix seconds from 1973 to 2103; null for others: 1970-01-01 and 1900-01-01 stand for no time."""
    return seconds.set(~seconds.is_between(_EARLIEST, _LATEST), None)


def _day_of(seconds: float) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return "no date at all"


def _of_compact(frame: pl.DataFrame, name: str) -> pl.Series:
    digits = pl.col(name).cast(pl.Int64, strict=False).cast(pl.String)
    full = pl.when(digits.str.len_bytes() == 6).then(digits + "01").otherwise(digits) + "000000"
    full = pl.when(digits.str.len_bytes().is_in([6, 8, 12, 14])).then(full.str.head(14))
    return frame.select(full.str.to_datetime("%Y%m%d%H%M%S", strict=False).dt.epoch("s").alias(name))[name]


# Dates --------------------------------------------------------------------------------------


def of_texts(texts: pl.Series, column: TimeColumn) -> tuple[pl.Series, tuple[str, ...]]:
    """Unix seconds of a column of dates, and notes; UTC where no offset is given; null for no date.

    Raises
    ------
    AmbiguousFileError
        Where the day and the month cannot be told apart.
    DataFormatError
        Where most of the column is no date.
    """
    frame = pl.DataFrame({"text": texts.str.strip_chars()})
    seconds = frame.select(_iso(pl.col("text")).alias("s"))["s"]
    left = frame.with_row_index("row").filter(seconds.is_null() & (frame["text"] != ""))
    notes: tuple[str, ...] = ()
    if left.height:
        found, notes = _of_written(left, column)
        seconds = seconds.scatter(left["row"], found)
    seconds = of_our_age(seconds)
    given = frame["text"].is_not_null() & (frame["text"] != "")
    if seconds.is_not_null().sum() * 2 < given.sum():
        example = frame.filter(given & seconds.is_null())["text"][0]
        raise column.unreadable(f"holds {shown(example, 40)!r}, which is no date since 1973")
    return seconds, notes


def _iso(text: pl.Expr) -> pl.Expr:
    plain = text.str.replace(_OFFSET, "$1").str.replace(r"(\d)T(\d)", "$1 $2")
    dates = [plain.str.to_datetime(form, strict=False, time_unit="ms") for form in _ISO_FORMATS]
    parts = text.str.extract_groups(r":\d\d(?:\.\d+)?\s*([+-])(\d\d):?(\d\d)?$").struct
    hours, minutes = (parts.field(name).cast(pl.Int64) for name in ("2", "3"))
    sign = pl.when(parts.field("1") == "-").then(-1).otherwise(1)
    ahead = sign * (3600 * hours + 60 * minutes.fill_null(0))
    return pl.when(text.str.contains(r"^\d{4}")).then(pl.coalesce(dates).dt.epoch("s") - ahead.fill_null(0))


def _of_written(frame: pl.DataFrame, column: TimeColumn) -> tuple[pl.Series, tuple[str, ...]]:
    text = pl.col("text")
    order, notes = _order(frame, column)
    places = {"day-first": (3, 2, 1), "month-first": (3, 1, 2), "year-first": (1, 2, 3)}[order or "day-first"]
    readings = [
        _seconds(text, _WITH_YEAR_FIRST, (1, 2, 3), (4, 5, 6, 7, 8)),
        _seconds(text, _COMPACT, (1, 2, 3), (4, 5, 6, 7, 8)),
        _seconds(text, _DAY_NAMED, (3, 2, 1), (4, 5, 6, 7, 8)),
        _seconds(text, _MONTH_NAMED, (3, 1, 2), (4, 5, 6, 7, 8)),
        _seconds(text, _UNIX_DATE, (7, 1, 2), (3, 4, 5, None, 6)),
    ]
    if order is not None:
        readings.append(_seconds(text, _TRIPLE, places, (4, 5, 6, 7, 8)))
    return frame.select(pl.coalesce(readings).alias("s"))["s"], notes


def _seconds(
    text: pl.Expr, pattern: str, date: tuple[int, int, int], clock: tuple[int | None, ...]
) -> pl.Expr:
    """Unix seconds of the dates that match a pattern, whose groups are named by their positions."""
    groups = text.str.extract_groups(pattern).struct

    def part(place: int | None) -> pl.Expr:
        return pl.lit(None, pl.String) if place is None else groups.field(str(place))

    year, month, day = (part(place) for place in date)
    hour, minute, second, half, zone = (part(place) for place in clock)
    short = year.cast(pl.Int32, strict=False)
    full = (
        pl.when(year.str.len_bytes() == 2)
        .then(short + pl.when(short < 70).then(2000).otherwise(1900))
        .otherwise(short)
    )
    named = month.str.to_lowercase().str.head(3).replace_strict(_MONTHS, default=None, return_dtype=pl.Int32)
    number = pl.coalesce(month.cast(pl.Int32, strict=False), named)
    hours = hour.cast(pl.Int32, strict=False).fill_null(0)
    late = half.str.to_lowercase() == "p"
    hours = pl.when(late & (hours < 12)).then(hours + 12).when(~late & (hours == 12)).then(0).otherwise(hours)
    padded = [
        value.cast(pl.String).str.zfill(width)
        for value, width in ((full, 4), (number, 2), (day.cast(pl.Int32, strict=False), 2), (hours, 2))
    ]
    stamp = pl.concat_str(
        *padded, minute.fill_null("00"), second.fill_null("00"), separator="-"
    ).str.to_datetime("%Y-%m-%d-%H-%M-%S", strict=False, time_unit="ms")
    offset = zone.str.extract_groups(r"([+-])(\d{2}):?(\d{2})?").struct
    ahead = 3600 * offset.field("2").cast(pl.Int64) + 60 * offset.field("3").cast(pl.Int64).fill_null(0)
    ahead = ahead * pl.when(offset.field("1") == "-").then(-1).otherwise(1)
    return stamp.dt.epoch("s") - ahead.fill_null(0)


def _order(frame: pl.DataFrame, column: TimeColumn) -> tuple[str | None, tuple[str, ...]]:
    """Which of three numbers is the day: as stated, or the only order in which all are dates.

    None where the column holds no dates of three short numbers.
    """
    groups = pl.col("text").str.extract_groups(_TRIPLE).struct
    parts = frame.select(
        *(groups.field(str(place)).cast(pl.Int32).alias(f"p{place}") for place in (1, 2, 3)),
        (groups.field("3").str.len_bytes() == 2).alias("short"),
        pl.col("text"),
    ).filter(pl.col("p1").is_not_null())
    if parts.is_empty():
        return None, ()
    if column.dates is not None:
        return column.dates, (f"Dates are {column.dates}, as stated.",)
    shares = _valid_shares(parts)
    best = max(shares.values())
    able = [order for order in ORDERS if shares[order] >= best and best > 0.5]
    if len(able) == 1:
        return able[0], (f"Dates are {able[0]}, told from the whole column.",)
    if able == ["day-first", "month-first"] and parts["text"].str.contains(r"^\s*\d+\.\s*\d+\.").all():
        return "day-first", ("Dates are day-first, as those with points are.",)
    if not able:
        raise column.unreadable(
            f"holds {shown(parts['text'][0], 40)!r}, and in no order are most of them dates"
        )
    telling = parts.filter(pl.col("p1") != pl.col("p2"))  # 3/3/2014 is the same day either way
    text = (parts if telling.is_empty() else telling)["text"][0]
    example = shown(text, 40)
    readings = [
        Reading(
            f"--dates {order}",
            f"{example} is {_as_day(text, order)}",
            (("timestamp", column.column),),
        )
        for order in able
    ]
    raise AmbiguousFileError(
        f"{column.source}: the dates of {column.column}, such as {example!r}, can be read in several ways,"
        " and no row of the column tells which is right",
        readings,
    )


def _valid_shares(parts: pl.DataFrame) -> dict[str, float]:
    """Share of the rows that are dates, and none of the future, in each order."""
    one, two, three = pl.col("p1"), pl.col("p2"), pl.col("p3")
    now = datetime.now(UTC).year
    late = pl.when(pl.col("short")).then(three.is_between(now - 1999, 69)).otherwise(three > now + 1)
    early = one.is_between(now - 1999, 69)
    valid = {
        "day-first": one.is_between(1, 31) & two.is_between(1, 12) & ~late,
        "month-first": one.is_between(1, 12) & two.is_between(1, 31) & ~late,
        "year-first": pl.col("short") & ~early & two.is_between(1, 12) & three.is_between(1, 31),
    }
    return {order: float(parts.select(test.mean()).item()) for order, test in valid.items()}


def _as_day(text: str, order: str) -> str:
    places = {"day-first": (3, 2, 1), "month-first": (3, 1, 2), "year-first": (1, 2, 3)}[order]
    seconds = pl.select(_seconds(pl.lit(text), _TRIPLE, places, (4, 5, 6, 7, 8))).item()
    return "no date" if seconds is None else _day_of(seconds)


def sample_kind(values: Sequence[str]) -> str | None:
    """What a sample of a time column is: "date", a unit of numbers, or None."""
    if sum(map(looks_like_date, values)) * 2 > len(values):
        return "date"
    texts = pl.Series(values, dtype=pl.String).str.strip_chars().str.replace(r"^(\d+),(\d+)$", "$1.$2")
    return unit_of(texts.cast(pl.Float64, strict=False))
