"""Products without ratings: from the words that describe them to the factors that ratings would give.

    x_i     the weighted words of product i, of length 1      (`recsys.data.words`)
    X ~ U T W^T, rank f;  c_i = x_i W                         content factors of all products
    y_i     = V_i * s^g / |V_i * s^g|                         where ratings place product i (g = 1)
    B       = argmin sum_i deg_i^.5 |y_i - c_i B|^2 + lambda |B|^2     a ridge regression
    z_i     = c_i B = sum over its words w of x_iw (W_w B)    where its words place it

z_i stands in the space of the item factors. The same fold-in then gives a score, z_i . (u * s^(p-g))
for a user u, that is an exact sum over the user's items, and over the product's words too. The more
ratings a product has, the less its words count: it stands at
deg y_i + kappa z_i / |z_i|.

References
----------
Gantner, Drumond, Freudenthaler, Rendle, Schmidt-Thieme 2010, "Learning attribute-to-feature mappings
for cold-start recommendations".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys.arrays import Doubles, Floats, Rows
from recsys.config import ContentConfig, SvdConfig
from recsys.data.words import Vocabulary, WordRows
from recsys.linalg import blocked
from recsys.linalg.gram import ScaledGram
from recsys.linalg.gram_kernels import AHEAD
from recsys.linalg.svd import truncated_svd
from recsys.model.ranking import RankingModel
from recsys.progress import SILENT, Stage

RIDGES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
"""What lambda is chosen from."""
N_FOLDS = 5
_SVD = SvdConfig(oversampling=1.0, min_extra=64)
"""Exact content factors gain nothing: the regression mixes them."""
_ROWS_AT_ONCE = 1 << 15


@dataclass(frozen=True)
class Descriptions:
    """The words of all products of a catalogue, and their content factors.

    Parameters
    ----------
    vocabulary : Vocabulary
    rows : WordRows
        The words of each product, rated products first, in the order of their rows.
    axes : float32 array, shape (n_words, f)
        W: the right singular vectors of the weighted words.
    """

    vocabulary: Vocabulary
    rows: WordRows
    axes: Floats


@dataclass(frozen=True)
class ContentModel:
    """What each word says of where a product stands among the item factors.

    Parameters
    ----------
    vocabulary : Vocabulary
    factors : float32 array, shape (n_words, k)
        weight_w (W_w B): a product stands at the sum over its words, divided by its length |x_i|.
    config : ContentConfig
        With the ridge and the evidence that were chosen.
    """

    vocabulary: Vocabulary
    factors: Floats
    config: ContentConfig

    def vectors(self, products: pl.DataFrame) -> Floats:
        """Where the words of some products place them, float32 (n, k); zeros where none is known."""
        return self.vectors_of(self.vocabulary.rows(products))

    def vectors_of(self, rows: WordRows) -> Floats:
        """The same, of words that are known already."""
        return rows.sums(self.factors)

    def blend(self, by_ratings: Floats, by_words: Floats, degrees: Rows) -> Floats:
        """deg y + kappa z / |z|, scaled to length 1, float32 (n, k); y alone where there are no words.

        Ratings by people who rated nothing else place nothing, y = 0: they are no evidence.

        Parameters
        ----------
        by_ratings : float32 array, shape (n, k)
            y, of length 1 or 0.
        by_words : float32 array, shape (n, k)
            z.
        degrees : int64 array, shape (n,)
        """
        share = self.rating_share(np.where(by_ratings.any(axis=1), degrees, 0))[:, None]
        share[~by_words.any(axis=1)] = 1
        return unit(share * by_ratings + (1 - share) * unit(by_words))

    def rating_share(self, degrees: Rows) -> Floats:
        """How much of a product's place rests on ratings, deg / (deg + kappa), 0 to 1."""
        evidence = self.config.evidence
        share: Floats = (degrees / np.maximum(degrees + evidence, 1e-9)).astype(np.float32)
        return share

    def word_parts(self, product: pl.DataFrame, query: Floats) -> tuple[list[str], Floats]:
        """The known words of one product, and what each adds to its inner product with `query`."""
        rows = self.vocabulary.rows(product)
        parts: Floats = rows.scales[0] * (self.factors[rows.words] @ query)
        return self.vocabulary.words.ids(rows.words), parts

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What was fitted, as arrays by name; `config` is stored apart from them."""
        return {**self.vocabulary.to_arrays(), "factors": self.factors}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], config: ContentConfig) -> ContentModel:
        """The inverse of `to_arrays`; arrays may be memory-mapped and stay so."""
        return cls(Vocabulary.from_arrays(arrays), arrays["factors"], config)


def describe(
    products: pl.DataFrame, config: ContentConfig | None = None, progress: Stage = SILENT
) -> Descriptions | None:
    """The words and the content factors of products; None where they share no words.

    Parameters
    ----------
    products : polars.DataFrame
        Columns title, category and brand; rated products first, in the order of their rows.
    """
    config = config or ContentConfig()
    vocabulary, rows = Vocabulary.of(products)
    if not rows.known.any():
        return None
    svd = truncated_svd(_gram(rows), config.n_factors, _SVD, progress)
    return Descriptions(vocabulary, rows, svd.components)


def fit_content(
    descriptions: Descriptions, ranking: RankingModel, config: ContentConfig | None = None
) -> ContentModel | None:
    """Learn from the rated products where words place a product.

    Parameters
    ----------
    descriptions : Descriptions
        Their first `ranking.n_items` rows are the items of the model.
    ranking : RankingModel
    config : ContentConfig, optional
        Where it names no ridge, one is chosen by cross-validation over the products.

    Returns
    -------
    ContentModel or None
        None where fewer than `config.min_products` products have both words and co-occurrence.
    """
    config = config or ContentConfig()
    learnt = learnable(descriptions.rows, ranking)
    if len(learnt) < config.min_products:
        return None
    with blocked.one_blas_thread():
        squares, products = _sums(descriptions, ranking, learnt)
        ridge = config.ridge if config.ridge is not None else _choose_ridge(squares, products)
        mapping = _solve(squares.sum(axis=0), products.sum(axis=0), ridge)
        factors = blocked.times(descriptions.axes.copy(), mapping)
    factors *= descriptions.vocabulary.weights[:, None]
    return ContentModel(descriptions.vocabulary, factors, replace(config, ridge=ridge))


def learnable(rows: WordRows, ranking: RankingModel) -> Rows:
    """Items with both words and co-occurrence, int64."""
    return np.flatnonzero(rows.known[: ranking.n_items] & (ranking.item_scales > 0))


def unit(vectors: Floats) -> Floats:
    """Vectors divided by their lengths; zeros stay zeros."""
    lengths = np.sqrt(np.einsum("ik,ik->i", vectors, vectors))
    scaled = vectors / np.where(lengths > 0, lengths, 1)[:, None]
    return scaled.astype(np.float32, copy=False)


def asked_by(ranking: RankingModel, user_vectors: Floats) -> Floats:
    """u * s^(p-g): the inner product of this with y or z is a user's score, shape as given."""
    power = ranking.config.spectrum_exponent - ranking.config.similarity_spectrum
    asked: Floats = user_vectors * (ranking.spectrum**power).astype(np.float32)
    return asked


def _gram(rows: WordRows) -> ScaledGram:
    """X^T X over the words that occur, most frequent first: the busy ones share the cache."""
    counts = np.bincount(rows.words, minlength=len(rows.weights))
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    rank = np.zeros(len(counts), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    columns = np.concatenate([rank[rows.words], np.zeros(AHEAD, np.int32)])
    return ScaledGram(
        rows.indptr, columns, rows.scales**2, rows.weights[order], order.astype(np.int64), len(counts)
    )


def _sums(descriptions: Descriptions, ranking: RankingModel, learnt: Rows) -> tuple[Doubles, Doubles]:
    """c^T D c and c^T D y of each fold, D = diag(deg^.5): float64 (folds, f, f) and (folds, f, k)."""
    axes = descriptions.axes * descriptions.vocabulary.weights[:, None]
    squares = np.zeros((N_FOLDS, axes.shape[1], axes.shape[1]))
    products = np.zeros((N_FOLDS, axes.shape[1], ranking.n_factors))

    def block(rows: Rows) -> tuple[Floats, Floats]:
        weights = np.sqrt(ranking.item_degrees[rows]).astype(np.float32)[:, None]
        content = descriptions.rows.of_products(rows).sums(axes)
        weighted: Floats = (content * weights).T
        square: Floats = weighted @ content
        product: Floats = weighted @ ranking.similarity_vectors_of(rows)
        return square, product

    for fold in range(N_FOLDS):
        rows = learnt[fold::N_FOLDS]
        blocks = [rows[start : start + _ROWS_AT_ONCE] for start in range(0, len(rows), _ROWS_AT_ONCE)]
        for square, product in blocked.in_threads(block, blocks):
            squares[fold] += square
            products[fold] += product
    return squares, products


def _choose_ridge(squares: Doubles, products: Doubles) -> float:
    """The lambda whose regressions on all folds but one come closest to the products of that one."""
    all_squares, all_products = squares.sum(axis=0), products.sum(axis=0)

    def error(ridge: float) -> float:
        total = 0.0
        for square, product in zip(squares, products, strict=True):
            mapping = _solve(all_squares - square, all_products - product, ridge)
            total += float(np.sum(mapping * (square @ mapping - 2 * product)))
        return total

    return min(RIDGES, key=error)


def _solve(square: Doubles, product: Doubles, ridge: float) -> Doubles:
    regular = square + np.diag(np.full(len(square), ridge))
    return np.asarray(np.linalg.solve(regular, product), dtype=np.float64)
