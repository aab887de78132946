"""An array that is not as it should be is refused by name, whatever its checksum."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from recsys.errors import ArtifactError
from recsys.versions.checks import (
    check_array,
    check_by_item,
    check_ids,
    check_matrix,
    check_pointers,
    check_rows,
)

N_USERS, N_ITEMS = 2, 3
VERSION: Any = SimpleNamespace(
    folder=Path("versions/1"), manifest=SimpleNamespace(summary=SimpleNamespace(n_ratings=4))
)


def by_user(**changes: Any) -> dict[str, Any]:
    """Ratings by user: the first rated items 0, 1 and 2, the second item 2."""
    arrays = {
        "indptr": np.array([0, 3, 4], dtype=np.int64),
        "item_rows": np.array([0, 1, 2, 2], dtype=np.int32),
        "ratings": np.ones(4, dtype=np.float32),
        "timestamps": np.zeros(4, dtype=np.int64),
    }
    return {**arrays, **changes}


def test_a_sound_matrix_passes_with_and_without_times() -> None:
    check_matrix(VERSION, "by_user", by_user(), N_USERS, N_ITEMS)
    without = by_user()
    del without["timestamps"]
    check_matrix(VERSION, "by_user", without, N_USERS, N_ITEMS)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"indptr": np.array([0, 5, 4], dtype=np.int64)}, "indptr"),
        ({"indptr": np.array([1, 3, 4], dtype=np.int64)}, "indptr"),
        ({"indptr": np.array([0, 3, 5], dtype=np.int64)}, "indptr"),
        ({"indptr": np.array([0, 4], dtype=np.int64)}, "indptr"),
        ({"item_rows": np.array([0, 1, 2, 3], dtype=np.int32)}, "item_rows"),
        ({"item_rows": np.array([0, 1, 2, -1], dtype=np.int32)}, "item_rows"),
        ({"item_rows": np.array([0, 1, 2, 2], dtype=np.int64)}, "item_rows"),
        ({"ratings": np.ones(3, dtype=np.float32)}, "ratings"),
        ({"timestamps": np.zeros((4, 1), dtype=np.int64)}, "timestamps"),
    ],
)
def test_a_matrix_out_of_bounds_is_refused(changes: dict[str, Any], name: str) -> None:
    with pytest.raises(ArtifactError, match=rf"by_user\.{name}\.npy"):
        check_matrix(VERSION, "by_user", by_user(**changes), N_USERS, N_ITEMS)


def test_a_missing_array_is_refused() -> None:
    arrays = by_user()
    del arrays["ratings"]
    with pytest.raises(ArtifactError, match=r"by_user\.ratings\.npy"):
        check_matrix(VERSION, "by_user", arrays, N_USERS, N_ITEMS)


@pytest.mark.parametrize("offsets", [[0, 2, 1], [0, 1, 9], [0, 3]])
def test_ids_must_fill_their_bytes(offsets: list[int]) -> None:
    data = np.frombuffer(b"abc", dtype=np.uint8)
    check_ids(VERSION, "items", {"data": data, "offsets": np.array([0, 1, 3], dtype=np.int64)}, 2)
    with pytest.raises(ArtifactError, match=r"items\.offsets\.npy"):
        check_ids(VERSION, "items", {"data": data, "offsets": np.array(offsets, dtype=np.int64)}, 2)


def test_arrays_have_a_line_for_each_item() -> None:
    check_by_item(VERSION, "ranking", {"components": np.zeros((3, 2))}, ("components",), N_ITEMS)
    with pytest.raises(ArtifactError, match=r"ranking\.components\.npy"):
        check_by_item(VERSION, "ranking", {"components": np.zeros((2, 2))}, ("components",), N_ITEMS)


def test_any_length_may_be_left_open() -> None:
    check_array(VERSION, "x", np.zeros(7, dtype=np.float32), "float32", (-1,))
    check_rows(VERSION, "x", np.empty(0, dtype=np.int32), 0)
    check_pointers(VERSION, "x", np.array([0], dtype=np.int64), 0)
