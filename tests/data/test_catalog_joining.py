"""Catalogues beside the ratings: which column has the ids, how many are found, what is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recsys.data.catalog import join_catalog, load_catalog, read_catalog
from recsys.data.ids import IdTable
from recsys.data.loading import load_data
from recsys.errors import DataFormatError
from recsys.filters import Filters

ITEMS = IdTable.from_ids([str(n) for n in range(1, 21)])


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["{}.0", "{:05d}", "{}.00", "0{}"])
def test_ids_in_another_form_are_joined_where_that_is_clear(form: str, tmp_path: Path) -> None:
    lines = [f"{form.format(n)},Thing {n}" for n in range(1, 21)]
    loaded = read_catalog(write(tmp_path / "c.csv", "item_id,title\n" + "\n".join(lines)))
    frame, report = join_catalog(loaded, ITEMS)
    assert (report.matched, report.of) == (20, 20)
    assert frame.filter(item_id="7")["title"].item() == "Thing 7"
    assert any("another form" in line for line in report.describe())


def test_a_number_that_two_ids_have_is_not_joined(tmp_path: Path) -> None:
    loaded = read_catalog(write(tmp_path / "c.csv", "item_id,title\n1,a\n007,b\n07,c\n"))
    frame, report = join_catalog(loaded, ITEMS)
    assert report.matched == 1
    assert frame.filter(item_id="7")["title"].item() is None


def test_a_catalogue_of_other_products_is_refused_with_both_kinds_of_ids(tmp_path: Path) -> None:
    loaded = read_catalog(write(tmp_path / "c.csv", "item_id,title\nB001,a\nB002,b\n"))
    with pytest.raises(DataFormatError, match=r"none of its 2 products.*B001, B002.*1, 10, 11"):
        join_catalog(loaded, ITEMS)


@pytest.mark.parametrize(
    "name", ["anime_id", "movieId", "business_id", "article_id", "appid", "tmdbId", "strange"]
)
def test_the_id_column_is_the_one_that_fits_the_ratings(name: str, tmp_path: Path) -> None:
    lines = [f"{n},{n + 1},Thing {n + 1}" for n in range(20)]
    path = write(tmp_path / "c.csv", f"id,{name},title\n" + "\n".join(lines))
    frame = load_catalog(path, ITEMS, name)
    assert frame.filter(item_id="7")["title"].item() == "Thing 7"


def test_rows_with_a_comma_too_many_are_left_out_and_said(tmp_path: Path) -> None:
    text = "item_id,title,price\n1,Godfather, The 2,19.99\n2,Jaws,9.99\n3,Usual Suspects, The,4.99\n"
    text += "4,Alien,7.99\n5,X,1\n"
    _, report = join_catalog(read_catalog(write(tmp_path / "c.csv", text)), ITEMS)
    assert (report.rows, report.products, report.unreadable, report.matched) == (5, 3, 2, 3)
    assert "2 of 5 rows" in report.describe()[1]


def test_inch_marks_quotes_and_commas_stand_side_by_side(tmp_path: Path) -> None:
    text = 'item_id,title,price\n1,Monitor 21" black,199\n2,"TV, 40"" wide",5\n3,19"\' rack,1\n'
    text += '4,"unclosed,5\n5,ok,7\n'
    frame = load_catalog(write(tmp_path / "c.csv", text))
    titles = dict(frame.select("item_id", "title").iter_rows())
    assert titles["1"] == 'Monitor 21" black'
    assert titles["2"] == 'TV, 40" wide'
    assert titles["5"] == "ok"


@pytest.mark.parametrize(
    ("texts", "prices"),
    [
        (["1.299,00", "12,99", "7"], [1299.0, 12.99, 7.0]),
        (["1,299.00", "12.99", "1,500"], [1299.0, 12.99, 1500.0]),
        (["1 299,00 €", "EUR 3,5", "2.000"], [1299.0, 3.5, 2000.0]),
        (["CHF 1'299.50", "$5.99 - $8.50", "free"], [1299.5, 5.99, None]),
    ],
)
def test_prices_are_read_as_the_whole_column_writes_them(
    texts: list[str], prices: list[float | None], tmp_path: Path
) -> None:
    rows = "\n".join(f"{n};{text}" for n, text in enumerate(texts))
    assert load_catalog(write(tmp_path / "c.csv", f"item_id;price\n{rows}\n"))["price"].to_list() == prices


@pytest.mark.parametrize(
    ("title", "brand"),
    [
        ("Book-Title", "Book-Author"),
        ("name", "developer"),
        ("primaryTitle", "director"),
        ("track_name", "artist"),
        ("recipe_name", "author"),
        ("movie_title", "studio"),
    ],
)
def test_titles_and_authors_are_found_by_their_usual_names(title: str, brand: str, tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", f"item_id,{title},{brand}\n1,T,B\n2,U,C\n")
    assert load_catalog(path).select("title", "brand").row(0) == ("T", "B")


def test_several_categories_of_one_item_are_each_found(tmp_path: Path) -> None:
    path = write(
        tmp_path / "c.csv", "item_id,genres\n1,Comedy|Drama\n2,Drama\n3,Comedy > Slapstick|War\n4,Dram\n"
    )
    frame, counts = join_catalog(read_catalog(path), IdTable.from_ids("1234"))[0], np.ones(4, np.int64)

    def passing(category: str) -> list[bool]:
        passed: list[bool] = Filters(categories=(category,)).mask(frame, counts).tolist()
        return passed

    assert passing("Drama") == [True, True, False, False]
    assert passing("Comedy") == [True, False, True, False]
    assert passing("War") == [False, False, True, False]


def test_ratings_and_catalogue_are_loaded_together(tmp_path: Path) -> None:
    ratings = "".join(f"u{n % 7},{1 + n % 20},{1 + n * n % 7 % 5}\n" for n in range(120))
    path = write(tmp_path / "r.csv", "user_id,anime_id,rating\n" + ratings)
    shows = "".join(f"{n},{n + 1},Show {n + 1}\n" for n in range(20))
    catalog = write(tmp_path / "c.csv", "id,anime_id,title\n" + shows)
    loaded = load_data(path, catalog)
    assert loaded.catalog_report is not None
    assert loaded.catalog_report.matched == 20
    assert any("20 of the 20 items" in note for note in loaded.report.notes)
    assert loaded.catalog.filter(item_id="5")["title"].item() == "Show 5"


def test_prices_with_an_unquoted_comma_in_every_row_are_refused(tmp_path: Path) -> None:
    text = "item_id,title,price\n" + "".join(f"{n},Thing {n},$1,299.00\n" for n in range(1, 21))
    with pytest.raises(DataFormatError, match=r"in quotes"):
        read_catalog(write(tmp_path / "c.csv", text))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("{n}::Film {n} (1999)::Drama|Comedy", ("Film 7 (1999)", "Drama | Comedy")),
        ("{n}|Film {n} (1999)|01-Jan-1995||http://example.org/{n}|0|1", ("Film 7 (1999)", None)),
        ("{n},Film {n}", ("Film 7", None)),
    ],
)
def test_a_catalogue_without_a_header_loses_no_product(
    line: str, found: tuple[str, str | None], tmp_path: Path
) -> None:
    path = write(tmp_path / "movies.dat", "".join(line.format(n=n) + "\n" for n in range(1, 21)))
    loaded = read_catalog(path, ITEMS)
    frame, report = join_catalog(loaded, ITEMS)
    assert (report.products, report.matched) == (20, 20)
    assert frame.filter(item_id="7")[["title", "category"]].row(0) == found
    assert any("no header" in note for note in report.notes)


@pytest.mark.parametrize("name", ["Description", "prod_name", "app_name", "nom"])
def test_titles_by_another_name_are_used_and_said(name: str, tmp_path: Path) -> None:
    lines = "".join(f"{n},Thing {n},red\n" for n in range(1, 21))
    loaded = read_catalog(write(tmp_path / "c.csv", f"item_id,{name},colour\n{lines}"), ITEMS)
    assert loaded.frame.filter(item_id="7")["title"].item() == "Thing 7"
    assert any(name in note for note in loaded.report.notes)


def test_objects_with_names_are_categories_side_by_side(tmp_path: Path) -> None:
    text = """item_id,genres
1,"[{'id': 16, 'name': 'Animation'}, {'id': 35, 'name': 'Comedy'}]"
2,"[{""id"": 18, ""name"": ""Drama""}]"
3,[]
"""
    frame = load_catalog(write(tmp_path / "c.csv", text))
    assert frame["category"].to_list() == ["Animation | Comedy", "Drama", None]


def test_words_for_missing_are_no_titles_and_repeated_ids_are_said(tmp_path: Path) -> None:
    text = "item_id,title,brand\n1,NaN,None\n2,nan,None\n3,Jaws,Null\n3,Jaws 2,\n"
    loaded = read_catalog(write(tmp_path / "c.csv", text))
    assert loaded.frame["title"].to_list() == [None, None, "Jaws 2"]
    assert any("1 rows repeat" in line for line in loaded.report.describe())
