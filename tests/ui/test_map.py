"""The map page shows what the package says, and takes any query."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from recsys import BuildConfig, Recommender, build
from recsys.config import MapConfig
from recsys.ui.map import drawn_around
from tests.ui.conftest import HOSTILE, Open, write
from tests.ui.test_pages import element, tables, texts

ALT = "Products of the map"
SQUARE = pd.DataFrame({"x": [0.0, 0.5, -0.5, 0.9, 0.1], "y": [0.0, 0.5, 0.5, -0.9, 0.1]})


def figure(app: AppTest) -> Any:
    chart = app.get("plotly_chart")[0].proto
    return json.loads(chart.spec or chart.figure.spec)


def lit(app: AppTest) -> dict[str, int]:
    """How many products are lit up, by the name in the legend."""
    named = (trace for trace in figure(app)["data"] if trace.get("name"))
    return {html.unescape(trace["name"]): len(trace["text"]) for trace in named if "text" in trace}


def test_the_map_opens_with_the_most_rated_products_and_what_it_keeps(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    app = studio(sample_artifacts, "map")
    assert not app.exception
    frame = sample.map()
    assert tables(app)[ALT]["product"].tolist() == frame.title.head(100).tolist()
    assert f"{frame.attrs['report'].kept:.0%} are among its 10 nearest" in texts(app)
    assert any("t-SNE" in caption.value for caption in app.caption)
    shown = tables(app)["The clusters, largest first"]
    assert shown["products"].sum() == 1500
    assert shown["cluster_name"].tolist() == list(frame.attrs["report"].names)


@pytest.mark.parametrize("colour", ["Cluster", "Category", "Number of ratings", "Mean stars"])
def test_a_link_says_what_colours_the_points(studio: Open, sample_artifacts: Path, colour: str) -> None:
    app = studio(sample_artifacts, "map", m_colour=colour)
    assert not app.exception
    assert element(app, "m_colour").value == colour


def test_a_product_its_neighbours_and_a_history_are_lit_up(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    user, item = sample.example_users().user_id[0], sample.popular(3).item_id[2]
    app = studio(sample_artifacts, "map", m_item=item, m_user=user)
    assert not app.exception
    history, similar = sample.history(user), sample.similar(item, 20)
    found = lit(app)
    assert found["similar to it"] == 20
    assert found[f"rated by {user}"] == len(history)
    wanted = {item, *history.item_id, *similar.item_id}
    assert any(f"{len(wanted):,} products lit up" in one.value for one in app.subheader)


def test_a_cluster_is_lit_up_and_listed(studio: Open, sample_artifacts: Path, sample: Recommender) -> None:
    frame = sample.map()
    name = frame.attrs["report"].names[3]
    app = studio(sample_artifacts, "map", m_cluster=name)
    own = frame[frame.cluster_name == name]
    assert tables(app)[ALT]["product"].tolist() == own.title.head(100).tolist()
    assert lit(app) == {name: len(own)}


@pytest.mark.parametrize(
    "query", [{"m_item": "lens"}, {"m_user": "U"}, {"m_item": "none"}, {"m_user": "none"}]
)
def test_what_is_no_id_is_searched(studio: Open, sample_artifacts: Path, query: dict[str, str]) -> None:
    app = studio(sample_artifacts, "map", **query)
    assert not app.exception
    assert ALT in tables(app)


def test_hostile_text_is_text_on_the_map(studio: Open, hostile_artifacts: Path) -> None:
    store = Recommender.open(hostile_artifacts)
    for colour in ("Cluster", "Category"):
        app = studio(hostile_artifacts, "map", m_colour=colour, m_item=store.popular(1).item_id[0])
        assert not app.exception
        text = json.dumps(figure(app))
        assert "<img" not in text
        assert "$x^2$" not in text
    for name in (*HOSTILE[:4], "", "no such cluster"):
        assert not studio(hostile_artifacts, "map", m_cluster=name, m_user=f"{name} 0").exception


def test_without_a_catalogue_there_are_no_categories_and_ids_are_names(
    studio: Open, bare_artifacts: Path
) -> None:
    app = studio(bare_artifacts, "map", m_colour="Category")
    assert not app.exception
    assert tables(app)[ALT]["product"].str.startswith("i").all()


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Path]:
    """Builds a small store."""

    def made(n_items: int, config: MapConfig) -> Path:
        rows = [(f"u{u}", f"i{i}", 1 + (u + i) % 5) for u in range(8) for i in range(n_items)]
        write(tmp_path / "ratings.csv", ("user_id", "item_id", "rating"), rows)
        config_ = BuildConfig(evaluate=False, map=config)
        build(tmp_path / "ratings.csv", out=tmp_path / "artifacts", config=config_)
        return tmp_path / "artifacts"

    return made


@pytest.mark.parametrize(("n_items", "most"), [(5, 50_000), (20, 0)])
def test_a_version_without_a_map_says_how_to_get_one(
    studio: Open, small: Callable[..., Path], n_items: int, most: int
) -> None:
    app = studio(small(n_items, MapConfig(most_items=most)), "map")
    assert not app.exception
    assert "A new build draws one" in app.info[0].value


def test_a_product_beyond_the_map_is_said(studio: Open, small: Callable[..., Path]) -> None:
    folder = small(20, MapConfig(most_items=12))
    store = Recommender.open(folder)
    beyond = next(one for one in store.items.ids(np.arange(20)) if one not in set(store.map().item_id))
    app = studio(folder, "map", m_item=beyond)
    assert not app.exception
    assert "is not on the map" in app.info[0].value


def test_a_shape_holds_what_is_inside_it() -> None:
    triangle = {"x": [-0.2, 0.3, 0.0], "y": [-0.2, -0.2, 0.4]}
    assert drawn_around({"lasso": [triangle]}, SQUARE).tolist() == [0, 4]
    assert drawn_around({"box": [{"x": [1, -1], "y": [0.4, 0.6]}]}, SQUARE).tolist() == [1, 2]
    both = {"lasso": [triangle], "box": [{"x": [0.8, 1], "y": [-1, 0]}]}
    assert drawn_around(both, SQUARE).tolist() == [0, 3, 4]


def test_a_click_holds_the_product_and_nothing_of_other_marks() -> None:
    points = [{"curve_number": 0, "point_index": 3}, {"curve_number": 2, "point_index": 1}]
    assert drawn_around({"points": points}, SQUARE).tolist() == [3]
    assert drawn_around({"points": [{"curve_number": 0, "point_index": 99}]}, SQUARE).tolist() == []
    assert drawn_around({}, SQUARE).tolist() == []
