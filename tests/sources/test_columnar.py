"""Columns of Parquet files that are no texts."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from recsys.data.clean import load_ratings
from recsys.errors import DataFormatError

FRAME = pl.DataFrame(
    {"user_id": [1, 1, 2, 3], "item_id": ["a", "b", "a", "c"], "rating": [5, 3, 4, 1]},
)


def users(path: Path, *columns: pl.Expr | pl.Series) -> list[str]:
    FRAME.with_columns(*columns).write_parquet(path)
    return load_ratings(path).frame["user_id"].to_list()


def test_whole_decimals_are_ids_without_a_point(tmp_path: Path) -> None:
    assert users(tmp_path / "r.parquet", pl.col("user_id").cast(pl.Float64)) == ["1", "1", "2", "3"]
    assert users(tmp_path / "h.parquet", pl.col("user_id") + 0.5) == ["1.5", "1.5", "2.5", "3.5"]


def test_decimals_that_cannot_hold_their_ids_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFormatError, match="has cut"):
        users(tmp_path / "r.parquet", pl.col("user_id") + 2.0**53)


def test_bytes_that_are_no_text_are_ids_in_hexadecimal_digits(tmp_path: Path) -> None:
    raw = pl.Series("user_id", [b"\x20\x01", b"\x20\x01", b"\x20\x02", b"\x03\x20"])
    assert users(tmp_path / "r.parquet", raw) == ["2001", "2001", "2002", "0320"]
    assert users(tmp_path / "t.parquet", raw.bin.encode("hex").cast(pl.Binary)) == [
        "2001",
        "2001",
        "2002",
        "0320",
    ]


def test_a_column_of_durations_is_no_damage(tmp_path: Path) -> None:
    wait = pl.duration(days=pl.col("rating")).alias("wait")
    assert users(tmp_path / "r.parquet", wait) == ["1", "1", "2", "3"]
