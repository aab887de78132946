"""Every page, over every kind of store, with every kind of query."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from recsys import Recommender
from recsys.charts.text import plain
from recsys.ui import explore, quality, recommend
from recsys.ui.navigation import SCREENS
from recsys.ui.text import escape_markdown
from tests.ui.conftest import HOSTILE, ROOT, Open
from tests.versions.examples import overwrite

PAGES = (
    "overview",
    "explore",
    "recommend",
    "similar",
    "map",
    "audience",
    "basket",
    "compare",
    "rules",
    "quality",
    "export",
    "data",
)
STORES = ("sample_artifacts", "hostile_artifacts", "bare_artifacts")


def texts(app: AppTest) -> str:
    """All that stands on the page as plain text."""
    return "\n".join(element.value for element in app.text)


def element(app: AppTest, key: str) -> Any:
    """The element of a key."""
    return app.get_by_key(key)


def tables(app: AppTest) -> dict[str, Any]:
    """The tables of the page by their accessible names."""
    return {frame.proto.alt: frame.value for frame in app.dataframe}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("store", STORES)
def test_a_page_opened_first_is_whole(
    studio: Open, request: pytest.FixtureRequest, store: str, page: str
) -> None:
    app = studio(request.getfixturevalue(store), page)
    assert not app.exception
    assert len(app.title) == 1
    assert not app.error


@pytest.mark.parametrize("page", PAGES[:-1])
def test_a_page_without_artifacts_says_which_command_makes_them(
    studio: Open, tmp_path: Path, page: str
) -> None:
    app = studio(tmp_path / "none", page)
    assert not app.exception
    assert [code.value for code in app.code] == [
        "python -m recsys build --ratings FILE",
        "python -m recsys build",
    ]
    assert app.title[0].value == "Nothing to show yet"


def test_damaged_artifacts_are_named_and_not_shown(
    studio: Open, bare_artifacts: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "artifacts"
    shutil.copytree(bare_artifacts, copy)
    damaged = copy / "versions" / (copy / "CURRENT").read_text().split()[0] / "item_means.npy"
    overwrite(damaged, damaged.read_bytes()[:-1])
    app = studio(copy, "overview")
    assert not app.exception
    assert "item_means.npy is damaged" in texts(app)


def test_a_new_version_is_served_without_a_restart(
    studio: Open, bare_artifacts: Path, hostile_artifacts: Path, tmp_path: Path
) -> None:
    served = tmp_path / "artifacts"
    shutil.copytree(bare_artifacts, served)
    app = studio(served)
    before = Recommender.open(bare_artifacts).summary.n_ratings
    assert f"{before:,} ratings" in texts(app)
    shutil.copytree(hostile_artifacts, served, dirs_exist_ok=True)
    after = Recommender.open(hostile_artifacts).summary.n_ratings
    assert f"{after:,} ratings" in texts(app.run())


def test_the_overview_says_that_the_sample_store_is_made_up(
    studio: Open, sample_artifacts: Path, bare_artifacts: Path
) -> None:
    assert studio(sample_artifacts).info[0].value.startswith("The products, customers and ratings were")
    assert not studio(bare_artifacts).info


def test_the_overview_links_to_users_and_a_product(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    links = [link.proto for link in studio(sample_artifacts).page_link]
    queries = {link.query_string for link in links}
    assert f"item={sample.popular(1).item_id[0]}" in queries
    assert sum(query.startswith("user=") for query in queries) == 3  # one of them also in the strip
    assert sum(query.startswith("from_user=") for query in queries) == 1


def test_the_overview_and_the_recommend_page_open_on_an_example(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    user_id = sample.example_users().query("kind == 'typical'").user_id.iloc[0]
    best = sample.recommend(user_id, 1).iloc[0]
    app = studio(sample_artifacts)
    shown = "\n".join(words.value for words in app.markdown)
    assert escape_markdown(best.title, 70) in shown
    app = studio(sample_artifacts, "recommend")
    assert any("This is an example" in caption.value for caption in app.caption)
    assert tables(app)[f"Recommendations for {user_id}"].item_id[0] == best.item_id


@pytest.mark.parametrize("store", STORES)
def test_every_topic_of_the_exploration_draws(
    studio: Open, request: pytest.FixtureRequest, store: str
) -> None:
    artifacts = request.getfixturevalue(store)
    topics = explore.topics(Recommender.open(artifacts))
    assert len(topics) >= 5
    for topic in topics:
        app = studio(artifacts, "explore", topic=topic)
        assert not app.exception
        assert app.get("plotly_chart") or app.dataframe or app.metric


def test_rejected_rows_are_shown_with_samples(studio: Open, hostile_artifacts: Path) -> None:
    app = studio(hostile_artifacts, "explore", topic="Data quality")
    assert next(metric.value for metric in app.metric if metric.label == "Rejected") == "1"
    assert "careless" in app.dataframe[0].value.to_string()
    assert_nothing_is_rendered(app)


def test_a_user_is_shown_with_history_recommendations_and_reasons(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    user_id = sample.example_users().query("kind == 'typical'").user_id.iloc[0]
    app = studio(sample_artifacts, "recommend", user=user_id)
    assert not app.exception
    shown, answer = tables(app), sample.recommend(user_id, 10)
    assert shown[f"Recommendations for {user_id}"].item_id.tolist() == answer.item_id.tolist()
    score = next(metric.value for metric in app.metric if metric.label == "Score")
    assert score == f"{sample.explain(user_id, answer.item_id[0]).contribution.sum():.4f}"
    assert app.get("plotly_chart")
    rated = tables(studio(sample_artifacts, "recommend", user=user_id, view=recommend.RATED))
    assert rated["What this user rated"].item_id.tolist() == sample.history(user_id).item_id.tolist()


def test_k_filters_and_the_view_are_read_from_the_url(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    user_id = sample.example_users().user_id[0]
    app = studio(sample_artifacts, "recommend", user=user_id, k="25", min_ratings="100", rated="true")
    shown = tables(app)[f"Recommendations for {user_id}"]
    assert len(shown) == 25
    assert (shown.n_ratings >= 100).all()
    assert set(shown.item_id) & set(sample.history(user_id).item_id)
    app = studio(sample_artifacts, "recommend", user=user_id, view=recommend.LIKED)
    assert len(app.dataframe) == 5


def test_an_impossible_filter_is_told(studio: Open, sample_artifacts: Path, sample: Recommender) -> None:
    user_id = sample.example_users().user_id[0]
    app = studio(sample_artifacts, "recommend", user=user_id, min_ratings="1000000")
    assert not app.exception
    assert "passed by 0 of" in app.info[0].value


def test_an_unknown_user_is_told_and_sees_what_is_popular(studio: Open, sample_artifacts: Path) -> None:
    app = studio(sample_artifacts, "recommend", user="nobody")
    for query in ("nobody", *HOSTILE, "%00", "' OR 1=1 --", "x" * 190):
        app.text_input(key="user").set_value(query).run()
        assert not app.exception
        assert "No user has this ID" in app.warning[0].value
        assert "Popular products" in [heading.value for heading in app.subheader]
        assert "The most rated products" in tables(app)


def test_the_start_of_an_id_lists_those_that_begin_so(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    user_id = sample.example_users().user_id[0]
    app = studio(sample_artifacts, "recommend", user=user_id[:3])
    pills = element(app, "match-user")
    assert 0 < len(pills.options) <= 50
    pills.select(pills.options[0]).run()
    assert not app.exception
    assert "What to recommend next" in [heading.value for heading in app.subheader]


def test_a_user_whose_items_say_nothing_has_the_popular_list_under_its_name(
    studio: Open, hostile_artifacts: Path
) -> None:
    recommender = Recommender.open(hostile_artifacts)
    app = studio(hostile_artifacts, "recommend", user="one rating only")
    assert not app.exception
    kind = recommender.recommend("one rating only").attrs["kind"]
    headings = [heading.value for heading in app.subheader]
    assert ("Popular products" in headings) == (kind == "popular")


def test_hostile_ids_and_titles_are_shown_as_they_are(studio: Open, hostile_artifacts: Path) -> None:
    user, item = studio(hostile_artifacts, "recommend"), studio(hostile_artifacts, "similar")
    for text in HOSTILE:
        user.text_input(key="user").set_value(f"{text} 0").run()
        assert not user.exception
        assert "What to recommend next" in [heading.value for heading in user.subheader]
        assert_nothing_is_rendered(user)
        item.text_input(key="item").set_value(f"{text} 0").run()
        assert not item.exception
        assert plain(f"ID {text} 0") in texts(item)
        assert_nothing_is_rendered(item)


def assert_nothing_is_rendered(app: AppTest) -> None:
    """No hostile text stands raw where Streamlit renders Markdown."""
    kinds = ("markdown", "caption", "subheader", "title", "info")
    rendered: list[str] = [getattr(element, "value", "") for kind in kinds for element in app.get(kind)]
    rendered += [button.label for button in app.button] + [link.proto.label for link in app.page_link]
    assert not [text for text in rendered for hostile in HOSTILE[:6] if hostile in text]


def test_a_product_is_found_by_id_and_by_words(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    item_id = sample.popular(1).item_id[0]
    app = studio(sample_artifacts, "similar", item=item_id, s_k="15")
    assert not app.exception
    assert tables(app)["Similar products"].item_id.tolist() == sample.similar(item_id, 15).item_id.tolist()
    title = sample.item(item_id)["title"]
    app = studio(sample_artifacts, "similar", item=title)
    assert item_id in tables(app)["Products found"].item_id.tolist()


def test_an_unknown_product_is_told_and_near_ids_are_offered(studio: Open, sample_artifacts: Path) -> None:
    app = studio(sample_artifacts, "similar")
    for query in ("no such thing", *HOSTILE):
        app.text_input(key="item").set_value(query).run()
        assert not app.exception
        assert "No product has this ID" in app.warning[0].value
        assert element(app, "match-item").options


def test_the_walk_is_kept_and_going_back_cuts_it(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    first, second, third = sample.popular(3).item_id
    app = studio(sample_artifacts, "similar", item=first)
    for item_id in (second, third):
        app.text_input(key="item").set_value(item_id).run()
    assert app.session_state["walk"] == [first, second, third]
    app.button(key="step-1").click().run()
    assert not app.exception
    assert app.text_input(key="item").value == second
    assert app.session_state["walk"] == [first, second]


@pytest.mark.parametrize("store", ["sample_artifacts", "hostile_artifacts"])
def test_every_view_of_the_quality_draws(studio: Open, request: pytest.FixtureRequest, store: str) -> None:
    artifacts = request.getfixturevalue(store)
    recommender = Recommender.open(artifacts)
    assert recommender.manifest.evaluation is not None
    views = quality.views(recommender, recommender.manifest.evaluation)
    assert {"Against baselines", "For whom", "Side by side", "How it was tuned"} <= set(views)
    for view in views:
        app = studio(artifacts, "quality", quality_view=view)
        assert not app.exception
        # Without a catalogue, or with a small one, the view of new products says why it is empty.
        off = view == "New products" and app.info
        assert off or app.get("plotly_chart") or app.dataframe or app.table


def test_quality_that_was_not_measured_is_told_with_the_command(studio: Open, bare_artifacts: Path) -> None:
    app = studio(bare_artifacts, "quality")
    assert "python -m recsys build" in app.code[0].value


@pytest.mark.parametrize(
    ("page", "old", "new", "value"),
    [
        ("recommend", "least", "min_ratings", "40"),
        ("recommend", "cheapest", "min_price", "20"),
        ("similar", "s_dearest", "s_max_price", "90"),
        ("quality", "look", "quality_view", "For whom"),
    ],
)
def test_old_parameters_of_a_bookmark_are_read(
    studio: Open, sample_artifacts: Path, sample: Recommender, page: str, old: str, new: str, value: str
) -> None:
    ids = {"user": sample.example_users().user_id[0], "item": sample.popular(1).item_id[0]}
    app = studio(sample_artifacts, page, **ids, **{old: value})
    assert not app.exception
    assert str(app.session_state[new]).removesuffix(".0") == value
    newer = studio(sample_artifacts, page, **ids, **{old: value, new: value})
    assert str(newer.session_state[new]).removesuffix(".0") == value


def test_every_screen_has_a_script_and_a_module_of_its_name() -> None:
    pages = {path.stem for path in (ROOT / "pages").glob("*.py")}
    assert pages == {screen.name for screen in SCREENS} == set(PAGES)
    assert all((ROOT / "recsys" / "ui" / f"{page}.py").exists() for page in pages)
    assert all(len(path.read_text().splitlines()) <= 80 for path in (ROOT / "pages").glob("*.py"))
