"""Read catalogues: tables with named columns, and Amazon's product metadata.

Amazon's files, one product on each line: 2014 as Python literals (asin, title, brand,
categories, price, imUrl), 2018 as JSON (asin, price as "$12.99", category, brand, imageURL),
2023 as JSON (parent_asin, store, categories, price or null, images).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from recsys.columns import ITEM
from recsys.errors import DataFormatError
from recsys.sources.column_roles import plain_name
from recsys.sources.delimited import find_delimiter, split_line
from recsys.sources.files import Head, open_bytes, read_head
from recsys.sources.json_lines import parse_object
from recsys.sources.polars_scan import stated_errors

CATALOG_COLUMNS = (ITEM, "title", "brand", "category", "price", "image_url")
SCHEMA = {name: pl.Float64 if name == "price" else pl.String for name in CATALOG_COLUMNS}
PATH = " > "
"""Between the levels of a category: Electronics > Computers > Laptops."""

_KNOWN_NAMES = {
    ITEM: "itemid parentasin asin productid prodid item product movieid bookid isbn sku id",
    "title": "title name producttitle productname itemtitle itemname",
    "brand": "brand store manufacturer author maker",
    "category": "category categories categorypath genres genre maincategory maincat",
    "price": "price listprice actualprice saleprice",
    "image_url": "imageurl imurl image images imageurlhighres img imgurl picture",
}
_ALIASES = {role: names.split() for role, names in _KNOWN_NAMES.items()}
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")
_CHUNK = 100_000


def read_catalog(path: Path) -> pl.DataFrame:
    """Read a catalogue; see `recsys.data.catalog.load_catalog`."""
    head = read_head(path)
    frame = _read_products(path) if head.is_json else _read_table(head)
    frame = frame.filter(pl.col(ITEM).str.strip_chars() != "").unique(ITEM, keep="last", maintain_order=True)
    if frame.is_empty():
        raise DataFormatError(
            f"{path} has no products: give the rows below the header, or leave --catalog out."
        )
    return frame


def _roles(names: Sequence[str], path: Path) -> dict[str, str]:
    """Catalogue column → name in the file."""
    plain = {plain_name(name): name for name in reversed(names)}
    roles = {
        role: next(plain[alias] for alias in aliases if alias in plain)
        for role, aliases in _ALIASES.items()
        if any(alias in plain for alias in aliases)
    }
    if ITEM not in roles:
        raise DataFormatError(
            f"{path}: no column holds the ids of the items (columns: {', '.join(names[:12])}):"
            " name it item_id, asin or product_id."
        )
    return roles


# Tables -------------------------------------------------------------------------------


def _read_table(head: Head) -> pl.DataFrame:
    with stated_errors(head.path):
        scan = _scan_table(head)
        roles = _roles(scan.collect_schema().names(), head.path)
        columns = [
            pl.col(name).cast(pl.String).alias(role) for role, name in roles.items() if role != "category"
        ]
        if "category" in roles:
            columns.append(_joined(scan, roles["category"]).alias("category"))
        frame = scan.select(columns).collect()
    texts = [
        pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name).str.strip_chars()).alias(name)
        for name in frame.columns
        if name != "price"
    ]
    price = [_price_of(pl.col("price")).alias("price")] if "price" in frame.columns else []
    return frame.with_columns(*texts, *price).select(name for name in SCHEMA if name in frame.columns)


def _scan_table(head: Head) -> pl.LazyFrame:
    if head.kind != "text":
        return (pl.scan_parquet if head.kind == "parquet" else pl.scan_ipc)(head.path, glob=False)
    delimiter = find_delimiter(head)
    _roles(split_line(head.lines[0], delimiter), head.path)
    return pl.scan_csv(
        head.path,
        separator=delimiter[0],
        skip_lines=head.n_blank,
        infer_schema=False,
        truncate_ragged_lines=True,
        glob=False,
    )


def _joined(scan: pl.LazyFrame, name: str) -> pl.Expr:
    """A category column as text: lists become paths."""
    if isinstance(scan.collect_schema()[name], pl.List):
        return pl.col(name).cast(pl.List(pl.String)).list.join(PATH)
    return pl.col(name).cast(pl.String)


def _price_of(text: pl.Expr) -> pl.Expr:
    """Prices as numbers: "$1,299.00" is 1299.0; null where there is none."""
    number = text.str.extract(r"(\d[\d,]*(?:\.\d+)?|\.\d+)").str.replace_all(",", "", literal=True)
    return number.cast(pl.Float64, strict=False)


# Amazon's metadata --------------------------------------------------------------------


def _read_products(path: Path) -> pl.DataFrame:
    """One product on each line, in chunks: only the few fields that are kept stay in memory."""
    frames, rows = [], []
    for row in _products(path):
        rows.append(row)
        if len(rows) == _CHUNK:
            frames.append(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
            rows = []
    frames.append(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    return pl.concat(frames)


def _products(path: Path) -> Iterator[tuple[Any, ...]]:
    roles: dict[str, str] | None = None
    with open_bytes(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            product = parse_object(line)
            if product is None:
                raise DataFormatError(
                    f"{path}, line {number:,}: neither JSON nor a Python literal: mend or remove the line."
                )
            if roles is None or ITEM not in roles:
                roles = _roles(list(product), path)
            yield _product(product)


def _product(product: dict[str, Any]) -> tuple[Any, ...]:
    """The catalogue row of a product, whatever year's names it has."""
    fields = {plain_name(name): value for name, value in product.items()}
    first = {role: _first(fields, aliases) for role, aliases in _ALIASES.items()}
    return (
        _text(first[ITEM]),
        _text(first["title"]),
        _text(first["brand"]),
        _category(first["category"]),
        _price(first["price"]),
        _image(first["image_url"]),
    )


def _first(fields: dict[str, Any], names: Sequence[str]) -> Any:
    return next((fields[name] for name in names if fields.get(name) not in (None, "", [])), None)


def _text(value: Any) -> str | None:
    """Text without HTML entities; Amazon's titles have `&amp;`."""
    if value is None or isinstance(value, (list, dict)):
        return None
    return html.unescape(str(value)).strip() or None


def _category(value: Any) -> str | None:
    """A list of levels, a list of such lists (2014: the first), or text."""
    if isinstance(value, list) and value and isinstance(value[0], list):
        value = value[0]
    if isinstance(value, list):
        return PATH.join(text for level in value if (text := _text(level))) or None
    return _text(value)


def _price(value: Any) -> float | None:
    """A number, "$12.99", or the lower end of "$5.99 - $8.50"; None for what is no price."""
    if isinstance(value, (int, float)):
        return float(value) if value == value else None
    found = _NUMBER.search(value) if isinstance(value, str) and len(value) < 40 else None
    return float(found.group().replace(",", "")) if found else None


def _image(value: Any) -> str | None:
    """An address, the first of a list, or the largest picture of 2023's list of dicts."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = next((value[size] for size in ("hi_res", "large", "thumb") if value.get(size)), None)
    text = _text(value)
    return text if text and text.startswith(("http://", "https://")) else None
