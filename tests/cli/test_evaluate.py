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


def test_a_file_says_how_far_tuning_is(run: Run, ratings: Path, tmp_path: Path) -> None:
    path = tmp_path / "progress.json"
    result = run("evaluate", "--ratings", ratings, "--tune", "--rank", "4", "--progress", path, "--json")
    assert result.exit_code == 0, result.stderr
    said = json.loads(path.read_text())
    assert said["fraction"] == 1.0
    assert [stage["name"] for stage in said["stages"]] == ["Evaluating"]
    assert said["ended"] is not None


def test_a_split_by_time_needs_times(run: Run, ratings: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    plain.write_text("\n".join(line.rsplit(",", 1)[0] for line in ratings.read_text().splitlines()))
    result = run("evaluate", "--ratings", plain, "--split", "temporal")
    assert result.exit_code == 1
    assert "timestamp" in result.stderr


def test_lengths_and_baselines_are_those_asked_for(run: Run, ratings: Path) -> None:
    asked = ["evaluate", "--ratings", ratings, "--split", "random", "--rank", 8, "--json"]
    answer = json.loads(run(*asked, "--at", "5,3", "--baselines", "popular,item-knn").stdout)
    assert set(answer["baselines"]) == {"popular", "item-kNN"}
    assert {"recall@3", "recall@5", "ndcg@5"} <= set(answer["model"])
    assert "recall@10" not in answer["model"]
    alone = json.loads(run(*asked, "--baselines", "none").stdout)
    assert alone["baselines"] == {}
    assert "recall@10" in alone["model"]


@pytest.mark.parametrize(
    "wrong",
    [
        "--at 0",
        "--at ten",
        "--baselines bestsellers",
        "--history none.csv",
        "--task rating --at 5",
        "--task rating --baselines none",
    ],
)
def test_wrong_usage_is_refused_before_anything_is_read(run: Run, wrong: str) -> None:
    assert run("evaluate", "--ratings", "none.csv", *wrong.split()).exit_code == 2


def test_what_becomes_of_the_rows_of_a_test_file_is_said(run: Run, ratings: Path, tmp_path: Path) -> None:
    rows = ratings.read_text().splitlines()
    test = tmp_path / "test.csv"
    user, item, *rest = rows[1].split(",")
    tail = ",".join(rest)
    # Two rows that training has, a new user, and a new item twice.
    test.write_text(
        "\n".join([rows[0], rows[1], rows[2], f"nobody,{item},{tail}", f"{user},new,{tail}"])
        + f"\n{user},new,{tail}\n"
    )
    answer = json.loads(run("evaluate", "--train", ratings, "--test", test, "--rank", 8, "--json").stdout)
    assert answer["test"] == {
        "rejected": 0,
        "duplicates": 1,
        "in_train": 2,
        "of_new_users": 1,
        "of_new_items": 1,
    }
    assert "2 also in training" in answer["protocol"]


def test_a_history_folds_in_users_that_training_does_not_have(
    run: Run, ratings: Path, tmp_path: Path
) -> None:
    header, *rows = ratings.read_text().splitlines()
    user = rows[0].split(",")[0]
    own = [row for row in rows if row.split(",")[0] == user]
    files = {
        "train": [row for row in rows if row.split(",")[0] != user],
        "history": own[:-1],
        "test": own[-1:],
    }
    for name, part in files.items():
        (tmp_path / f"{name}.csv").write_text("\n".join([header, *part]) + "\n")
    given = [part for name in files for part in (f"--{name}", tmp_path / f"{name}.csv")]
    result = run("evaluate", *given, "--rank", 8, "--json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert answer["test"]["of_new_users"] == 0
    without = json.loads(run("evaluate", *given[:2], *given[4:], "--rank", 8, "--json").stdout)
    assert without["test"]["of_new_users"] == 1
