"""Every screen under axe-core, light and dark: nothing serious or critical."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from recsys import Recommender
from recsys.rules import Rules
from recsys.ui.navigation import OVERVIEW, SCREENS
from recsys.ui.rules_state import encode
from tests.browser.server import Server
from tests.browser.visit import Visit

GRAVE = ("serious", "critical")
SHOWN = """dark => {
    const app = document.querySelector('[data-testid=stApp]')
    const [red, green, blue] = getComputedStyle(app).backgroundColor.match(/\\d+/g).map(Number)
    return (red + green + blue < 200) === dark
}"""
"""Whether the page has the colours of the scheme that is asked for."""


@pytest.fixture(scope="module")
def queries(sample_artifacts: Path) -> dict[str, str]:
    """What makes each screen show most; a screen that is not named here has no query."""
    recommender = Recommender.open(sample_artifacts)
    user, item = recommender.example_users().user_id[0], recommender.popular(1).item_id[0]
    return {
        "recommend": f"user={user}",
        "similar": f"item={item}",
        "map": f"m_item={item}&m_user={user}",
        "basket": f"items={item}:5",
        "audience": f"a_item={item}",
        "compare": f"c_user={user}&niche=0.2",
        "rules": f"draft={encode(Rules(min_ratings=20))}",
        "data": "data_view=Versions",
    }


def test_no_screen_has_a_serious_finding(server: Server, visit: Visit, queries: dict[str, str]) -> None:
    page, axe = visit.page, Axe()
    found = []
    for screen in SCREENS:
        path = "" if screen is OVERVIEW else screen.name
        visit.open(f"{server.url}/{path}?{queries.get(screen.name, '')}")
        visit.heading(screen.title).first.wait_for()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.wait_for_function(SHOWN, arg=scheme == "dark")
            visit.settle()
            for one in axe.run(page).response["violations"]:
                if one["impact"] in GRAVE:
                    nodes = "; ".join(node["html"][:160] for node in one["nodes"][:3])
                    found.append(f"{screen.name}, {scheme}: {one['id']} ({one['impact']}): {nodes}")
    assert not found, "\n".join(found)
