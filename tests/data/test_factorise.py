"""Sorting and numbering ids agrees with Python's own, whatever the ids look like."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.data.factorise import factorise, look_up, sort_ids

KINDS = {
    "none": [],
    "one": ["a"],
    "short": ["", "b", "a", "ab", "abc", "0"],
    "prefixes of each other": ["user", "user1", "user10", "user1000000000", "user100000000", "use", "user2"],
    "long and alike": [f"https://shop.example/item/{n:05}/{n % 7}" for n in range(500)],
    "alike in 8 bytes": [f"ABCDEFGH{n % 5}{n:03}" for n in range(300)] + [f"ABCDEFG{n}" for n in range(50)],
    "beyond ASCII": ["é", "e", "z", "日本", "日", "😀", "ü" * 9, "ü" * 8],
    "zero bytes": ["a", "a\0", "a\0\0", "a\0b", "b"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_ids_are_sorted_and_numbered_by_their_bytes(kind: str) -> None:
    ids = pl.Series(KINDS[kind], dtype=pl.String)
    ids = pl.concat([ids, ids.reverse(), ids.head(3)])
    expected = sorted(set(KINDS[kind]), key=lambda one: one.encode())
    unique, rows = factorise(ids)
    assert unique.to_list() == expected
    assert rows.dtype == np.int32
    assert [expected[row] for row in rows] == ids.to_list()
    assert look_up(ids, unique).tolist() == rows.tolist()


def test_random_ids_agree_with_pythons_sort() -> None:
    numbers = np.random.default_rng(3).integers(0, 3000, 20_000)
    ids = pl.Series([f"A{number:b}"[:12] for number in numbers])
    unique, rows = factorise(ids)
    assert unique.to_list() == sorted(set(ids))
    assert unique[rows].to_list() == ids.to_list()


def test_sorting_leaves_sorted_ids_as_they_are() -> None:
    ids = pl.Series([f"{n:06}" for n in range(2000)])
    assert sort_ids(ids).equals(ids)


def test_ids_not_in_the_table_have_no_row() -> None:
    assert look_up(pl.Series(["x", "a", "c"]), pl.Series(["a", "b", "c"])).tolist() == [-1, 0, 2]


@pytest.mark.parametrize("n_hashes", [1, 3])
def test_ids_that_share_a_hash_are_told_apart(n_hashes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = pl.Series.hash

    def colliding(series: pl.Series, seed: int = 0) -> pl.Series:
        return honest(series, seed) if seed else honest(series) % n_hashes

    monkeypatch.setattr(pl.Series, "hash", colliding)
    ids = pl.Series(["d", "a", "c", "b", "a", "d", "NA"])
    unique, rows = factorise(ids)
    assert unique.to_list() == ["NA", "a", "b", "c", "d"]
    assert rows.tolist() == [4, 1, 3, 2, 1, 4, 0]
    assert look_up(pl.Series(["b", "unknown"]), unique).tolist() == [2, -1]


@settings(max_examples=200, deadline=None)
@given(ids=st.lists(st.text(max_size=12)), asked=st.lists(st.text(max_size=12)))
def test_any_unicode_ids_are_numbered_as_python_would(ids: list[str], asked: list[str]) -> None:
    unique, rows = factorise(pl.Series(ids, dtype=pl.String))
    expected = sorted(set(ids), key=str.encode)
    assert unique.to_list() == expected
    assert [expected[row] for row in rows] == ids
    found = look_up(pl.Series(asked + ids, dtype=pl.String), unique).tolist()
    assert found == [expected.index(one) if one in expected else -1 for one in asked + ids]
