"""The words of a catalogue: what each product's title, category and brand say, weighted by rarity.

    weight_w = ln(n / n_w)          n products, n_w of which have the word
    x_iw     = weight_w / |x_i|     for each word of product i; how often it has it does not count

So a row x_i has the length 1, and the inner product of two rows is the cosine of their words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from recsys.arrays import Floats, Mask, Rows
from recsys.columns import BRAND, CATEGORY, TITLE
from recsys.data.factorise import look_up
from recsys.data.ids import IdTable

MAX_WORDS = 1 << 16
"""Words kept, those of most products first."""
_LEAST_PRODUCTS = 2
"""A word of a single product says nothing about another one."""
_LONGEST_TEXT = 2_000
"""Characters of a title, a category or a brand that are read."""
_SINGLE = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
"""Scripts that put no space between words: each character counts as a word."""
_WORD = rf"{_SINGLE}|[[\p{{L}}\p{{M}}\p{{N}}]--{_SINGLE}]+"


@dataclass(frozen=True)
class Vocabulary:
    """The words that are known, and how much each counts.

    Parameters
    ----------
    words : IdTable
        In lower case.
    weights : float32 array, shape (n_words,)
        ln(n / n_w); positive.
    """

    words: IdTable
    weights: Floats

    def __len__(self) -> int:
        return len(self.weights)

    @cached_property
    def _series(self) -> pl.Series:
        return self.words.to_series()

    @classmethod
    def of(cls, products: pl.DataFrame) -> tuple[Vocabulary, WordRows]:
        """The words of some products (columns title, category, brand), and those of each product."""
        indptr, words = _tokens(products)
        known, codes = _factorise(words)
        matrix = _distinct(indptr, codes, len(known))
        counts = np.bincount(matrix.indices, minlength=len(known))
        kept = _kept(counts, products.height)
        weights = np.log(products.height / counts[kept]).astype(np.float32)
        vocabulary = cls(IdTable.from_sorted(known.filter(pl.Series(kept))), weights)
        return vocabulary, WordRows.of(matrix[:, np.flatnonzero(kept)], weights)

    def rows(self, products: pl.DataFrame) -> WordRows:
        """The known words of each of some products."""
        indptr, words = _tokens(products)
        codes = look_up(words, self._series)
        known = np.concatenate([[0], np.cumsum(codes >= 0)])
        return WordRows.of(_distinct(known[indptr], codes[codes >= 0], len(self)), self.weights)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As arrays by name."""
        return {"data": self.words.data, "offsets": self.words.offsets, "weights": self.weights}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Vocabulary:
        """The inverse of `to_arrays`."""
        return cls(IdTable(arrays["data"], arrays["offsets"]), arrays["weights"])


@dataclass(frozen=True)
class WordRows:
    """The known words of each product.

    Parameters
    ----------
    indptr : int64 array, shape (n_products + 1,)
        Product `i` has the words `words[indptr[i]:indptr[i + 1]]`, ascending.
    words : int32 array
    scales : float32 array, shape (n_products,)
        1 / |x_i|; 0 where a product has no known word.
    weights : float32 array, shape (n_words,)
    """

    indptr: Rows
    words: NDArray[np.int32]
    scales: Floats
    weights: Floats

    @classmethod
    def of(cls, words: sparse.csr_matrix, weights: Floats) -> WordRows:
        """From the words of each product, as ones in a matrix (n_products, n_words)."""
        lengths = np.sqrt(words @ weights.astype(np.float64) ** 2)
        scales = np.divide(1, lengths, out=np.zeros(len(lengths)), where=lengths > 0)
        return cls(
            words.indptr.astype(np.int64), words.indices.astype(np.int32), scales.astype(np.float32), weights
        )

    def __len__(self) -> int:
        return len(self.scales)

    @property
    def known(self) -> Mask:
        """Which products have a known word, shape (n_products,)."""
        return self.scales > 0

    def of_products(self, products: Rows) -> WordRows:
        """The words of some of the products, in the order given."""
        chosen = self._ones()[products]
        return WordRows(chosen.indptr.astype(np.int64), chosen.indices, self.scales[products], self.weights)

    def sums(self, factors: Floats) -> Floats:
        """The sum of the factors of each product's words, divided by |x_i|, float32 (n_products, k)."""
        total: Floats = self._ones() @ factors
        total *= self.scales[:, None]
        return total

    def _ones(self) -> sparse.csr_matrix:
        ones = np.ones(len(self.words), dtype=np.float32)
        return sparse.csr_matrix((ones, self.words, self.indptr), shape=(len(self), len(self.weights)))

    def matrix(self) -> sparse.csr_matrix:
        """x, float32 (n_products, n_words)."""
        values = self.weights[self.words] * np.repeat(self.scales, np.diff(self.indptr))
        return sparse.csr_matrix((values, self.words, self.indptr), shape=(len(self), len(self.weights)))


def _kept(counts: Rows, n_products: int) -> Mask:
    """Which words are kept: no word of one product, none of all of them, at most `MAX_WORDS`."""
    useful: Mask = (counts >= _LEAST_PRODUCTS) & (counts < n_products)
    if np.count_nonzero(useful) > MAX_WORDS:
        common = np.argsort(-np.where(useful, counts, 0), kind="stable")[:MAX_WORDS]
        useful = np.zeros(len(counts), dtype=bool)
        useful[common] = True
    return useful


def _tokens(products: pl.DataFrame) -> tuple[Rows, pl.Series]:
    """(indptr, words): product `i` says `words[indptr[i]:indptr[i + 1]]`, with repeats."""
    columns = [pl.col(name).str.slice(0, _LONGEST_TEXT) for name in (TITLE, CATEGORY, BRAND)]
    text = pl.concat_str(columns, separator=" ", ignore_nulls=True).str.to_lowercase()
    found = products.select(word=text.str.extract_all(_WORD))["word"]
    counts = found.list.len().fill_null(0).to_numpy()
    indptr = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    return indptr, found.filter(pl.Series(counts > 0)).explode()


def _factorise(words: pl.Series) -> tuple[pl.Series, NDArray[np.int32]]:
    """The different words in byte order, and the position of each word among them.

    Words repeat a lot: a dictionary of them is several times faster than sorting their hashes.
    """
    coded = words.to_arrow().dictionary_encode()
    known = pl.Series("word", coded.dictionary, dtype=pl.String)
    order = known.arg_sort().to_numpy()
    places = np.empty(len(known), dtype=np.int32)
    places[order] = np.arange(len(known), dtype=np.int32)
    return known.gather(order), places[coded.indices.to_numpy(zero_copy_only=False)]


def _distinct(indptr: Rows, codes: NDArray[np.int32], n_words: int) -> sparse.csr_matrix:
    """Ones where a product has a word, however often."""
    ones = np.ones(len(codes), dtype=np.float32)
    matrix = sparse.csr_matrix((ones, codes, indptr), shape=(len(indptr) - 1, n_words))
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix
