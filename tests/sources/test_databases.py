"""Ratings from databases: read only, in batches, every failure in one line and no secret in any."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recsys.config import BuildConfig, RankingConfig
from recsys.data.clean import load_interactions
from recsys.data.interactions import Interactions
from recsys.errors import DataFormatError
from recsys.pipeline import build
from recsys.progress import Progress, Stage
from recsys.sources.databases import Query, holds_password, read_query, redacted, stated_uri
from recsys.versions.store import ArtifactStore
from tests.cli.conftest import run_words, write_ratings
from tests.sources import postgres
from tests.sources.postgres import PASSWORD, Postgres

ROOT = Path(__file__).parents[2]
ALL = "SELECT user_id, item_id, rating, timestamp FROM ratings"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("databases")


@pytest.fixture(scope="module")
def csv(folder: Path) -> Path:
    return write_ratings(folder / "ratings.csv")


@pytest.fixture(scope="module")
def sqlite(folder: Path, csv: Path) -> str:
    path, frame = folder / "a shop.db", pl.read_csv(csv)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE ratings (user_id TEXT, item_id TEXT, rating REAL, timestamp INTEGER)"
        )
        connection.executemany("INSERT INTO ratings VALUES (?, ?, ?, ?)", frame.rows())
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def duck(folder: Path, csv: Path) -> str:
    path = folder / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE TABLE ratings AS SELECT user_id, item_id, rating::DECIMAL(3, 1) AS rating,"
            " to_timestamp(timestamp) AS timestamp FROM read_csv(?)",
            [str(csv)],
        )
    return f"duckdb:///{path}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, csv: Path) -> Iterator[Postgres]:
    if postgres.find() is None:
        pytest.skip(postgres.CURE)
    with postgres.server(tmp_path_factory.mktemp("postgres")) as server:
        rows = ", ".join(
            f"('{user}', '{item}', {rating}, to_timestamp({time}))"
            for user, item, rating, time in pl.read_csv(csv).rows()
        )
        columns = "user_id text, item_id varchar(9), rating numeric(3, 1), timestamp timestamptz"
        server.run(
            f"CREATE TABLE ratings ({columns})",
            f"INSERT INTO ratings VALUES {rows}",
            "GRANT SELECT ON ratings TO reader",
            "CREATE TABLE secrets (a int)",
        )
        yield server


def read(uri: str, sql: str = ALL) -> Interactions:
    return load_interactions(read_query(Query(uri, sql)))[0]


def refusal(uri: str, sql: str) -> str:
    with pytest.raises(DataFormatError) as caught:
        read_query(Query(uri, sql))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def same(one: Interactions, other: Interactions) -> bool:
    arrays = ("indptr", "item_rows", "ratings", "timestamps")
    assert one.users.to_series().equals(other.users.to_series())
    assert one.items.to_series().equals(other.items.to_series())
    return all((getattr(one, name) == getattr(other, name)).all() for name in arrays)


def test_every_database_gives_what_the_file_gives(
    csv: Path, sqlite: str, duck: str, server: Postgres
) -> None:
    expected = load_interactions(csv)[0]
    for uri in (sqlite, duck, server.uri(), server.uri("reader", PASSWORD)):
        assert same(read(uri), expected)


def test_types_of_databases_become_ids_and_times(server: Postgres, tmp_path: Path) -> None:
    sql = (
        "SELECT ('00000000-0000-0000-0000-0000000000' || lpad((n % 7)::text, 2, '0'))::uuid AS user_id,"
        " (1000000000000 + n % 5)::bigint AS item_id, (1 + n % 5)::smallint AS rating,"
        " timestamp '2020-01-01' + n * interval '1 day' AS timestamp FROM generate_series(1, 35) AS n"
    )
    data = read(server.uri(), sql)
    assert data.items.to_series().to_list() == [f"100000000000{n}" for n in range(5)]
    assert data.users.id(0).startswith("00000000-0000-0000-0000")
    assert data.timestamps is not None
    assert data.timestamps.min() == 1_577_836_800 + 86_400


def test_missing_values_are_rejected_and_counted(server: Postgres) -> None:
    sql = f"{ALL} UNION ALL SELECT NULL, 'i01', 3, now() UNION ALL SELECT 'u01', 'i02', NULL, now()"
    _, report = load_interactions(read_query(Query(server.uri(), sql)))
    assert report.n_rejected == 2


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM ratings",
        "DROP TABLE ratings",
        "CREATE TABLE more (a int)",
        "UPDATE ratings SET rating = 1",
    ],
)
def test_nothing_is_written(csv: Path, sqlite: str, duck: str, server: Postgres, sql: str) -> None:
    for uri in (sqlite, duck, server.uri()):
        refusal(uri, sql)
        assert read(uri).n_ratings == load_interactions(csv)[0].n_ratings


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM nothing", "nothing"),
        ("SELEKT 1", "SELEKT"),
        ("SELECT user_id, item_id, user_id FROM ratings", "two columns named 'user_id'"),
        ("SELECT user_id, item_id FROM ratings WHERE 1 = 0", "no rows"),
    ],
)
def test_a_wrong_query_is_said(sqlite: str, duck: str, server: Postgres, sql: str, said: str) -> None:
    for uri in (sqlite, duck, server.uri()):
        assert said in refusal(uri, sql)


def test_other_files_are_out_of_reach(duck: str, csv: Path) -> None:
    assert "Permission" in refusal(duck, f"SELECT * FROM read_csv('{csv}')")


def test_a_missing_right_a_wrong_password_and_no_server_are_said(server: Postgres, tmp_path: Path) -> None:
    assert "permission denied" in refusal(server.uri("reader", PASSWORD), "SELECT a, a AS b FROM secrets")
    said = refusal(server.uri("reader", "wrong-word"), ALL)
    assert "authentication failed" in said
    assert "wrong-word" not in said
    assert "refused" in refusal("postgresql://me:hush@127.0.0.1:1/db", ALL)
    assert "does not exist" in refusal(f"sqlite:///{tmp_path}/none.db", ALL)
    assert "pip install adbc-driver-nosuch" in refusal("nosuch://host", ALL)
    assert "not the address" in refusal("ratings.csv", ALL)


def test_a_connection_that_drops_is_one_line_and_leaves_no_scratch_file(
    server: Postgres, tmp_path: Path
) -> None:
    begun = threading.Event()

    def heard(progress: Progress) -> None:
        if "rows" in progress.detail:
            begun.set()
            time.sleep(0.01)

    def drop() -> None:
        begun.wait(30)
        others = "WHERE query LIKE '%generate_series%' AND pid <> pg_backend_pid()"
        server.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity {others}")

    thread = threading.Thread(target=drop)
    thread.start()
    sql = "SELECT n AS user_id, n AS item_id, repeat('x', 500) AS t FROM generate_series(1, 3000000) AS n"
    with pytest.raises(DataFormatError, match=r"terminat|closed|lost") as caught:
        read_query(Query(server.uri(), sql), tmp_path, Stage("Reading", heard))
    thread.join()
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_build_keeps_no_password_anywhere(server: Postgres, tmp_path: Path) -> None:
    uri, out = server.uri("reader", PASSWORD), tmp_path / "artifacts"
    address = tmp_path / "address"
    address.write_text(uri + "\n")
    watched = tmp_path / "progress.json"
    words = ("build", "--query", ALL, "--out", out, "--rank", 4, "--no-evaluate", "--progress", watched)
    result = run_words(*words, "--source", f"@{address}", "--json")
    assert result.exit_code == 0, result.stderr
    built = json.loads(result.stdout)
    assert built["source"] == "PostgreSQL query"
    assert f"reader@127.0.0.1:{server.port}" in built["name"]
    secrets = [PASSWORD.encode(), uri.partition("reader:")[2].partition("@")[0].encode()]
    for path in [watched, *(path for path in out.rglob("*") if path.is_file())]:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret in content], path
    assert not [text for text in secrets if text.decode() in result.stdout + result.stderr]


def test_the_environment_can_name_the_database(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACET_SOURCE", sqlite)
    shown = run_words("preview", "--query", ALL, "--json")
    assert shown.exit_code == 0, shown.stderr
    assert json.loads(shown.stdout)["source"] == "SQLite query"
    assert run_words("preview", "--help").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["build", "--query", ALL],
        ["build", "--source", "sqlite:///x.db"],
        ["build", "--source", "sqlite:///x.db", "--query", ALL, "--ratings", "x.csv"],
        ["build", "--source", "sqlite:///x.db", "--catalog-query", ALL],
        ["preview"],
    ],
)
def test_wrong_usage_is_refused_before_anything_is_read(words: list[str]) -> None:
    assert run_words(*words).exit_code == 2


def test_products_come_from_a_query_too(folder: Path, sqlite: str, tmp_path: Path) -> None:
    with sqlite3.connect(sqlite.removeprefix("sqlite:///")) as connection:
        things = [(f"i{n:02}", f"Thing {n}") for n in range(40)]
        connection.execute("CREATE TABLE IF NOT EXISTS products (item_id TEXT, title TEXT)")
        connection.executemany("INSERT INTO products VALUES (?, ?)", things)
    config = BuildConfig(ranking=RankingConfig(n_factors=4), evaluate=False)
    products = Query(sqlite, "SELECT item_id, title FROM products")
    version = build(Query(sqlite, ALL), products, tmp_path / "artifacts", config)
    store = ArtifactStore(tmp_path / "artifacts")
    assert "title" in store.open(version).table("catalog").columns
    assert store.manifest(version).cleaning.source == "SQLite query"


@example("@00000000", True)
@given(st.text(st.characters(exclude_characters="\r\n"), min_size=9, max_size=20), st.booleans())
def test_a_password_is_in_no_name_of_a_source(password: str, in_query: bool) -> None:
    uri = (
        f"postgresql://me@host/db?password={password}" if in_query else f"postgresql://me:{password}@host/db"
    )
    query = Query(uri, "SELECT 1")
    assert redacted(uri) in str(query)
    assert "postgresql://me" in redacted(uri)
    assert not [text for text in (redacted(uri), str(query), repr(query)) if password in text]
    assert holds_password(uri)
    assert not holds_password("postgresql://me@host:5432/db")


def test_an_address_in_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match="cannot be read"):
        stated_uri(f"@{tmp_path}/none")
    assert stated_uri("sqlite:///x.db") == "sqlite:///x.db"


def test_a_build_can_be_stopped_while_the_database_works(sqlite: str, tmp_path: Path) -> None:
    endless = (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) AS user_id FROM r"
    )
    words = ["build", "--source", sqlite, "--query", endless, "--out", str(tmp_path / "out")]
    building = subprocess.Popen(
        [sys.executable, "-m", "recsys", *words], stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        deadline = time.monotonic() + 30
        while not list(tmp_path.glob("out/.scratch-*/*.arrow")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        building.terminate()
        _, said = building.communicate(timeout=20)
    finally:
        building.kill()
    assert building.returncode == 128 + signal.SIGTERM
    assert "Stopped" in said
    assert not list(tmp_path.glob("out/.scratch-*"))
