"""Catalogues from every source: read, aligned with the items, searched and filtered."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recsys.data.catalog import CATALOG_COLUMNS, Catalog, align_catalog, category_numbers, load_catalog
from recsys.data.ids import IdTable
from recsys.errors import DataFormatError

META_2014 = [
    {
        "asin": "0132793040",
        "imUrl": "http://ecx.images-amazon.com/images/I/31JIPhp.jpg",
        "description": "It's the 'Kelby' course",
        "categories": [["Electronics", "Computers & Accessories", "Cables & Interconnects"], ["Office"]],
        "title": "Kelby Training DVD: Mastering Blend Modes &amp; More",
    },
    {
        "asin": "0439886341",
        "price": 8.15,
        "brand": "Leap",
        "categories": [["Electronics"]],
        "title": "Digital Organizer",
    },
]
META_2018 = [
    {
        "category": ["Electronics", "Camera &amp; Photo"],
        "title": "Nikon D50",
        "brand": "Nikon",
        "price": "$1,299.99",
        "asin": "B0009YJXMM",
        "imageURL": ["https://images-na.ssl-images-amazon.com/images/I/41.jpg", "https://x/2.jpg"],
    },
    {"category": [], "title": "", "brand": "", "price": ".a-box-inner{background-color:#fff}", "asin": "B01"},
    {"category": ["Toys"], "title": "Cards", "price": "$5.99 - $8.50", "asin": "NA", "imageURL": []},
]
META_2023 = [
    {
        "main_category": "All Electronics",
        "title": "FS-1051 FATSHARK",
        "average_rating": 3.5,
        "rating_number": 6,
        "price": None,
        "images": [
            {"thumb": "https://x/t.jpg", "large": "https://x/l.jpg", "variant": "MAIN", "hi_res": None}
        ],
        "store": "Fat Shark",
        "categories": ["Electronics", "Television & Video"],
        "details": {"Brand": "Fat Shark"},
        "parent_asin": "B00MCW7G9M",
    },
    {"title": "Cable", "price": 12.5, "images": [], "store": None, "categories": [], "parent_asin": "0001"},
]
TRUTH: dict[str, list[tuple[object, ...]]] = {
    "2014": [
        (
            "0132793040",
            "Kelby Training DVD: Mastering Blend Modes & More",
            None,
            "Electronics > Computers & Accessories > Cables & Interconnects",
            None,
            "http://ecx.images-amazon.com/images/I/31JIPhp.jpg",
        ),
        ("0439886341", "Digital Organizer", "Leap", "Electronics", 8.15, None),
    ],
    "2018": [
        (
            "B0009YJXMM",
            "Nikon D50",
            "Nikon",
            "Electronics > Camera & Photo",
            1299.99,
            "https://images-na.ssl-images-amazon.com/images/I/41.jpg",
        ),
        ("B01", None, None, None, None, None),
        ("NA", "Cards", None, "Toys", 5.99, None),
    ],
    "2023": [
        (
            "B00MCW7G9M",
            "FS-1051 FATSHARK",
            "Fat Shark",
            "Electronics > Television & Video",
            None,
            "https://x/l.jpg",
        ),
        ("0001", "Cable", None, None, 12.5, None),
    ],
}
LINES = {
    "2014": [repr(row) for row in META_2014],
    "2018": [json.dumps(row) for row in META_2018],
    "2023": [json.dumps(row) for row in META_2023],
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("year", TRUTH)
def test_amazon_metadata_is_read(year: str, packed: bool, tmp_path: Path) -> None:
    path = tmp_path / ("meta.json.gz" if packed else "meta.jsonl")
    data = "\n".join(["", *LINES[year], ""]).encode()
    path.write_bytes(gzip.compress(data) if packed else data)
    frame = load_catalog(path)
    assert frame.columns == list(CATALOG_COLUMNS)
    assert frame.rows() == [(*row, None) for row in TRUTH[year]]  # nothing is told of the stock


def write(path: Path, text: str) -> Path:
    path.write_text(text, newline="")
    return path


@pytest.mark.parametrize(
    "name", ["item_id", "asin", "parent_asin", "product_id", "productId", "ITEM_ID", "Item ID"]
)
def test_the_id_column_has_many_names(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / "items.csv", f"title,{name}\nA,0012\nB,NA\n")
    assert load_catalog(path).rows() == [("0012", "A"), ("NA", "B")]


def test_a_csv_keeps_commas_quotes_prices_and_gaps(tmp_path: Path) -> None:
    text = (
        "\ufeffitem_id,title,brand,category,price,image_url,weight\r\n"
        '1,"Cable, 2 m ""thin""",Anker,Electronics > Cables,"$1,012.50",https://x/1.jpg,3\r\n'
        "2,,  ,,free,,\r\n"
        "3,NA,null,Books,7,,\r\n"
    )
    assert load_catalog(write(tmp_path / "items.csv", text)).rows() == [
        ("1", 'Cable, 2 m "thin"', "Anker", "Electronics > Cables", 1012.5, "https://x/1.jpg"),
        ("2", None, None, None, None, None),
        ("3", "NA", "null", "Books", 7.0, None),
    ]


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_html_entities_are_decoded_from_every_format(kind: str, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {
            "item_id": ["a&amp;b", "2"],
            "title": ["12&quot; &amp; more", "AT&T"],
            "brand": ["&#39;s", None],
            "category": ["Camera &amp; Photo > Bags", None],
            "image_url": ["https://x/?a=1&amp;copy=2", "javascript:x"],
        }
    )
    path = tmp_path / f"items.{kind}"
    writers: dict[str, Callable[[Path], object]] = {
        "csv": frame.write_csv,
        "parquet": frame.write_parquet,
        "jsonl": frame.write_ndjson,
    }
    writers[kind](path)
    known = load_catalog(path)
    assert known.select(frame.columns).rows() == [
        ("a&amp;b", '12" & more', "'s", "Camera & Photo > Bags", "https://x/?a=1&copy=2"),
        ("2", "AT&T", None, None, None),
    ]


def test_a_csv_with_lists_and_objects_as_json_is_read_as_amazon_metadata_is(tmp_path: Path) -> None:
    text = (
        "asin\tcategory\timages\tprice\n"
        '1\t"[""A"", ""B""]"\t"[{""large"": ""https://x/l.jpg"", ""hi_res"": null}]"\t1e2\n'
        "2\t[Other]\tnone\t-\n"
    )
    assert load_catalog(write(tmp_path / "items.tsv", text)).rows() == [
        ("1", "A > B", 100.0, "https://x/l.jpg"),
        ("2", "[Other]", None, None),
    ]


def test_of_several_columns_of_a_role_the_first_that_holds_something_counts(tmp_path: Path) -> None:
    path = write(tmp_path / "items.csv", "id,item_id,brand,store\n7,a,,S\n8,b,B,S\n9,,B,S\n")
    assert load_catalog(path).rows() == [("a", "S"), ("b", "B")]


def test_a_field_that_no_early_product_has_is_read(tmp_path: Path) -> None:
    lines = [json.dumps({"asin": str(n), "title": "x" * 20}) for n in range(20_000)]
    lines.append(json.dumps({"asin": "late", "title": "y", "imUrl": "http://x/1.jpg", "price": 3}))
    known = load_catalog(write(tmp_path / "meta.json", "\n".join(lines)))
    assert known.filter(item_id="late").select("price", "image_url").rows() == [(3.0, "http://x/1.jpg")]


@pytest.mark.parametrize("kind", ["parquet", "feather", "tsv"])
def test_tables_of_other_kinds_are_read(kind: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"productId": ["01", "2"], "name": ["x", None], "price": [1.5, None]})
    path = tmp_path / f"items.{kind}"
    if kind == "parquet":
        frame.with_columns(pl.Series("categories", [["A", "B"], []])).write_parquet(path)
    elif kind == "feather":
        frame.write_ipc(path)
    else:
        frame.write_csv(path, separator="\t")
    known = load_catalog(path)
    assert known.select("item_id", "title", "price").rows() == [("01", "x", 1.5), ("2", None, None)]
    if kind == "parquet":
        assert known["category"].to_list() == ["A > B", None]


def test_of_an_id_given_twice_the_last_row_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "items.csv", "item_id,title\n1,old\n2,x\n1,new\n ,nothing\n")
    assert sorted(load_catalog(path).rows()) == [("1", "new"), ("2", "x")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("item_id,title\n", "no rows"),
        ("item_id,title\n ,x\n", "no products"),
        ("name,price\nx,1\n", "item_id, asin or product_id"),
        ("item_id\n1\n", "one column"),
        ('{"asin": "1"}\n{broken\n{broken\n', "line 2"),
        ('{"title": "x"}\n', "item_id, asin or product_id"),
    ],
)
def test_a_bad_catalogue_is_refused_with_its_name_and_a_cure(text: str, said: str, tmp_path: Path) -> None:
    path = write(tmp_path / "items.csv", text)
    with pytest.raises(DataFormatError, match=said) as error:
        load_catalog(path)
    assert str(path) in str(error.value)


# Aligned, searched, filtered ------------------------------------------------------------

ITEMS = IdTable.from_ids(["a", "b", "c", "d", "e"])
KNOWN = pl.DataFrame(
    [
        ("d", "USB cable", "Anker", "Electronics > Cables", 9.0),
        ("b", "usb HUB (3.0)", "Belkin", "Electronics > Hubs", 25.0),
        ("x", "USB not in the ratings", "Anker", "Electronics", 1.0),
        ("a", "Novel", None, "Books", None),
        ("e", "Cable of USB.3", "anker", "Electronics > Cables > Short", 5.0),
    ],
    schema=["item_id", "title", "brand", "category", "price"],
    orient="row",
)


@pytest.fixture
def catalog() -> Catalog:
    return Catalog(align_catalog(KNOWN, ITEMS), np.array([0, 3, 9, 1, 7]))


def test_aligned_rows_stand_in_item_order_with_all_columns(catalog: Catalog) -> None:
    assert catalog.frame.columns == list(CATALOG_COLUMNS)
    assert catalog.frame["item_id"].to_list() == ["a", "b", "c", "d", "e"]
    assert catalog.frame["title"].to_list() == ["Novel", "usb HUB (3.0)", None, "USB cable", "Cable of USB.3"]
    assert catalog.columns_known == ("title", "brand", "category", "price")


def test_no_catalogue_knows_nothing() -> None:
    empty = Catalog(align_catalog(None, ITEMS))
    assert empty.columns_known == ()
    assert empty.frame["item_id"].to_list() == ["a", "b", "c", "d", "e"]
    assert empty.frame.dtypes == align_catalog(KNOWN, ITEMS).dtypes
    assert empty.search("usb").tolist() == []


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("usb", [4, 1, 3]),
        ("USB CABLE", [4, 3]),
        ("anker cable", [4, 3]),
        ("(3.0)", [1]),
        ("usb.3", [4]),
        ("nothing", []),
        ("  ", []),
        (".*", []),
    ],
)
def test_search_finds_all_words_literally_and_popular_items_first(
    catalog: Catalog, text: str, rows: list[int]
) -> None:
    assert catalog.search(text).tolist() == rows
    assert catalog.search(text, limit=1).tolist() == rows[:1]


def test_columns_come_in_the_order_asked_for(catalog: Catalog) -> None:
    assert catalog.columns_of([4, 2], ("title", "image_url")) == {"title": ["Cable of USB.3", None]}
    assert list(catalog.columns_of([])) == ["title", "brand", "category", "price"]


def test_categories_have_numbers_by_their_whole_path() -> None:
    paths = ["Audio > Cables", None, "Video > Cables", "Audio > Cables"]
    numbers = category_numbers(pl.DataFrame({"category": paths}))
    assert numbers is not None
    assert numbers[1] == -1
    assert numbers[0] == numbers[3] != numbers[2]
    assert category_numbers(pl.DataFrame({"category": pl.Series([None, None], dtype=pl.String)})) is None


def test_stock_is_told_in_many_words(tmp_path: Path) -> None:
    rows = ["In Stock", "out of stock", "0", "1,200", "https://schema.org/OutOfStock", "TRUE", "soon", ""]
    path = write(
        tmp_path / "items.csv",
        "item_id,Availability\n" + "".join(f'i{n},"{w}"\n' for n, w in enumerate(rows)),
    )
    assert load_catalog(path)["in_stock"].to_list() == [True, False, False, True, False, True, None, None]
