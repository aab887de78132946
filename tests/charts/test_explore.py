"""Exploration charts of tables that are known by hand, and of the sample store in both themes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from recsys import charts
from recsys.charts.theme import Theme
from recsys.data.profile.tables import count_table, long_tail
from tests.charts.conftest import Check, Tables

CHARTS = [
    "rating_distribution", "ratings_per_user", "ratings_per_item", "long_tail", "sparsity", "generosity",
    "categories",
]  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", CHARTS)
def test_charts_of_the_sample_store_are_sound(tables: Tables, check: Check, name: str, theme: Theme) -> None:
    check(getattr(charts, name)(tables[name], theme))
    sentence = getattr(charts, f"{name}_sentence")(tables[name])
    assert sentence.endswith(".")
    assert "nan" not in sentence


@pytest.mark.parametrize("name", CHARTS)
def test_pandas_and_polars_give_the_same_figure(tables: Tables, name: str) -> None:
    draw = getattr(charts, name)
    assert draw(tables[name], "light").to_json() == draw(tables[name].to_pandas(), "light").to_json()


def ratings(counts: dict[float, int]) -> pd.DataFrame:
    frame = pd.DataFrame({"rating": list(counts), "count": list(counts.values())})
    return frame.assign(share=frame["count"] / frame["count"].sum())


def test_rating_title_names_the_commonest_star() -> None:
    table = ratings({1: 10, 4: 30, 5: 60})
    assert charts.rating_distribution(table).layout.title.text == "60% of ratings are five stars"
    said = charts.rating_distribution_sentence(table)
    assert all(fact in said for fact in ("60% are five stars", "10% are one star", "4.30"))


def test_one_single_rating_value_is_said_to_say_little(check: Check) -> None:
    table = ratings({1: 25})
    check(charts.rating_distribution(table))
    assert charts.rating_distribution_sentence(table).startswith("All 25 ratings are the same")


def test_users_with_one_rating_lead_the_title_where_they_are_many() -> None:
    table = count_table(np.array([1] * 70 + [4] * 30))
    assert charts.ratings_per_user(table).layout.title.text == "70% of users rated one product only"
    assert "rated 4." in charts.ratings_per_user_sentence(table)


def test_median_leads_the_title_where_they_are_few() -> None:
    table = count_table(np.array([1] * 10 + [7] * 90))
    assert charts.ratings_per_item(table).layout.title.text == "Half of products have 7 ratings or more"


def test_counts_are_on_logarithmic_axes(tables: Tables) -> None:
    layout = charts.ratings_per_item(tables["ratings_per_item"]).layout
    assert (layout.xaxis.type, layout.yaxis.type) == ("log", "log")


def test_everybody_with_one_rating_is_drawn(check: Check) -> None:
    check(charts.ratings_per_user(count_table(np.ones(10, dtype=np.int64))))


def test_long_tail_title_gives_the_share_that_makes_80_percent() -> None:
    table = long_tail(np.array([80] + [1] * 20))
    assert charts.long_tail(table).layout.title.text == "4.8% of products make 80% of the ratings"


def test_sparsity_is_told_as_a_field() -> None:
    table = pl.DataFrame(
        {
            "users_from": [0.0, 0.5], "users_to": [0.5, 1.0],
            "items_from": [0.0, 0.0], "items_to": [1.0, 1.0],
            "cells": [5_000, 5_000], "ratings": [100, 0], "density": [0.02, 0.0],
        }
    )  # fmt: skip
    assert charts.sparsity(table).layout.title.text == "1 in 100 user–product pairs is rated"
    assert "a square 10 m wide" in charts.sparsity_sentence(table)
    assert "none" in charts.sparsity(table).to_json()


def test_generosity_finds_the_median_user() -> None:
    table = pd.DataFrame({"low": [1.0, 2.0, 3.0, 4.0], "high": [2.0, 3.0, 4.0, 5.0], "users": [0, 0, 10, 10]})
    table["min_ratings"] = 5
    assert charts.generosity(table).layout.title.text == "Half of users average 4.0 stars or more"
    assert "Of 20 users with 5 ratings or more" in charts.generosity_sentence(table)


def test_categories_with_markup_stay_text(check: Check, hostile: str) -> None:
    table = pd.DataFrame(
        {
            "category": [hostile, "Shop > Plain"],
            "n_items": [3, 4],
            "n_ratings": [30, 20],
            "mean_rating": [4.0, 3.5],
        }
    )
    check(charts.categories(table))
    assert charts.categories_sentence(table).endswith("Plain the lowest (3.50).")
