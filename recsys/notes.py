"""What an answer says beside its list: why it is of another kind, short, or empty."""

from __future__ import annotations

import numpy as np

from recsys.arrays import Mask, Rows
from recsys.dataset import Dataset
from recsys.filters import Filters

NO_TASTE = "Popular items: none of the items rated says anything about taste yet."
CHOSEN = "Popular items: in this version everybody is shown the most rated ones."
EXHAUSTED = "Popular items: no item that is left shares a user with those rated, even through others."


def n_left(dataset: Dataset, exclude: Rows, allowed: Mask | None) -> int:
    """How many items may be shown: those that pass the filters, without those excluded."""
    if allowed is None:
        return len(dataset.items) - len(exclude)
    return int(np.count_nonzero(allowed)) - int(np.count_nonzero(allowed[exclude]))


def short(n: int, left: int) -> str:
    """Why a personal list ends before the items that may be shown do."""
    which = f"{n:,} of the {left:,} items that are left {'shares' if n == 1 else 'share'}"
    return f"Only {which} a user with those rated, even through others."


def nothing_left(dataset: Dataset, filters: Filters | None) -> str:
    """Why nothing can be recommended."""
    words, allowed = dataset.why_nothing(filters), dataset.allowed(filters)
    if allowed is not None and not allowed.any():
        return words
    return f"{words} The user has rated all of them." if words else "The user has rated every product."


def why_none_passes(dataset: Dataset, filters: Filters | None, shown: Mask) -> str:
    """Why nothing can be listed where rules leave the items `shown`."""
    n = int(np.count_nonzero(shown))
    if not n:
        return "No product passes the rules."
    passing = f"{n:,} {'product passes' if n == 1 else 'products pass'} the rules."
    words = dataset.why_nothing(filters)
    return f"{passing} {words}" if words else f"{passing} None of them can be listed here."


def limited(n: int) -> str:
    """Why a list under rules ends early."""
    return (
        f"The rules on brands and categories leave {n:,} {'product' if n == 1 else 'products'} for this list."
    )


def none_similar(dataset: Dataset, row: int, filters: Filters | None) -> str:
    """Why no item is similar to the item of this row."""
    allowed, group = dataset.allowed(filters), dataset.item_groups
    if np.count_nonzero(group == group[row]) == 1:
        n = int(dataset.item_counts[row])
        alone = f"Nobody who rated this product ({n:,} in all) rated another one, so nothing can be compared."
        return alone if allowed is None or allowed.any() else dataset.why_nothing(filters)
    if allowed is None:
        return "No other product has enough ratings in common with this one to be compared."
    words = dataset.why_nothing(filters)
    return f"{words} None of them shares a user with this product." if allowed.any() else words


def none_next(dataset: Dataset, filters: Filters | None, *, known: bool) -> str:
    """Why nothing is known to be rated after an item."""
    if not known:
        return "The order in which people rated is not known, or not used, in this version."
    nobody = "Nobody who rated this product rated another one at another time."
    words = dataset.why_nothing(filters)
    return f"{words} None of them was rated after this product." if words else nobody
