"""The words of a catalogue: what counts as one, and how much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from recsys.data import words
from recsys.data.words import Vocabulary


def products(titles: Sequence[str | None], brands: Sequence[str | None] | None = None) -> pl.DataFrame:
    columns = {"title": titles, "category": [None] * len(titles), "brand": brands or [None] * len(titles)}
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def test_rows_have_length_one_and_weights_are_of_rarity() -> None:
    vocabulary, rows = Vocabulary.of(products(["Red lamp", "red LAMP lamp", "blue lamp", "blue sky", None]))
    assert vocabulary.words.ids(range(len(vocabulary))) == ["blue", "lamp", "red"]
    assert vocabulary.weights == pytest.approx(np.log([5 / 2, 5 / 3, 5 / 2]))
    matrix = rows.matrix().toarray()
    assert (matrix**2).sum(axis=1) == pytest.approx([1, 1, 1, 1, 0], abs=1e-6)
    assert (matrix[0] == matrix[1]).all()
    assert rows.known.tolist() == [True, True, True, True, False]


def test_the_same_words_are_known_again_and_others_are_not() -> None:
    frame = products(["Red lamp", "red lamp", "blue lamp", "blue sky", None])
    vocabulary, rows = Vocabulary.of(frame)
    again = vocabulary.rows(frame)
    assert (again.matrix() != rows.matrix()).nnz == 0
    assert not vocabulary.rows(products(["green sun"])).known.any()
    chosen = rows.of_products(np.array([3, 0]))
    assert (chosen.matrix().toarray() == rows.matrix().toarray()[[3, 0]]).all()


def test_a_word_of_every_product_says_nothing() -> None:
    vocabulary, _ = Vocabulary.of(products(["a x", "a x", "a y", "a y"]))
    assert vocabulary.words.ids(range(len(vocabulary))) == ["x", "y"]


def test_words_of_any_script_and_hostile_text() -> None:
    titles = ["日本語 lens", "日本 lens", "नमस्ते", "नमस्ते!", "\x00\u202e", "<b>lens</b>", "  ", "a" * 100_000]
    vocabulary, rows = Vocabulary.of(products(titles, ["Größe"] * 2 + [None] * 6))
    assert set(vocabulary.words.ids(range(len(vocabulary)))) == {"日", "本", "lens", "नमस्ते", "größe"}
    assert rows.known.tolist() == [True] * 4 + [False, True, False, False]
    assert np.isfinite(rows.matrix().data).all()


def test_nothing_to_read_is_no_word() -> None:
    for frame in (products([None, None]), products([]), products(["", " "])):
        vocabulary, rows = Vocabulary.of(frame)
        assert len(vocabulary) == 0
        assert not rows.known.any()


def test_the_rarest_words_are_left_out_of_a_large_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "MAX_WORDS", 2)
    vocabulary, _ = Vocabulary.of(products(["a b c"] * 2 + ["a b"] * 2 + ["a"] + ["d"]))
    assert vocabulary.words.ids(range(len(vocabulary))) == ["a", "b"]
