"""Which items may be shown: every filter, defined once.

Python, the command line, REST and URLs use the same words. What lists the filters (options,
widgets, parameters) reads `FILTERS`; another filter is one more field of `Filters` and one more entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any

import polars as pl

from recsys.arrays import Mask, Rows
from recsys.columns import BRAND, CATEGORY, PATH, PRICE, SEVERAL
from recsys.errors import FilterError

N_RATINGS = "n_ratings"
"""The column of the number of ratings, beside those of the catalogue."""
_LONGEST = 80
"""Characters of a filter's value that a sentence shows."""


@dataclass(frozen=True)
class Filters:
    """Which items may be shown. A field left at its default allows everything.

    Attributes
    ----------
    categories : tuple of str
        Category paths; an item passes where its category is one of them or below one of them.
    brands : tuple of str
    min_price, max_price : float or None
        Both inclusive; an item without a price fails either.
    min_ratings : int
        Fewest ratings an item must have.
    """

    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    min_price: float | None = None
    max_price: float | None = None
    min_ratings: int = 0

    def __post_init__(self) -> None:
        for one in (one for one in FILTERS if one.many):
            value = getattr(self, one.name)
            object.__setattr__(self, one.name, (value,) if isinstance(value, str) else tuple(value))

    def active(self) -> list[Filter]:
        """The filters that are set."""
        return [one for one in FILTERS if getattr(self, one.name) != one.default]

    def mask(self, catalog: pl.DataFrame, item_counts: Rows) -> Mask:
        """Which items pass all filters, bool (n_items,).

        Parameters
        ----------
        catalog : polars.DataFrame
            One row for each item row, with the catalogue's columns.
        item_counts : int64 array, shape (n_items,)
            Ratings of each item.
        """
        return _passes(self, self.active(), catalog, item_counts)

    def passing(self, catalog: pl.DataFrame, item_counts: Rows) -> dict[str, int]:
        """How many items pass each filter that is set, by itself; by the filter and its value in words."""
        return {
            one.words(getattr(self, one.name)): int(_passes(self, [one], catalog, item_counts).sum())
            for one in self.active()
        }

    def words(self) -> dict[str, tuple[str, ...]]:
        """The filters that are set, as words and texts: for a URL. The inverse of `from_words`."""
        return {one.word: one.texts(getattr(self, one.name)) for one in self.active()}

    @classmethod
    def from_words(cls, words: Mapping[str, str | Sequence[str]]) -> Filters:
        """Filters from words and texts, as a URL has them. Older words are understood; others ignored.

        Raises
        ------
        FilterError
            Where a text is not a number but should be one.

        Examples
        --------
        >>> Filters.from_words({"brand": ["Acme"], "min_price": "5"})
        Filters(categories=(), brands=('Acme',), min_price=5.0, max_price=None, min_ratings=0)
        """
        values: dict[str, Any] = {}
        for one in FILTERS:
            given = next((words[word] for word in (one.word, *one.old_words) if word in words), ())
            texts = [text for text in ([given] if isinstance(given, str) else given) if text]
            if texts:
                values[one.name] = tuple(texts) if one.many else one.parse(texts[-1])
        return cls(**values)


@dataclass(frozen=True)
class Filter:
    """One filter.

    Attributes
    ----------
    name : str
        The field of `Filters`.
    word : str
        Its name in URLs and REST, and, with hyphens, on the command line.
    label, help : str
        What a widget is called; what the filter does, in a sentence.
    kind : type
        Of one value: str, float or int.
    many : bool
        Whether it takes several values, of which an item must have one.
    column : str
        The column that is tested; a catalogue that does not know it has no use for the filter.
    test : callable
        From the value to an expression over the columns of the catalogue and `N_RATINGS`.
    old_words : tuple of str
        Names that older URLs have.
    """

    name: str
    word: str
    label: str
    help: str
    kind: type[str] | type[float] | type[int]
    many: bool
    column: str
    test: Callable[[Any], pl.Expr]
    old_words: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """Its name on the command line."""
        return "--" + self.word.replace("_", "-")

    @property
    def default(self) -> Any:
        """The value that allows everything."""
        value = next(entry.default for entry in fields(Filters) if entry.name == self.name)
        assert value is not MISSING
        return value

    def parse(self, text: str) -> str | float | int:
        """One value from text; FilterError where it is no such number."""
        try:
            value = self.kind(text)
        except ValueError:
            value = math.nan
        if isinstance(value, float) and not math.isfinite(value):
            raise FilterError(f"{self.word} must be a number, not {text!r}.")
        return value

    def texts(self, value: Any) -> tuple[str, ...]:
        """A value as texts, as `parse` reads them."""
        return tuple(f"{part:.15g}" if isinstance(part, float) else str(part) for part in self._parts(value))

    def words(self, value: Any) -> str:
        """The filter and its value, to be read: "Brand: Acme, Bolt". Long values are cut."""
        text = " ".join(", ".join(self.texts(value)).split())
        return f"{self.label}: {text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}"

    def _parts(self, value: Any) -> tuple[Any, ...]:
        return tuple(value) if self.many else (value,)


def in_categories(paths: Sequence[str]) -> pl.Expr:
    """Whether an item's category is one of these paths, or below one of them."""
    # An item of several categories passes where one of them does.
    column = SEVERAL + pl.col(CATEGORY) + SEVERAL
    marks = [SEVERAL + path + end for path in paths for end in (PATH, SEVERAL)]
    return pl.any_horizontal(column.str.contains(mark, literal=True) for mark in marks)


FILTERS: tuple[Filter, ...] = (
    Filter(
        "categories", "category", "Category", "Only this category and those below it.",
        str, True, CATEGORY, in_categories,
    ),
    Filter(
        "brands", "brand", "Brand", "Only this brand.",
        str, True, BRAND, lambda names: pl.col(BRAND).is_in(list(names)),
    ),
    Filter(
        "min_price", "min_price", "Lowest price", "Items that cost at least this much.",
        float, False, PRICE, lambda price: pl.col(PRICE) >= price, ("cheapest",),
    ),
    Filter(
        "max_price", "max_price", "Highest price", "Items that cost at most this much.",
        float, False, PRICE, lambda price: pl.col(PRICE) <= price, ("dearest",),
    ),
    Filter(
        "min_ratings", "min_ratings", "Fewest ratings", "Items with at least this many ratings.",
        int, False, N_RATINGS, lambda n: pl.col(N_RATINGS) >= n, ("least",),
    ),
)  # fmt: skip


def _passes(filters: Filters, chosen: Sequence[Filter], catalog: pl.DataFrame, item_counts: Rows) -> Mask:
    frame = catalog.with_columns(pl.Series(N_RATINGS, item_counts))
    tests = [one.test(getattr(filters, one.name)) for one in chosen]
    passed = frame.select(pl.all_horizontal(pl.lit(True), *tests).fill_null(False).alias("passed"))["passed"]
    mask: Mask = passed.to_numpy()
    return mask if len(mask) == len(catalog) else mask.repeat(len(catalog))
