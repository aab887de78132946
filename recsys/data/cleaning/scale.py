"""Find the rating scale of a file."""

from __future__ import annotations

import polars as pl

_MOST_OUTSIDE = 0.1
_FEW_ROWS, _MOST_OF_FEW = 5, 0.25
_COMMON_SHARE = 1e-3


def find_scale(ratings: pl.Series) -> tuple[float, float]:
    """Lowest and highest rating that a user can give.

    1 to 5 where nearly all ratings fit it (the few others are then errors, not a wider
    scale), 0.5 to 5 where there are half stars besides, else the lowest and highest rating
    that are not exceptions (less than one in a thousand).

    Parameters
    ----------
    ratings : polars.Series
        Float32, without nulls.
    """
    counts = ratings.value_counts(name="n")
    values, n = counts[ratings.name], counts["n"]
    total = max(1, len(ratings))
    halves = (values * 2 == (values * 2).round()) & (values != values.round())
    has_halves = n.filter(halves & (values > 1) & (values < 5)).sum() >= 0.02 * total
    for low, high in ((0.5, 5.0), (1.0, 5.0)) if has_halves else ((1.0, 5.0),):
        if low == 0.5 and not (values == 0.5).any():
            continue
        outside = total - n.filter(values.is_between(low, high)).sum()
        few = outside <= _FEW_ROWS and outside <= _MOST_OF_FEW * total
        if few or outside <= _MOST_OUTSIDE * total:
            return low, high
    common = values.filter(n >= _COMMON_SHARE * total) if len(values) <= 200 else values
    common = common if len(common) else values
    return (float(common.min()), float(common.max())) if len(values) else (1.0, 5.0)  # type: ignore[arg-type]
