"""Exports: the same answers as one at a time, in every form, whole or not at all, and resumable."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from recsys.errors import ExportError
from recsys.export import ExportRequest, export
from recsys.export import run as export_run
from recsys.export.rows import Answers
from recsys.export.unfinished import ExportJob, Unfinished
from recsys.progress import Progress
from recsys.recommender import Filters, Recommender
from recsys.rules import Rules, Selection
from tests.cli.conftest import run_words

READ: dict[str, Any] = {"parquet": pl.read_parquet, "csv": pl.read_csv, "jsonl": pl.read_ndjson}


@pytest.fixture(scope="module")
def sample(sample_artifacts: Path) -> Recommender:
    return Recommender.open(sample_artifacts)


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_run, "_AT_ONCE", dict.fromkeys(export_run._AT_ONCE, 20))


def some_users(recommender: Recommender, n: int = 50) -> tuple[str, ...]:
    return tuple(recommender.users.ids(range(n)))


@pytest.mark.parametrize("form", READ)
@pytest.mark.usefixtures("small_parts")
def test_recommendations_are_those_of_one_at_a_time(
    sample: Recommender, sample_artifacts: Path, tmp_path: Path, form: Any
) -> None:
    users = some_users(sample)
    request = ExportRequest("recommendations", form, 5, ids=users)
    made = export(sample_artifacts, tmp_path / f"out.{form}", request, workers=1)
    assert (made.n_asked, made.n_parts, made.n_found) == (50, 3, 0)
    found = READ[form](made.path)
    assert found.columns == ["user_id", "rank", "item_id", "score", "personal"]
    for (user,), part in found.partition_by("user_id", as_dict=True).items():
        wanted = sample.recommend(str(user), 5)
        assert part["item_id"].to_list() == wanted.item_id.tolist()
        assert part["rank"].to_list() == wanted["rank"].tolist()
        np.testing.assert_allclose(part["score"], wanted.score, rtol=1e-5)
        assert part["personal"].all() == (wanted.attrs["kind"] == "personal")
    assert found["user_id"].unique(maintain_order=True).to_list() == list(users)
    assert not Unfinished.beside(made.path).folder.exists()


def test_several_processes_make_the_same_file(sample_artifacts: Path, tmp_path: Path) -> None:
    request = ExportRequest("recommendations", "csv", 3)
    one = export(sample_artifacts, tmp_path / "one.csv", request, workers=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export_run, "_AT_ONCE", dict.fromkeys(export_run._AT_ONCE, 100))
        two = export(sample_artifacts, tmp_path / "two.csv", request, workers=2)
    assert two.n_parts > 1
    assert one.path.read_bytes() == two.path.read_bytes()


def test_products_have_their_lists(sample: Recommender, sample_artifacts: Path, tmp_path: Path) -> None:
    items = tuple(sample.popular(4).item_id)
    similar = export(sample_artifacts, tmp_path / "s.csv", ExportRequest("similar", "csv", 3, ids=items))
    found = pl.read_csv(similar.path)
    for item in items:
        wanted = sample.similar(item, 3)
        part = found.filter(pl.col("query_id") == item)
        assert part["item_id"].to_list() == wanted.item_id.tolist()
        np.testing.assert_allclose(part["cosine"], wanted.cosine, rtol=1e-5)
    rated_next = export(sample_artifacts, tmp_path / "n.csv", ExportRequest("next", "csv", 3, ids=items))
    assert pl.read_csv(rated_next.path)["item_id"].to_list() == [
        one for item in items for one in sample.rated_next(item, 3).item_id
    ]


def test_audiences_are_of_the_products_that_filters_leave(
    sample: Recommender, sample_artifacts: Path, tmp_path: Path
) -> None:
    filters = Filters(brands=(sample.dataset.brands()[0],))
    made = export(sample_artifacts, tmp_path / "a.csv", ExportRequest("audiences", "csv", 5, filters=filters))
    allowed = sample.allowed(filters, None)
    assert allowed is not None
    found = pl.read_csv(made.path)
    assert set(found["query_id"]) == set(sample.items.ids(np.flatnonzero(allowed)))
    item = found["query_id"][0]
    assert found["user_id"].head(5).to_list() == sample.audience(item, 5).user_id.tolist()


def test_filters_and_rules_hold_in_every_list(sample: Recommender, sample_artifacts: Path) -> None:
    best = sample.popular(1).item_id[0]
    brand = sample.dataset.brands()[0]
    rows = np.arange(200)
    rules = Rules(exclude=Selection(products=(best,)))
    for chosen in ({"rules": rules}, {"filters": Filters(brands=(brand,))}):
        table = Answers(sample, ExportRequest("recommendations", k=5, **chosen)).table(rows)
        assert best not in table["item_id"].to_list() or "filters" in chosen
        user = table["user_id"][0]
        own = table.filter(pl.col("user_id") == user)["item_id"].to_list()
        assert own == sample.recommend(str(user), 5, **chosen).item_id.tolist()


def test_users_can_be_chosen(sample: Recommender) -> None:
    degrees = sample.interactions.user_degrees
    rows = ExportRequest("recommendations", min_rated=10).rows(sample)
    assert rows.tolist() == np.flatnonzero(degrees >= 10).tolist()
    lately = ExportRequest("recommendations", active_days=30).rows(sample)
    times, last = sample.interactions.timestamps, sample.summary.last_timestamp
    assert times is not None
    assert last is not None
    for row in (*lately[:20], *np.setdiff1d(np.arange(len(degrees)), lately)[:20]):
        latest = times[sample.interactions.slice(int(row))].max()
        assert (latest > last - 30 * 86_400) == (row in lately)


@pytest.mark.usefixtures("small_parts")
def test_a_stopped_export_goes_on(
    sample: Recommender, sample_artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, out = ExportRequest("recommendations", "csv", 3, ids=some_users(sample, 100)), tmp_path / "o.csv"

    def stop_after_two(heard: Progress) -> None:
        if heard.fraction and heard.fraction >= 0.4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(sample_artifacts, out, request, workers=1, progress=stop_after_two)
    assert not out.exists()
    with pytest.raises(ExportError, match="--restart"):
        export(sample_artifacts, out, ExportRequest("recommendations", "csv", 4), workers=1)
    made = export(sample_artifacts, out, request, workers=1)
    assert made.n_found >= 2
    whole = export(sample_artifacts, tmp_path / "whole.csv", request, workers=1)
    assert out.read_bytes() == whole.path.read_bytes()
    with pytest.raises(ExportError, match="exists"):
        export(sample_artifacts, out, request)
    assert export(sample_artifacts, out, request, workers=1, overwrite=True).n_found == 0


@pytest.mark.usefixtures("small_parts")
def test_a_stopped_export_whose_version_is_gone_says_so(
    sample: Recommender, sample_artifacts: Path, tmp_path: Path
) -> None:
    request, out = ExportRequest("similar", "csv", 3), tmp_path / "o.csv"
    folder = Unfinished.beside(out)
    folder.folder.mkdir()
    folder.begin(ExportJob("20000101-000000-000000", request, 20, "t"), np.arange(3))
    with pytest.raises(ExportError, match="gone"):
        export(sample_artifacts, out, request)
    assert export(sample_artifacts, out, request, workers=1, restart=True).version == sample.version


def test_a_kill_loses_nothing_that_was_done(sample_artifacts: Path, tmp_path: Path) -> None:
    out = tmp_path / "all.csv"
    words = ("export", "audiences", "--out", str(out), "-k", "3", "--artifacts", str(sample_artifacts))
    command = [sys.executable, "-m", "recsys", *words, "--workers", "1"]
    process = subprocess.Popen(command, start_new_session=True)
    folder = Unfinished.beside(out).folder
    deadline = time.monotonic() + 60
    while not list(folder.glob("part-*.csv")) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not out.exists()
    result = run_words(*words, "--workers", "1", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["n_found"] >= 1
    assert pl.read_csv(out)["query_id"].n_unique() == json.loads(result.stdout)["n_asked"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("recommendations", "--out", "x.xls"), "csv"),
        (("recommendations", "--out", "nowhere/x.csv"), "folder"),
        (("similar", "--out", "x.csv", "--min-rated", "3"), "recommendations"),
        (("similar", "--out", "x.csv", "--ids", "none.txt"), "none.txt"),
        (("recommendations", "--out", "x.csv", "--min-rated", "1000000"), "No user"),
    ],
)
def test_what_cannot_be_is_one_line(
    words: tuple[str, ...], said: str, sample_artifacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run_words("export", *words, "--artifacts", sample_artifacts)
    assert result.exit_code == 1
    assert said in result.stderr.strip().splitlines()[-1]


def test_ids_come_from_a_file(sample: Recommender, sample_artifacts: Path, tmp_path: Path) -> None:
    users = some_users(sample, 3)
    (tmp_path / "ids.txt").write_text("\n".join([*users, ""]), encoding="utf-8")
    told = ("export", "recommendations", "--out", tmp_path / "o.csv", "--ids", tmp_path / "ids.txt")
    assert run_words(*told, "--artifacts", sample_artifacts).exit_code == 0
    assert set(pl.read_csv(tmp_path / "o.csv")["user_id"]) == set(users)
    (tmp_path / "ids.txt").write_text("nobody", encoding="utf-8")
    again = run_words(*told, "--artifacts", sample_artifacts, "--overwrite")
    assert again.exit_code == 1
    assert "nobody" in again.stderr
