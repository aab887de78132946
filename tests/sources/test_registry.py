"""Sources: the kinds that are listed, and sources that are no file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from recsys.data.catalog import load_catalog
from recsys.data.clean import load_interactions
from recsys.errors import ArtifactError, DataFormatError
from recsys.sources.registry import open_source
from recsys.sources.source import NUMBER, SURPLUS, Field, Layout, Source, StatedLayout, numbered
from recsys.versions.store import ArtifactStore

TABLE = pl.DataFrame(
    {
        "user_id": ["u1", "u1", "u2", "", "u3"],
        "item_id": ["i1", "i2", "i1", "i2", "i2"],
        "rating": ["5", "3", "4", "2", "many"],
        "title": ["A &amp; B", "C", None, None, "[REC]"],
    }
)


@dataclass(frozen=True)
class Query:
    """A source that is no file, such as the answer of a database."""

    table: pl.DataFrame
    name: str = "query of ratings"

    @property
    def layout(self) -> Layout:
        samples = tuple(tuple(column.drop_nulls().to_list()) for column in self.table)
        return Layout("query", "Query", tuple(self.table.columns), samples)

    def read(self, fields: Sequence[Field], n_rows: int | None = None) -> Iterator[pl.DataFrame]:
        columns = [
            pl.nth(field.column).cast(field.text_dtype, strict=False).alias(field.name) for field in fields
        ]
        rows = self.table.with_row_index("row", 1).select(pl.col("row").alias(NUMBER))
        for half in (slice(0, 2), slice(2, None)):
            batch = pl.concat([rows[half], self.table[half].select(columns)], how="horizontal")
            yield batch.with_columns(pl.lit(False).alias(SURPLUS))

    def count_distinct(self, columns: Sequence[int]) -> tuple[int, ...]:
        return tuple(self.table[:, column].n_unique() for column in columns)

    def locate(self, rows: pl.DataFrame, n_rows: int) -> pl.DataFrame:
        return numbered(rows)

    def texts(self, lines: set[int]) -> dict[int, str]:
        return {line: ", ".join(map(str, self.table.row(line - 1))) for line in lines}


def test_a_source_that_is_no_file_is_read_cleaned_and_reported() -> None:
    query = Query(TABLE)
    assert isinstance(query, Source)
    data, report = load_interactions(query)
    assert data.csr().toarray().tolist() == [[5, 3], [4, 0]]
    assert (report.rows_read, report.accepted, report.source) == (5, 3, "Query")
    assert {reason: rejection.samples[0].line for reason, rejection in report.rejected.items()} == {
        "empty id": 4,
        "rating not a number": 5,
    }


def test_messages_call_a_source_by_its_name() -> None:
    with pytest.raises(DataFormatError, match=r"^query of ratings: no column is named as the user"):
        load_interactions(Query(TABLE.drop("user_id")))


def test_a_catalogue_may_come_from_any_source() -> None:
    frame = load_catalog(Query(TABLE.select("item_id", "title")))
    assert frame.rows() == [("i1", None), ("i2", "[REC]")]


@pytest.mark.parametrize(
    ("data", "kind", "names", "first_row"),
    [
        (b"a,b\n1,2\n3,4\n", "delimited", ("a", "b"), 2),
        (b"\nx\ty\nz\tw\n", "delimited", (), 2),
        (b"x 1 2\ny 3\n", "adjacency", ("user", "item"), 1),
        (b'\n{"a": 1}\n{"b": [2]}\n', "json lines", ("a", "b"), 2),
    ],
)
def test_each_kind_of_text_is_recognised(
    data: bytes, kind: str, names: tuple[str, ...], first_row: int, tmp_path: Path
) -> None:
    (tmp_path / "table").write_bytes(data)
    layout = open_source(tmp_path / "table").layout
    assert (layout.kind, layout.names, layout.first_row, layout.n_columns) == (kind, names, first_row, 2)


def test_a_list_is_json_text_from_every_kind_of_source(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": ["1", "2", "3"], "levels": [["a", 'b"'], [], None], "n": [1, None, 3]})
    frame.write_parquet(tmp_path / "p")
    frame.write_ipc(tmp_path / "f")
    frame.write_ndjson(tmp_path / "j")
    for name in "pfj":
        rows = pl.concat(open_source(tmp_path / name).read([Field("levels", 1), Field("n", 2, pl.Float32)]))
        assert rows["levels"].str.replace_all(" ", "").to_list() == ['["a","b\\""]', "[]", None]
        assert rows["n"].to_list() == [1, None, 3]
        assert rows[NUMBER].to_list() == [1, 2, 3]


def test_expected_columns_are_read_though_the_first_rows_lack_them(tmp_path: Path) -> None:
    (tmp_path / "j").write_text('{"a": 1}\n' * 60_000 + '{"a": 2, "late": "x"}\n')
    source = open_source(tmp_path / "j", StatedLayout(expected=("late",)))
    assert source.layout.names == ("a", "late")
    rows = pl.concat(source.read([Field("late", 1)]))
    assert rows["late"].drop_nulls().to_list() == ["x"]


def test_addresses_and_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match="download"):
        open_source("https://example.org/ratings.csv")
    path = tmp_path / os.fsdecode(b"r\xff.csv")
    path.write_text("user,item,rating\nu,i,1\n")
    with pytest.raises(DataFormatError, match="not UTF-8"):
        open_source(path)
    with pytest.raises(ArtifactError, match="not UTF-8"):
        ArtifactStore(path)
