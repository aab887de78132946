"""Products with few ratings: how much their words still count.

Products that lost all their ratings get 1 to 10 of them back, drawn at random; the other users who rated
them say which co-ratings are right. The vector that the ratings give is folded in: one product step of
the truncated SVD,

    V_i * s^2  =  deg_i^-b sum over users u who rated i of d_u^-2a u
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.arrays import Doubles, Floats, Rows
from recsys.config import SEED
from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.bootstrap import intervals_by_model, with_intervals
from recsys.evaluation.results import MODEL, SegmentFigure
from recsys.model.content import ContentModel, unit
from recsys.model.ranking import RankingModel, degree_power

LENGTH = 20
SHARE, DEBIASED = f"co_ratings@{LENGTH}", f"debiased_co_ratings@{LENGTH}"
GIVEN_BACK = (1, 2, 3, 5, 10)
LEFT = 3
"""Users who must be left to say what is right."""
EVIDENCE = (1.0, 2.0, 3.0, 5.0, 10.0, 20.0)
"""What kappa is chosen from."""
BY_RATINGS, BY_WORDS = "ratings alone", "words alone"


@dataclass(frozen=True)
class Field:
    """What the models know, and the products that lists are made of.

    Attributes
    ----------
    train : Interactions
    ranking : RankingModel
        Fitted on `train`.
    content : ContentModel
    listed : int64 array, shape (n_listed,)
        Most rated first.
    words : float32 array, shape (n_listed, k)
        Where their words place them.
    """

    train: Interactions
    ranking: RankingModel
    content: ContentModel
    listed: Rows
    words: Floats

    @property
    def degrees(self) -> Rows:
        """Ratings of each item in training, shape (n_items,)."""
        return self.ranking.item_degrees

    @cached_property
    def _by_ratings(self) -> Floats:
        """Where ratings alone place the products listed, of length 1 or 0."""
        return self.ranking.similarity_vectors_of(self.listed)

    @cached_property
    def _blended(self) -> Floats:
        """Where ratings and words place them."""
        return self.content.blend(self._by_ratings, self.words, self.degrees[self.listed])

    @cached_property
    def by_user(self) -> sparse.csr_matrix:
        """Who rated what in training, ones in a float32 matrix (n_users, n_items)."""
        return binary(self.train)

    def nearest(self, vectors: Floats, *, by_ratings: bool = False) -> Rows:
        """The products listed for some vectors, best first, int64 (n, LENGTH).

        With `by_ratings` their words do not count.
        """
        places = self._by_ratings if by_ratings else self._blended
        return self.best((unit(vectors) @ places.T) * self.ranking.similarity_weights[self.listed])

    def best(self, scores: NDArray[np.floating]) -> Rows:
        """The products of the highest scores, (n, n_listed); among equals the more popular."""
        width = min(LENGTH, scores.shape[1])
        found = np.empty((len(scores), width), dtype=np.int64)
        for row, values in enumerate(scores):
            least = np.partition(values, -width)[-width]
            places = np.flatnonzero(values >= least)
            found[row] = places[np.argsort(-values[places], kind="stable")[:width]]
        return self.listed[found]

    def co_ratings(self, raters: sparse.csr_matrix) -> sparse.csr_matrix:
        """How often the raters of each product, (n, n_users), rated each listed one, (n, n_items)."""
        inside = np.zeros(self.train.n_items, dtype=np.float32)
        inside[self.listed] = 1
        counted = (raters @ self.by_user).multiply(inside).tocsr()
        counted.eliminate_zeros()
        return counted

    def shares(self, co_ratings: sparse.csr_matrix, found: Rows) -> dict[str, Doubles]:
        """The share of each product's co-ratings that is found, plain and debiased, float64 (n,).

        Debiased: a co-rating counts deg^-.5. Products without co-ratings are left out.
        """
        asking = np.flatnonzero(np.diff(co_ratings.indptr))
        hits, counts = np.zeros(found.shape), np.zeros(self.train.n_items)
        for row, listed in enumerate(found):
            own = slice(co_ratings.indptr[row], co_ratings.indptr[row + 1])
            counts[co_ratings.indices[own]] = co_ratings.data[own]
            hits[row] = counts[listed]
            counts[co_ratings.indices[own]] = 0
        shares = {}
        for name, exponent in ((SHARE, 0.0), (DEBIASED, -0.5)):
            weights = degree_power(self.degrees, exponent).astype(np.float64)
            total = co_ratings @ weights
            shares[name] = ((hits * weights[found]).sum(axis=1)[asking] / total[asking]).astype(np.float64)
        return shares


class Given(NamedTuple):
    """Products that got some ratings back.

    Attributes
    ----------
    n : int
        How many each got.
    rows : int64 array
        Which of the products that lost their ratings.
    by_ratings : float32 array, shape (len(rows), k)
        Where those ratings place them.
    co_ratings : csr matrix, (len(rows), n_items)
    """

    n: int
    rows: Rows
    by_ratings: Floats
    co_ratings: sparse.csr_matrix


@dataclass(frozen=True)
class HoldOut:
    """Products that lost their ratings, and what was learned from the others.

    Attributes
    ----------
    field : Field
    asked : int64 array, shape (n,)
        Item rows of the products.
    raters : csr matrix, (n, n_users)
        Who had rated them.
    words : float32 array, shape (n, k)
        Where their words place them.
    """

    field: Field
    asked: Rows
    raters: sparse.csr_matrix
    words: Floats

    @cached_property
    def given_back(self) -> list[Given]:
        """The products with 1, 2, … of their ratings."""
        return list(give_back(self.field, self.raters))

    def with_evidence(self, evidence: float) -> HoldOut:
        """The same with another kappa."""
        content = self.field.content
        content = replace(content, config=replace(content.config, evidence=evidence))
        return replace(self, field=replace(self.field, content=content))

    def found(self, given: Given) -> dict[str, Doubles]:
        """The shares where both ratings and words place the products."""
        degrees = np.full(len(given.rows), given.n, dtype=np.int64)
        blended = self.field.content.blend(given.by_ratings, self.words[given.rows], degrees)
        return self.field.shares(given.co_ratings, self.field.nearest(blended))

    def by_ratings(self, given: Given) -> dict[str, Doubles]:
        """The shares where the ratings alone place them."""
        return self.field.shares(given.co_ratings, self.field.nearest(given.by_ratings, by_ratings=True))

    def by_words(self, given: Given) -> dict[str, Doubles]:
        """The shares where the words alone place them."""
        return self.field.shares(given.co_ratings, self.field.nearest(self.words[given.rows]))


def binary(data: Interactions) -> sparse.csr_matrix:
    """Ones where a user rated an item, float32 (n_users, n_items)."""
    ones = np.ones(data.n_ratings, dtype=np.float32)
    return sparse.csr_matrix((ones, data.item_rows, data.indptr), shape=(data.n_users, data.n_items))


def choose_evidence(hold_outs: Sequence[HoldOut]) -> float:
    """The kappa of the highest debiased share, averaged over the numbers of ratings given back.

    The default stays unless that one is surely better: the paired lead is above zero in 95% of resamples.
    """
    default = hold_outs[0].field.content.config.evidence
    given = [(one, back) for one in hold_outs for back in one.given_back]
    if not given:
        return default
    values = {
        evidence: [one.with_evidence(evidence).found(back)[DEBIASED] for one, back in given]
        for evidence in {*EVIDENCE, default}
    }
    numbers = np.repeat([back.n for _, back in given], [len(each) for each in values[default]])
    weights = 1 / np.bincount(numbers)[numbers]
    flat = {evidence: np.concatenate(each) for evidence, each in values.items()}
    best = max(flat, key=lambda evidence: (float(weights @ flat[evidence]), -evidence))
    lead = with_intervals({DEBIASED: flat[best] - flat[default]}, weights)[DEBIASED]
    return best if lead.low > 0 else default


def segments(hold_outs: Sequence[HoldOut]) -> tuple[SegmentFigure, ...]:
    """The shares by the number of ratings given back: ours, by ratings alone, and by words alone."""
    figures = []
    for n in GIVEN_BACK:
        parts = [
            {MODEL: one.found(back), BY_RATINGS: one.by_ratings(back), BY_WORDS: one.by_words(back)}
            for one in hold_outs
            for back in one.given_back
            if back.n == n
        ]
        if not parts:
            break
        values = joined(parts)
        name = f"{n} rating{'s' if n > 1 else ''}"
        for model, each in intervals_by_model(values).items():
            for metric, figure in each.items():
                size = len(values[model][metric])
                figures.append(
                    SegmentFigure(name, model, metric, figure.value, figure.low, figure.high, size)
                )
    return tuple(figures)


def joined(parts: Sequence[Mapping[str, Mapping[str, Doubles]]]) -> dict[str, dict[str, Doubles]]:
    """Values by model and metric, of several hold-outs after one another."""
    return {
        model: {metric: np.concatenate([part[model][metric] for part in parts]) for metric in metrics}
        for model, metrics in parts[0].items()
    }


def give_back(field: Field, raters: sparse.csr_matrix) -> Iterator[Given]:
    """Give each product back 1, 2, … of its ratings; products with too few others are left out."""
    rng = np.random.default_rng([SEED, 2])
    counts = np.diff(raters.indptr)
    # Each product's raters in a random order: the first n are given back.
    order = np.lexsort((rng.random(raters.nnz), np.repeat(np.arange(len(counts)), counts)))
    users = raters.indices[order]
    for n in GIVEN_BACK:
        rows = np.flatnonzero(counts >= n + LEFT)
        if not len(rows):
            return
        given = [users[raters.indptr[row] : raters.indptr[row] + n] for row in rows]
        others = [users[raters.indptr[row] + n : raters.indptr[row + 1]] for row in rows]
        co_ratings = field.co_ratings(_matrix(others, field.train.n_users))
        if co_ratings.nnz:
            yield Given(n, rows, _fold_in(field, np.concatenate(given), n), co_ratings)


def _matrix(lists: list[NDArray[np.integer]], width: int) -> sparse.csr_matrix:
    indptr = np.concatenate([[0], np.cumsum([len(one) for one in lists])])
    ones = np.ones(int(indptr[-1]), dtype=np.float32)
    return sparse.csr_matrix((ones, np.concatenate(lists), indptr), shape=(len(lists), width))


def _fold_in(field: Field, users: NDArray[np.integer], n: int) -> Floats:
    """Where products stand that `n` users each have rated, of length 1, float32 (len(users) / n, k)."""
    model, rated = field.ranking, field.by_user[users]
    vectors = model.user_vectors(rated.indptr, rated.indices)
    weights = (np.diff(rated.indptr) + 1.0) ** (-2 * model.config.user_exponent)
    squared = (vectors * weights.astype(np.float32)[:, None]).reshape(-1, n, model.n_factors).sum(axis=1)
    power = model.config.similarity_spectrum - 2
    return unit(squared * (model.spectrum**power).astype(np.float32))
