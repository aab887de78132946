"""Whatever the ids, a table that is written in some format is read back equal."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsys.sources.ratings import read_ratings, recognise

Row = tuple[str, str, float, int]
NAMES = ("user_id", "item_id", "rating", "timestamp")

# Line ends and other control characters stand in no id; white space around one is not part of it.
ids = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"), include_characters=" \"',;|"), min_size=1
)
ids = ids.filter(lambda text: text == text.strip() and text != "")
ratings = st.sampled_from([0.5, 1.0, 2.0, 3.5, 5.0])
times = st.integers(1_000_000_000, 2_000_000_000)
tables = st.lists(st.tuples(ids, ids, ratings, times), min_size=2, max_size=30)


def delimited(delimiter: str, quoting: int, end: str) -> Callable[[list[Row]], bytes]:
    def write(rows: list[Row]) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
        writer.writerows([NAMES, *rows])
        return text.getvalue().encode()

    return write


def json_lines(rows: list[Row]) -> bytes:
    return "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in rows).encode()


def columnar(write: Callable[[pl.DataFrame, io.BytesIO], object]) -> Callable[[list[Row]], bytes]:
    def to_bytes(rows: list[Row]) -> bytes:
        file = io.BytesIO()
        write(pl.DataFrame(rows, schema=NAMES, orient="row"), file)
        return file.getvalue()

    return to_bytes


FORMATS = {
    "csv": delimited(",", csv.QUOTE_MINIMAL, "\n"),
    "csv, all quoted": delimited(",", csv.QUOTE_ALL, "\r\n"),
    "tsv": delimited("\t", csv.QUOTE_MINIMAL, "\n"),
    "semicolons": delimited(";", csv.QUOTE_NONNUMERIC, "\r\n"),
    "bars": delimited("|", csv.QUOTE_MINIMAL, "\n"),
    "json lines": json_lines,
    "parquet": columnar(lambda frame, file: frame.write_parquet(file)),
    "feather": columnar(lambda frame, file: frame.write_ipc(file)),
}


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=tables)
def test_a_table_is_read_back_equal(name: str, rows: list[Row], tmp_path: Path) -> None:
    path = tmp_path / "ratings"
    path.write_bytes(FORMATS[name](rows))
    frame = read_ratings(recognise(path))
    assert frame.select(NAMES).rows() == rows
    assert not frame["surplus"].any()
