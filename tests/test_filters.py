"""Each filter alone, all together, and as words of a URL."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import polars as pl
import pytest

from recsys.errors import FilterError
from recsys.filters import FILTERS, Filters

CATALOG = pl.DataFrame(
    {
        "item_id": ["a", "b", "c", "d"],
        "category": ["Audio", "Audio > Headphones", "Audiobooks", None],
        "brand": ["Acme", "Bolt", "Acme", None],
        "price": [5.0, 10.0, None, 20.0],
    },
    schema={"item_id": pl.String, "category": pl.String, "brand": pl.String, "price": pl.Float64},
)
COUNTS = np.array([1, 2, 3, 4])


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        (Filters(), "abcd"),
        (Filters(categories=("Audio",)), "ab"),
        (Filters(categories=("Audio > Headphones", "Audiobooks")), "bc"),
        (Filters(brands=("Acme",)), "ac"),
        (Filters(min_price=10), "bd"),
        (Filters(max_price=10), "ab"),
        (Filters(min_price=0), "abd"),
        (Filters(min_ratings=3), "cd"),
        (Filters(brands=("Acme",), min_ratings=2), "c"),
        (Filters(brands=("Acme",), min_price=6), ""),
    ],
)
def test_an_item_passes_where_it_passes_every_filter(filters: Filters, passing: str) -> None:
    mask = filters.mask(CATALOG, COUNTS)
    assert "".join(CATALOG["item_id"].filter(mask)) == passing


def test_every_field_is_one_filter_and_every_word_stands_for_one() -> None:
    assert [one.name for one in FILTERS] == [entry.name for entry in fields(Filters)]
    words = [word for one in FILTERS for word in (one.word, *one.old_words)]
    assert len(set(words)) == len(words)


def test_the_items_that_pass_each_filter_are_counted() -> None:
    passing = Filters(brands=("nobody",), min_ratings=2).passing(CATALOG, COUNTS)
    assert passing == {"Brand: nobody": 0, "Fewest ratings: 2": 3}
    together = Filters(brands=("Acme",), min_price=6).passing(CATALOG, COUNTS)
    assert together == {"Brand: Acme": 2, "Lowest price: 6": 2}


def test_a_long_value_is_cut_in_a_sentence() -> None:
    (words,) = Filters(brands=("x" * 1_000_000,)).passing(CATALOG, COUNTS)
    assert len(words) < 100


def test_words_give_the_filters_back() -> None:
    filters = Filters(("Audio", "Books & more"), ("Acme",), 0.5, 1_234_567.25, 10)
    assert Filters.from_words(filters.words()) == filters
    assert Filters().words() == {}
    assert Filters.from_words({}) == Filters()


def test_words_of_older_urls_are_understood_and_unknown_ones_ignored() -> None:
    old = {"cheapest": "5", "dearest": "9.5", "least": "3", "category": "Audio", "page": "2"}
    assert Filters.from_words(old) == Filters(("Audio",), (), 5.0, 9.5, 3)
    assert Filters.from_words({"min_price": "7", "cheapest": "5"}).min_price == 7


@pytest.mark.parametrize("text", ["much", "nan", "inf", "1e400"])
def test_a_price_that_is_no_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(FilterError, match="min_price"):
        Filters.from_words({"min_price": text})


def test_one_name_given_alone_is_not_taken_apart() -> None:
    assert Filters(brands="Acme") == Filters(brands=("Acme",))  # type: ignore[arg-type]
    assert Filters(brands=["Acme"]) == Filters(brands=("Acme",))  # type: ignore[arg-type]
