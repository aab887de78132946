"""Arrays are read by their header alone, as numpy writes it; what is no plain array is refused."""

from __future__ import annotations

import ast
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recsys.versions.stored import Content

DTYPES = st.sampled_from(["<f4", "<f8", "<i4", "<i8", "|u1", "|b1", "<u2"])


def content_of(data: bytes) -> Content:
    return Content(Path("a.npy"), data, 0, len(data), 0)


def saved(values: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


@given(DTYPES.flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0))))
def test_what_numpy_wrote_comes_back(values: np.ndarray) -> None:
    found = content_of(saved(values)).array()
    assert (found.dtype, found.shape) == (values.dtype, values.shape)
    np.testing.assert_array_equal(found, values)


def test_columns_first_is_read_too_and_no_python_is_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    data = saved(values)

    def refuse(*_: object) -> None:
        raise AssertionError("evaluated")

    monkeypatch.setattr(ast, "literal_eval", refuse)
    np.testing.assert_array_equal(content_of(data).array(), values)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY\x01\x00",
        saved(np.zeros(3)).replace(b"<f8", b"|O8"),
        saved(np.zeros(2, dtype=[("a", "<f4")])),
        saved(np.zeros(3))[:-1],
        saved(np.zeros(3)) + b"\0",
        saved(np.zeros(3)).replace(b"(3,)", b"(-3,)"),
        saved(np.zeros(3)).replace(b"<f8", b"<z8"),
        saved(np.zeros(3)).replace(b"\x76\x00", b"\x75\x00", 1),
    ],
)
def test_what_is_no_plain_array_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"header|objects|length"):
        content_of(data).array()
