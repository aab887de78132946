"""Delimited text: header, columns, order, ids and times, told or found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recsys.data.clean import load_ratings
from recsys.errors import AmbiguousFileError, DataFormatError
from recsys.sources.ratings import read_ratings, recognise

AMAZON = [
    ("AKM1MP6P0OYPR", "0132793040", 5.0, 1365811200),
    ("A2CX7LUOHB2NDG", "0321732944", 4.0, 1341100800),
    ("A2NWSAGRHCP8N5", "0439886341", 1.0, 1367193600),
    ("A1GI0U4ZRJA8WN", "B00004SABB", 1.0, 1334707200),
]


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def csv_text(rows: list[Any], header: str = "", delimiter: str = ",", end: str = "\n") -> str:
    return end.join([header] * bool(header) + [delimiter.join(map(str, row)) for row in rows]) + end


@pytest.mark.parametrize(
    "header", ["user_id,prod_id,rating", "USERID,PRODUCTID,RATING", "User ID,Item,Stars"]
)
def test_ratings_without_times_have_no_timestamp_column(header: str, tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", csv_text([row[:3] for row in AMAZON], header, end="\r\n"))
    clean = load_ratings(path)
    assert clean.frame.columns == ["user_id", "item_id", "rating"]
    assert clean.frame.rows() == [row[:3] for row in AMAZON]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2014-07-23", 1406073600),
        ("20140723", 1406073600),
        ("2014-07-23 12:30:15", 1406118615),
        ("2014-07-23T12:30:15Z", 1406118615),
        ("2014-07-23T12:30:15.250", 1406118615),
        ("2014-07-23 12:30:15 UTC", 1406118615),
        ("2014-07-23T12:30:15+02:00", 1406111415),
        ("1406118615.0", 1406118615),
        ("1406118615.9", 1406118615),
    ],
)
def test_a_date_column_becomes_unix_seconds(text: str, seconds: int, tmp_path: Path) -> None:
    rows = [(user, item, rating, text) for user, item, rating, _ in AMAZON]
    frame = load_ratings(write(tmp_path / "r.csv", csv_text(rows, "user_id,item_id,rating,date"))).frame
    assert frame["timestamp"].to_list() == [seconds] * len(AMAZON)


def test_ids_that_look_like_words_or_numbers_are_kept_as_written(tmp_path: Path) -> None:
    ids = ["NA", "0132793040", "1e5", "-", "007", "7", "true", "ü", "nullable", "Nan Goldin"]
    rows = [(user, item, 1 + (n + m) % 5) for n, user in enumerate(ids) for m, item in enumerate(ids)]
    path = write(tmp_path / "r.csv", csv_text(rows, "user_id,item_id,rating"))
    clean = load_ratings(path)
    assert clean.frame["user_id"].to_list() == [row[0] for row in rows]
    assert clean.frame["item_id"].to_list() == [row[1] for row in rows]


def test_quoted_fields_lose_their_quotes_and_keep_what_is_inside(tmp_path: Path) -> None:
    text = 'user_id,item_id,rating\n"A, the first","say ""hi""",5\n"B",x,4\nC,"x",3\n'
    frame = load_ratings(write(tmp_path / "r.csv", text)).frame
    assert frame.rows() == [("A, the first", 'say "hi"', 5.0), ("B", "x", 4.0), ("C", "x", 3.0)]


def test_the_first_row_without_header_is_kept_even_where_it_alone_is_unlike(tmp_path: Path) -> None:
    rows = [("AONLYLETTERSHERE", "BONLYLETTE", 5, 1365811200), *AMAZON]
    assert load_ratings(write(tmp_path / "r.csv", csv_text(rows))).frame.height == len(rows)


def test_unknown_names_over_columns_of_numbers_are_a_header_and_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", csv_text(AMAZON, "who,what,how,whenever"))
    assert recognise(path, columns=("user", "item", "rating", "timestamp")).source.layout.names
    with pytest.raises(DataFormatError, match=r"who, what, how, whenever.*--columns"):
        recognise(path)


def test_columns_as_told_win_over_names_and_may_be_skipped(tmp_path: Path) -> None:
    path = write(
        tmp_path / "r.csv", csv_text([(r, i, u, "x") for u, i, r, _ in AMAZON], "user,item,rating,y")
    )
    clean = load_ratings(path, columns=("rating", "item", "user", "-"))
    assert clean.frame.rows() == [row[:3] for row in AMAZON]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (("user", "item", "stars!", "when?"), "when"),
        (("user", "user"), "twice"),
        (("user", "rating"), "item"),
        (("user", "item", "rating", "timestamp", "-", "-"), None),
        (("user", "-", "-", "-", "item"), "4"),
    ],
)
def test_columns_told_wrongly_are_refused_with_words(
    columns: tuple[str, ...], said: str | None, tmp_path: Path
) -> None:
    path = write(tmp_path / "r.csv", csv_text(AMAZON))
    if said is None:
        assert recognise(path, columns=columns).columns["timestamp"] == 3
        return
    with pytest.raises(DataFormatError, match=said):
        recognise(path, columns=columns)


def test_delimiter_and_header_can_be_told(tmp_path: Path) -> None:
    path = write(tmp_path / "r.txt", csv_text(AMAZON, delimiter="~"))
    told = {"columns": ("user", "item", "rating", "timestamp"), "has_header": False}
    assert load_ratings(path, delimiter="~", **told).frame.rows() == AMAZON  # type: ignore[arg-type]
    tabs = write(tmp_path / "t.txt", csv_text(AMAZON, delimiter="\t"))
    assert load_ratings(tabs, delimiter="\\t", **told).frame.rows() == AMAZON  # type: ignore[arg-type]


def test_items_first_with_ids_like_u1_and_p1_are_told_apart(tmp_path: Path) -> None:
    rows = [(f"p{n % 7}", f"u{n}", 1 + n % 5) for n in range(40)]
    fmt = recognise(write(tmp_path / "r.csv", csv_text(rows)))
    assert (fmt.columns["user"], fmt.columns["item"]) == (1, 0)
    assert "shape" in " ".join(fmt.notes)


@pytest.mark.parametrize(("n_first", "n_second"), [(20, 20), (20, 200), (200, 20)])
def test_ids_that_could_be_either_are_asked_for(n_first: int, n_second: int, tmp_path: Path) -> None:
    rows = [(500 + n % n_first, 10_000 + n % n_second, 1 + n % 5) for n in range(400)]
    with pytest.raises(AmbiguousFileError, match=r"r\.csv.*--columns") as asked:
        recognise(write(tmp_path / "r.csv", csv_text(rows)))
    straight, turned = asked.value.readings
    assert straight.option == "--columns user,item,rating"
    assert turned.option == "--columns item,user,rating"
    assert dict(zip(("user", "item", "rating"), turned.rows[0], strict=True))["user"] == "10000"


@pytest.mark.parametrize("header", ["", "user_id,item_id,rating,timestamp"])
def test_blank_lines_before_the_first_row_are_skipped(header: str, tmp_path: Path) -> None:
    clean = load_ratings(write(tmp_path / "r.csv", "\n \n" + csv_text(AMAZON, header)))
    assert clean.frame.rows() == AMAZON
    assert clean.report.rows_read == len(AMAZON)


def test_ids_in_braces_are_no_json(tmp_path: Path) -> None:
    rows = [(f"{{{user}}}", item, rating) for user, item, rating, _ in AMAZON]
    path = write(tmp_path / "r.csv", csv_text(rows))
    assert load_ratings(path, columns=("user", "item", "rating")).frame.rows() == rows


def test_a_file_that_goes_away_while_it_is_read_is_not_called_damaged(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", csv_text(AMAZON))
    table = recognise(path)
    path.unlink()
    with pytest.raises(DataFormatError, match="removed while it was read"):
        read_ratings(table)


def test_a_file_that_is_cut_behind_an_opening_quote_is_read(tmp_path: Path) -> None:
    rows = "".join(f'"u{n % 5}","i{n % 7}","{n % 5 + 1}"\n' for n in range(35))
    path = write(tmp_path / "r.csv", f'"user","item","rating"\n{rows}"u9","i1","')
    report = load_ratings(path).report
    assert (report.accepted, report.n_rejected) == (35, 1)
