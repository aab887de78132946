"""Every screen under axe-core, light and dark: nothing serious or critical."""

from __future__ import annotations

import re
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


@pytest.fixture(scope="module")
def queries(sample_artifacts: Path) -> dict[str, str]:
    """What makes each screen show most; a screen that is not named here has no query."""
    recommender = Recommender.open(sample_artifacts)
    user, item = recommender.example_users().user_id[0], recommender.popular(1).item_id[0]
    return {
        "recommend": f"user={user}",
        "similar": f"item={item}",
        "basket": f"items={item}:5",
        "compare": f"c_user={user}&niche=0.2",
        "rules": f"draft={encode(Rules(min_ratings=20))}",
        "data": "data_view=Versions",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_has_a_serious_finding(
    server: Server, visit: Visit, queries: dict[str, str], scheme: str
) -> None:
    page, axe = visit.page, Axe()
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = []
    for screen in SCREENS:
        path = "" if screen is OVERVIEW else screen.name
        visit.open(f"{server.url}/{path}?{queries.get(screen.name, '')}")
        visit.heading(screen.title).first.wait_for()
        background = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")
        brightness = sum(map(int, re.findall(r"\d+", background)[:3]))
        assert (brightness < 200) == (scheme == "dark")
        for one in axe.run(page).response["violations"]:
            if one["impact"] in GRAVE:
                nodes = "; ".join(node["html"][:160] for node in one["nodes"][:3])
                found.append(f"{screen.name}: {one['id']} ({one['impact']}): {nodes}")
    assert not found, "\n".join(found)
