"""Each source's file, made as that source makes it, is recognised without being told.

The same six ratings stand in every file, so what is read can be compared with one truth.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.feather
import pytest

from recsys.data.clean import load_ratings
from recsys.sources.ratings import preview, read_ratings, read_with_notes, recognise

Row = tuple[str, str, float, int]

AMAZON: list[Row] = [
    ("AKM1MP6P0OYPR", "0132793040", 5.0, 1365811200),
    ("A2CX7LUOHB2NDG", "0321732944", 5.0, 1341100800),
    ("A2NWSAGRHCP8N5", "0439886341", 1.0, 1367193600),
    ("A2WNBOD3WNDNKT", "0439886341", 3.0, 1374451200),
    ("A1GI0U4ZRJA8WN", "B00004SABB", 1.0, 1334707200),
    ("A2CX7LUOHB2NDG", "B00004SABB", 4.0, 1341100801),
]
MOVIELENS: list[Row] = [
    ("196", "242", 3.0, 881250949),
    ("186", "302", 3.0, 891717742),
    ("22", "377", 1.0, 878887116),
    ("244", "51", 2.0, 880606923),
    ("166", "346", 1.0, 886397596),
    ("196", "51", 5.0, 884182806),
]
LONG_USERS: list[Row] = [
    (f"A{user}7ZQXKV3M2NPB4C".ljust(28, "A"), item, rating, time) for user, item, rating, time in AMAZON
]


def csv_text(rows: list[Any], header: str = "", delimiter: str = ",", end: str = "\n") -> str:
    lines = [delimiter.join(str(value) for value in row) for row in rows]
    return end.join(([header] if header else []) + lines) + end


def write(path: Path, text: str) -> Path:
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def json_lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def review_2014(user: str, item: str, rating: float, time: int) -> dict[str, Any]:
    return {
        "reviewerID": user,
        "asin": item,
        "reviewerName": 'J. "Mac" Smith',
        "helpful": [0, 0],
        "reviewText": "Good\nand cheap, {really}.",
        "overall": rating,
        "summary": "Fine é",
        "unixReviewTime": time,
        "reviewTime": "04 13, 2013",
    }


def review_2018(user: str, item: str, rating: float, time: int) -> dict[str, Any]:
    return {
        "overall": rating,
        "vote": "67",
        "verified": True,
        "reviewTime": "09 18, 1999",
        "reviewerID": user,
        "asin": item,
        "style": {"Format:": " Hardcover"},
        "reviewText": "Text",
        "unixReviewTime": time,
        "image": ["https://images-na.ssl-images-amazon.com/images/I/1.jpg"],
    }


def review_2023(user: str, item: str, rating: float, time: int) -> dict[str, Any]:
    return {
        "rating": rating,
        "title": "Smells good",
        "text": "Nice",
        "images": [{"small_image_url": "https://m.media-amazon.com/images/I/2.jpg"}],
        "asin": "B00VARIANT",
        "parent_asin": item,
        "user_id": user,
        "timestamp": time * 1000 + 421,
        "helpful_vote": 0,
        "verified_purchase": True,
    }


SOURCES: dict[str, tuple[str, str, list[Row], str, str | None]] = {
    "amazon 2014": ("ratings_Electronics.csv", csv_text(AMAZON), AMAZON, "Amazon 2014 ratings", "s"),
    "kaggle copy": ("ratings_Electronics (1).csv", csv_text(AMAZON), AMAZON, "Amazon 2014 ratings", "s"),
    "amazon 2018": (
        "Electronics.csv",
        csv_text([(i, u, r, t) for u, i, r, t in AMAZON]),
        AMAZON,
        "Amazon 2018 ratings (item first)",
        "s",
    ),
    "amazon 2014 reviews": (
        "reviews_Electronics_5.json.gz",
        json_lines([review_2014(*row) for row in AMAZON]),
        AMAZON,
        "Amazon 2014/2018 reviews",
        "s",
    ),
    "amazon 2014 loose reviews": (
        "reviews_Electronics.json.gz",
        "".join(f"{review_2014(*row)!r}\n" for row in AMAZON),
        AMAZON,
        "Amazon 2014/2018 reviews",
        "s",
    ),
    "amazon 2018 reviews": (
        "Electronics_5.json.gz",
        json_lines([review_2018(*row) for row in AMAZON]),
        AMAZON,
        "Amazon 2014/2018 reviews",
        "s",
    ),
    "amazon 2023": (
        "Electronics.csv",
        csv_text(
            [(u, i, r, t * 1000 + 17) for u, i, r, t in LONG_USERS], "user_id,parent_asin,rating,timestamp"
        ),
        LONG_USERS,
        "Amazon 2023 ratings",
        "ms",
    ),
    "amazon 2023 gz": (
        "Electronics.csv.gz",
        csv_text([(u, i, r, t * 1000) for u, i, r, t in LONG_USERS], "user_id,parent_asin,rating,timestamp"),
        LONG_USERS,
        "Amazon 2023 ratings",
        "ms",
    ),
    "amazon 2023 reviews": (
        "Electronics.jsonl",
        json_lines([review_2023(*row) for row in LONG_USERS]),
        LONG_USERS,
        "Amazon 2023 reviews",
        "ms",
    ),
    "amazon 2023 reviews gz": (
        "Electronics.jsonl.gz",
        json_lines([review_2023(*row) for row in LONG_USERS]),
        LONG_USERS,
        "Amazon 2023 reviews",
        "ms",
    ),
    "kaggle, capitals": (
        "ratings_Beauty.csv",
        csv_text(AMAZON, "UserId,ProductId,Rating,Timestamp"),
        AMAZON,
        "CSV with header",
        "s",
    ),
    "kaggle, date": (
        "ratings.csv",
        csv_text(AMAZON, "userid,productid,rating,date"),
        AMAZON,
        "CSV with header",
        "s",
    ),
    "kaggle, reviews": (
        "Reviews.csv",
        csv_text(
            [
                (n, i, u, '"A ""quoted"" name"', r, t, '"Two\nlines, really"')
                for n, (u, i, r, t) in enumerate(AMAZON)
            ],
            "Id,ProductId,UserId,ProfileName,Score,Time,Text",
        ),
        AMAZON,
        "CSV with header",
        "s",
    ),
    "movielens 100k": ("u.data", csv_text(MOVIELENS, delimiter="\t"), MOVIELENS, "MovieLens", "s"),
    "movielens 1m": (
        "ratings.dat",
        csv_text([(u, i, int(r), t) for u, i, r, t in MOVIELENS], delimiter="::"),
        MOVIELENS,
        "MovieLens",
        "s",
    ),
    "movielens csv": (
        "ratings.csv",
        csv_text(MOVIELENS, "userId,movieId,rating,timestamp"),
        MOVIELENS,
        "MovieLens ratings.csv",
        "s",
    ),
    "typed names": (
        "ml-100k.inter",
        csv_text(MOVIELENS, "user_id:token\titem_id:token\trating:float\ttimestamp:float", "\t"),
        MOVIELENS,
        "TSV with header",
        "s",
    ),
    "semicolons and decimal commas": (
        "bewertungen.csv",
        csv_text(
            [(u, i, str(r).replace(".", ","), t) for u, i, r, t in AMAZON],
            '"User-ID";"ISBN";"Book-Rating";"Timestamp"',
            ";",
        ),
        AMAZON,
        "Text divided by ';' with header",
        "s",
    ),
    "spaces after commas": (
        "padded.csv",
        csv_text(AMAZON, "user, item, rating, timestamp", ", "),
        AMAZON,
        "CSV with header",
        "s",
    ),
    "windows line ends": (
        "crlf.csv",
        csv_text(AMAZON, "user_id,item_id,rating,timestamp", end="\r\n"),
        AMAZON,
        "CSV with header",
        "s",
    ),
    "windows line ends, no header": (
        "crlf.csv",
        csv_text(AMAZON, end="\r\n"),
        AMAZON,
        "Amazon 2014 ratings",
        "s",
    ),
    "byte-order mark": ("bom.csv", "\ufeff" + csv_text(AMAZON), AMAZON, "Amazon 2014 ratings", "s"),
    "byte-order mark and header": (
        "bom.csv",
        "\ufeff" + csv_text(AMAZON, "user_id,item_id,rating,timestamp"),
        AMAZON,
        "CSV with header",
        "s",
    ),
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_is_recognised_and_read_whole(source: str, tmp_path: Path) -> None:
    name, text, rows, known_as, unit = SOURCES[source]
    clean = load_ratings(write(tmp_path / name, text))
    assert clean.table.label == known_as
    assert clean.table.time_unit == unit
    assert clean.frame.rows() == rows
    assert (clean.report.rows_read, clean.report.rejected, clean.report.duplicates) == (len(rows), {}, 0)


def as_frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["user_id", "prod_id", "rating", "timestamp"], orient="row")


@pytest.mark.parametrize(
    ("name", "writer"),
    [
        ("ratings.parquet", lambda frame, path: frame.write_parquet(path)),
        ("ratings.feather", lambda frame, path: frame.write_ipc(path)),
        ("arrow.feather", lambda frame, path: pyarrow.feather.write_feather(frame.to_arrow(), path)),
        ("ratings.tsv", lambda frame, path: frame.write_csv(path, separator="\t")),
        ("ratings.csv.zst", lambda frame, path: write_zstd(path, frame.write_csv())),
        ("ratings.jsonl.zst", lambda frame, path: write_zstd(path, frame.write_ndjson())),
        ("ratings.jsonl", lambda frame, path: frame.write_ndjson(path)),
    ],
)
def test_a_table_with_named_columns_is_read(
    name: str, writer: Callable[[pl.DataFrame, Path], None], tmp_path: Path
) -> None:
    writer(as_frame(AMAZON), tmp_path / name)
    assert load_ratings(tmp_path / name).frame.rows() == AMAZON


def write_zstd(path: Path, text: str) -> None:
    with pa.output_stream(path, compression="zstd") as file:
        file.write(text.encode())


def test_whole_numbers_as_ids_of_a_parquet_file_become_text(tmp_path: Path) -> None:
    rows = [(int(user), int(item), rating, time) for user, item, rating, time in MOVIELENS]
    as_frame(rows).write_parquet(tmp_path / "r.parquet")  # type: ignore[arg-type]
    assert load_ratings(tmp_path / "r.parquet").frame.rows() == MOVIELENS


def test_datetimes_of_a_parquet_file_become_unix_seconds(tmp_path: Path) -> None:
    frame = as_frame(AMAZON).with_columns(pl.from_epoch("timestamp", time_unit="s"))
    frame.write_parquet(tmp_path / "r.parquet")
    assert load_ratings(tmp_path / "r.parquet").frame.rows() == AMAZON


def test_adjacency_lists_are_implicit_pairs(tmp_path: Path) -> None:
    path = write(tmp_path / "train.txt", "0 0 1 2 10\n1 2 7\n2\n3 007 2 \n")
    clean = load_ratings(path)
    assert clean.implicit
    assert clean.table.source.layout.kind == "adjacency"
    assert clean.frame.rows() == [
        (user, item, 1.0)
        for user, items in (("0", ("0", "1", "2", "10")), ("1", ("2", "7")), ("3", ("007", "2")))
        for item in items
    ]


def test_pairs_without_ratings_are_implicit(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", csv_text([row[:2] for row in AMAZON], "user_id,item_id"))
    clean = load_ratings(path)
    assert clean.implicit
    assert set(clean.frame["rating"]) == {1.0}


def test_preview_shows_the_first_rows_as_they_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "Electronics.csv", csv_text([(i, u, r, t) for u, i, r, t in AMAZON]))
    shown = preview(recognise(path), n=2)
    assert shown.columns.tolist() == ["user_id", "item_id", "rating", "timestamp"]
    assert shown.values.tolist() == [list(row) for row in AMAZON[:2]]


def test_rows_are_numbered_by_their_line(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", csv_text(AMAZON, "user_id,item_id,rating,timestamp"))
    assert read_ratings(recognise(path))["number"].to_list() == list(range(2, 8))


def test_times_in_the_future_are_said(tmp_path: Path) -> None:
    rows = "".join(
        f"u{n},i{n},{n},{time}\n" for n, time in ((1, 1_400_000_000), (2, 1_300_000_000), (3, 4_100_000_000))
    )
    (tmp_path / "r.csv").write_text(f"user_id,item_id,rating,timestamp\n{rows}")
    rows_read, notes = read_with_notes(recognise(tmp_path / "r.csv"))
    assert rows_read["timestamp"].null_count() == 0
    assert notes[0].startswith("1 times are in the future")
