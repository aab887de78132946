"""The rating model: how many stars a user would give, by damped biases and a low-rank part.

    r = clip(mu + b_u + b_i + x_u . B_i, scale)

Only the item side (b_i and B_i) is stored. A user is folded in from their own ratings: the
damped mean of what they give above or below expectation (b_u), then the ridge regression of
what is left on the factors of the items they rated (x_u).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.config import RatingConfig
from recsys.data.interactions import Interactions
from recsys.model.biases import fit_item_biases
from recsys.model.residuals import ridge_rows

Floats = NDArray[np.float32]
Progress = Callable[[str, float], None]

_BLOCK = 65_536
"""Users folded in at once by `predict_pairs`: bounds the memory for millions of users."""


@dataclass(frozen=True)
class UserState:
    """A user folded in: what `RatingModel.predict` needs to know of them.

    Parameters
    ----------
    bias : float
        Stars above or below expectation.
    factors : float32 array, shape (n_factors,)
    """

    bias: float
    factors: Floats


@dataclass(frozen=True)
class RatingModel:
    """A fitted rating model.

    Parameters
    ----------
    mean : float
        Mean of the training ratings.
    item_bias : float32 array, shape (n_items,)
    factors : float32 array, shape (n_items, n_factors)
        The item factors B; n_factors may be 0.
    scale : (float, float)
        Lowest and highest rating; predictions stay within.
    """

    mean: float
    item_bias: Floats
    factors: Floats
    scale: tuple[float, float]
    config: RatingConfig = field(default_factory=RatingConfig)

    def fold_in(self, item_rows: NDArray[np.integer], ratings: Floats) -> UserState:
        """The state of a user who gave `ratings` to `item_rows` (rows below 0 are ignored)."""
        rows = np.asarray(item_rows, dtype=np.int32)
        values = np.asarray(ratings, dtype=np.float32)[rows >= 0]
        rows = rows[rows >= 0]
        bias, factors = self._fold_in_many(np.array([0, len(rows)], dtype=np.int64), rows, values)
        return UserState(float(bias[0]), factors[0])

    def predict(self, state: UserState, item_rows: NDArray[np.integer]) -> Floats:
        """Expected ratings of the items, float32, on the scale of the data."""
        rows = np.asarray(item_rows, dtype=np.int64)
        known = rows >= 0
        rows = np.where(known, rows, 0)
        part = self.item_bias[rows] + self.factors[rows] @ state.factors
        return self._clip(self.mean + state.bias + np.where(known, part, 0.0))

    def predict_pairs(
        self, train: Interactions, user_rows: NDArray[np.integer], item_rows: NDArray[np.integer]
    ) -> Floats:
        """Expected ratings of many (user, item) pairs, users folded in from `train`.

        A row of -1 is a user or an item without any rating: their part is left out.
        """
        users, inverse = np.unique(np.asarray(user_rows, dtype=np.int64), return_inverse=True)
        items = np.asarray(item_rows, dtype=np.int64)
        order = np.argsort(inverse, kind="stable")
        ends = np.searchsorted(inverse[order], np.arange(0, len(users) + _BLOCK, _BLOCK))
        out = np.empty(len(items), dtype=np.float32)
        for first, start, stop in zip(range(0, len(users), _BLOCK), ends[:-1], ends[1:], strict=False):
            bias, factors = self._fold_in_rows(train, users[first : first + _BLOCK])
            pairs = order[start:stop]
            local = inverse[pairs] - first
            rows = np.where(items[pairs] >= 0, items[pairs], 0)
            part = self.item_bias[rows] + np.einsum("nk,nk->n", factors[local], self.factors[rows])
            out[pairs] = self.mean + bias[local] + np.where(items[pairs] >= 0, part, 0.0)
        return self._clip(out)

    def _fold_in_rows(self, train: Interactions, users: NDArray[np.int64]) -> tuple[Floats, Floats]:
        known = users >= 0
        starts = np.where(known, train.indptr[users], 0)
        counts = np.where(known, train.indptr[users + 1] - starts, 0)
        indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        where = np.repeat(starts - indptr[:-1], counts) + np.arange(indptr[-1])
        return self._fold_in_many(indptr, train.item_rows[where], train.ratings[where])

    def _fold_in_many(
        self, indptr: NDArray[np.int64], item_rows: NDArray[np.int32], ratings: Floats
    ) -> tuple[Floats, Floats]:
        expected = ratings - np.float32(self.mean) - self.item_bias[item_rows]
        counts = np.diff(indptr)
        owner = np.repeat(np.arange(len(counts)), counts)
        sums = np.bincount(owner, expected, minlength=len(counts))
        bias = (sums / np.maximum(counts + self.config.user_damping, 1e-9)).astype(np.float32)
        residuals = expected - bias[owner]
        return bias, ridge_rows(indptr, item_rows, residuals, self.factors, self.config.ridge)

    def _clip(self, values: NDArray[Any]) -> Floats:
        return np.clip(values, *self.scale).astype(np.float32)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The model as arrays by name, for the artifact store."""
        return {
            "item_bias": self.item_bias,
            "factors": self.factors,
            "numbers": np.array([self.mean, *self.scale], dtype=np.float64),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], config: RatingConfig | None = None) -> RatingModel:
        """The inverse of `to_arrays`; `config` is the one the model was fitted with."""
        mean, low, high = (float(x) for x in arrays["numbers"])
        return cls(mean, arrays["item_bias"], arrays["factors"], (low, high), config or RatingConfig())


def fit_rating(
    interactions: Interactions, config: RatingConfig | None = None, progress: Progress | None = None
) -> RatingModel:
    """Fit biases, then the low-rank part on what they leave over."""
    config = config or RatingConfig()
    mean = (
        float(interactions.ratings.mean(dtype=np.float64))
        if interactions.n_ratings
        else sum(interactions.scale) / 2
    )
    centred = interactions.ratings - np.float32(mean)
    bias = fit_item_biases(
        interactions.indptr,
        interactions.item_rows,
        centred,
        interactions.item_degrees,
        user_damping=config.user_damping,
        item_damping=config.item_damping,
        sweeps=config.bias_sweeps,
    )
    counts = interactions.user_degrees
    expected = centred - bias[interactions.item_rows]
    sums = np.bincount(interactions.user_rows, expected, minlength=interactions.n_users)
    user_bias = (sums / np.maximum(counts + config.user_damping, 1e-9)).astype(np.float32)
    residuals = expected - user_bias[interactions.user_rows]
    factors = _als(interactions, residuals, config)
    return RatingModel(mean, bias, factors, interactions.scale, config)


def _als(interactions: Interactions, residuals: Floats, config: RatingConfig) -> Floats:
    rng = np.random.default_rng(config.seed)
    factors = rng.normal(0, 0.1, (interactions.n_items, config.n_factors)).astype(np.float32)
    if config.n_factors == 0:
        return factors
    order = np.argsort(interactions.item_rows, kind="stable")
    indptr = np.concatenate([[0], np.cumsum(interactions.item_degrees)]).astype(np.int64)
    users, by_item = interactions.user_rows[order], residuals[order]
    for _ in range(config.als_sweeps):
        x = ridge_rows(interactions.indptr, interactions.item_rows, residuals, factors, config.ridge)
        factors = ridge_rows(indptr, users, by_item, x, config.ridge)
    return factors
