"""Numbers as people write them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from recsys.data.clean import load_interactions
from recsys.sources.column_content import is_number, looks_like_ratings
from recsys.sources.numbers import parse


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        ("4|5.5| 3 |1e2|+2|-1", [4, 5.5, 3, 100, 2, -1]),
        ("1,234|12,345,678.5|987", [1234, 12345678.5, 987]),
        ("1 234|1\u00a0234|1\u202f234|1'234", [1234] * 4),
        ("80%|5 %|12.5%", [80, 5, 12.5]),
        ("4/5|3.5 / 5|1/5", [4, 3.5, 1]),
        ("4.0 out of 5 stars|5.0 out of 5 stars", [4, 5]),
        ("4 stars|5 stars", [4, 5]),
        ("true|False|TRUE", [1, 0, 1]),
        ("liked it||nan|up|1,2,3", [None, None, float("nan"), None, None]),
        # Of two scales, neither is the scale of the column.
        ("4/5|8/10", [None, None]),
        ("80%|4|3|5", [None, 4, 3, 5]),
    ],
)
def test_a_number_is_read_in_the_form_of_its_column(texts: str, numbers: list[float | None]) -> None:
    assert parse(pl.Series(texts.split("|"))).equals(pl.Series(numbers, dtype=pl.Float64))


def test_points_group_thousands_where_a_comma_is_decimal() -> None:
    assert parse(pl.Series(["1.234,5", "4,5", "7"]), decimal_comma=True).to_list() == [1234.5, 4.5, 7]


@pytest.mark.parametrize(
    ("name", "delimiter", "form"),
    [("a.csv", ",", '"{:,}"'), ("a.tsv", "\t", "{:,}"), ("a.txt", ";", "{:,}.5"), ("a.jsonl", "", "{:,}")],
)
def test_thousands_are_read_from_every_kind_of_text(
    name: str, delimiter: str, form: str, tmp_path: Path
) -> None:
    numbers = [1_200 + 300 * n for n in range(12)]
    rows = [(f"u{n % 4}", f"i{n // 4}", form.format(number)) for n, number in enumerate(numbers)]
    swapped = str.maketrans({",": ".", ".": ","}) if delimiter == ";" else {}
    if delimiter:
        lines = [delimiter.join(["user", "item", "plays"])]
        lines += [delimiter.join((user, item, number.translate(swapped))) for user, item, number in rows]
    else:
        lines = [
            f'{{"user": "{user}", "item": "{item}", "plays": "{number}"}}' for user, item, number in rows
        ]
    (tmp_path / name).write_text("\n".join(lines) + "\n")
    data, report = load_interactions(tmp_path / name)
    assert report.n_rejected == 0
    assert sorted(data.ratings.astype(int)) == numbers


def test_numbers_beyond_all_bounds_are_none() -> None:
    assert [is_number(text) for text in ("1e30", "1e999", "nan", "1.", ".5", "1,5", "-")] == [
        True, False, False, True, True, True, False,
    ]  # fmt: skip
    assert not looks_like_ratings(["1", "2", "3", "1e999"] * 9)
