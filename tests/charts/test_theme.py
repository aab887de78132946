"""Palette and template."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from recsys.charts import CONFIG, PALETTE, template
from recsys.charts.theme import as_pandas, new_figure


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


def test_tables_of_either_library_are_taken() -> None:
    assert as_pandas(pl.DataFrame({"x": [1]})).equals(pd.DataFrame({"x": [1]}))


ROOT = Path(__file__).parents[2]
SAME = {
    "primaryColor": "accent",
    "linkColor": "accent",
    "textColor": "text",
    "grayColor": "muted",
    "backgroundColor": "background",
    "secondaryBackgroundColor": "surface",
    "dataframeBorderColor": "grid",
    "dataframeHeaderTextColor": "muted",
    "blueColor": "accent",
    "greenColor": "accent",
    "codeTextColor": "text",
    "codeBackgroundColor": "surface",
}
"""Streamlit's name of a colour, and ours."""


@pytest.mark.parametrize("name", ["light", "dark"])
def test_streamlits_theme_has_the_colours_of_the_charts(name: str) -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"][name]
    assert {key: theme[key] for key in SAME} == {key: PALETTE[name][ours] for key, ours in SAME.items()}
    sidebar = {key: theme["sidebar"][key] for key in ("primaryColor", "linkColor", "textColor")}
    assert sidebar == {key: PALETTE[name][SAME[key]] for key in sidebar}
    first, *greys = theme["chartCategoricalColors"]
    assert first == PALETTE[name]["accent"]
    assert set(greys) <= set(PALETTE[name].values())
