"""Text and numbers as people read them."""

from __future__ import annotations

import pytest

from recsys.charts.text import compact, count, decimals, escape_plotly, one_in, percent, plain, stars


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;"),
        ("Cable & plug", "Cable &amp; plug"),
        ("$x^2$", "&#36;x^2&#36;"),
        ("two\nlines\tand  spaces", "two lines and spaces"),
        ("5.1 Ω – ★", "5.1 Ω – ★"),
    ],
)
def test_escape_keeps_markup_and_tex_as_text(text: str, safe: str) -> None:
    assert escape_plotly(text) == safe


def test_escape_cuts_before_it_escapes() -> None:
    assert escape_plotly("a<" * 50, 5) == "a&lt;a&lt;…"


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.583, "58%"), (0.0421, "4.2%"), (0.00039, "0.039%"), (0, "0%"), (1, "100%"), (3e-8, "3.0e-06%")],
)
def test_percent_keeps_two_figures_of_small_shares(share: float, words: str) -> None:
    assert percent(share) == words


@pytest.mark.parametrize(
    ("share", "words", "short"),
    [
        (0, "none", "none"),
        (0.81, "81%", "81%"),
        (0.25, "1 in 4", "25%"),
        (1 / 256, "1 in 260", "1 in 260"),
        (1 / 256_410, "1 in 260,000", "1 in 260k"),
    ],
)
def test_odds_in_words(share: float, words: str, short: str) -> None:
    assert (one_in(share), one_in(share, short=True)) == (words, short)


def test_numbers_and_stars_in_words() -> None:
    assert [compact(n) for n in (0, 950, 8_000, 12_000, 476_002, 4_400_000, 1.2e9)] == [
        "0", "950", "8,000", "12k", "476k", "4.4M", "1.2B",
    ]  # fmt: skip
    assert [count(1, "rating"), count(1_234, "rating")] == ["1 rating", "1,234 ratings"]
    assert (stars(5), stars(1.0), stars(3.5)) == ("five stars", "one star", "3.5 stars")


def test_long_text_is_cut_and_lines_are_joined() -> None:
    assert plain("a\n b\t c") == "a b c"
    assert plain("word " * 30, 20) == "word word word word…"


def test_a_megabyte_is_cut_at_once_and_unseen_characters_are_dropped() -> None:
    assert len(plain("word " * 200_000)) <= 80
    assert len(escape_plotly("$" * 1_000_000)) <= 200 * len("&#36;")
    assert plain("\u202eabc\u2066\x1b[31m") == "abc[31m"


def test_no_zero_has_a_sign_unless_every_number_has_one() -> None:
    assert [decimals(value, 3) for value in (-0.0, -0.0004, -0.0006)] == ["0.000", "0.000", "-0.001"]
    assert decimals(-0.0004, 3, sign=True) == "+0.000"
