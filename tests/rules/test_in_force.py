import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.arrays import Floats, Mask, Rows
from recsys.data.catalog_joining import with_all_columns
from recsys.rules import Boost, Limit, Pin, Rules, Selection
from recsys.rules.in_force import RulesInForce, unmatched
from recsys.search.results import SearchResult

CATALOG = with_all_columns(
    pl.DataFrame(
        {
            "item_id": ["a", "b", "c", "d", "e", "f"],
            "brand": ["X", "X", "X", "Y", "Y", None],
            "category": ["T > A", "T > B", "T > A", "U", None, "T"],
            "in_stock": [True, False, None, True, True, True],
        }
    )
)
COUNTS = np.array([9, 8, 7, 6, 5, 4])
MEANS = np.array([5, 4, 3, 2, 1, np.nan], dtype=np.float32)
SCORES = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], dtype=np.float32)


def listed(rules: Rules, k: int, scores: Floats = SCORES, may_have: Mask | None = None) -> str:
    """The ids of the first `k` under the rules, pinned ones in capitals."""
    may_have = np.ones(6, dtype=bool) if may_have is None else may_have
    force = RulesInForce.of(rules, CATALOG, COUNTS, MEANS)

    def search(n: int, hidden: Rows) -> SearchResult:
        rows = np.flatnonzero(force.shown & may_have & ~np.isin(np.arange(6), hidden))
        rows = rows[np.lexsort((rows, -scores[rows]))][:n]
        return SearchResult(rows, scores[rows])

    found, pinned = force.ranked(search, k, may_have, lambda rows: scores[rows])
    assert np.array_equal(found.scores, scores[found.rows])
    ids = [CATALOG["item_id"][int(row)] for row in found.rows]
    return "".join(one.upper() if is_pinned else one for one, is_pinned in zip(ids, pinned, strict=True))


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (Rules(), "abcd"),
        (Rules(exclude=Selection(brands=("X",))), "def"),
        (Rules(exclude=Selection(products=("a",), categories=("T > B",))), "cdef"),
        (Rules(only=Selection(categories=("T",))), "abcf"),
        (Rules(hide_out_of_stock=True), "acde"),
        (Rules(min_ratings=7), "abc"),
        (Rules(min_stars=2), "abcd"),
        (Rules(boost=(Boost(products=("f",), factor=3),)), "fabc"),
        (Rules(boost=(Boost(brands=("X",), factor=0.1),)), "defa"),
        (Rules(at_most=(Limit(n=1, each="brand"),)), "adf"),
        (Rules(at_most=(Limit(n=1, each="category"),)), "abde"),
        (Rules(at_most=(Limit(n=1, brands=("X", "Y")),)), "af"),
        (Rules(at_most=(Limit(n=0, brands=("X",)),)), "def"),
        (Rules(pin=(Pin(product="f", place=2), Pin(product="d", place=1))), "DFab"),
        (Rules(pin=(Pin(product="f", place=9),)), "abcd"),
        (Rules(pin=(Pin(product="e", place=1),), at_most=(Limit(n=1, each="brand"),)), "Eaf"),
        (Rules(pin=(Pin(product="b", place=1),), hide_out_of_stock=True), "acde"),
        (Rules(pin=(Pin(product="f", place=4),), only=Selection(brands=("Y",))), "deF"),
    ],
)
def test_a_list_under_rules(rules: Rules, expected: str) -> None:
    assert listed(rules, 4) == expected


def test_a_pin_does_not_show_what_the_user_has() -> None:
    assert (
        listed(Rules(pin=(Pin(product="a", place=2),)), 3, may_have=(CATALOG["item_id"] != "a").to_numpy())
        == "bcd"
    )


def test_a_boost_never_lowers_and_a_bury_never_raises_below_zero() -> None:
    scores = -SCORES[::-1]  # f is best, all are negative
    assert listed(Rules(boost=(Boost(products=("a",), factor=10),)), 6, scores[::-1]).startswith("a")
    assert listed(Rules(boost=(Boost(products=("f",), factor=0.1),)), 6, scores[::-1].copy()).endswith("f")


@given(
    st.lists(st.floats(-1, 1, width=32), min_size=6, max_size=6),
    st.lists(st.sampled_from([0.25, 1.0, 4.0]), min_size=6, max_size=6),
    st.integers(0, 6),
    st.sampled_from([(), (Limit(n=1, each="brand"),), (Limit(n=2, categories=("T",)),)]),
)
def test_a_list_is_that_of_all_products_at_once(
    values: list[float], factors: list[float], k: int, limits: tuple[Limit, ...]
) -> None:
    scores = np.array(values, dtype=np.float32)
    boosts = tuple(
        Boost(products=(one,), factor=f) for one, f in zip(CATALOG["item_id"], factors, strict=True)
    )
    whole = listed(Rules(boost=boosts, at_most=limits), 6, scores)

    assert listed(Rules(boost=boosts, at_most=limits), k, scores) == whole[:k]
    if not limits:
        changed = np.array(
            [v * np.float32(f) if v > 0 else v / np.float32(f) for v, f in zip(scores, factors, strict=True)]
        )
        assert whole == "".join("abcdef"[row] for row in np.lexsort((np.arange(6), -changed)))


def test_what_no_product_has_is_named() -> None:
    rules = Rules(
        exclude=Selection(products=("a", "zz"), brands=("X", "None")),
        pin=(Pin(product="gone", place=1),),
        at_most=(Limit(n=1, categories=("T", "W")),),
    )
    assert unmatched(rules, [CATALOG]) == ["zz", "None", "gone", "W"]
