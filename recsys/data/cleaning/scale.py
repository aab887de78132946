"""Find what the numbers of a file are: ratings on a scale, with or without markers, or counts.

A scale that nobody stated rejects no row. A value at its edge that stands apart, in frequency or
by a gap, may mean "not rated" or be an error: it is asked about.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from recsys.config import CleaningConfig
from recsys.errors import AmbiguousFileError, Reading
from recsys.sources.column_names import names_a_rating, names_a_strength
from recsys.sources.ratings import RatingsTable

_USUAL = ((1.0, 5.0), (0.5, 5.0), (0.0, 1.0), (-1.0, 1.0), (1.0, 10.0), (0.5, 10.0), (1.0, 100.0))
"""Scales that ratings are given on, the narrow ones first."""
_WITH_ZERO = ((0.0, 5.0), (0.0, 10.0), (0.0, 100.0))
_BY_FAR = 1.25
_GAP = 1.5
_WIDE = 0.5
_FEW_LEVELS = 30
_RARE, _RARELY = 0.01, 0.1
_COUNT_TAIL = 4.0


@dataclass(frozen=True)
class Edge:
    """A value at the edge of a scale that stands apart from the others.

    Attributes
    ----------
    value : float
    count : int
    others : (float, float)
        Lowest and highest of the other values.
    """

    value: float
    count: int
    others: tuple[float, float]


def value_counts(ratings: pl.Series) -> pl.DataFrame:
    """Different values, ascending, and their counts: columns `value`, `n`."""
    return ratings.alias("value").value_counts(name="n").sort("value")


def find_scale(counts: pl.DataFrame) -> tuple[float, float]:
    """Lowest and highest rating that a user can give.

    1 to 5 where all ratings fit it, 0.5 to 5 where there are half stars besides, else the lowest
    and the highest rating.

    Parameters
    ----------
    counts : polars.DataFrame
        As of `value_counts`.
    """
    if counts.is_empty():
        return 1.0, 5.0
    values, n = counts["value"], counts["n"]
    low, high = float(values.min()), float(values.max())  # type: ignore[arg-type]
    if high <= 5 and low >= 0.5 and high > 1:
        halves = (values * 2 == (values * 2).round()) & (values != values.round())
        some = n.filter(halves & (values > 1) & (values < 5)).sum() >= 0.02 * float(n.sum())
        if low >= 1:
            return 1.0, 5.0
        if low == 0.5 and some:
            return 0.5, 5.0
    return low, high


def stands_apart(counts: pl.DataFrame) -> Edge | None:
    """The value at an edge that may be no rating; None where none stands apart."""
    values, n = counts["value"].cast(pl.Float64).to_list(), counts["n"].to_list()
    if len(values) < 3 or values == [-1.0, 0.0, 1.0]:
        return None
    for at, rest in ((-1, slice(0, -1)), (0, slice(1, None))):
        value, count, others, other_counts = values[at], n[at], values[rest], n[rest]
        usual = _usual(others)
        if usual is not None and usual[0] <= value <= usual[1]:
            continue
        by_gap = abs(value - others[at]) > _least_gap(others)
        # Below a scale that starts at 1, a value that many have is a marker; a rating of 0 is rare.
        often = at == 0 and value <= 0 and _is_twice(count, other_counts[0]) and _is_grid(others)
        most = at == 0 and value <= 0 and count > _BY_FAR * max(other_counts) and _is_grid(others)
        negative = at == 0 and value < 0 <= others[0] and _is_grid(others)
        rare = usual is not None and count < _RARE * sum(n) and count < _RARELY * other_counts[at]
        if by_gap or often or most or negative or rare:
            return Edge(value, count, (others[0], others[-1]))
    return None


def _median(values: pl.Series, n: pl.Series) -> float:
    """The median of values, ascending, that occur so often."""
    up_to = n.cum_sum()
    total = int(up_to[-1])
    middle = (values[int(up_to.search_sorted(place + 1))] for place in ((total - 1) // 2, total // 2))
    return float(sum(middle)) / 2


def _is_twice(count: int, other: int) -> bool:
    """True where one number of rows is twice another, by more than the chance of either."""
    return count - 2 * other >= math.sqrt(count + 4 * other)


def _is_grid(values: list[float]) -> bool:
    return len(values) <= _FEW_LEVELS and all(value * 2 == round(value * 2) for value in values)


def _usual(values: list[float]) -> tuple[float, float] | None:
    """The narrowest usual scale that holds the values."""
    scales = _USUAL if values[0] > 0 else (*_WITH_ZERO, (0.0, 1.0), (-1.0, 1.0))
    if values[0] >= 0 and values[-1] <= 1:
        return -1.0 if values[0] < 0 else 0.0, 1.0
    fitting = [scale for scale in scales if scale[0] <= values[0] and values[-1] <= scale[1]]
    return min(fitting, key=lambda scale: scale[1] - scale[0]) if fitting else None


def _least_gap(values: list[float]) -> float:
    """A gap wider than this sets a value apart from the others."""
    if len(values) < 2:
        return float("inf")
    steps = [after - before for before, after in pairwise(values)]
    if _is_grid(values):
        return _GAP * max(steps)
    return max(_GAP * max(steps), _WIDE * (values[-1] - values[0]))


def looks_like_counts(counts: pl.DataFrame, strict: bool = False) -> bool:
    """True for numbers of a heavy tail, such as purchases, plays or hours; no scale of opinions has one.

    The lowest numbers are the most frequent, and the highest are many times the median.

    Parameters
    ----------
    strict : bool
        The column says that it holds ratings: only a long tail speaks against it.
    """
    if len(counts) < 4 or float(counts["value"][0]) < 0:
        return False
    values, total = counts["value"].cast(pl.Float64), int(counts["n"].sum())
    median, high = _median(values, counts["n"]), float(values[-1])
    if not bool((values == values.round()).all()):
        mean = float((values * counts["n"]).sum()) / total
        return len(counts) > _FEW_LEVELS and high > 10 * max(median, 1.0) and mean > 1.5 * median
    if (
        not strict
        and values[0] == 1
        and high > 5
        and counts["n"][0] >= 0.5 * total
        and bool((counts["n"].diff() < 0)[1:].all())
    ):
        return True
    # One odd value far above stars is an error, and not a tail.
    n_beyond = counts.filter(pl.col("value") > max(5.0, 2 * median)).height
    lowest_first = int(counts["n"].arg_max() or 0) <= 1 and float(values[0]) <= 1
    return high > 10 and high >= _COUNT_TAIL * max(median, 1.0) and lowest_first and n_beyond >= 3


# What the ratings of a table are --------------------------------------------------------------


@dataclass(frozen=True)
class Values:
    """What the numbers in the rating column are.

    Attributes
    ----------
    scale : (float, float)
        Lowest and highest; no accepted row lies outside.
    implicit : bool
        They are no opinions: events that count as 1, or counts.
    are_counts : bool
        How often something happened, or how long.
    notes : tuple of str
    """

    scale: tuple[float, float]
    implicit: bool = False
    are_counts: bool = False
    notes: tuple[str, ...] = ()


def judge_values(table: RatingsTable, counts: pl.DataFrame, config: CleaningConfig) -> Values:
    """Decide what the ratings of a table are, as stated or by the whole column.

    Parameters
    ----------
    counts : polars.DataFrame
        The values of the rows that are otherwise fine, and their counts (see `value_counts`), without
        those stated as "not rated".

    Raises
    ------
    AmbiguousFileError
        Where a value at the edge of the scale may be no rating.
    """
    if table.implicit:
        return Values((1.0, 1.0), implicit=True)
    if config.scale is not None:
        low, high = config.scale
        return Values(config.scale, notes=(f"The scale is {low:g} to {high:g}, as stated.",))
    if config.unrated and len(counts) == 1:
        value = float(counts["value"][0])
        return Values(
            (value, value), implicit=True, notes=(f"Only {value:g} is left: every row counts alike.",)
        )
    name = table.source.layout.names[table.columns["rating"]] if table.source.layout.names else ""
    says_rating, says_count = names_a_rating(name), names_a_strength(name)
    if looks_like_counts(counts, strict=says_rating) or (says_count and _are_amounts(counts)):
        return _counts(counts)
    edge = stands_apart(counts)
    if edge is not None:
        raise _ask(table, edge, int(counts["n"].sum()))
    low, high = find_scale(counts)
    notes: tuple[str, ...] = (f"The scale is {low:g} to {high:g}, as found in the data.",)
    if low == 0 and high > 1:
        notes = (*notes, "0 is taken for the lowest rating: if it means 'not rated', say --unrated 0.")
    return Values((low, high), notes=notes)


def _are_amounts(counts: pl.DataFrame) -> bool:
    return len(counts) > 0 and float(counts["value"][0]) >= 0


def as_text(value: float) -> str:
    """A rating as options take it: with all its digits, so that what is said back means the same."""
    return str(np.format_float_positional(np.float32(value), trim="-"))


def _counts(counts: pl.DataFrame) -> Values:
    low, high = float(counts["value"][0]), float(counts["value"][-1])
    note = (
        f"The numbers run from {low:g} to {high:g}, mostly low ones: read as counts, not as stars. They are"
        f" kept and added up for each user and item; no stars are predicted. If they are ratings, say"
        f" --scale {as_text(low)},{as_text(high)}."
    )
    return Values((low, high), implicit=True, are_counts=True, notes=(note,))


def _ask(table: RatingsTable, edge: Edge, n: int) -> AmbiguousFileError:
    low, high = edge.others
    value = as_text(edge.value)
    roles = (("rating", table.roles["rating"]),)
    wide = (min(low, edge.value), max(high, edge.value))
    readings = [
        Reading(
            f"--unrated {value}",
            f"these rows are left out as not rated; the rest is {low:g} to {high:g}",
            roles,
        ),
        Reading(f"--scale {as_text(wide[0])},{as_text(wide[1])}", f"{value} is a rating", roles),
    ]
    return AmbiguousFileError(
        f"{table.name}: {edge.count:,} of {n:,} ratings are {value}, which stands apart from the others"
        f" ({low:g} to {high:g}) and may mean 'not rated', or be an error",
        readings,
    )
