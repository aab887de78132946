"""The names by which the columns of ratings and of catalogues are known.

Names are compared without case, spaces and punctuation, and without a `:type` at the end, so
`UserId`, `user_id` and `user_id:token` are the same name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from recsys.columns import BRAND, CATEGORY, IMAGE, IN_STOCK, ITEM, PRICE, TITLE

Aliases = Mapping[str, tuple[str, ...]]
"""Role → its names. Where a table has several of them, the earlier one comes first."""


def plain_name(name: str) -> str:
    """A column name reduced to lower-case letters and digits."""
    return re.sub(r"[^a-z0-9]", "", name.strip().lower().split(":")[0])


def find_columns(names: Sequence[str], aliases: Aliases) -> dict[str, list[int]]:
    """Positions of the columns with a known name, by role, the best name first."""
    positions: dict[str, list[int]] = {}
    for position, name in enumerate(names):
        positions.setdefault(plain_name(name), []).append(position)
    found: dict[str, list[int]] = {}
    for role, known in aliases.items():
        matches = [position for alias in map(plain_name, known) for position in positions.get(alias, [])]
        if matches:
            found[role] = list(dict.fromkeys(matches))
    return found


def words_of(name: str) -> list[str]:
    """The words of a column name in lower case: `avgRating_x` is avg, rating, x."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.findall(r"[^\W\d_]+", spaced.lower())


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ITEM_NAMES = _names(
    "itemid item parentasin asin productid prodid"
    " product movieid movie bookid isbn iid sku articleid"
    " businessid gameid trackid songid artistid animeid recipeid courseid listingid itemidx"
    " gmapid beerid beerbeerid filmid showid videoid newsid hotelid restaurantid placeid appid"
)

# Amazon's data of 2023 have both asin (a variant) and parent_asin (the product).
RATINGS_NAMES: Aliases = {
    "user": _names(
        "userid user reviewerid customerid customer"
        " reviewer uid memberid profileid visitorid accountid"
        " clientid useridx usernumber username steamid authorsteamid reviewprofilename"
    ),
    "item": _ITEM_NAMES,
    "rating": _names(
        "rating ratings overall score stars star starrating reviewscore reviewrating bookrating"
        " ratingvalue rate userrating userscore myrating myscore"
    ),
    "timestamp": _names(
        "timestamp unixreviewtime unixtime"
        " unixtimestamp ts time date datetime reviewdate reviewtime"
        " ratingdate ratingtime ratingtimestamp createdat createddate unix"
    ),
}

_RATING_WORDS = frozenset(
    _names(
        "rating ratings rate rated score scores star stars"
        " grade grades mark marks note notes nota notas voto"
        " punkte punktzahl bewertung bewertungen wertung calificacion puntuacion valoracion"
        " calificación puntuación valoración avaliacao"
        " avaliação evaluation évaluation punteggio valutazione"
        " ocena ocenka оценка рейтинг評分 评分 评价 レーティング"
        " 評価 betyg cijfer beoordeling arvosana oy puan not"
    )
)
_AVERAGE_WORDS = frozenset(
    _names("avg average mean median global community total bayesian weighted aggregate agg imdb metascore")
)
_COUNT_WORDS = frozenset(
    _names(
        "count counts num number n helpful vote votes"
        " quantity qty times plays playcount listens views clicks"
        " purchases hours minutes seconds duration total age year"
        " month day hour verified index idx rank position page size length"
    )
)


_STRENGTH_WORDS = frozenset(
    _names(
        "quantity qty times plays playcount playtime listens"
        " listencount views viewcount clicks purchases purchase"
        " bought orders hours minutes seconds duration"
        " watchtime count freq frequency visits checkins amount weight"
        " strength menge anzahl cantidad quantite nombre"
    )
)

_TITLE_WORDS = frozenset(
    _names("title name titel titre titulo título nombre nom nome naam nazwa bezeichnung description desc")
)
_TIME_WORDS = frozenset(_names("time date datetime timestamp dat datum fecha data zeit"))
_VERDICT_WORDS = frozenset(
    _names(
        "label target click clicked like liked likes recommend recommended upvote upvoted thumb"
        " thumbs favorite favorited favourite favourited purchased bought converted relevant"
    )
)


def names_a_title(name: str) -> bool:
    """True for a name that says what something is called, such as `prod_name`."""
    return bool(set(words_of(name)) & _TITLE_WORDS)


def names_a_time(name: str) -> bool:
    """True for a name that says time or date, such as `event_time`."""
    return bool(set(words_of(name)) & _TIME_WORDS)


def names_a_verdict(name: str) -> bool:
    """True for a name that says yes or no, such as `is_recommended` or `clicked`."""
    return bool(set(words_of(name)) & _VERDICT_WORDS)


def names_a_rating(name: str) -> bool:
    """True for a name that says rating in one of many languages, and not how many there are."""
    words = set(words_of(name))
    if "vote" in words and words & _AVERAGE_WORDS:
        return True
    return bool(words & _RATING_WORDS) and not words & (_COUNT_WORDS - {"total"})


def names_a_strength(name: str) -> bool:
    """True for a name that says how often or how long a user did something."""
    words = set(words_of(name)) | {plain_name(name)}
    return bool(words & _STRENGTH_WORDS) and not words & (_RATING_WORDS | {"review", "reviews", "helpful"})


def names_an_average(name: str) -> bool:
    """True for a name that says whose opinion it is not: the average of an item."""
    words = set(words_of(name))
    plain = plain_name(name)
    return (
        bool(words & _AVERAGE_WORDS) or plain.startswith(("avg", "average", "mean")) or plain == "voteaverage"
    )


def names_a_count(name: str) -> bool:
    """True for a name that says a number of things, and no opinion."""
    return bool(set(words_of(name)) & _COUNT_WORDS)


# Spelled as in Amazon's metadata, whose products often lack some of them. A plain `id` may be a
# running number: it comes last.
CATALOG_NAMES: Aliases = {
    ITEM: (
        "item_id",
        "parent_asin",
        *(name for name in _ITEM_NAMES if name not in ("itemid", "parentasin", "item", "product", "movie")),
        *_names("isbn13 tconst imdbid tmdbid uri item product movie id"),
    ),
    TITLE: _names(
        "title name producttitle productname itemtitle"
        " itemname booktitle movietitle filmtitle primarytitle"
        " originaltitle gametitle gamename trackname"
        " songname songtitle albumname album recipename recipetitle"
        " animetitle animename coursetitle coursename articletitle headline showname track song"
    ),
    BRAND: _names(
        "brand store manufacturer author maker"
        " bookauthor authors authorname artist artistname artists"
        " director directors developer developers"
        " publisher bookpublisher studio studios label company"
        " creator vendor"
    ),
    CATEGORY: _names(
        "category categories categorypath genres genre main_category main_cat tags productcategory"
    ),
    PRICE: _names("price listprice actualprice saleprice discountedprice unitprice"),
    IMAGE: _names(
        "image_url imageURL imUrl image images"
        " imageURLHighRes img imgurl picture imageurll imageurlm imageurls"
        " poster posterurl cover coverurl thumbnail"
    ),
    IN_STOCK: _names(
        "in_stock stock available availability stockstatus stocklevel inventory quantityinstock"
    ),
}
