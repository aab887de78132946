"""One entry for each metric."""

from __future__ import annotations

import pytest

from recsys.evaluation.metrics.registry import METRICS, Family, label, lower_is_better, meaning, of


def test_each_name_stands_once_and_has_words() -> None:
    for name, metric in METRICS.items():
        assert metric.label
        assert metric.meaning.endswith(".")
        assert of(name) is METRICS["rating_coverage" if name == "coverage" else name]


@pytest.mark.parametrize(
    ("name", "written"), [("ndcg@20", "NDCG@20"), ("hit_rate@10", "Hit rate@10"), ("rmse", "RMSE")]
)
def test_labels_are_as_people_write_them(name: str, written: str) -> None:
    assert label(name) == written


def test_coverage_of_ratings_is_not_that_of_lists() -> None:
    assert of("coverage").family is Family.RATING
    assert of("coverage@20").family is Family.LISTS
    assert meaning("coverage") != meaning("coverage@20")


def test_the_length_of_the_list_and_the_direction_are_said() -> None:
    assert "The list has 20 products." in meaning("recall@20")
    assert "has 20 products" not in meaning("rmse")
    assert {name for name in METRICS if lower_is_better(name)} == {
        "gini",
        "most_listed",
        "popularity_lift",
        "thin_share",
        "rmse",
        "mae",
    }


def test_an_unknown_metric_is_an_error() -> None:
    with pytest.raises(KeyError, match="recal"):
        label("recal@20")
