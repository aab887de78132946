"""`facet evaluate`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, write_ratings


@pytest.mark.parametrize(("task", "metric"), [("ranking", "recall@20"), ("rating", "rmse")])
def test_with_train_and_test_it_prints_one_json_object(
    run: Run, ratings: Path, tmp_path: Path, task: str, metric: str
) -> None:
    test = write_ratings(tmp_path / "test.csv", seed=1)
    result = run("evaluate", "--train", ratings, "--test", test, "--task", task, "--json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["task"] == task
    assert 0 <= answer["model"][metric]["low"] <= answer["model"][metric]["value"]
    assert all(metric in figures for figures in answer["baselines"].values())
    assert set(answer["seconds"]) == {"tune", "fit", "evaluate"}


def test_the_table_has_a_column_for_each_model(run: Run, ratings: Path) -> None:
    result = run("evaluate", "--ratings", ratings, "--split", "leave-last", "--rank", 8)
    assert result.exit_code == 0, result.stderr
    header = next(line for line in result.stdout.splitlines() if "this model" in line)
    assert "item-kNN" in header


def test_a_split_by_time_needs_times(run: Run, ratings: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    plain.write_text("\n".join(line.rsplit(",", 1)[0] for line in ratings.read_text().splitlines()))
    result = run("evaluate", "--ratings", plain, "--split", "temporal")
    assert result.exit_code == 1
    assert "timestamp" in result.stderr
