"""Ids that differ in form only are said."""

from __future__ import annotations

import polars as pl
import pytest

from recsys.data.cleaning.alike_ids import alike_ids


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna", "Anna"),
        ("7", "7.0"),
        ("7", "007"),
        ("caf\u00e9", "cafe\u0301"),
        ("u1", "u1\u200b"),
        ("1", "\uff11"),
    ],
)
def test_the_same_id_in_two_forms_is_said(one: str, other: str) -> None:
    ids = pl.Series([*(f"X{n}" for n in range(100)), one, other])
    (note,) = alike_ids(ids, "users")
    assert note.startswith("1 users")
    assert note.isascii()


@pytest.mark.parametrize(
    "ids",
    [["A1", "B2"], ["a1", "b2"], ["Anna", "Bob", "anne"], ["0132793040", "7.0", "8"], ["caf\u00e9", "cafe"]],
)
def test_different_ids_are_not_alike(ids: list[str]) -> None:
    assert alike_ids(pl.Series(ids), "items") == ()
