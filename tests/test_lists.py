"""Lists that need no user, over a shop whose ratings can be counted by hand."""

from __future__ import annotations

import json
from math import exp, log, sqrt
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from recsys.api.parameters import ListName
from recsys.config import BuildConfig, RankingConfig
from recsys.errors import FilterError, UnknownItemError
from recsys.lists import KINDS
from recsys.pipeline import build
from recsys.recommender import Filters, Recommender
from recsys.rules import Pin, Rules, Selection
from tests.cli.conftest import run_words

NOW, DAY = 1_600_000_000, 86_400
SOLD = {"rise": (40, 4), "fall": (4, 40), "same": (20, 20), "fresh": (12, 0), "old": (0, 0)}
"""Ratings of each product in the last ten days, and in the ten days before."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Users rate one product each, but for ten who rated both `old` and `pair` long ago."""
    folder, rows = tmp_path_factory.mktemp("lists"), []
    for item, (now, before) in SOLD.items():
        rows += [(f"{item}-now-{n}", item, 4, NOW - n * DAY // 10) for n in range(now)]
        rows += [(f"{item}-before-{n}", item, 4, NOW - (10 + n // 10) * DAY) for n in range(before)]
    for n in range(10):
        rows += [(f"old-{n}", "old", 5, NOW - 900 * DAY), (f"old-{n}", "pair", 3, NOW - 900 * DAY)]
    rows.append(("old-0", "same", 4, NOW - 900 * DAY))
    lines = [",".join(map(str, row)) for row in rows]
    (folder / "ratings.csv").write_text("\n".join(["user_id,item_id,rating,timestamp", *lines]))
    brands = [f"{item},{'a' if item in ('rise', 'old') else 'b'}" for item in (*SOLD, "pair")]
    (folder / "items.csv").write_text("\n".join(["item_id,brand", *brands]))
    config = BuildConfig(ranking=RankingConfig(n_factors=2), evaluate=False)
    build(folder / "ratings.csv", folder / "items.csv", folder / "artifacts", config)
    return folder / "artifacts"


@pytest.fixture(scope="module")
def shop(folder: Path) -> Recommender:
    return Recommender.open(folder)


def test_popular_counts_the_window_alone(shop: Recommender) -> None:
    answer = shop.top("popular", 10, days=10)
    assert answer.item_id.tolist() == ["rise", "same", "fresh", "fall"]
    assert answer.in_window.tolist() == [40, 20, 12, 4]
    assert answer.attrs["kind"] == "list"
    assert shop.top("popular", 10, days=10_000).item_id.tolist() == shop.popular(10).item_id.tolist()


def test_growth_is_against_the_window_before_and_the_growth_of_all(shop: Recommender) -> None:
    answer = shop.top("rising", 10, days=10).set_index("item_id")
    assert answer.index.tolist() == ["fresh", "rise"] or answer.index.tolist() == ["rise", "fresh"]
    usual = (40 + 4 + 20 + 12) / (4 + 40 + 20)
    for item in ("rise", "fresh"):
        now, before = (n + 0.5 for n in SOLD[item])
        growth, spread = now / before / usual, exp(1.96 * sqrt(1 / now + 1 / before))
        found = answer.loc[item]
        np.testing.assert_allclose(
            found[["growth", "growth_low", "growth_high"]].astype(float),
            [growth, growth / spread, growth * spread],
        )
        assert found.growth_low > 1
    assert answer.score.is_monotonic_decreasing
    assert answer.before.to_dict() == {"rise": 4, "fresh": 0}


def test_new_is_what_was_first_rated_in_the_window(shop: Recommender) -> None:
    assert shop.top("new", days=10).item_id.tolist() == ["fresh"]
    assert set(shop.top("new", days=30).item_id) == {"rise", "fall", "fresh"}


def test_best_is_drawn_towards_the_mean_of_all(shop: Recommender) -> None:
    answer = shop.top("best", 10).set_index("item_id")
    assert answer.index[0] == "old"
    assert 4 < answer.score["old"] < 5
    assert 3 < answer.score["pair"] < 4
    assert len(answer) == 6


def test_filters_and_rules_apply(shop: Recommender) -> None:
    assert shop.top("popular", days=10, filters=Filters(brands=("a",))).item_id.tolist() == ["rise"]
    rules = Rules(exclude=Selection(products=("rise",)), pin=(Pin(product="old", place=1),))
    answer = shop.top("popular", days=10, rules=rules)
    assert answer.item_id.tolist() == ["old", "same", "fresh", "fall"]
    assert answer.rule.tolist() == ["pinned", "", "", ""]
    assert shop.together("old", rules=Rules(exclude=Selection(products=("pair",)))).empty


def test_what_is_rated_together_has_its_lift(shop: Recommender) -> None:
    answer = shop.together("old")
    assert answer.item_id.tolist() == ["pair"]  # `same` shares one rater only
    found, users = answer.iloc[0], shop.summary.n_users
    assert found.shared_raters == 10
    assert found.lift == pytest.approx(10 * users / (10 * 10))
    assert log(found.lift / found.lift_low) == pytest.approx(1.96 / sqrt(10))
    assert found.score == pytest.approx(found.lift_low)
    assert shop.together("rise").empty
    assert shop.together("rise").attrs["note"]
    with pytest.raises(UnknownItemError):
        shop.together("none")


def test_an_empty_list_says_why(shop: Recommender) -> None:
    for answer in (
        shop.top("rising", days=1),
        shop.top("popular", filters=Filters(brands=("c",))),
    ):
        assert answer.empty
        assert answer.attrs["note"]
    assert shop.top("popular", 0).attrs["note"] == ""


@pytest.mark.parametrize(("kind", "days"), [("best-selling", 10), ("popular", 0)])
def test_what_does_not_exist_is_an_error(shop: Recommender, kind: str, days: int) -> None:
    with pytest.raises(FilterError):
        shop.top(kind, days=days)


def test_data_without_times_or_stars_have_fewer_lists(tmp_path: Path) -> None:
    pairs = [(f"u{n}", f"i{n % 3}") for n in range(9)] + [(f"u{n}", f"i{(n + 1) % 3}") for n in range(4)]
    (tmp_path / "pairs.csv").write_text("\n".join(["user_id,item_id", *(f"{u},{i}" for u, i in pairs)]))
    config = BuildConfig(ranking=RankingConfig(n_factors=2), evaluate=False)
    build(tmp_path / "pairs.csv", out=tmp_path / "artifacts", config=config)
    shop = Recommender.open(tmp_path / "artifacts")
    assert shop.lists == ("popular",)
    popular = shop.top("popular")
    assert popular.item_id.tolist() == shop.popular().item_id.tolist()
    assert popular.attrs["note"]
    for kind in ("rising", "new", "best"):
        assert shop.top(kind).empty
        assert shop.top(kind).attrs["note"]


def test_the_command_line_says_the_same(shop: Recommender, folder: Path) -> None:
    told = ("top", "rising", "--days", "10", "--artifacts", folder, "--json")
    items = json.loads(run_words(*told).stdout)["items"]
    assert [item["item_id"] for item in items] == shop.top("rising", days=10).item_id.tolist()
    together = run_words("similar", "old", "--together", "--artifacts", folder, "--json")
    assert [item["item_id"] for item in json.loads(together.stdout)["items"]] == ["pair"]
    assert run_words("similar", "old", "--together", "--next", "--artifacts", folder).exit_code == 2
    assert run_words("top", "worst", "--artifacts", folder).exit_code == 2


def test_every_door_knows_the_same_lists() -> None:
    assert get_args(ListName) == KINDS
    for kind in KINDS:
        assert kind in run_words("top", "--help").stdout
