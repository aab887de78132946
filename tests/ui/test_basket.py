"""The what-if page: the basket in the URL, marks, order, what moved, and where a product stands."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from recsys import Recommender
from recsys.ui import basket_state as state
from tests.ui.conftest import HOSTILE, Open
from tests.ui.test_pages import assert_nothing_is_rendered, element, tables, texts

LIST = "The list of this basket"


def test_a_basket_goes_through_its_link_unchanged() -> None:
    entries: state.Entries = [(f"{text},:%", 4.5) for text in HOSTILE] + [("last", "not")]
    assert state.decode(state.encode(entries), 1, 5) == (entries, 0)


@pytest.mark.parametrize(
    ("text", "entries", "unread"),
    [
        ("", [], 0),
        ("A:9,B:-3", [("A", 5.0), ("B", 1.0)], 0),
        ("A:5,A:not", [("A", "not")], 0),
        ("A,:5,B:nan,C:much,,D:2", [("D", 2.0)], 4),
    ],
)
def test_links_that_are_wrong_are_read_as_far_as_they_can_be(
    text: str, entries: state.Entries, unread: int
) -> None:
    assert state.decode(text, 1, 5) == (entries, unread)


def test_a_link_shows_the_list_of_the_package(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    first, second, third = sample.popular(3).item_id
    app = studio(sample_artifacts, "basket", items=f"{first}:5,{second}:not,{third}:4")
    assert not app.exception
    answer = sample.recommend_basket([(first, 5), (second, "not"), (third, 4)], 10)
    assert tables(app)[LIST].item_id.tolist() == answer.item_id.tolist()
    parts = sample.explain_basket([(first, 5), (second, "not"), (third, 4)], answer.item_id[0])
    assert f"The score {parts.contribution.sum():.4f} is the sum over 3 products" in texts(app)
    assert app.get("plotly_chart")


def test_changes_rank_again_and_say_what_moved(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    first, second = sample.popular(2).item_id
    app = studio(sample_artifacts, "basket", items=f"{first}:5,{second}:5")
    before = tables(app)[LIST]
    app.selectbox(key=f"mark-{first}").select("not").run()
    assert not app.exception
    assert app.query_params["items"] == f"{first}:not,{second}:5"
    after = tables(app)[LIST]
    assert after.item_id.tolist() == sample.recommend_basket([(first, "not"), (second, 5)]).item_id.tolist()
    assert after.item_id.tolist() != before.item_id.tolist()
    assert any("Since the last change" in caption.value for caption in app.caption)
    app.button(key="Up-0").click().run()
    assert app.query_params["items"] == f"{second}:5,{first}:not"
    app.button(key="Remove-1").click().run()
    assert app.query_params["items"] == f"{second}:5"
    app.button(key="basket-empty").click().run()
    assert not app.exception
    assert "items" not in app.query_params


def test_products_are_added_by_search_and_from_users(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    app = studio(sample_artifacts, "basket")
    item = sample.popular(1).iloc[0]
    app.text_input(key="basket_add").set_value(item.item_id).run()
    pills = element(app, "add-found")
    pills.select(pills.options[0]).run()
    assert app.query_params["items"] == f"{item.item_id}:5"
    assert app.text_input(key="basket_add").value == ""
    user = sample.example_users().query("kind == 'typical'").user_id.iloc[0]
    filled = studio(sample_artifacts, "basket", from_user=user)
    assert not filled.exception
    own = sample.history(user).iloc[::-1]
    assert filled.query_params["items"] == state.encode(list(zip(own.item_id, own.rating, strict=True)))
    typed = studio(sample_artifacts, "basket")
    typed.text_input(key="basket_user").set_value(user).run()
    assert typed.query_params["items"] == filled.query_params["items"]
    assert tables(filled)[LIST].item_id.tolist() == sample.recommend(user).item_id.tolist()


def test_why_not_says_the_rank_of_any_product(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    first = sample.popular(1).item_id[0]
    deep = sample.recommend_basket({first: 5}, 100)
    missed = deep.item_id[42]
    app = studio(sample_artifacts, "basket", items=f"{first}:5", why_not=missed)
    assert not app.exception
    assert "Rank 43 of" in texts(app)
    app = studio(sample_artifacts, "basket", items=f"{first}:5", why_not=first)
    assert "rated already" in texts(app)


def test_unknown_and_unreadable_parts_are_told(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    first = sample.popular(1).item_id[0]
    app = studio(sample_artifacts, "basket", items=f"{first}:5,no%20such:3,junk", why_not="<b>nothing")
    assert not app.exception
    assert len(app.warning) == 2
    assert app.query_params["items"] == f"{first}:5"
    app = studio(sample_artifacts, "basket", from_user="nobody")
    assert len(app.warning) == 1
    app = studio(sample_artifacts, "basket", items="%%%:x" * 5000)
    assert not app.exception


def test_hostile_products_are_shown_as_they_are(studio: Open, hostile_artifacts: Path) -> None:
    items: list[tuple[str, float | Literal["not"]]] = [(f"{text} 0", 5.0) for text in HOSTILE]
    app = studio(hostile_artifacts, "basket", items=state.encode(items[:5]), why_not=items[6][0])
    assert not app.exception
    assert not app.warning
    assert_nothing_is_rendered(app)
