"""The names by which the columns of ratings and of catalogues are known.

Names are compared without case, spaces and punctuation, and without a `:type` at the end, so
`UserId`, `user_id` and `user_id:token` are the same name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from recsys.columns import BRAND, CATEGORY, IMAGE, ITEM, PRICE, TITLE

Aliases = Mapping[str, tuple[str, ...]]
"""Role → its names. Where a table has several of them, the earlier one comes first."""


def plain_name(name: str) -> str:
    """A column name reduced to lower-case letters and digits."""
    return re.sub(r"[^a-z0-9]", "", name.strip().lower().split(":")[0])


def find_columns(names: Sequence[str], aliases: Aliases) -> dict[str, list[int]]:
    """Positions of the columns with a known name, by role, the best name first."""
    positions: dict[str, int] = {}
    for position, name in enumerate(names):
        positions.setdefault(plain_name(name), position)
    found: dict[str, list[int]] = {}
    for role, known in aliases.items():
        matches = [positions[alias] for alias in map(plain_name, known) if alias in positions]
        if matches:
            found[role] = list(dict.fromkeys(matches))
    return found


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Amazon's data of 2023 have both asin (a variant) and parent_asin (the product).
RATINGS_NAMES: Aliases = {
    "user": _names(
        "userid user reviewerid customerid customer reviewer uid memberid profileid visitorid accountid"
        " clientid useridx usernumber username"
    ),
    "item": _names(
        "itemid item parentasin asin productid prodid product movieid movie bookid isbn iid sku articleid"
        " businessid gameid trackid songid artistid animeid recipeid courseid listingid itemidx"
    ),
    "rating": _names(
        "rating ratings overall score stars star starrating reviewscore reviewrating bookrating"
        " ratingvalue rate userrating"
    ),
    "timestamp": _names(
        "timestamp unixreviewtime unixtime unixtimestamp ts time date datetime reviewdate reviewtime"
        " ratingdate ratingtime ratingtimestamp createdat createddate unix"
    ),
}

# Spelled as in Amazon's metadata, whose products often lack some of them.
CATALOG_NAMES: Aliases = {
    ITEM: _names(
        "item_id parent_asin asin product_id prodid item product movieid bookid isbn sku id"
        " articleid gameid trackid songid animeid recipeid courseid listingid"
    ),
    TITLE: _names("title name producttitle productname itemtitle itemname"),
    BRAND: _names("brand store manufacturer author maker"),
    CATEGORY: _names("category categories categorypath genres genre main_category main_cat"),
    PRICE: _names("price listprice actualprice saleprice"),
    IMAGE: _names("image_url imageURL imUrl image images imageURLHighRes img imgurl picture"),
}
