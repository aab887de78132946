"""What is known of data before they are built, and how doubts are settled."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsys.data.preview import look, roles_of
from recsys.data.reading_options import ReadingOptions
from recsys.errors import DataFormatError

NOTHING = ReadingOptions()


def write(path: Path, date: str = "{d}/{m}/2014", rows: int = 400) -> Path:
    lines = [f"u{n % 50},i{n % 37},{n % 5 + 1},{date.format(d=n % 9 + 1, m=n % 7 + 1)}" for n in range(rows)]
    path.write_text("user,item,rating,date\n" + "\n".join(lines) + "\n")
    return path


def test_a_file_is_seen_with_its_roles_counts_and_checks(tmp_path: Path) -> None:
    seen = look(write(tmp_path / "r.csv", "2014-0{m}-0{d}"), None, NOTHING)
    assert seen.ready
    assert roles_of(seen.columns) == ("user", "item", "rating", "timestamp")
    assert seen.columns[0].values == ("u0", "u1", "u2", "u3", "u4")
    assert seen.rows is not None
    assert len(seen.rows) == 5
    assert seen.report is not None
    assert seen.report.accepted == 400
    assert seen.summary is not None
    assert (seen.summary.n_users, seen.summary.n_items) == (50, 37)
    assert {check.name for check in seen.checks} >= {"Ratings", "Time span"}


def test_a_doubt_is_asked_and_an_answer_settles_it(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv")
    seen = look(path, None, NOTHING)
    assert not seen.ready
    assert [one.option for one in seen.readings] == ["--dates day-first", "--dates month-first"]
    meanings = [one.meaning.split(" is ")[1] for one in seen.readings]
    assert meanings[0] != meanings[1]
    assert roles_of(seen.columns) == ("user", "item", "rating", "timestamp")
    settled = look(path, None, NOTHING.with_option(seen.readings[1].option))
    assert settled.ready


def test_stated_columns_swap_users_and_items(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "2014-0{m}-0{d}")
    seen = look(path, None, ReadingOptions(columns=("item", "user", "rating", "-")))
    assert seen.summary is not None
    assert (seen.summary.n_users, seen.summary.n_items) == (37, 50)
    assert seen.summary.first_timestamp is None


@pytest.mark.parametrize("content", ["", "one column\nonly\n", "\x00\x01\x02"])
def test_what_cannot_be_read_is_a_problem_in_words(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content)
    seen = look(path, None, NOTHING)
    assert not seen.ready
    assert "bad.csv" in seen.problem


def test_a_catalogue_of_other_ids_is_a_problem(tmp_path: Path) -> None:
    catalog = tmp_path / "items.csv"
    catalog.write_text("item_id,title\n" + "".join(f"z{n},Title {n}\n" for n in range(30)))
    seen = look(write(tmp_path / "r.csv", "2014-0{m}-0{d}"), catalog, NOTHING)
    assert not seen.ready
    assert seen.rows is not None


def test_options_are_those_of_the_command_line() -> None:
    options = (
        NOTHING.with_option("--columns user,item,-").with_option("--scale 0,5").with_option("--unrated -1")
    )
    assert options.columns == ("user", "item", "-")
    assert options.arguments() == ["--columns=user,item,-", "--scale=0.0,5.0", "--unrated=-1.0"]
    for bad in ("--columns user", "--scale 5", "--rm x", "--columns"):
        with pytest.raises(DataFormatError):
            NOTHING.with_option(bad)
