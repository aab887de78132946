"""`facet recommend` and `facet similar`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from recsys import Recommender
from tests.cli.conftest import Run


def test_recommend_as_json_is_alone_on_stdout(run: Run, artifacts: Path) -> None:
    answer = json.loads(run("recommend", "u01", "-k", 3, "--format", "json", "--artifacts", artifacts).stdout)
    assert (answer["kind"], answer["note"]) == ("personal", "")
    assert [row["rank"] for row in answer["items"]] == [1, 2, 3]
    assert set(answer["items"][0]) >= {"rank", "item_id", "score", "predicted_rating", "reasons"}


def test_json_is_the_short_form_of_format_json(run: Run, artifacts: Path) -> None:
    short, long = (
        run("recommend", "u01", "--artifacts", artifacts, *form).stdout
        for form in (("--json",), ("--format", "json"))
    )
    assert short == long


def test_recommend_as_csv_and_as_table_hold_the_same_items(run: Run, artifacts: Path) -> None:
    options = ("-k", 4, "--artifacts", artifacts)
    table = run("recommend", "u02", *options).stdout
    parsed = list(csv.DictReader(io.StringIO(run("recommend", "u02", *options, "--format", "csv").stdout)))
    assert len(parsed) == 4
    assert all(row["item_id"] in table for row in parsed)


def test_similar_leaves_the_item_itself_out(run: Run, artifacts: Path) -> None:
    answer = json.loads(run("similar", "i07", "--json", "--artifacts", artifacts).stdout)
    assert len(answer["items"]) == 10
    assert "i07" not in {row["item_id"] for row in answer["items"]}


def test_what_people_rated_next_is_what_the_package_says(run: Run, sample_artifacts: Path) -> None:
    recommender = Recommender.open(sample_artifacts)
    item = recommender.popular(1).item_id[0]
    answer = json.loads(run("similar", item, "--next", "--json", "--artifacts", sample_artifacts).stdout)
    assert answer["kind"] == "next"
    assert [one["item_id"] for one in answer["items"]] == recommender.rated_next(item).item_id.tolist()
    assert all(one["raters_after"] > 0 for one in answer["items"][:3])


def test_a_filter_holds_before_the_first_k_are_taken(run: Run, artifacts: Path) -> None:
    words = ("recommend", "u01", "-k", 5, "--json", "--artifacts", artifacts)
    assert len(json.loads(run(*words, "--min-ratings", 25).stdout)["items"]) == 5
    assert json.loads(run(*words, "--min-ratings", 10_000).stdout)["items"] == []


def test_an_unknown_user_is_one_line_on_stderr_and_exit_1(run: Run, artifacts: Path) -> None:
    result = run("recommend", "u0", "--artifacts", artifacts)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "'u0'" in result.stderr
    assert "u00" in result.stderr


def test_an_id_that_begins_with_a_dash_is_told_from_an_option(run: Run, artifacts: Path) -> None:
    wrong = run("recommend", "-5", "--artifacts", artifacts)
    assert wrong.exit_code == 2
    assert "behind --" in wrong.stderr
    assert "'-5'" in run("recommend", "--artifacts", artifacts, "--", "-5").stderr


@pytest.mark.parametrize("variable", ["FACET_ARTIFACTS", "RECSYS_ARTIFACTS"])
def test_the_environment_names_the_artifacts(
    run: Run, artifacts: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("recommend", "u01").exit_code == 1
    monkeypatch.setenv(variable, str(artifacts))
    assert run("recommend", "u01").exit_code == 0
    assert run("recommend", "u01", "--artifacts", tmp_path).exit_code == 1
