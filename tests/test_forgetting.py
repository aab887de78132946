"""A person who was deleted is in no byte of any version, and comes back by no build."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.config import BuildConfig, RankingConfig
from recsys.data.interactions import encode
from recsys.errors import UnknownUserError
from recsys.forgetting import forget
from recsys.pipeline import build
from recsys.recommender import Recommender
from recsys.versions.contents import read_interactions
from recsys.versions.forgotten import Forgotten
from recsys.versions.store import ArtifactStore
from tests.cli.conftest import run_words

PERSON = "person-0042"


def people(seed: int = 0) -> pl.DataFrame:
    """60 people, one of them `PERSON`, who alone rated `only-theirs`; 30 other items, and times."""
    rng = np.random.default_rng(seed)
    names = [PERSON if n == 42 else f"u{n:03}" for n in range(60)]
    rows = [(names[n], f"i{item:02}") for n in range(60) for item in rng.choice(30, 8, replace=False)]
    rows += [(PERSON, "only-theirs")]
    return pl.DataFrame(rows, schema=["user_id", "item_id"], orient="row").with_columns(
        rating=pl.Series(rng.integers(1, 6, len(rows)).astype(np.float64)),
        timestamp=pl.Series(rng.integers(1_500_000_000, 1_600_000_000, len(rows))),
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of `people`; a rejected row names the person."""
    folder = tmp_path_factory.mktemp("forgetting")
    frame = people()
    text = frame.write_csv() + f"{PERSON},i01,excellent,1500000000\n"
    (folder / "ratings.csv").write_text(text)
    config = BuildConfig(ranking=RankingConfig(n_factors=4))
    build(folder / "ratings.csv", out=folder / "artifacts", config=config)
    build(folder / "ratings.csv", out=folder / "artifacts", config=replace(config, evaluate=False))
    return folder


@pytest.fixture
def store(built: Path, tmp_path: Path) -> ArtifactStore:
    shutil.copytree(built / "artifacts", tmp_path / "artifacts")
    return ArtifactStore(tmp_path / "artifacts")


def bytes_with(root: Path, text: str) -> list[Path]:
    """Files that hold a text, in the bytes of the file or, of a table, of its columns."""
    found = []
    for path in (path for path in root.rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += pl.read_parquet(path).write_ndjson().encode()
        if text.encode() in content:
            found.append(path)
    return found


def test_no_byte_of_the_person_is_left_and_the_versions_are_whole(store: ArtifactStore) -> None:
    before, current = store.versions(), store.current()
    store.pin(before[0])
    assert bytes_with(store.root, PERSON)
    done = forget(store, PERSON)
    assert [one.version for one in done] == before
    assert [one.n_ratings for one in done] == [9, 9]
    assert not bytes_with(store.root, PERSON)
    after = store.versions()
    assert [one.successor for one in done] == after
    assert not set(before) & set(after)
    assert (before.index(current or ""), store.pinned()) == (after.index(store.current() or ""), [after[0]])
    assert not [sentence for version in after for sentence in store.damage(version)]
    with pytest.raises(UnknownUserError):
        Recommender.open(store.root).recommend(PERSON, 3)
    assert len(Recommender.open(store.root).recommend("u007", 3)) == 3


def test_what_is_left_is_the_ratings_of_the_others(store: ArtifactStore) -> None:
    forget(store, PERSON)
    data = read_interactions(store.open())
    others = people().filter(pl.col("user_id") != PERSON)
    wanted = encode(others.with_columns(pl.col("rating").cast(pl.Float32)), items=data.items)
    for name in ("indptr", "item_rows", "ratings", "timestamps"):
        np.testing.assert_array_equal(getattr(data, name), getattr(wanted, name), err_msg=name)
    assert data.users.to_series().to_list() == wanted.users.to_series().to_list()
    assert store.open().manifest.summary.n_users == 59
    by_item = store.open().arrays("by_item")
    row = data.items.row("only-theirs")
    assert row is not None
    assert by_item["indptr"][row] == by_item["indptr"][row + 1]
    assert store.open().array("item_means")[row] == 0
    assert Recommender.open(store.root).similar("only-theirs", 3) is not None


def test_tables_that_name_users_by_row_name_the_same_users(store: ArtifactStore) -> None:
    first = store.versions()[0]
    old, users = store.open(first).table("held_out_lists"), read_interactions(store.open(first)).users
    named = [name for row in old["user"] if (name := users.id(row)) != PERSON]
    forget(store, PERSON)
    artifacts = store.open(store.versions()[0])
    users = read_interactions(artifacts).users
    assert [users.id(row) for row in artifacts.table("held_out_lists")["user"]] == named


def test_builds_and_updates_leave_the_person_out(store: ArtifactStore, built: Path) -> None:
    forget(store, PERSON)
    config = BuildConfig(ranking=RankingConfig(n_factors=4), evaluate=False)
    for update in (False, True):
        build(built / "ratings.csv", out=store.root, config=config, update=update)
        manifest = store.open().manifest
        assert manifest.summary.n_users == 59
        report = manifest.cleaning
        assert report.rejected["by a person who was deleted"].count == 9
        assert report.rows_read == report.accepted + report.duplicates + report.n_rejected
        assert not [path for path in bytes_with(store.root, PERSON) if "manifest" not in path.name]
    Forgotten(store.root).remove(PERSON)
    build(built / "ratings.csv", out=store.root, config=config)
    assert store.open().manifest.summary.n_users == 60


def test_the_command_says_what_is_gone_and_what_remains(store: ArtifactStore) -> None:
    words = ("forget", PERSON, "--artifacts", store.root, "--json", "--yes")
    result = run_words(*words)
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert [one["n_ratings"] for one in said["versions"]] == [9, 9]
    assert "factors" in said["remains"]
    assert run_words(*words).exit_code == 0, "once more does no harm"
    unknown = run_words("forget", "u0", "--artifacts", store.root, "--yes")
    assert unknown.exit_code == 1
    assert "u000" in unknown.stderr
    assert "u0" not in Forgotten(store.root)
    assert run_words("forget", "u0", "--artifacts", store.root, "--yes", "--unknown").exit_code == 0
    assert "u0" in Forgotten(store.root)
    assert run_words("forget", "u0", "--artifacts", store.root, "--allow-again").exit_code == 0
    assert "u0" not in Forgotten(store.root)


def test_a_damaged_version_is_named_and_the_others_are_done(store: ArtifactStore) -> None:
    broken, whole = store.versions()
    (store.folder(broken) / "ranking.components.npy").chmod(0o644)
    (store.folder(broken) / "ranking.components.npy").write_bytes(b"")
    result = run_words("forget", PERSON, "--artifacts", store.root, "--yes")
    assert result.exit_code == 1
    assert broken in result.stderr
    assert whole not in store.versions()


def test_the_work_can_be_cut_off_anywhere_and_done_again(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, limit = 0, 0

    def dying(name: str) -> None:
        original = getattr(Path, name)

        def method(self: Path, *given: object, **named: object) -> object:
            nonlocal calls
            calls += 1
            if calls == limit:
                raise KeyboardInterrupt
            return original(self, *given, **named)

        monkeypatch.setattr(Path, name, method)

    for name in ("rename", "replace", "mkdir"):
        dying(name)
    for attempt in range(1, 30):
        calls, limit = 0, attempt
        try:
            forget(store, PERSON, unknown=True)
        except KeyboardInterrupt:
            assert store.current() in store.versions()
            assert not [one for version in store.versions() for one in store.damage(version)]
            continue
        break
    assert limit > 3
    assert not bytes_with(store.root, PERSON)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 5), st.lists(st.integers(0, 59), min_size=1, max_size=5, unique=True))
def test_ratings_without_users_are_those_of_the_rest(seed: int, rows: list[int]) -> None:
    frame = people(seed).with_columns(pl.col("rating").cast(pl.Float32))
    data = encode(frame)
    gone = data.users.ids(rows)
    rest = data.without_users(np.array(rows))
    wanted = encode(frame.filter(~pl.col("user_id").is_in(gone)), items=data.items)
    np.testing.assert_array_equal(rest.users.data, wanted.users.data)
    np.testing.assert_array_equal(rest.users.offsets, wanted.users.offsets)
    np.testing.assert_array_equal(rest.indptr, wanted.indptr)
    np.testing.assert_array_equal(rest.item_rows, wanted.item_rows)
    np.testing.assert_array_equal(rest.ratings, wanted.ratings)
