"""What-if and compare in a real browser: cold links first, then clicks and keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recsys import Recommender
from tests.browser.server import Server
from tests.browser.visit import Visit


@pytest.fixture(scope="module")
def sample(sample_artifacts: Path) -> Recommender:
    return Recommender.open(sample_artifacts)


LIST = "The list of this basket"


def test_cold_links_show_the_basket_and_the_comparison(
    fresh_server: Callable[[], Server], visit: Visit, sample: Recommender
) -> None:
    first, second = sample.popular(2).item_id
    answer = sample.recommend_basket([(first, 5), (second, "not")], 10)
    server = fresh_server()
    visit.open(f"{server.url}/basket?items={first}:5,{second}:not")
    visit.heading("What if").wait_for()
    table = visit.table(LIST)
    table.wait_for_rows(10)
    assert [table.cell(row, "Product") for row in range(1, 11)] == answer.title.tolist()
    visit.open(f"{server.url}/compare?items={first}:5,{second}:not&niche=0.2")
    visit.heading("Compare rankers").wait_for()
    table = visit.table("The products of each list")
    table.wait_for_rows(10)
    turned = sample.turned([(first, 5), (second, "not")], 10, niche=0.2)
    assert table.cell(1, "Turned") == turned.title[0]


def test_a_basket_is_filled_and_changed_by_hand(server: Server, visit: Visit, sample: Recommender) -> None:
    page = visit.page
    item = sample.popular(1).iloc[0]
    visit.open(f"{server.url}/basket")
    box = page.get_by_label("Add a product")
    box.fill(item.item_id)
    box.press("Enter")
    found = page.get_by_test_id("stButtonGroup").get_by_role("radio")
    found.first.click()
    page.wait_for_url(f"**items={item.item_id}%3A5*")
    visit.settle()
    second = sample.popular(2).item_id[1]
    box.fill(second)
    box.press("Enter")
    found.first.click()
    page.get_by_text("Since the last change").wait_for()
    visit.settle()
    page.get_by_role("button", name="Down").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**items={second}%3A5%2C{item.item_id}%3A5*")
    visit.settle()
    assert (
        visit.table(LIST).cell(1, "Product") == sample.recommend_basket({second: 5, item.item_id: 5}).title[0]
    )
