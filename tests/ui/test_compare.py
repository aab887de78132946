"""The compare page: the same lists as the package, dials, and what each list is like."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys import Recommender
from tests.ui.conftest import HOSTILE, Open
from tests.ui.test_pages import assert_nothing_is_rendered, tables, texts

LISTS = "The products of each list"


@pytest.fixture(scope="module")
def user(sample: Recommender) -> str:
    return str(sample.example_users().query("kind == 'active'").user_id.iloc[0])


def test_the_lists_are_those_of_the_package(
    studio: Open, sample_artifacts: Path, sample: Recommender, user: str
) -> None:
    app = studio(sample_artifacts, "compare", c_user=user)
    assert not app.exception
    shown = tables(app)[LISTS]
    assert shown["Static"].tolist() == sample.recommend(user, ranker="static").title.tolist()
    rated = sample.history(user).item_id
    assert shown["Popular"].tolist() == sample.popular(10, exclude=rated).title.tolist()
    assert app.get("plotly_chart")
    assert "share" in texts(app)


def test_the_dials_are_read_from_the_url_and_add_a_list(
    studio: Open, sample_artifacts: Path, sample: Recommender, user: str
) -> None:
    app = studio(sample_artifacts, "compare", c_user=user, niche="0.3", variety="0.5")
    assert not app.exception
    shown = tables(app)[LISTS]
    first = next(iter(sample.rankers))
    turned = sample.turned(user, 10, ranker=first, niche=0.3, variety=0.5)
    assert shown["Turned"].tolist() == turned.title.tolist()
    app.slider(key="niche").set_value(0.0).run()
    app.slider(key="variety").set_value(0.0).run()
    assert "Turned" not in tables(app)[LISTS]


def test_a_basket_is_compared_too(studio: Open, sample_artifacts: Path, sample: Recommender) -> None:
    first, second = sample.popular(2).item_id
    app = studio(sample_artifacts, "compare", items=f"{first}:5,{second}:not")
    assert not app.exception
    answer = sample.recommend_basket([(first, 5), (second, "not")], ranker="static")
    assert tables(app)[LISTS]["Static"].tolist() == answer.title.tolist()


def test_hits_are_told_for_users_with_held_out_ratings(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    table = sample.table("side_by_side")
    app = studio(sample_artifacts, "compare", c_user=table.user_id[0])
    assert not app.exception
    assert "held out" in texts(app)


def test_odd_choices_are_no_errors(studio: Open, sample_artifacts: Path, hostile_artifacts: Path) -> None:
    assert not studio(sample_artifacts, "compare", c_rankers="nothing", c_k="7", niche="9").exception
    app = studio(sample_artifacts, "compare", c_user="nobody <b>")
    assert not app.exception
    assert app.warning
    app = studio(sample_artifacts, "compare", c_for="The basket")
    assert not app.exception
    assert "empty" in texts(app)
    hostile = studio(hostile_artifacts, "compare", c_user=f"{HOSTILE[0]} 0", variety="0.5")
    assert not hostile.exception
    assert_nothing_is_rendered(hostile)
    lonely = studio(hostile_artifacts, "compare", c_user="one rating only", niche="0.2")
    assert not lonely.exception
