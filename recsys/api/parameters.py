"""What a request can say: the words are those of the package, the command line and the studio's links."""

from __future__ import annotations

import inspect
from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from recsys.config import RANKERS
from recsys.filters import FILTERS, Filters
from recsys.lists import KINDS

MOST = 1_000
"""Most items of a list, products of a basket, and users or products of a batch."""
MOST_OF_AUDIENCE = 10_000
"""Most users of an audience."""
MOST_ON_MAP = 50_000
"""Most products of the map."""
MOST_OF_BATCH = 100_000
"""Most items of all lists of a batch together."""
LONGEST_ID, LONGEST_TEXT = 4_096, 200
LARGEST_BODY = 1 << 20

RankerName = Literal["sequential", "static", "item-knn", "popular"]
assert set(RankerName.__args__) == set(RANKERS) - {"auto"}  # type: ignore[attr-defined]

K = Annotated[int, Query(ge=1, le=MOST, description="How many.")]
User = Annotated[str, Query(max_length=LONGEST_ID, description="A user's ID.")]
Item = Annotated[str, Query(max_length=LONGEST_ID, description="A product's ID.")]
OptionalItem = Annotated[str | None, Query(max_length=LONGEST_ID, description="A product's ID.")]
Ranker = Annotated[RankerName | None, Query(description="By default the ranker that the version serves.")]
ListName = Literal["popular", "rising", "new", "best"]
assert ListName.__args__ == KINDS  # type: ignore[attr-defined]
List = Annotated[ListName, Query(description="Which list.")]
Days = Annotated[int, Query(ge=1, le=36_500, description="The length of the window.")]
Shop = Annotated[
    Literal["shop", "none"],
    Query(description="Whether the list obeys the shop's rules: those of `rules.toml` in its folder."),
]
Text = Annotated[str, Query(max_length=LONGEST_TEXT, description="The start of an ID, or words.")]
Identifier = Annotated[str, Field(max_length=LONGEST_ID)]


def _filters(**values: Any) -> Filters:
    given = {one.word: value for one in FILTERS if (value := values[one.word]) not in (None, [])}
    return Filters(**{one.name: given[one.word] for one in FILTERS if one.word in given})


def _of_filters() -> inspect.Signature:
    """One query parameter for each filter of the registry."""
    parameters = []
    for one in FILTERS:
        kind: Any = list[one.kind] if one.many else one.kind | None  # type: ignore[name-defined]
        if one.kind is float:
            rule = Query(description=one.help, allow_inf_nan=False)
        elif one.kind is int:
            rule = Query(description=one.help, ge=0, le=1 << 62)
        else:
            rule = Query(description=one.help)
        default: Any = [] if one.many else None
        parameters.append(
            inspect.Parameter(
                one.word, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, rule]
            )
        )
    return inspect.Signature(parameters)


_filters.__signature__ = _of_filters()  # type: ignore[attr-defined]
Filtered = Annotated[Filters, Depends(_filters)]


class Body(BaseModel):
    """A body with a word that is not known is refused, and so is true where a number belongs."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FilterBody(Body):
    """Which products may be shown. What is left out allows everything."""

    category: list[str] = []
    brand: list[str] = []
    min_price: float | None = Field(default=None, allow_inf_nan=False)
    max_price: float | None = Field(default=None, allow_inf_nan=False)
    min_ratings: int | None = Field(default=None, ge=0, le=1 << 62)

    def to_filters(self) -> Filters:
        """The same, as the package has them."""
        return _filters(**self.model_dump())


assert set(FilterBody.model_fields) == {one.word for one in FILTERS}


class BasketEntry(Body):
    """A product of a basket."""

    item: Identifier
    rating: Annotated[float, Field(allow_inf_nan=False)] | Literal["not"] | None = Field(
        default=None, description='Stars, "not" for a negative example, or nothing: the best rating.'
    )


class BasketBody(Body):
    """What somebody has, in order of time, earliest first."""

    items: list[BasketEntry] = Field(max_length=MOST)
    k: int = Field(10, ge=1, le=MOST)
    ranker: RankerName | None = None
    include_rated: bool = False
    filters: FilterBody = Field(default_factory=FilterBody)
    rules: Literal["shop", "none"] = "shop"


class BatchBody(Body):
    """Users to recommend to, or products to find similar ones for."""

    users: list[Identifier] = Field([], max_length=MOST)
    items: list[Identifier] = Field([], max_length=MOST)
    k: int = Field(10, ge=1, le=MOST)
    ranker: RankerName | None = None
    rules: Literal["shop", "none"] = "shop"
