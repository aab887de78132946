"""Icons for kinds of products."""

from __future__ import annotations

import pytest

from recsys.data.sample.catalog import CATEGORIES
from recsys.ui.icons import _KINDS, kind, picture


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("Electronics > Headphones > Earbuds", "headphones"),
        ("Electronics > Computers > Gaming Mice", "mouse"),
        ("Electronics > Storage > Memory Cards", "sd_card"),
        ("Something > Never heard of", "inventory_2"),
        (None, "inventory_2"),
    ],
)
def test_the_category_gives_the_icon(category: str | None, name: str) -> None:
    assert kind({"category": category}) == name


def test_the_title_gives_it_where_the_category_does_not() -> None:
    assert kind({"category": "Misc", "title": "A 55-inch television"}) == "tv"


def test_every_kind_has_a_picture_and_every_category_of_the_sample_a_kind() -> None:
    for name in (*_KINDS, "inventory_2"):
        assert picture(name).startswith("data:image/svg+xml;base64,")
    assert "inventory_2" not in {kind({"category": category.path}) for category in CATEGORIES}
