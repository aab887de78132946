"""Ratings from databases beside the same ratings as CSV: rows a second from the source to clean ratings.

    python benchmarks/bench_sql.py [--ratings 5000000] [--rounds 3] [--json]

The ratings are made up, and filled into a SQLite file, a DuckDB file and a PostgreSQL server that is
started for the time, where one is installed. Each side reads, cleans and encodes all of them, in turns and
in a process of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness import ROOT, answer_as_side, in_own_process, of_rounds, report, say

COLUMNS = "user_id, item_id, rating, timestamp"
SQL = f"SELECT {COLUMNS} FROM ratings"


def read_csv(where: str) -> dict[str, Any]:
    from recsys.data.clean import load_interactions

    return {"rows": load_interactions(where, columns=("user", "item", "rating", "timestamp"))[0].n_ratings}


def read_database(where: str) -> dict[str, Any]:
    from recsys.data.clean import load_interactions
    from recsys.sources.databases import Query, read_query

    return {"rows": load_interactions(read_query(Query(where, SQL)))[0].n_ratings}


def fill_duckdb(csv: Path, path: Path) -> str:
    import duckdb

    with duckdb.connect(str(path)) as connection:
        names = ", ".join(f"column{n} AS {name}" for n, name in enumerate(COLUMNS.split(", ")))
        connection.execute(f"CREATE TABLE ratings AS SELECT {names} FROM read_csv('{csv}', header = false)")
    return f"duckdb:///{path}"


def fill_sqlite(csv: Path, path: Path) -> str:
    import csv as reader
    import sqlite3

    with sqlite3.connect(path) as connection, csv.open(newline="") as file:
        connection.execute("CREATE TABLE ratings (user_id TEXT, item_id TEXT, rating REAL, timestamp INT)")
        connection.executemany("INSERT INTO ratings VALUES (?, ?, ?, ?)", reader.reader(file))
    return f"sqlite:///{path}"


def fill_postgresql(csv: Path, uri: str) -> str:
    import pyarrow.csv
    from adbc_driver_postgresql import dbapi

    options = pyarrow.csv.ReadOptions(column_names=COLUMNS.split(", "))
    with dbapi.connect(uri) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("ratings", pyarrow.csv.read_csv(csv, options), mode="create")
        connection.commit()
    return uri


def main() -> None:
    answer_as_side({"CSV": read_csv, "database": read_database})
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ratings", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from recsys.data.sample.files import write_sample
    from tests.sources import postgres

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        csv = folder / "ratings.csv"
        say(f"Making up {asked.ratings:,} ratings")
        write_sample(csv, n_users=asked.ratings // 4, n_items=asked.ratings // 50, n_ratings=asked.ratings)
        say("Filling the databases")
        sides = {
            "CSV": str(csv),
            "SQLite": fill_sqlite(csv, folder / "ratings.db"),
            "DuckDB": fill_duckdb(csv, folder / "ratings.duckdb"),
        }
        if postgres.find() is None:
            say("PostgreSQL is not installed, so it is left out.")
            rows = compare(sides, asked.rounds)
        else:
            (folder / "server").mkdir()
            with postgres.server(folder / "server") as server:
                rows = compare({**sides, "PostgreSQL": fill_postgresql(csv, server.uri())}, asked.rounds)
    report({"results": rows}, rows, asked.json)


def compare(sides: dict[str, str], rounds: int) -> list[dict[str, Any]]:
    """Medians of all rounds, and the share of the speed that CSV has."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
    for number in range(rounds):
        for name, where in sides.items():
            say(f"Round {number + 1}: {name}")
            side = "CSV" if name == "CSV" else "database"
            runs[name].append(in_own_process(__file__, side, {"where": where}))
    found = {name: of_rounds(each) for name, each in runs.items()}
    return [
        {
            "source": name,
            "rows": one["rows"],
            "seconds": one["seconds"],
            "rows_a_second": one["rows"] / one["seconds"],
            "speed_of_csv": found["CSV"]["seconds"] / one["seconds"],
            "peak_mb": one["peak_mb"],
        }
        for name, one in found.items()
    ]


if __name__ == "__main__":
    main()
