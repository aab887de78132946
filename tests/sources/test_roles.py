"""Which column is which: told from all columns together, or asked about."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from recsys.config import CleaningConfig
from recsys.data.clean import load_interactions, load_ratings
from recsys.errors import AmbiguousFileError, DataFormatError
from recsys.sources.ratings import preview, recognise

DRAW = random.Random(7)
ROWS = [
    (f"{100 + user}", f"{5000 + item}", DRAW.randint(1, 5))
    for user in range(40)
    for item in DRAW.sample(range(80), 8)
]
AVERAGES = {item: f"{DRAW.uniform(1, 5):.1f}" for _, item, _ in ROWS}


def write(path: Path, header: str, rows: Sequence[tuple[object, ...]], delimiter: str = ",") -> Path:
    lines = [header] * bool(header) + [delimiter.join(map(str, row)) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def users_and_items(path: Path) -> tuple[int, int]:
    data, _ = load_interactions(path)
    return data.n_users, data.n_items


COUNTS = (len({row[0] for row in ROWS}), len({row[1] for row in ROWS}))
ITEM_FIRST: list[tuple[object, ...]] = [(item, user, rating) for user, item, rating in ROWS]


@pytest.mark.parametrize(
    "above",
    [
        "Exported on 2024-01-01",
        "# ratings of my shop",
        "# ratings,,",
        "sep=,",
        "\nRatings of 2024\n",
        "%comment\n%two",
    ],
)
def test_a_line_above_the_header_does_not_swap_users_and_items(above: str, tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", f"{above}\nitem_id,user_id,rating", ITEM_FIRST)
    assert users_and_items(path) == COUNTS
    assert any("above the header" in note for note in recognise(path).notes)


def test_a_header_behind_a_comment_mark_is_a_header(tmp_path: Path) -> None:
    assert users_and_items(write(tmp_path / "r.csv", "# item_id,user_id,rating", ITEM_FIRST)) == COUNTS


@pytest.mark.parametrize("delimiter", [",", "\t", ";", " "])
def test_items_first_without_a_header_is_asked_about(delimiter: str, tmp_path: Path) -> None:
    path = write(tmp_path / "r.txt", "", ITEM_FIRST, delimiter)
    with pytest.raises(AmbiguousFileError) as asked:
        recognise(path)
    assert [reading.option for reading in asked.value.readings] == [
        "--columns user,item,rating",
        "--columns item,user,rating",
    ]
    assert asked.value.readings[1].rows[0] == tuple(map(str, ROWS[0]))


def test_the_catalogue_tells_which_column_has_the_items(tmp_path: Path) -> None:
    catalog = write(tmp_path / "items.csv", "id,title", [(item, "x") for item in sorted(AVERAGES)])
    path = write(tmp_path / "r.csv", "", ITEM_FIRST)
    assert recognise(path, catalog=catalog).columns == {"user": 1, "item": 0, "rating": 2}
    named = write(tmp_path / "n.csv", "user_id,thing,rating", list(ROWS))
    assert recognise(named, catalog=catalog).columns["item"] == 1


@pytest.mark.parametrize("order", [("u", "r", "d"), ("u", "r"), ("r", "u", "d")])
def test_stars_are_never_taken_for_items(order: tuple[str, ...], tmp_path: Path) -> None:
    rows = [{"u": user, "r": rating, "d": f"2005-0{1 + rating}-11"} for user, _, rating in ROWS]
    path = write(tmp_path / "r.csv", "", [tuple(row[key] for key in order) for row in rows])
    for has_header in (None, False):
        with pytest.raises(DataFormatError, match="--columns"):
            recognise(path, has_header=has_header)


@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_blocks_are_read_with_their_movies(delimiter: str, tmp_path: Path) -> None:
    lines = []
    for movie in (1, 2, 10):
        rated = (delimiter.join((user, "3" if n else "5", "2005-09-06")) for n, user in enumerate("abc"))
        lines += [f"{movie}:", *rated]
    path = tmp_path / "combined_data_1.txt"
    path.write_text("\n".join([*lines, "broken"]))
    clean = load_ratings(path)
    assert sorted(set(clean.frame["item_id"])) == ["1", "10", "2"]
    assert clean.frame.row(0) == ("a", "1", 5.0, 1_125_964_800)
    assert clean.report.rejected["unparseable row"].samples[0].line == 13


@pytest.mark.parametrize(
    ("average", "own"),
    [
        ("rating", "user_rating"),
        ("average_rating", "my_score"),
        ("vote_average", "rating"),
        ("score", "my_rating"),
        ("rating", "Bewertung"),
    ],
)
def test_the_average_of_an_item_is_not_the_rating_of_a_user(average: str, own: str, tmp_path: Path) -> None:
    rows = [(user, item, AVERAGES[item], rating) for user, item, rating in ROWS]
    table = recognise(write(tmp_path / "r.csv", f"user_id,item_id,{average},{own}", list(rows)))
    assert table.columns["rating"] == 3
    assert any(average in note for note in table.notes)


@pytest.mark.parametrize("name", ["rating", "avg_score"])
def test_an_average_alone_is_asked_about(name: str, tmp_path: Path) -> None:
    rows = [(user, item, AVERAGES[item]) for user, item, _ in ROWS]
    with pytest.raises(AmbiguousFileError, match="--columns user,item,-"):
        recognise(write(tmp_path / "r.csv", f"user_id,item_id,{name}", list(rows)))


@pytest.mark.parametrize(
    "name", ["my_score", "Rating (out of 5)", "rating_x", "nota", "Bewertung", "puntuación"]
)
def test_a_rating_under_another_name_is_used_and_said(name: str, tmp_path: Path) -> None:
    table = recognise(write(tmp_path / "r.csv", f"user_id,item_id,{name}", list(ROWS)))
    assert table.columns["rating"] == 2
    assert any(name in line for line in table.describe())


def test_a_small_scale_under_an_unknown_name_is_asked_about(tmp_path: Path) -> None:
    with pytest.raises(AmbiguousFileError, match="zzz") as asked:
        recognise(write(tmp_path / "r.csv", "user_id,item_id,zzz", list(ROWS)))
    assert len(asked.value.readings) == 2


def test_several_ratings_of_the_user_are_asked_about(tmp_path: Path) -> None:
    rows = [(user, item, rating, 6 - rating) for user, item, rating in ROWS]
    with pytest.raises(AmbiguousFileError):
        recognise(write(tmp_path / "r.csv", "user_id,item_id,taste_score,look_score", list(rows)))


def test_what_is_left_out_is_named(tmp_path: Path) -> None:
    rows = [(user, item, rating, 6 - rating) for user, item, rating in ROWS]
    table = recognise(write(tmp_path / "r.csv", "user_id,item_id,rating,second", list(rows)))
    assert any("second" in note for note in table.notes)
    _, report = load_interactions(tmp_path / "r.csv")
    assert set(table.notes) <= set(report.notes)
    assert report.columns == {"user": "user_id", "item": "item_id", "rating": "rating"}


@pytest.mark.parametrize("lead", ["", "  "])
def test_columns_aligned_by_spaces_are_read(lead: str, tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_text("".join(f"{lead}u{user:<9}  i{item:<8} {rating}\n" for user, item, rating in ROWS))
    assert users_and_items(path) == COUNTS
    assert preview(recognise(path), 1).values.tolist() == [["u" + ROWS[0][0], "i" + ROWS[0][1], ROWS[0][2]]]


@pytest.mark.parametrize("delimiter", [",", "\t", " "])
def test_row_numbers_without_a_name_are_no_ids(delimiter: str, tmp_path: Path) -> None:
    rows = [(f'"{k}"', f'"{user}"', f'"{item}"', rating) for k, (user, item, rating) in enumerate(ROWS, 1)]
    path = write(tmp_path / "r.txt", delimiter.join(['"user"', '"item"', '"rating"']), rows, delimiter)
    assert users_and_items(path) == COUNTS
    assert preview(recognise(path)).item_id[0] == ROWS[0][1]


def test_delimiters_at_the_end_of_rows_are_no_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "user_id,item_id,rating", [(*row, "") for row in ROWS])
    assert users_and_items(path) == COUNTS
    shaped = [(f"U{user}", f"P{item}", rating, "") for user, item, rating in ROWS]
    assert users_and_items(write(tmp_path / "n.csv", "", shaped)) == COUNTS


def test_a_header_with_too_few_names_is_asked_about(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "user_id,item_id,rating", [(*row, "x") for row in ROWS])
    with pytest.raises(DataFormatError, match=r"--columns"):
        recognise(path)
    assert recognise(path, columns=("user", "item", "rating")).columns == {"user": 0, "item": 1, "rating": 2}


@pytest.mark.parametrize("values", [("0", "1"), ("False", "True")])
def test_a_column_of_yes_and_no_is_asked_about(values: tuple[str, str], tmp_path: Path) -> None:
    rows = [(user, item, values[rating > 2]) for user, item, rating in ROWS]
    path = write(tmp_path / "r.csv", "user_id,app_id,is_recommended", rows)
    with pytest.raises(AmbiguousFileError) as asked:
        recognise(path)
    options = [reading.option for reading in asked.value.readings]
    assert options == ["--columns user,item,rating", "--columns user,item,-"]
    as_rating, _ = load_interactions(path, columns=("user", "item", "rating"))
    assert (as_rating.scale, as_rating.implicit) == ((0, 1), False)
    assert as_rating.ratings.sum() == sum(rating > 2 for *_, rating in ROWS)
    liked, report = load_interactions(
        path, columns=("user", "item", "rating"), config=CleaningConfig(unrated=(0.0,))
    )
    assert liked.implicit
    assert liked.n_ratings == sum(rating > 2 for *_, rating in ROWS)
    assert report.rejected["not rated"].count == len(ROWS) - liked.n_ratings


def test_columns_that_tell_events_apart_are_named_where_all_count_alike(tmp_path: Path) -> None:
    rows = [(user, item, ("view", "view", "buy")[rating % 3], "x") for user, item, rating in ROWS]
    table = recognise(write(tmp_path / "r.csv", "visitorid,itemid,event,shop", rows))
    assert table.implicit
    assert any("event (buy, view), shop" in note for note in table.notes)


def test_a_time_is_known_by_a_word_of_its_name_if_it_belongs_to_the_rating(tmp_path: Path) -> None:
    rows = [
        (user, item, rating, f"2019-10-{1 + n % 28:02d} 00:00:00 UTC", f"19{int(item) % 90 + 10}-01-01")
        for n, (user, item, rating) in enumerate(ROWS)
    ]
    path = write(tmp_path / "r.csv", "user_id,product_id,rating,event_time,release_date", rows)
    assert recognise(path).columns["timestamp"] == 3
    fixed = write(
        tmp_path / "f.csv", "user_id,product_id,rating,release_date", [row[:3] + row[4:] for row in rows]
    )
    assert "timestamp" not in recognise(fixed).columns


@pytest.mark.parametrize("header", ["", "user," + ",".join(f"i{n}" for n in range(20))])
def test_a_matrix_of_users_and_items_is_called_one(header: str, tmp_path: Path) -> None:
    rows = [
        (f"{user}", *(DRAW.choice(["", DRAW.randint(1, 5)]) for _ in range(20))) for user in range(100, 140)
    ]
    path = write(tmp_path / "r.csv", header, rows)
    with pytest.raises(DataFormatError, match="melt"):
        recognise(path)


@pytest.mark.parametrize("name", ["user_id", "item_id", "rating"])
def test_two_columns_of_the_same_name_are_asked_about(name: str, tmp_path: Path) -> None:
    rows = [
        (user, item, rating, 6 - rating if name == "rating" else f"x{user}{item}")
        for user, item, rating in ROWS
    ]
    path = write(tmp_path / "r.csv", f"user_id,item_id,rating,{name}", rows)
    with pytest.raises(AmbiguousFileError) as asked:
        recognise(path)
    role = name.removesuffix("_id")
    assert {reading.option.split()[1].split(",").index(role) for reading in asked.value.readings} == {
        ("user", "item", "rating").index(role),
        3,
    }
    same = write(
        tmp_path / "s.csv",
        f"user_id,item_id,rating,{name}",
        [(*row, row[("user", "item", "rating").index(role)]) for row in ROWS],
    )
    assert users_and_items(same) == COUNTS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "beer/beerId: {n}\nreview/overall: 4\nreview/profileName: u{n}\n\n",
            "a name and a value on each line",
        ),
        ("The rain of day {n}\nin Spain\nstays on the plain\n", "does not hold rows"),
        ("{n},7,1464116,buy,1353186019\n", "'1464116' is no rating"),
    ],
)
def test_texts_that_are_no_lists_are_not_read_as_lists(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "r.txt"
    path.write_text("".join(text.format(n=n) for n in range(50)))
    with pytest.raises(DataFormatError, match=said):
        recognise(path)
