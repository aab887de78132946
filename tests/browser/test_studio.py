"""The studio as a person meets it: a real server, a real browser."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from recsys import Recommender
from tests.browser.server import Server
from tests.browser.visit import Visit

SCREENS = (
    "Overview",
    "Explore the data",
    "Recommend for a user",
    "Similar products",
    "Catalogue map",
    "Audience",
    "What if",
    "Compare rankers",
    "Rules",
    "Model quality",
    "Export",
    "Data and builds",
)


@pytest.fixture(scope="session")
def recommender(sample_artifacts: Path) -> Recommender:
    return Recommender.open(sample_artifacts)


@pytest.fixture(scope="session")
def user_id(recommender: Recommender) -> str:
    """A user of middling activity."""
    return str(recommender.example_users().query("kind == 'typical'").user_id.iloc[0])


@pytest.fixture(scope="session")
def item_id(recommender: Recommender) -> str:
    return str(recommender.popular(1).item_id[0])


def test_the_overview_opened_cold_is_whole(fresh_server: Callable[[], Server], visit: Visit) -> None:
    visit.open(fresh_server().url)
    assert_shell(visit, "Overview")
    expect(visit.page.get_by_text("These data are made up")).to_be_visible()


def test_the_exploration_opened_cold_by_its_url_is_whole(
    fresh_server: Callable[[], Server], visit: Visit
) -> None:
    visit.open(f"{fresh_server().url}/explore?topic=Top+products")
    assert_shell(visit, "Explore the data")
    expect(visit.page.get_by_role("radio", name="Top products")).to_be_checked()


def test_a_users_recommendations_opened_cold_by_their_url_are_whole(
    fresh_server: Callable[[], Server], visit: Visit, user_id: str
) -> None:
    visit.open(f"{fresh_server().url}/recommend?user={user_id}&k=15")
    assert_shell(visit, "Recommend for a user")
    expect(visit.page.get_by_label("User ID")).to_have_value(user_id)
    visit.table(f"Recommendations for {user_id}").wait_for_rows(15)


def test_similar_products_opened_cold_by_their_url_are_whole(
    fresh_server: Callable[[], Server], visit: Visit, item_id: str
) -> None:
    visit.open(f"{fresh_server().url}/similar?item={item_id}&s_k=5")
    assert_shell(visit, "Similar products")
    expect(visit.page.get_by_label("Product", exact=True)).to_have_value(item_id)
    visit.table("Similar products").wait_for_rows(5)


def test_the_model_quality_opened_cold_by_its_url_is_whole(
    fresh_server: Callable[[], Server], visit: Visit
) -> None:
    visit.open(f"{fresh_server().url}/quality?user=nobody")
    assert_shell(visit, "Model quality")


def test_every_topic_of_the_exploration_draws(server: Server, visit: Visit) -> None:
    visit.open(f"{server.url}/explore")
    topics = visit.page.get_by_role("radiogroup", name="Topic").get_by_role("radio")
    expect(topics.nth(3)).to_be_visible()
    for topic in topics.all():
        topic.click()
        visit.settle()
        drawn = visit.page.locator(".js-plotly-plot, [data-testid=stDataFrame], [data-testid=stMetric]")
        expect(drawn.first).to_be_visible()
        assert not visit.trouble(), topic.inner_text()


def test_a_user_is_found_by_the_start_of_an_id(
    server: Server, visit: Visit, recommender: Recommender, user_id: str
) -> None:
    visit.open(f"{server.url}/recommend")
    prefix = next(
        user_id[:n] for n in range(3, 14) if 1 <= recommender.search_users(user_id[:n]).attrs["total"] < 30
    )
    visit.page.get_by_label("User ID").fill(prefix)
    visit.page.get_by_role("radio", name=user_id).click()
    expect(visit.heading("What to recommend next")).to_be_visible()
    expect(visit.page).to_have_url(re.compile(f"user={user_id}"))
    expected = recommender.recommend(user_id, 10)
    table = visit.table(f"Recommendations for {user_id}")
    table.wait_for_rows(10)
    assert [table.cell(row, "Product") for row in (1, 2, 10)] == [expected.title[row] for row in (0, 1, 9)]


def test_a_recommendation_opens_its_similar_products_and_the_user_stays(
    server: Server, visit: Visit, recommender: Recommender, user_id: str
) -> None:
    visit.open(f"{server.url}/recommend?user={user_id}&k=15")
    first, second = recommender.recommend(user_id, 10).title[:2]
    expect(visit.page.locator("strong", has_text=words_of(first))).to_be_visible()
    visit.table(f"Recommendations for {user_id}").click(2)
    expect(visit.page.locator("strong", has_text=words_of(second))).to_be_visible()
    visit.page.get_by_role("link", name="Products similar to this one").click()
    expect(visit.page.get_by_role("heading", name=words_of(second))).to_be_visible()
    visit.table("Similar products").wait_for_rows(10)
    visit.page.get_by_role("link", name="Recommend for a user").click()
    expect(visit.page.get_by_label("User ID")).to_have_value(user_id)


def test_one_walks_from_product_to_product(
    server: Server, visit: Visit, recommender: Recommender, item_id: str
) -> None:
    visit.open(f"{server.url}/similar?item={item_id}")
    next_one = recommender.similar(item_id, 10).iloc[2]
    visit.table("Similar products").click(3)
    expect(visit.page.get_by_role("heading", name=words_of(next_one.title))).to_be_visible()
    expect(visit.page).to_have_url(re.compile(f"item={next_one.item_id}"))
    start = recommender.item(item_id)["title"]
    visit.page.get_by_role("button", name=words_of(start[:20])).click()
    expect(visit.page.get_by_role("heading", name=words_of(start))).to_be_visible()


def test_more_products_come_when_more_are_asked_for(server: Server, visit: Visit, user_id: str) -> None:
    visit.open(f"{server.url}/recommend?user={user_id}")
    table = visit.table(f"Recommendations for {user_id}")
    table.wait_for_rows(10)
    visit.page.get_by_role("slider", name="How many").press("ArrowRight")
    table.wait_for_rows(15)
    expect(visit.page).to_have_url(re.compile("k=15"))


def test_a_download_holds_what_the_table_shows(
    server: Server, visit: Visit, recommender: Recommender, user_id: str
) -> None:
    visit.open(f"{server.url}/recommend?user={user_id}")
    files = {}
    visit.table(f"Recommendations for {user_id}").wait_for_rows(10)
    for button in visit.page.get_by_role("button", name="Download CSV").all():
        with visit.page.expect_download() as download:
            button.click()
        files[download.value.suggested_filename] = Path(download.value.path())
    text = files["recommended.csv"].read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["item_id"] for row in rows] == recommender.recommend(user_id, 10).item_id.tolist()


@pytest.mark.parametrize(
    "typed", ["U0000000", "<img src=x onerror=alert(1)>", "![x](http://example.com/x)", "%"]
)
def test_an_unknown_user_is_told_so_and_sees_what_is_popular(
    server: Server, visit: Visit, typed: str
) -> None:
    visit.open(f"{server.url}/recommend?{urlencode({'user': typed})}")
    expect(visit.page.get_by_label("User ID")).to_have_value(typed)
    expect(visit.page.get_by_text("No user has this ID")).to_be_visible()
    expect(visit.heading("Popular products")).to_be_visible()


def words_of(title: str) -> re.Pattern[str]:
    """The words of a title, whatever stands between them to keep it from being Markdown."""
    return re.compile(r"\W+".join(re.findall(r"\w+", title)))


def assert_shell(visit: Visit, title: str) -> None:
    """The page under its title, with the navigation and the data set in service beside it."""
    expect(visit.heading(title).first).to_be_visible()
    navigation = visit.page.get_by_test_id("stSidebarNav").get_by_role("link")
    expect(navigation).to_have_text([re.compile(name) for name in SCREENS])
    expect(visit.page.get_by_text("Data in service")).to_be_visible()


@pytest.mark.parametrize("width", [420, 1366])
def test_names_score_and_stars_are_in_sight(server: Server, visit: Visit, user_id: str, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 900})
    visit.open(f"{server.url}/recommend?user={user_id}")
    table = visit.table(f"Recommendations for {user_id}")
    table.wait_for_rows(10)
    box = table.region.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= width
    # The columns left of the name keep their width, and the name has at least this much.
    name_from, name_width = 36 + 36 + 56 + 62, 190
    assert name_from + name_width <= box["width"]
