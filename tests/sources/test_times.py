"""Times in every unit, and dates as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.errors import AmbiguousFileError, DataFormatError
from recsys.sources import times
from recsys.sources.times import TimeColumn

COLUMN = TimeColumn("r.csv", "when", "--columns user,item,rating,-")
MORNING = int(datetime(2014, 7, 23, 10, 11, tzinfo=UTC).timestamp())
DAY = MORNING - MORNING % 86_400


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2014/07/23", DAY),
        ("2014.07.23 10:11", MORNING),
        ("23.07.2014", DAY),
        ("23/07/2014 10:11", MORNING),
        ("7/23/2014 10:11 AM", MORNING),
        ("7/23/2014, 10:11:00 PM", MORNING + 43_200),
        ("7/23/2014 12:00 AM", DAY),
        ("23-Jul-2014", DAY),
        ("Jul 23, 2014", DAY),
        ("July 23rd, 2014 10:11 a.m.", MORNING),
        ("23 July 2014 10:11", MORNING),
        ("Wed, 23 Jul 2014 10:11:00 GMT", MORNING),
        ("Wed Jul 23 10:11:00 2014", MORNING),
        ("20140723 10:11", MORNING),
        ("2014-07-23 10:11:00.5+00", MORNING),
        ("2014-07-23 12:11:00+02", MORNING),
        ("Wed Jul 23 03:11:00 -0700 2014", MORNING),
        ("07 23, 2014", DAY),
    ],
)
def test_dates_as_people_write_them(text: str, seconds: int) -> None:
    assert times.looks_like_date(text)
    found, _ = times.of_texts(pl.Series([text, "nonsense", text]), COLUMN)
    assert found.to_list() == [seconds, None, seconds]


@pytest.mark.parametrize("text", ["yesterday", "12", "1.2", "B000123456", "99/99/2014", "foo 12, 2014", ""])
def test_what_is_no_date(text: str) -> None:
    assert not times.looks_like_date(text)


FORMS = {
    "day-first": "{0.day}/{0.month}/{0.year}",
    "month-first": "{0.month:02d}-{0.day:02d}-{0.year}",
}


@pytest.mark.parametrize("order", FORMS)
@settings(deadline=None)
@given(days=st.lists(st.dates(date(1995, 1, 1), date(2025, 12, 31)), min_size=1, max_size=30))
def test_the_order_of_day_and_month_is_told_from_the_whole_column_or_asked(
    order: str, days: list[date]
) -> None:
    texts = pl.Series([FORMS[order].format(day) for day in days])
    truth = [int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) for day in days]
    if all(day.day <= 12 for day in days):
        with pytest.raises(AmbiguousFileError) as asked:
            times.of_texts(texts, COLUMN)
        assert [reading.option for reading in asked.value.readings] == [
            "--dates day-first",
            "--dates month-first",
        ]
        column = TimeColumn(COLUMN.source, COLUMN.column, COLUMN.cure, order)
        assert times.of_texts(texts, column)[0].to_list() == truth
    else:
        assert times.of_texts(texts, COLUMN)[0].to_list() == truth


def test_two_digits_of_a_year_that_could_be_a_day_are_asked_about() -> None:
    with pytest.raises(AmbiguousFileError, match="year-first"):
        times.of_texts(pl.Series(["23/07/14", "22/07/14"]), COLUMN)


UNITS = {"s": 1.0, "ms": 1e3, "µs": 1e6, "ns": 1e9}


@pytest.mark.parametrize("unit", UNITS)
@settings(deadline=None)
@given(seconds=st.lists(st.integers(700_000_000, 1_900_000_000), min_size=1, max_size=20))
def test_the_unit_of_unix_times_is_found(unit: str, seconds: list[int]) -> None:
    numbers = pl.Series([second * UNITS[unit] for second in seconds], dtype=pl.Float64)
    found, known = times.of_numbers(numbers, COLUMN)
    assert known == unit
    assert all(abs(one - other) <= 1 for one, other in zip(found.to_list(), seconds, strict=True))


@pytest.mark.parametrize(
    ("number", "unit", "seconds"),
    [
        (41_843.0, "spreadsheet days", DAY),
        (16_274.0, "days", DAY),
        (2014.0, "years", int(datetime(2014, 1, 1, tzinfo=UTC).timestamp())),
        (20_140_723_101_100.0, "compact", MORNING),
        (201_407.0, "compact", int(datetime(2014, 7, 1, tzinfo=UTC).timestamp())),
    ],
)
def test_other_units_are_found(number: float, unit: str, seconds: int) -> None:
    found, known = times.of_numbers(pl.Series([number, number, None]), COLUMN)
    assert (found.to_list(), known) == ([seconds, seconds, None], unit)


@pytest.mark.parametrize("numbers", [[1.0, 2.0, 3.0], [37.0] * 3, [389_000.0] * 3, [0.0, 0.5]])
def test_numbers_that_are_no_times_of_our_age_are_refused(numbers: list[float]) -> None:
    with pytest.raises(DataFormatError, match=r"1970.*ms.*--columns user,item,rating,-"):
        times.of_numbers(pl.Series(numbers), COLUMN)


def test_a_zero_among_times_is_no_time() -> None:
    numbers = pl.Series([0.0, 1_400_000_000.0, 1_400_000_001.0])
    assert times.of_numbers(numbers, COLUMN)[0].to_list() == [None, 1_400_000_000, 1_400_000_001]


def test_days_before_our_age_stand_for_no_time() -> None:
    texts = pl.Series(["1970-01-01", "2014-07-23", "1900-01-01 00:00:00", "2014-07-23"])
    assert times.of_texts(texts, COLUMN)[0].to_list() == [None, DAY, None, DAY]
    with pytest.raises(DataFormatError, match="since 1973"):
        times.of_texts(pl.Series(["1970-01-01"] * 3), COLUMN)


def test_day_numbers_with_a_decimal_comma_are_times() -> None:
    assert times.sample_kind(["44485,872685", "42200,5"]) == "spreadsheet days"


def test_a_column_of_words_is_refused_with_the_forms_that_are_read() -> None:
    with pytest.raises(DataFormatError, match=r"yesterday.*YYYY-MM-DD.*--columns"):
        times.of_texts(pl.Series(["yesterday"] * 3), COLUMN)


def test_no_date_lies_far_in_the_future() -> None:
    late = (datetime.now(UTC) + timedelta(days=1_500)).year
    texts = pl.Series([f"03/04/{late}"])
    with pytest.raises(DataFormatError):
        times.of_texts(texts, COLUMN)
