"""Ids and rows, and the matrix between them, on data small enough to write down."""

from __future__ import annotations

import string

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.data import interactions
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions, encode, latest_rows

IDS = ["NA", "0132793040", "null", "B00004SABB", "", "é", "z" * 300, "Z", "007", "7", "a b", "日本", "😀"]


def random_ids(n: int, rng: np.random.Generator) -> list[str]:
    letters = np.array(list(string.ascii_letters + string.digits))
    return ["".join(rng.choice(letters, size=rng.integers(1, 20))) for _ in range(n)]


def frame(rows: list[tuple[str, str, float, int]]) -> pl.DataFrame:
    schema = {"user_id": pl.String, "item_id": pl.String, "rating": pl.Float32, "timestamp": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


RATINGS = [
    ("u2", "b", 5.0, 20),
    ("u1", "b", 1.0, 10),
    ("u2", "a", 3.0, 30),
    ("u0", "c", 2.0, 5),
    ("u1", "a", 4.0, 9),
]


@pytest.fixture
def data() -> Interactions:
    return encode(frame(RATINGS))


# Ids ------------------------------------------------------------------------------------


def test_rows_are_the_rank_of_an_id_in_byte_order() -> None:
    table = IdTable.from_ids([*IDS, *IDS])
    ordered = sorted(IDS, key=lambda one: one.encode())
    assert table.ids(range(len(table))) == ordered
    assert [table.row(one) for one in ordered] == list(range(len(IDS)))
    assert table.to_series().to_list() == ordered


def test_a_column_is_encoded_as_each_id_by_itself() -> None:
    ids = random_ids(3000, np.random.default_rng(0))
    table = IdTable.from_ids(ids[:2000])
    rows = table.encode(pl.Series(ids))
    assert rows.tolist() == table.rows(ids).tolist()
    assert (rows[:2000] >= 0).all()
    assert rows.dtype == np.int64


def test_unknown_ids_have_no_row() -> None:
    table = IdTable.from_ids(["a", "b"])
    assert table.row("aa") is None
    assert "aa" not in table
    assert table.rows(["b", "c"]).tolist() == [1, -1]


def test_prefix_gives_the_first_rows_and_the_whole_count() -> None:
    table = IdTable.from_ids(["A1", "A10", "A2", "B", "é1", "é2"])
    assert table.prefix("A", limit=2) == (range(2), 3)
    assert table.prefix("é") == (range(4, 6), 2)
    assert table.prefix("C") == (range(4, 4), 0)
    assert table.prefix("")[1] == 6


def test_near_ids_share_the_longest_prefix() -> None:
    table = IdTable.from_ids(["A123", "A129", "B1"])
    assert table.near("A12X") == ["A123", "A129"]
    assert table.near("Q", limit=2) == ["A123", "A129"]


def test_an_id_in_another_form_is_suggested() -> None:
    table = IdTable.from_ids(["007", "A1", "a0", "caf\u00e9", "u7"])
    assert [table.suggestions(text)[0] for text in ("7", "7.0", " A1", "U7", "cafe\u0301")] == [
        "007", "007", "A1", "u7", "caf\u00e9",
    ]  # fmt: skip
    assert table.row("\ud800") is None
    # What an ASCII locale makes of the bytes of an id.
    assert table.row("caf\udcc3\udca9") == table.row("caf\u00e9")


def test_an_empty_table_answers() -> None:
    table = IdTable.from_ids([])
    assert len(table) == 0
    assert table.row("a") is None
    assert table.near("a") == []
    assert table.to_series().to_list() == []


UNICODE = st.text(max_size=8)
ALIKE = st.text(alphabet="aé\0\U0001f600", max_size=6)
"""Ids of few letters of 1, 2 and 4 bytes: prefixes of each other more often than not."""


@settings(max_examples=200, deadline=None)
@given(ids=st.lists(st.one_of(UNICODE, ALIKE)), asked=st.one_of(UNICODE, ALIKE), limit=st.integers(1, 5))
def test_any_unicode_ids_are_found_as_by_brute_force(ids: list[str], asked: str, limit: int) -> None:
    table, ordered = IdTable.from_ids(ids), sorted(set(ids), key=str.encode)
    assert table.ids(range(len(table))) == ordered
    assert table.to_series().to_list() == ordered
    assert table.row(asked) == (ordered.index(asked) if asked in ordered else None)
    assert table.encode(pl.Series(ids, dtype=pl.String)).tolist() == [ordered.index(one) for one in ids]
    rows, total = table.prefix(asked, limit)
    starting = [one for one in ordered if one.startswith(asked)]
    assert (table.ids(rows), total) == (starting[:limit], len(starting))
    ends = range(len(asked), -1, -1)
    alike = next((a for end in ends if (a := [one for one in ordered if one.startswith(asked[:end])])), [])
    assert table.near(asked, limit) == alike[:limit]


# The matrix -----------------------------------------------------------------------------


def test_encode_puts_each_rating_at_its_user_and_item(data: Interactions) -> None:
    assert data.csr().toarray().tolist() == [[0, 0, 2], [4, 1, 0], [3, 5, 0]]
    assert data.timestamps is not None
    assert data.timestamps.tolist() == [5, 9, 10, 30, 20]
    assert data.user_rows.tolist() == [0, 1, 1, 2, 2]
    assert data.user_degrees.tolist() == [1, 2, 2]
    assert data.item_degrees.tolist() == [2, 2, 1]
    assert data.density == pytest.approx(5 / 9)
    dtypes = [str(array.dtype) for array in (data.item_rows, data.ratings, data.indptr)]
    assert dtypes == ["int32", "float32", "int64"]


def test_encode_agrees_with_a_dictionary_on_random_ratings() -> None:
    rng = np.random.default_rng(1)
    users, items = random_ids(60, rng), random_ids(40, rng)
    rows = [
        (users[u], items[i], float(r), int(t))
        for u, i, r, t in zip(
            rng.integers(0, 60, 3000),
            rng.integers(0, 40, 3000),
            rng.integers(1, 6, 3000),
            rng.integers(0, 50, 3000),
            strict=True,
        )
    ]
    latest: dict[tuple[str, str], tuple[int, float]] = {}
    for user, item, rating, time in rows:
        if time >= latest.get((user, item), (-1, 0.0))[0]:
            latest[user, item] = (time, rating)
    data = encode(frame(rows))
    assert data.n_ratings == len(latest)
    for position, (user_row, item_row) in enumerate(zip(data.user_rows, data.item_rows, strict=True)):
        time, rating = latest[data.users.id(user_row), data.items.id(item_row)]
        assert (data.timestamps[position], data.ratings[position]) == (time, rating)  # type: ignore[index]
    kept = frame(rows)[latest_rows(frame(rows))]
    assert {(u, i): (t, r) for u, i, r, t in kept.iter_rows()} == latest


def test_the_order_of_the_rows_does_not_matter() -> None:
    one, other = encode(frame(RATINGS)), encode(frame(RATINGS[::-1]))
    for name in ("indptr", "item_rows", "ratings", "timestamps"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_select_keeps_users_and_items(data: Interactions) -> None:
    some = data.select(data.ratings >= 3)
    assert some.csr().toarray().tolist() == [[0, 0, 0], [4, 0, 0], [3, 5, 0]]
    assert some.users is data.users


def test_by_item_lists_each_items_ratings_by_user(data: Interactions) -> None:
    view = data.by_item()
    assert view.indptr.tolist() == [0, 2, 4, 5]
    assert view.user_rows.tolist() == [1, 2, 1, 2, 0]
    assert view.ratings.tolist() == [4, 3, 1, 5, 2]
    assert view.timestamps is not None
    assert view.timestamps.tolist() == [9, 30, 10, 20, 5]


def test_a_slice_holds_one_users_ratings(data: Interactions) -> None:
    assert data.ratings[data.slice(2)].tolist() == [3, 5]


def test_encode_against_given_tables_keeps_their_rows() -> None:
    users, items = IdTable.from_ids(["u0", "u1", "u2", "u3"]), IdTable.from_ids(["a", "b", "c"])
    data = encode(frame(RATINGS[:2]), users=users, items=items)
    assert data.csr().toarray().tolist() == [[0, 0, 0], [0, 1, 0], [0, 5, 0], [0, 0, 0]]


def test_counting_order_is_the_stable_argsort() -> None:
    rows = np.random.default_rng(2).integers(0, 50, 2000).astype(np.int32)
    expected = np.argsort(rows, kind="stable")
    assert np.array_equal(interactions.stable_order(rows, 60), expected)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["u0", "u1", "é"]),
        st.sampled_from(["a", "b", "c"]),
        st.integers(1, 5),
        st.integers(0, 3),
    )
)


@settings(max_examples=200, deadline=None)
@given(rows=ROWS, timed=st.booleans())
def test_the_latest_of_duplicates_is_kept_and_of_equally_late_the_last(
    rows: list[tuple[str, str, int, int]], timed: bool
) -> None:
    whole = frame([(user, item, float(stars), time) for user, item, stars, time in rows])
    whole = whole if timed else whole.drop("timestamp")
    kept: dict[tuple[str, str], tuple[int, int, int]] = {}
    for position, (user, item, stars, time) in enumerate(rows):
        if time >= kept.get((user, item), (0, 0, 0))[0] or not timed:
            kept[user, item] = (time, stars, position)
    data = encode(whole)
    found = {
        (data.users.id(user), data.items.id(item)): int(stars)
        for user, item, stars in zip(data.user_rows, data.item_rows, data.ratings, strict=True)
    }
    assert found == {pair: stars for pair, (_, stars, _) in kept.items()}
    assert data.n_ratings == len(kept)
    assert latest_rows(whole).tolist() == sorted(position for _, _, position in kept.values())
