"""Palette, template, and text from data that must stay text."""

from __future__ import annotations

import pandas as pd
import polars as pl
import pytest

from recsys.charts import CONFIG, PALETTE, escape, template
from recsys.charts.theme import as_pandas, new_figure, one_in, percent, si, stars


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
    assert escape(text) == safe


def test_escape_cuts_before_it_escapes() -> None:
    assert escape("a<" * 50, 5) == "a&lt;a&lt;…"


def test_both_themes_name_the_same_colours() -> None:
    assert set(PALETTE["light"]) == set(PALETTE["dark"])
    assert PALETTE["light"]["accent"] != PALETTE["dark"]["accent"]


def test_templates_differ_by_theme_and_are_made_once() -> None:
    assert template("light") is template("light")
    assert template("light").layout.font.color != template("dark").layout.font.color


def test_toolbar_is_hidden() -> None:
    assert CONFIG["displayModeBar"] is False


def test_long_titles_are_wrapped_and_escaped() -> None:
    title = new_figure("<i>" + "word " * 30, "light").layout.title.text
    assert "<br>" in title
    assert "<i>" not in title


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
    assert [si(n) for n in (950, 12_000, 4_400_000, 1.2e9)] == ["950", "12k", "4.4M", "1.2B"]
    assert (stars(5), stars(1.0), stars(3.5)) == ("five stars", "one star", "3.5 stars")


def test_tables_of_either_library_are_taken() -> None:
    assert as_pandas(pl.DataFrame({"x": [1]})).equals(pd.DataFrame({"x": [1]}))
