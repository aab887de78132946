"""The command line as a person or a script uses it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from recsys.__main__ import main
from recsys.versions.store import ArtifactStore


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def write_ratings(path: Path, seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    pairs = {
        (int(u), int(i)) for u, i in zip(rng.integers(0, 60, 1500), rng.integers(0, 40, 1500), strict=True)
    }
    lines = [
        f"u{u:02},i{i:02},{rng.integers(1, 6)},{1_400_000_000 + 1000 * n}"
        for n, (u, i) in enumerate(sorted(pairs))
    ]
    path.write_text("\n".join(["user_id,item_id,rating,timestamp", *lines]))
    return path


@pytest.fixture(scope="module")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("command-line")
    out = folder / "artifacts"
    result = run("build", "--ratings", write_ratings(folder / "ratings.csv"), "--out", out, "--rank", 8)
    assert result.exit_code == 0, result.stderr
    assert "is in service" in result.stdout
    assert "Reading the ratings" in result.stderr
    return out


def test_recommend_as_json_is_alone_on_stdout(artifacts: Path) -> None:
    answer = json.loads(run("recommend", "u01", "-k", 3, "--format", "json", "--artifacts", artifacts).stdout)
    assert [row["rank"] for row in answer] == [1, 2, 3]
    assert set(answer[0]) >= {"rank", "item_id", "score", "predicted_rating", "reasons"}


def test_recommend_as_csv_and_as_table_hold_the_same_items(artifacts: Path) -> None:
    options = ("-k", 4, "--artifacts", artifacts)
    table = run("recommend", "u02", *options).stdout
    parsed = list(csv.DictReader(io.StringIO(run("recommend", "u02", *options, "--format", "csv").stdout)))
    assert len(parsed) == 4
    assert all(row["item_id"] in table for row in parsed)


def test_similar_as_json_leaves_the_item_itself_out(artifacts: Path) -> None:
    answer = json.loads(run("similar", "i07", "--format", "json", "--artifacts", artifacts).stdout)
    assert len(answer) == 10
    assert "i07" not in {row["item_id"] for row in answer}


def test_an_unknown_user_is_one_line_on_stderr_and_exit_1(artifacts: Path) -> None:
    result = run("recommend", "u0", "--artifacts", artifacts)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "'u0'" in result.stderr
    assert "u00" in result.stderr


@pytest.mark.parametrize(
    "words",
    [("recommend",), ("recommend", "u01", "-k", "0"), ("evaluate",), ("nonsense",), ("versions", "rollback")],
)
def test_wrong_usage_exits_2(words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2


def test_bad_input_exits_1_and_leaves_the_artifacts_in_service(artifacts: Path, tmp_path: Path) -> None:
    before = ArtifactStore(artifacts).current()
    bad = tmp_path / "bad.csv"
    bad.write_text("user_id,item_id,rating\na,b,lots\nc,d,many\n")
    for ratings in (bad, tmp_path / "missing.csv", tmp_path):
        result = run("build", "--ratings", ratings, "--out", artifacts)
        assert result.exit_code == 1
        assert ratings.name in result.stderr
    assert ArtifactStore(artifacts).current() == before
    assert run("doctor", "--artifacts", artifacts).exit_code == 0


def test_doctor_finds_damage_and_versions_roll_back(artifacts: Path, tmp_path: Path) -> None:
    out = tmp_path / "artifacts"
    ratings = write_ratings(tmp_path / "ratings.csv")
    for rank in (4, 5):
        assert (
            run("build", "--ratings", ratings, "--out", out, "--rank", rank, "--no-evaluate").exit_code == 0
        )
    first, second = ArtifactStore(out).versions()
    listed = run("versions", "--artifacts", out).stdout.splitlines()
    assert [line[0] for line in listed] == [" ", "*"]
    victim = ArtifactStore(out).folder(second) / "item_means.npy"
    victim.write_bytes(victim.read_bytes()[:-1])
    result = run("doctor", "--artifacts", out)
    assert result.exit_code == 1
    assert "item_means.npy" in result.stderr
    assert run("recommend", "u01", "--artifacts", out).exit_code == 1
    assert run("versions", "rollback", first, "--artifacts", out).exit_code == 0
    assert run("recommend", "u01", "--artifacts", out).exit_code == 0


def test_a_second_build_of_the_same_file_is_byte_identical(tmp_path: Path) -> None:
    ratings = write_ratings(tmp_path / "ratings.csv")
    for _ in range(2):
        assert run("build", "--ratings", ratings, "--out", tmp_path / "out", "--no-evaluate").exit_code == 0
    store = ArtifactStore(tmp_path / "out")
    first, second = (store.manifest(version).files for version in store.versions())
    assert first == second


def test_evaluate_with_train_and_test_prints_one_json_object(tmp_path: Path) -> None:
    train, test = write_ratings(tmp_path / "train.csv"), write_ratings(tmp_path / "test.csv", seed=1)
    for task, metric in (("ranking", "recall@20"), ("rating", "rmse")):
        result = run("evaluate", "--train", train, "--test", test, "--task", task, "--json")
        assert result.exit_code == 0, result.stderr
        answer = json.loads(result.stdout)
        assert answer["task"] == task
        assert 0 <= answer["model"][metric]["low"] <= answer["model"][metric]["value"]
        assert all(metric in figures for figures in answer["baselines"].values())
        assert set(answer["seconds"]) == {"tune", "fit", "evaluate"}


def test_evaluate_by_time_without_times_refuses_with_words(tmp_path: Path) -> None:
    lines = write_ratings(tmp_path / "ratings.csv").read_text().splitlines()
    plain = tmp_path / "plain.csv"
    plain.write_text("\n".join(line.rsplit(",", 1)[0] for line in lines))
    result = run("evaluate", "--ratings", plain, "--split", "temporal")
    assert result.exit_code == 1
    assert "timestamp" in result.stderr


def test_sample_writes_what_it_was_asked_for(tmp_path: Path) -> None:
    out, catalog = tmp_path / "r.csv", tmp_path / "c.csv"
    result = run(
        "sample", "--users", 500, "--items", 100, "--ratings", 3000, "--out", out, "--catalog", catalog
    )
    assert result.exit_code == 0
    assert len(out.read_text().splitlines()) == pytest.approx(3000, rel=0.1)
    assert catalog.exists()


def test_preview_says_how_a_file_is_read(tmp_path: Path) -> None:
    result = run("preview", write_ratings(tmp_path / "ratings.csv"))
    assert result.exit_code == 0
    assert "u00" in result.stdout


def test_as_a_process_there_is_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "recsys", "build", "--ratings", str(tmp_path / "none.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "none.csv" in done.stderr
    assert "Traceback" not in done.stderr
