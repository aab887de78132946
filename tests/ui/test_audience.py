"""The audience page answers as the package does, for products, categories and brands."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys import Filters, Recommender
from tests.ui.conftest import HOSTILE, Open
from tests.ui.test_pages import tables

ALT = "The users it is for, closest first"


@pytest.fixture(scope="module")
def sample(sample_artifacts: Path) -> Recommender:
    return Recommender.open(sample_artifacts)


def test_a_product_has_the_audience_of_the_package(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    item = sample.popular(3).item_id[2]
    app = studio(sample_artifacts, "audience", a_item=item)
    assert not app.exception
    shown = tables(app)[ALT]
    wanted = sample.audience(item, 100)
    assert shown["user"].tolist() == wanted.user_id.tolist()
    assert shown["closeness"].iloc[0] == 100
    assert any("Measured on ratings" in caption.value for caption in app.caption)
    assert any("anything to do with it" in text.value for text in app.text)


@pytest.mark.parametrize(("kind", "key"), [("A category", "a_category"), ("A brand", "a_brand")])
def test_a_group_has_the_audience_of_its_filter(
    studio: Open, sample_artifacts: Path, sample: Recommender, kind: str, key: str
) -> None:
    choices = sample.dataset.categories() if key == "a_category" else sample.dataset.brands()
    chosen = choices[2]
    app = studio(sample_artifacts, "audience", a_for=kind, **{key: chosen, "a_raters": "true"})
    assert not app.exception
    filters = Filters(categories=(chosen,)) if key == "a_category" else Filters(brands=(chosen,))
    wanted = sample.audience(filters=filters, n=100, include_raters=True)
    assert tables(app)[ALT]["user"].tolist() == wanted.user_id.tolist()


def test_hostile_products_and_unknown_ones_are_no_errors(
    studio: Open, hostile_artifacts: Path, bare_artifacts: Path
) -> None:
    for item in (*(f"{text} 0" for text in HOSTILE[:4]), "no such thing", ""):
        app = studio(hostile_artifacts, "audience", a_item=item)
        assert not app.exception
    assert not studio(bare_artifacts, "audience", a_for="A brand").exception


def test_what_a_user_leans_to_is_beside_what_they_rated(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    user = sample.example_users().user_id[0]
    app = studio(sample_artifacts, "recommend", user=user, view="What they rated")
    shown = tables(app)["What this user leans to, strongest first"]
    assert shown["name"].tolist() == sample.leanings(user, 5).name.tolist()
