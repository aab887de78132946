"""What the order of time adds to the pages: rankers, recency, rated next, what order is worth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from recsys import Recommender
from recsys.charts.text import ranker_line
from tests.ui.conftest import Open


def table(app: AppTest, alt: str) -> Any:
    """The table of this accessible name; None where there is none."""
    return next((frame.value for frame in app.dataframe if frame.proto.alt == alt), None)


@pytest.fixture(scope="module")
def user(sample_artifacts: Path) -> str:
    examples = Recommender.open(sample_artifacts).example_users()
    return str(examples.query("kind == 'typical'").user_id.iloc[0])


@pytest.mark.parametrize("ranker", ["sequential", "static"])
def test_the_ranker_of_the_url_gives_the_answers_of_the_package(
    studio: Open, sample_artifacts: Path, sample: Recommender, user: str, ranker: str
) -> None:
    app = studio(sample_artifacts, "recommend", user=user, ranker=ranker)
    assert not app.exception
    answer = sample.recommend(user, 10, ranker=ranker)
    shown = table(app, f"Recommendations for {user}")
    assert shown.item_id.tolist() == answer.item_id.tolist()
    assert any(ranker_line(ranker) in caption.value for caption in app.caption)
    score = next(metric.value for metric in app.metric if metric.label == "Score")
    assert score == f"{sample.explain(user, answer.item_id[0], ranker=ranker).contribution.sum():.4f}"
    assert shown.because.str.contains(r"last\)").all() == (ranker == "sequential")


def test_an_unknown_ranker_in_the_url_is_the_one_served(
    studio: Open, sample_artifacts: Path, sample: Recommender, user: str
) -> None:
    app = studio(sample_artifacts, "recommend", user=user, ranker="none such")
    assert not app.exception
    shown = table(app, f"Recommendations for {user}")
    assert shown.item_id.tolist() == sample.recommend(user, 10).item_id.tolist()


def test_a_store_without_order_has_no_choice_and_no_list_of_what_is_rated_next(
    studio: Open, bare_artifacts: Path
) -> None:
    recommender = Recommender.open(bare_artifacts)
    app = studio(bare_artifacts, "recommend", user=recommender.example_users().user_id[0])
    assert not app.exception
    assert "Ranker" not in [box.label for box in app.selectbox]
    app = studio(bare_artifacts, "similar", item=recommender.popular(1).item_id[0])
    assert not app.exception
    assert "Rated next" not in [heading.value for heading in app.subheader]


def test_what_is_rated_next_stands_beside_what_is_similar(
    studio: Open, sample_artifacts: Path, sample: Recommender
) -> None:
    item = sample.popular(1).item_id[0]
    app = studio(sample_artifacts, "similar", item=item)
    assert not app.exception
    shown, answer = table(app, "Rated next"), sample.rated_next(item, 10)
    assert shown.item_id.tolist() == answer.item_id.tolist()
    assert shown.raters_after.tolist() == answer.raters_after.tolist()
    assert table(app, "Similar products").item_id.tolist() == sample.similar(item, 10).item_id.tolist()


def test_the_quality_page_says_what_order_is_worth(studio: Open, sample_artifacts: Path) -> None:
    app = studio(sample_artifacts, "quality", quality_view="What order is worth")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 2
    # The customers of the made-up store have no habits of order.
    assert any(text.value.startswith("Order is worth nothing") for text in app.text)


def test_both_models_stand_side_by_side(studio: Open, sample_artifacts: Path) -> None:
    app = studio(sample_artifacts, "quality", quality_view="Side by side")
    assert not app.exception
    shown = table(app, "The first products of each ranker for one user")
    assert shown.columns[1] == "Our model"
    assert {"Static model", "Sequential model"} & set(shown.columns)
