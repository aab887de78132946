"""Cleaning: what is kept, what is rejected and why, and files that hold nothing to learn from."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from recsys.config import CleaningConfig
from recsys.data.clean import load_interactions, load_ratings, load_split
from recsys.data.cleaning.report import CleaningReport
from recsys.data.cleaning.scale import find_scale, value_counts
from recsys.errors import AmbiguousFileError, DataFormatError

HEADER = "user_id,item_id,rating,timestamp"
GOOD = [f"u{n % 7},i{n % 11},{1 + n % 5},{1_400_000_000 + n}" for n in range(40)]


def write(path: Path, lines: list[str], end: str = "\n") -> Path:
    path.write_text(end.join(lines) + end, newline="")
    return path


def samples(report: CleaningReport) -> dict[str, list[tuple[int, str]]]:
    return {
        reason: [(sample.line, sample.text) for sample in found.samples]
        for reason, found in report.rejected.items()
    }


# What is rejected -----------------------------------------------------------------------

BAD = {
    "unparseable row": ["u1", "u1,i1", "u1,i1,5,1400000000,extra,fields"],
    "empty id": [",i1,5,1400000000", "u1,,5,1400000000", "u1,  ,5,1400000000"],
    "rating not a number": ["u1,i1,good,1400000000", "u1,i1,,1400000000", "u1,i1,nan,1400000000"],
    "rating outside the scale": ["u1,i1,6,1400000000", "u1,i1,0,1400000000", "u1,i1,-1,1400000000"],
    "time not a time": ["u1,i1,5,yesterday", "u1,i1,5,", "u1,i1,5,-5"],
}


@pytest.mark.parametrize("header", [[], [HEADER]])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_bad_rows_are_rejected_by_reason_with_their_lines(
    header: list[str], end: str, quote: str, tmp_path: Path
) -> None:
    lines = [*header, *GOOD]
    expected: dict[str, list[tuple[int, str]]] = {}
    lines[-1] = lines[-1].replace("u4", f"{quote}u4{quote}")
    for reason, bad in BAD.items():
        expected[reason] = []
        for line in bad:
            lines += ["", line]
            expected[reason].append((len(lines), line))
    path = write(tmp_path / "r.csv", [*lines, "", ""], end)
    report = load_ratings(path, config=CleaningConfig(scale=(1, 5))).report
    assert samples(report) == expected
    assert {reason: found.count for reason, found in report.rejected.items()} == dict.fromkeys(BAD, 3)
    assert report.rows_read == len(GOOD) + 15
    assert report.rows_read == report.accepted + report.n_rejected + report.duplicates


def test_line_numbers_count_the_lines_inside_quoted_fields(tmp_path: Path) -> None:
    lines = ["user_id,text,item_id,rating"]
    lines += [f'u{n % 5},"one\ntwo, ""three""\n",i{n % 7},{1 + n % 5}' for n in range(20)]
    lines.append('u1,"a\nb",i1,many')
    path = write(tmp_path / "r.csv", lines)
    report = load_ratings(path).report
    bad_line = 2 + 20 * 3
    assert samples(report) == {"rating not a number": [(bad_line, 'u1,"a')]}
    assert report.rows_read == 21


def test_a_quote_that_never_closes_costs_one_row_only(tmp_path: Path) -> None:
    for broken in ('"u1,i1,5,1400000000', 'u1,"i1,5,1400000000'):
        for rest in ([], ['"u8","i9",4,1400000000']):
            lines = [HEADER, *GOOD[:20], broken, *GOOD[20:], *rest]
            report = load_ratings(write(tmp_path / "r.csv", lines)).report
            assert samples(report) == {"unparseable row": [(22, broken)]}
            assert report.accepted == len(GOOD) + len(rest)


def test_a_quote_that_never_closes_in_a_text_hides_no_rows(tmp_path: Path) -> None:
    lines = ["customer_id\tproduct_id\theadline\tstar_rating"]
    lines += [
        f'u{n % 7}\ti{n % 11}\t{"" if n % 9 else chr(34)}Great {n}" screen\t{1 + n % 5}' for n in range(40)
    ]
    report = load_ratings(write(tmp_path / "r.tsv", lines)).report
    assert (report.rows_read, report.accepted) == (40, 40)


def test_lone_inches_in_a_text_do_not_move_the_lines(tmp_path: Path) -> None:
    lines = ["user_id,title,item_id,rating", 'u1,"two\nlines",i1,5', 'u1,5" cable,i2,bad', "", "u2,x,i1,4"]
    lines += ['u1,5" cable,i3,3', "u2,x,i2,worse"]
    report = load_ratings(write(tmp_path / "r.csv", lines)).report
    assert samples(report) == {"rating not a number": [(4, 'u1,5" cable,i2,bad'), (8, "u2,x,i2,worse")]}
    assert (report.rows_read, report.accepted) == (5, 3)


def test_lines_of_other_kinds_of_files_are_named_too(tmp_path: Path) -> None:
    rows = [{"user_id": f"u{n % 7}", "asin": f"i{n % 11}", "rating": 1 + n % 5} for n in range(30)]
    lines = [json.dumps(row) for row in rows]
    lines[3:3] = ["", "{oops"]
    lines.append(json.dumps({"user_id": None, "asin": "i1", "rating": 3}))
    path = tmp_path / "r.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    report = load_ratings(path).report
    assert samples(report) == {"unparseable row": [(5, "{oops")], "empty id": [(33, lines[-1])]}
    assert (report.rows_read, report.accepted) == (32, 30)

    frame = pl.DataFrame(rows).with_columns(pl.col("rating").cast(pl.Float64))
    frame[10, "rating"] = 77.0
    frame.write_parquet(tmp_path / "r.parquet")
    report = load_ratings(tmp_path / "r.parquet", config=CleaningConfig(scale=(1, 5))).report
    assert samples(report) == {"rating outside the scale": [(11, "u3, i10, 77.0")]}


def test_samples_are_the_first_few_of_many(tmp_path: Path) -> None:
    lines = [HEADER, *GOOD, *(f"u1,i{n},bad,1400000000" for n in range(30))]
    report = load_ratings(write(tmp_path / "r.csv", lines), config=CleaningConfig(n_samples=2)).report
    assert report.rejected["rating not a number"].count == 30
    assert [line for line, _ in samples(report)["rating not a number"]] == [42, 43]


def test_the_report_survives_json(tmp_path: Path) -> None:
    report = load_ratings(write(tmp_path / "r.csv", [HEADER, *GOOD, "u1,i1,x,1"])).report
    assert msgspec.json.decode(msgspec.json.encode(report), type=CleaningReport) == report


# Duplicates -------------------------------------------------------------------------------


def test_of_duplicates_the_latest_is_kept_and_the_last_read_of_equals(tmp_path: Path) -> None:
    rated = ["u1,i1,1,{}30", "u2,i1,5,{}10", "u1,i1,2,{}40", "u1,i1,3,{}20", "u1,i1,4,{}40", "u2,i2,3,{}10"]
    lines = [HEADER, *(line.format(14_000_000) for line in rated)]
    clean = load_ratings(write(tmp_path / "r.csv", lines))
    assert clean.frame.rows() == [
        ("u2", "i1", 5.0, 1_400_000_010),
        ("u1", "i1", 4.0, 1_400_000_040),
        ("u2", "i2", 3.0, 1_400_000_010),
    ]
    assert (clean.report.accepted, clean.report.duplicates, clean.report.rows_read) == (3, 3, 6)
    data, report = load_interactions(tmp_path / "r.csv")
    assert data.ratings.tolist() == [4.0, 5.0, 3.0]
    assert report == clean.report


def test_of_duplicates_without_times_the_last_read_is_kept(tmp_path: Path) -> None:
    lines = ["user_id,item_id,rating", "u1,i1,5", "u2,i2,3", "u1,i1,1", "u1,i1,2"]
    data, report = load_interactions(write(tmp_path / "r.csv", lines))
    assert data.ratings.tolist() == [2.0, 3.0]
    assert report.duplicates == 2


# The scale --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratings", "scale"),
    [
        ([1, 2, 3, 4, 5], (1, 5)),
        ([2, 3, 4], (1, 5)),
        ([3.7, 2.2, 4.9], (1, 5)),
        ([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5], (0.5, 5)),
        ([1, 1.5, 2, 4.5], (1, 5)),
        ([0, 1] * 20, (0, 1)),
        ([1, 3, 7, 9, 10, 8] * 4, (1, 10)),
        ([0, 5, 10, 7, 3] * 4, (0, 10)),
        ([-9.5, 2.25, 9.75, 5, 8] * 3, (-9.5, 9.75)),
        (list(range(0, 101, 10)) * 400, (0, 100)),
    ],
)
def test_the_scale_is_found(ratings: list[float], scale: tuple[float, float]) -> None:
    assert find_scale(value_counts(pl.Series("rating", ratings, dtype=pl.Float32))) == scale


def test_ratings_outside_the_scale_are_rejected_and_never_clipped(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", [HEADER, *GOOD])
    data, report = load_interactions(path, config=CleaningConfig(scale=(2, 4)))
    assert data.scale == (2, 4)
    assert report.rejected["rating outside the scale"].count == 16
    assert sorted(set(data.ratings.tolist())) == [2, 3, 4]


def test_an_odd_value_is_asked_about_and_a_stated_scale_obeyed(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", [HEADER, *GOOD, "u1,i1,9,1400000099"])
    with pytest.raises(AmbiguousFileError, match="--unrated 9"):
        load_ratings(path)
    assert load_ratings(path, config=CleaningConfig(scale=(1, 5))).report.n_rejected == 1
    assert load_ratings(path, config=CleaningConfig(scale=(1, 10))).report.n_rejected == 0


# A given split ----------------------------------------------------------------------------


def test_a_split_shares_its_ids_and_its_scale(tmp_path: Path) -> None:
    train = write(tmp_path / "train.csv", ["user_id,item_id,rating", "u1,a,5", "u2,b,1", "u2,a,3"])
    test = write(tmp_path / "test.csv", ["user_id,item_id,rating", "u3,c,5"])
    learn, held_out, reports = load_split(train, test)
    assert learn.users is held_out.users
    assert [learn.users.id(row) for row in range(3)] == ["u1", "u2", "u3"]
    assert [learn.items.id(row) for row in range(3)] == ["a", "b", "c"]
    assert learn.csr().toarray().tolist() == [[5, 0, 0], [3, 1, 0], [0, 0, 0]]
    assert held_out.csr().toarray().tolist() == [[0, 0, 0], [0, 0, 0], [0, 0, 5]]
    assert held_out.scale == learn.scale == (1, 5)
    assert [report.accepted for report in reports] == [3, 1]


def test_a_small_test_file_is_read_in_the_order_of_its_train_file(tmp_path: Path) -> None:
    train = write(tmp_path / "train.csv", [f"p{n % 5},u{n % 9},{1 + n % 5}" for n in range(40)])
    test = write(tmp_path / "test.csv", ["17,x,3"])
    _, held_out, _ = load_split(train, test)
    assert (held_out.users.id(held_out.user_rows[0]), held_out.items.id(held_out.item_rows[0])) == ("x", "17")


def test_a_split_of_adjacency_lists_is_implicit(tmp_path: Path) -> None:
    train = write(tmp_path / "train.txt", ["0 0 1 2", "1 0 3", "2 1 4 5 6"])
    test = write(tmp_path / "test.txt", ["0 3", "1", "2 0 3"])
    learn, held_out, _ = load_split(train, test)
    assert learn.implicit
    assert held_out.implicit
    assert held_out.indptr.tolist() == [0, 1, 1, 3]


# Files that hold nothing to learn from -------------------------------------------------------


def no_such_file(path: Path) -> None:
    pass


def rated(ratings: Sequence[object], users: int = 7, items: int = 11) -> str:
    rows = [f"u{n % users},i{n % items},{rating}" for n, rating in enumerate(ratings)]
    return "\n".join(["user_id,item_id,rating", *rows])


def cut_gzip(path: Path) -> None:
    rng = np.random.default_rng(1)
    text = "\n".join(f"u{a},i{b},{1 + a % 5}" for a, b in rng.integers(0, 10**9, (9000, 2)))
    whole = gzip.compress(text.encode())
    path.write_bytes(whole[: len(whole) // 2])


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "\n".join(GOOD))
        archive.writestr("b.csv", "\n".join(GOOD))


def latin_far_down(path: Path) -> None:
    lines = [f"u{n},i{n % 9},{1 + n % 5}".encode() for n in range(40_000)]
    lines[35_000] = b"u\xe9,i1,5"
    path.write_bytes(b"\n".join(lines))


MANY = [1 + n % 5 for n in range(40)]
BAD_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no such file": (no_such_file, "does not exist"),
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "a byte-order mark only": (lambda path: path.write_bytes(b"\xef\xbb\xbf\n"), "is empty"),
    "blank lines only": (lambda path: path.write_text("\n \n\n"), "is empty"),
    "header only": (lambda path: path.write_text("user_id,item_id,rating\n"), "no rows"),
    "binary": (lambda path: path.write_bytes(np.random.default_rng(0).bytes(5000)), "binary|UTF-8"),
    "a zip of several tables": (zipped, "a.csv, b.csv.*name one as"),
    "truncated gzip": (cut_gzip, "broken off"),
    "damaged gzip": (
        lambda path: path.write_bytes(gzip.compress(b"a,b,1\n" * 99)[:-6] + b"xxxxxx"),
        "damaged",
    ),
    "damaged parquet": (lambda path: path.write_bytes(b"PAR1 and no more"), "damaged"),
    "UTF-16": (lambda path: path.write_text(rated(MANY), encoding="utf-16"), "UTF-16.*UTF-8"),
    "UTF-16 without mark": (lambda path: path.write_text(rated(MANY), encoding="utf-16-le"), "UTF-16.*UTF-8"),
    "latin-1": (lambda path: path.write_text(rated([*MANY, 5]) + "\nué,i1,5", "latin-1"), r"line 43 .*UTF-8"),
    "latin-1 far down": (latin_far_down, r"line 35,001 .*UTF-8"),
    "one column": (lambda path: path.write_text("user_id\nu1\nu2\nu3\n"), "one column.*--delimiter"),
    "ambiguous order": (
        lambda path: path.write_text("\n".join(f"{n % 9},{n % 8},{1 + n % 5}" for n in range(40))),
        "could both be the users.*--columns",
    ),
    "ratings all the same": (lambda path: path.write_text(rated([5] * 40)), "same.*--columns"),
    "ratings that are words": (
        lambda path: path.write_text(rated(["good", "bad"] * 20)),
        "number.*line 2.*good",
    ),
    "words without header": (
        lambda path: path.write_text("\n".join(f"u{n},i{n},good" for n in range(9))),
        "line 1.*'good' is not a number",
    ),
    "one user": (lambda path: path.write_text(rated(MANY, users=1)), "one user"),
    "one item": (lambda path: path.write_text(rated(MANY, items=1)), "one item"),
    "more than half rejected": (
        lambda path: path.write_text(rated([*MANY, *["?"] * 41])),
        "41 of 81 rows.*rating not a number.*line 42",
    ),
    "a JSON array": (lambda path: path.write_text('[{"user_id": 1}]'), "one object on each line"),
    "JSON without ids": (lambda path: path.write_text('{"a": 1}\n{"a": 2}\n'), "user or the item"),
    "unknown names": (
        lambda path: path.write_text("who,what,how\na,b,5\nc,d,4\n"),
        "who, what, how.*--columns",
    ),
    "a web page": (lambda path: path.write_text("\n<!DOCTYPE html>\n" + "<p a=b>x</p>\n" * 99), "web page"),
    "a Git LFS pointer": (
        lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n"),
        "LFS",
    ),
    "a pickle": (lambda path: path.write_bytes(b"\x80\x04\x95" + bytes(300)), "pickle"),
    "packed twice": (
        lambda path: path.write_bytes(gzip.compress(gzip.compress(b"a,b,1\n" * 99))),
        "packed twice",
    ),
    "UTF-32": (lambda path: path.write_text(rated(MANY), encoding="utf-32"), "UTF-32"),
    "old line ends": (lambda path: path.write_bytes(rated(MANY).replace("\n", "\r").encode()), "line ends"),
    "a sentence": (lambda path: path.write_text('{"not json\n'), "line 1"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_is_refused_with_its_name_and_a_cure(kind: str, tmp_path: Path) -> None:
    make, said = BAD_FILES[kind]
    path = tmp_path / "ratings.csv"
    make(path)
    for load in (load_ratings, load_interactions):
        with pytest.raises(DataFormatError, match=said) as error:
            load(path)
        assert str(path) in str(error.value)


def test_half_of_the_rows_may_be_rejected_but_not_more(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(rated([*MANY, *["?"] * 40]))
    assert load_ratings(path).report.n_rejected == 40
    with pytest.raises(DataFormatError):
        load_ratings(path, config=CleaningConfig(max_rejected_share=0.4))


def test_ratings_all_the_same_are_welcome_where_they_are_no_ratings(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(rated([1] * 40))
    assert load_interactions(path, columns=("user", "item", "-"))[0].implicit
