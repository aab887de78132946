"""What the rules of a shop can say. None by default: `Rules()` changes nothing.

The fields are those of a rules file, which `recsys.rules.files` reads; `recsys.rules.in_force` applies them.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Text = Annotated[str, Meta(min_length=1)]
Texts = tuple[Text, ...]
Positive = Annotated[int, Meta(ge=1)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of the rules: compared by value, and strict about what it is given."""


class Selection(_Part, frozen=True, kw_only=True):
    """Some products: by their ids, their categories or their brands. Any one of these is enough.

    Attributes
    ----------
    products : tuple of str
        Ids.
    categories : tuple of str
        Category paths; those below them belong to them.
    brands : tuple of str
    """

    products: Texts = ()
    categories: Texts = ()
    brands: Texts = ()

    def __bool__(self) -> bool:
        return bool(self.products or self.categories or self.brands)


class Pin(_Part, frozen=True, kw_only=True):
    """A product that always has the same place in a list of recommendations, from 1."""

    product: Text
    place: Positive


class Boost(Selection, frozen=True, kw_only=True):
    """Scores of some products are multiplied: a factor above 1 raises them, below 1 lowers them.

    A score below 0 is divided instead, so that a factor always works in the same direction.
    """

    factor: Annotated[float, Meta(gt=0, le=1e6)]

    def __post_init__(self) -> None:
        if not self:
            raise ValueError("a boost needs products, categories or brands")


class Limit(Selection, frozen=True, kw_only=True):
    """At most `n` products of each brand or category in a list, or of some products taken together.

    Attributes
    ----------
    n : int
    each : "brand", "category" or None
        A product without one is not limited. Categories are whole paths.
    """

    n: Annotated[int, Meta(ge=0)]
    each: Literal["brand", "category"] | None = None

    def __post_init__(self) -> None:
        if bool(self) == (self.each is not None):
            raise ValueError('at_most needs either each = "brand" or "category", or some of them by name')


class Rules(_Part, frozen=True, kw_only=True):
    """All rules. Each field left at its default allows everything.

    Attributes
    ----------
    hide_out_of_stock : bool
        Products that the catalogue says are out of stock are not shown.
    min_ratings : int
        Fewest ratings a product must have.
    min_stars : float or None
        Lowest mean rating a product must have, in the data's own scale.
    exclude : Selection
        Products that are never shown.
    only : Selection
        If it names any, no other product is shown.
    pin : tuple of Pin
        In recommendations, not in lists of similar products. A user who has rated a pinned product
        is not shown it again.
    boost : tuple of Boost
        Factors of a product that several boosts name are multiplied.
    at_most : tuple of Limit
    """

    hide_out_of_stock: bool = False
    min_ratings: Annotated[int, Meta(ge=0)] = 0
    min_stars: float | None = None
    exclude: Selection = Selection()
    only: Selection = Selection()
    pin: tuple[Pin, ...] = ()
    boost: tuple[Boost, ...] = ()
    at_most: tuple[Limit, ...] = ()

    def __bool__(self) -> bool:
        return self != Rules()

    def __post_init__(self) -> None:
        if self.min_stars is not None and not math.isfinite(self.min_stars):
            raise ValueError(f"min_stars: {self.min_stars} is no number of stars")
        for what in ("place", "product"):
            values = Counter(getattr(pin, what) for pin in self.pin)
            if values and (most := values.most_common(1)[0])[1] > 1:
                raise ValueError(f"pin: two pins have the {what} {most[0]!r}")
        both = next((pin.product for pin in self.pin if pin.product in self.exclude.products), None)
        if both is not None:
            raise ValueError(f"pin: the product {both!r} is pinned and excluded: remove one of the two")

    def selections(self) -> tuple[Selection, ...]:
        """Every part that names products, categories or brands."""
        pinned = Selection(products=tuple(pin.product for pin in self.pin))
        return (self.exclude, self.only, pinned, *self.boost, *self.at_most)
