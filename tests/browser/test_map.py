"""The map in a real browser: drawing around products lists them, and a basket can be made of them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.server import Server
from tests.browser.visit import Visit

WIDTHS = (420, 1366, 1920)


def lasso(visit: Visit, *corners: tuple[float, float]) -> None:
    """Drag around a part of the map; corners in shares of its width and height."""
    plot = visit.page.locator(".js-plotly-plot .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    visit.page.mouse.move(*points[0])
    visit.page.mouse.down()
    for point in points[1:]:
        visit.page.mouse.move(*point, steps=8)
    visit.page.mouse.up()


def test_what_is_drawn_around_is_listed_and_makes_a_basket(server: Server, visit: Visit) -> None:
    visit.open(f"{server.url}/map")
    expect(visit.heading("The most rated")).to_be_visible()
    lasso(visit, (0.5, 0.45), (0.75, 0.45), (0.75, 0.7), (0.5, 0.7), (0.5, 0.46))
    drawn = visit.page.get_by_role("heading", name=re.compile(r"^\d+ products? drawn around$"))
    expect(drawn).to_be_visible()
    visit.settle()
    visit.page.get_by_role("link", name=re.compile("Recommend from")).click()
    expect(visit.heading("What to recommend")).to_be_visible()
    assert "items=" in visit.page.url


def test_a_link_to_a_cluster_and_a_product_opens_cold_at_every_width(server: Server, visit: Visit) -> None:
    for width in WIDTHS:
        visit.page.set_viewport_size({"width": width, "height": 1000})
        visit.open(f"{server.url}/map?m_colour=Number+of+ratings&m_item=P7FZSZSZ99")
        expect(visit.page.get_by_role("radio", name="Number of ratings")).to_be_checked()
        expect(visit.page.get_by_role("heading", name=re.compile("products lit up"))).to_be_visible()
        wide = "() => document.documentElement.scrollWidth <= window.innerWidth"
        assert visit.page.evaluate(wide)
