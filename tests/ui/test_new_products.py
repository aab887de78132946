"""Products that nobody has rated yet, on every page that shows products."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys import Recommender
from recsys.data.sample.files import N_NEW
from recsys.ui.new_products import TITLE
from tests.ui.conftest import Open


@pytest.fixture(scope="module")
def store(sample_artifacts: Path) -> Recommender:
    return Recommender.open(sample_artifacts)


def test_the_sample_store_has_some(store: Recommender) -> None:
    assert len(store.new.products) == N_NEW
    assert store.new.why_off == ""


def test_a_users_page_lists_them_apart(studio: Open, sample_artifacts: Path, store: Recommender) -> None:
    user = store.example_users().user_id[0]
    app = studio(sample_artifacts, "recommend", user=user)
    assert not app.exception
    assert TITLE in [each.value for each in app.subheader]
    listed = next(each.value for each in app.dataframe if each.proto.alt.startswith("New products for"))
    assert listed["n_ratings"].eq(0).all() if "n_ratings" in listed else len(listed) == 5


def test_the_page_of_one_opens_and_says_what_it_rests_on(
    studio: Open, sample_artifacts: Path, store: Recommender
) -> None:
    item = store.new.products.ids.id(0)
    app = studio(sample_artifacts, "similar", item=item)
    assert not app.exception
    assert any(each.value.startswith("No ratings yet") for each in app.caption)
    names = [each.proto.alt for each in app.dataframe]
    assert names[-2:] == ["Similar products", "Similar new products"]


def test_the_search_box_finds_them(studio: Open, sample_artifacts: Path, store: Recommender) -> None:
    item = store.new.products.ids.id(0)
    app = studio(sample_artifacts, "similar", item=item[:-1])
    assert not app.exception
    found = next(each.value for each in app.dataframe if each.proto.alt == "Products found")
    assert len(found) >= 1


def test_the_quality_page_says_how_good_they_are(studio: Open, sample_artifacts: Path) -> None:
    app = studio(sample_artifacts, "quality", quality_view="New products")
    assert not app.exception
    assert any("lost all their ratings" in each.value.replace("\\", "") for each in app.caption)
