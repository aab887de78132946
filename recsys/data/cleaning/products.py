"""Clean the columns of a catalogue, from whatever source they come.

Every value arrives as text; a list or an object is JSON text (see `recsys.sources.source`).
"""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Callable
from typing import Any

import polars as pl

from recsys.columns import (
    BRAND,
    CATALOG_COLUMNS,
    CATEGORY,
    IMAGE,
    IN_STOCK,
    ITEM,
    PATH,
    PRICE,
    SEVERAL,
    TITLE,
)
from recsys.sources.column_content import MISSING

_TYPES = {PRICE: pl.Float64, IN_STOCK: pl.Boolean}
SCHEMA = {name: _TYPES.get(name, pl.String) for name in CATALOG_COLUMNS}
"""Types of the columns of a catalogue."""

_NUMBER = r"(\d[\d.,'’\s\x{a0}\x{202f}]*\d|\d|[.,]\d+)"
_COMMA_DECIMALS, _POINT_DECIMALS = r",\d{1,2}(?:\D|$)", r"\.\d{1,2}(?:\D|$)"
_LONGEST_PRICE = 40
_NESTED = r'^\[\s*[\["{\]]|^\{\s*["}]'
"""How the JSON of a list or an object starts, and a title in brackets does not."""
_BRACKET = r"^[\[{]"
_SIZES = ("hi_res", "large", "thumb")
"""Pictures of Amazon's metadata of 2023, the largest first."""


def clean_products(raw: pl.DataFrame) -> pl.DataFrame:
    """Clean the rows of a catalogue.

    Parameters
    ----------
    raw : polars.DataFrame
        Columns of text named `role/rank`, such as `title/0`, `title/1`. Of several columns of a role
        the first that holds something counts.

    Returns
    -------
    polars.DataFrame
        One column for each role: item_id, title, brand, category, image_url (String), price
        (Float64), in_stock (Boolean); null where nothing is known.
    """
    found: dict[str, pl.Series] = {}
    for column in raw:
        role = column.name.partition("/")[0]
        cleaned = CLEANERS[role](_stripped(column))
        known = found.get(role)
        found[role] = cleaned if known is None else known.zip_with(known.is_not_null(), cleaned)
    return pl.DataFrame([column.alias(role) for role, column in found.items()])


def _stripped(column: pl.Series) -> pl.Series:
    """Text without white space around it; null where nothing is left, or a word for "missing".

    One product may have such a name; where several do, it is none.
    """
    text = column.str.strip_chars()
    words = text.is_in(list(MISSING)).fill_null(False)
    kept = pl.col(column.name) != ""
    if words.sum() > 1:
        kept &= ~words
    return text.to_frame().select(pl.when(kept).then(pl.col(column.name))).to_series()


def _mapped(column: pl.Series, pattern: str, function: Callable[[str], str | None]) -> pl.Series:
    """Replace the values that match a pattern by what a function makes of them."""
    values = column.filter(column.str.contains(pattern).fill_null(False)).unique()
    if values.is_empty():
        return column
    return column.replace(values, pl.Series([function(value) for value in values], dtype=pl.String))


def clean_id(column: pl.Series) -> pl.Series:
    """Ids as they stand; a list or an object is no id."""
    return _mapped(column, _NESTED, _without_nested)


def clean_text(column: pl.Series) -> pl.Series:
    """Text without HTML entities such as `&amp;`; a list or an object is no text."""
    return _mapped(_mapped(column, _NESTED, _without_nested), "&", _plain_text)


def clean_category(column: pl.Series) -> pl.Series:
    """A path of levels; of a list of lists (Amazon 2014) the first; several stand with ` | ` between them."""
    paths = _mapped(_mapped(column, _BRACKET, _path_of), "&", _plain_text)
    return _mapped(paths, r"\|", _several_of)


def clean_price(column: pl.Series) -> pl.Series:
    """A number, "$1,299.00", "1.299,00 €", or the lower end of "$5.99 - $8.50"; null for what is no price.

    Whether commas or points stand before the decimals is told from the whole column.
    """
    text = pl.col(column.name)
    by_comma = column.str.contains(_COMMA_DECIMALS).sum() > column.str.contains(_POINT_DECIMALS).sum()
    number = pl.lit(None, pl.Float64) if by_comma else text.cast(pl.Float64, strict=False)
    digits = text.str.extract(_NUMBER).str.replace_all(r"[^\d.,]", "")
    whole, decimal = (".", ",") if by_comma else (",", ".")
    plain = digits.str.replace_all(whole, "", literal=True).str.replace_all(decimal, ".", literal=True)
    # 3.50 in a column of commas has its last mark where no thousands can be.
    odd = digits.str.contains(r"^\d+" + f"[{whole}]" + r"\d{1,2}$")
    plain = pl.when(odd).then(digits.str.replace(whole, ".", literal=True)).otherwise(plain)
    price = (
        pl.when(number.is_finite())
        .then(number)
        .when(text.str.len_chars() < _LONGEST_PRICE)
        .then(plain.cast(pl.Float64, strict=False))
    )
    return column.to_frame().select(price).to_series()


def clean_image(column: pl.Series) -> pl.Series:
    """An address, the first of a list, or the largest picture of a list of objects (Amazon 2023)."""
    text = pl.col(column.name).str.replace_all("&amp;", "&", literal=True)
    addresses = _mapped(column, _BRACKET, _image_of).to_frame()
    return addresses.select(pl.when(text.str.contains("^https?://")).then(text)).to_series()


_STOCKED = ("true", "yes", "y", "instock", "available", "limitedavailability", "onlineonly", "instoreonly")
_SOLD_OUT = ("false", "no", "n", "outofstock", "soldout", "unavailable", "discontinued", "backorder")


def clean_stock(column: pl.Series) -> pl.Series:
    """Whether a product can be had: yes or no in one of many words, or a number in stock.

    Null for other words. Of an address such as https://schema.org/InStock the last part counts.
    """
    told = {value: _stock_of(value) for value in column.drop_nulls().unique()}
    return column.replace_strict(told, default=None, return_dtype=pl.Boolean)


def _stock_of(text: str) -> bool | None:
    try:
        return float(text.replace(",", "")) > 0
    except ValueError:
        word = re.sub(r"[^a-z]", "", text.rsplit("/", 1)[-1].lower())
        return True if word in _STOCKED else False if word in _SOLD_OUT else None


CLEANERS: dict[str, Callable[[pl.Series], pl.Series]] = {
    ITEM: clean_id,
    TITLE: clean_text,
    BRAND: clean_text,
    CATEGORY: clean_category,
    PRICE: clean_price,
    IMAGE: clean_image,
    IN_STOCK: clean_stock,
}


def _several_of(text: str) -> str | None:
    return SEVERAL.join(part for part in map(str.strip, text.split("|")) if part) or None


def _plain_text(text: str) -> str | None:
    return html.unescape(text).strip() or None


def _nested(text: str) -> Any:
    """What the JSON of a list or an object holds; the text itself where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _python_list(text)


def _python_list(text: str) -> Any:
    """A list as pandas writes it, ['Comedy', 'Drama']; the text itself where it is none."""
    if not text.startswith(("['", '["', "[{'")):
        return text
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def _without_nested(text: str) -> str | None:
    return text if isinstance(_nested(text), str) else None


def _path_of(text: str) -> str | None:
    value = _nested(text)
    if isinstance(value, list) and value and isinstance(value[0], list):
        value = value[0]
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        # [{"id": 16, "name": "Animation"}, …]: kinds side by side, and no path.
        return SEVERAL.join(str(one["name"]).strip() for one in value if one.get("name")) or None
    if isinstance(value, list):
        levels = (
            str(level).strip() for level in value if level is not None and not isinstance(level, (list, dict))
        )
        return PATH.join(level for level in levels if level) or None
    return value if isinstance(value, str) else None


def _image_of(text: str) -> str | None:
    value = _nested(text)
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = next((value[size] for size in _SIZES if value.get(size)), None)
    return value.strip() if isinstance(value, str) else None
