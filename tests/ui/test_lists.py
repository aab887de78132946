"""The lists on the overview, and what is rated together on the page of a product."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys import Filters, Recommender
from tests.ui.conftest import Open
from tests.ui.test_pages import tables

NAMES = {"popular": "Popular", "rising": "Rising", "new": "New", "best": "Best rated"}


@pytest.mark.parametrize("kind", NAMES)
def test_a_link_opens_a_list(studio: Open, sample_artifacts: Path, sample: Recommender, kind: str) -> None:
    app = studio(sample_artifacts, "overview", l_list=NAMES[kind], l_days="365 days", l_k="5")
    assert not app.exception
    wanted = sample.top(kind, 5, days=90 if kind == "best" else 365)
    if wanted.empty:  # the sample store has no new products
        assert kind == "new"
        assert "first time in this window" in app.info[-1].value
        return
    assert tables(app)[NAMES[kind]]["item_id"].tolist() == wanted.item_id.tolist()


def test_a_list_obeys_the_filters(studio: Open, sample_artifacts: Path, sample: Recommender) -> None:
    brand = sample.dataset.brands()[0]
    app = studio(sample_artifacts, "overview", l_brand=brand)
    wanted = sample.top("popular", 10, filters=Filters(brands=(brand,)))
    assert tables(app)["Popular"]["item_id"].tolist() == wanted.item_id.tolist()


def test_what_is_rated_together_stands_beside_what_is_similar(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    item = sample.popular(1).item_id[0]
    shown = tables(studio(sample_artifacts, "similar", item=item))["Often rated together"]
    assert shown["item_id"].tolist() == sample.together(item).item_id.tolist()


def test_data_without_times_show_what_they_can(studio: Open, bare_artifacts: Path) -> None:
    app = studio(bare_artifacts, "overview", l_list="Rising")
    assert not app.exception
    assert "Popular" in tables(app)
