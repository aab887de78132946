"""`recommend` and `similar` print products that nobody has rated apart from the others."""

from __future__ import annotations

import json
from pathlib import Path

from recsys import Recommender
from tests.cli.conftest import Run


def test_a_new_product_can_be_asked_about(run: Run, sample_artifacts: Path) -> None:
    item = Recommender.open(sample_artifacts).new.products.ids.id(3)
    result = run("similar", item, "--artifacts", sample_artifacts, "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["kind"] == answer["new"]["kind"] == "content"
    assert len(answer["items"]) == 10
    assert len(answer["new"]["items"]) == 5
    assert all(one["n_ratings"] == 0 for one in answer["new"]["items"])


def test_recommendations_have_a_list_of_their_own_for_them(run: Run, sample_artifacts: Path) -> None:
    user = Recommender.open(sample_artifacts).example_users().user_id[0]
    words = ("recommend", user, "--artifacts", sample_artifacts)
    answer = json.loads(run(*words, "--json", "--new", 3).stdout)
    assert answer["kind"] == "personal"
    assert len(answer["new"]["items"]) == 3
    table = run(*words).stdout
    assert table.count("item_id") == 2
    assert answer["new"]["items"][0]["item_id"] in table
    assert "new" not in json.loads(run(*words, "--json", "--new", 0).stdout)
    assert run(*words, "--format", "csv").stdout.count("item_id") == 1


def test_without_a_catalogue_the_answer_says_why_there_are_none(run: Run, artifacts: Path) -> None:
    answer = json.loads(run("recommend", "u01", "--artifacts", artifacts, "--json").stdout)
    assert answer["new"]["items"] == []
    assert "catalogue" in answer["new"]["note"]
