"""The rating model: how many stars a user would give.

    r = clip(mu + curve(b_u + b_i + x_u . B_i), scale)

Only the item side (b_i, B_i and how unsure they are) is stored. A user is folded in from their
own ratings, exactly: one small ridge regression gives b_u and x_u, with the same formula that
fitting uses (`recsys.model.variational_bayes`, where the model is described).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import AnyRows, Floats, Rows
from recsys.config import RatingConfig
from recsys.data.interactions import Interactions
from recsys.linalg.gram import NormalisedGram
from recsys.linalg.operators import GramFactory
from recsys.linalg.svd import SVD
from recsys.model import gaussian_updates
from recsys.model.biases import fit_item_biases
from recsys.model.cooccurrence_features import ITEM_EXPONENT, USER_EXPONENT, LogDegree
from recsys.model.gaussian_updates import Prior, SparseRows, Weights
from recsys.model.ranking import RankingModel
from recsys.model.user_prior import UserPrior
from recsys.model.variational_bayes import VariationalFit, fit_variational
from recsys.progress import SILENT, Stage

Curve = tuple[float, float, float]

_BLOCK = 65_536
"""Users folded in at once by `predict_pairs`: bounds the memory for millions of users."""
_LARGE = 2_000_000
"""From this many ratings on, the default size depends on the ratings per user."""
_DENSE = 20
"""Large data get factors from this many ratings per user on (of users with two or more)."""


def default_size(interactions: Interactions) -> tuple[int, int]:
    """Default (n_factors, sweeps) for data of this size.

    Small data get ten factors: the learned priors shrink those that the data do not support.
    Large data of mostly light users get biases only: such users support no more, and it takes a
    fraction of the time.
    """
    if interactions.n_ratings < _LARGE:
        return 10, 25
    several = interactions.user_degrees[interactions.user_degrees >= 2]
    return (10, 12) if len(several) and several.mean() >= _DENSE else (0, 6)


def bend(deviations: NDArray[Any], curve: Curve) -> NDArray[Any]:
    """c0 + c1 x + c2 x^2 of each deviation x; flat beyond the vertex, so that it never turns."""
    c0, c1, c2 = curve
    if c2:
        beyond = np.minimum if c2 < 0 else np.maximum
        deviations = beyond(deviations, -c1 / (2 * c2))
    return c0 + c1 * deviations + c2 * deviations**2


def spread_strength(config: RatingConfig) -> float:
    """Prior strength, in ratings, of the belief that all users are equally consistent."""
    return np.inf if config.spread_strength is None else config.spread_strength


def shared_basis(ranking: RankingModel, config: RatingConfig) -> SVD | None:
    """The ranking model's SVD, where it serves as `svd` of `fit_rating`; None where it does not.

    It does where both damp users and items by the same exponents, and it has `n_basis` factors.
    """
    same = (ranking.config.user_exponent, ranking.config.item_exponent) == (USER_EXPONENT, ITEM_EXPONENT)
    if not same or ranking.n_factors < config.n_basis:
        return None
    return SVD(ranking.singular_values, ranking.components, ranking.energy)


@dataclass(frozen=True)
class UserState:
    """A user folded in, as `RatingModel.predict` takes one.

    Attributes
    ----------
    bias : float
        In stars.
    factors : float32 array, shape (n_factors,)
    """

    bias: float
    factors: Floats


@dataclass(frozen=True)
class RatingModel:
    """A fitted rating model; all in stars.

    Parameters
    ----------
    mean : float
        Mean of the training ratings.
    item_bias : float32 array, shape (n_items,)
    factors, variances : float32 arrays, shape (n_items, n_factors)
        The item factors B and their variances; n_factors may be 0.
    cold_item : float32 array, shape (d,)
        Expected bias and factors of an item that is not in the training data.
    user_prior : UserPrior
    scale : (float, float)
        Lowest and highest rating; predictions stay within.
    config : RatingConfig
        What the model was fitted with; the curve of its last step among it.
    """

    mean: float
    item_bias: Floats
    factors: Floats
    variances: Floats
    cold_item: Floats
    user_prior: UserPrior
    scale: tuple[float, float]
    config: RatingConfig

    @property
    def n_factors(self) -> int:
        return int(self.factors.shape[1])

    def fold_in(self, item_rows: AnyRows, ratings: Floats) -> UserState:
        """The state of a user who gave `ratings` to `item_rows` (rows below 0 are ignored).

        Plain NumPy, so that a server's first request does not wait for a compiler.
        """
        rows = np.asarray(item_rows, dtype=np.int64)
        values = np.asarray(ratings, dtype=np.float64)[rows >= 0]
        rows, prior = rows[rows >= 0], self.user_prior
        indptr = np.array([0, len(rows)], dtype=np.int64)
        residuals = (values - self.mean - self.item_bias[rows]).astype(np.float32)
        expected, weights = prior.expect(indptr, rows, residuals)
        loadings = np.column_stack([np.ones(len(rows)), self.factors[rows]])
        tau = prior.noise_precision * float(weights[0])
        unsure = np.append(0.0, self.variances[rows].sum(axis=0, dtype=np.float64))
        equations = tau * (loadings.T @ loadings + np.diag(unsure)) + np.diag(prior.precision)
        state = np.linalg.solve(equations, tau * loadings.T @ residuals + prior.precision * expected[0])
        return UserState(float(state[0]), state[1:].astype(np.float32))

    def predict(self, state: UserState, item_rows: AnyRows) -> Floats:
        """Expected ratings of the items, float32, on the scale of the data; -1 is an unknown item."""
        bias, factors = self._items(np.asarray(item_rows, dtype=np.int64))
        return self._finish(state.bias + bias + factors @ state.factors)

    def predict_pairs(self, train: Interactions, user_rows: AnyRows, item_rows: AnyRows) -> Floats:
        """Expected ratings of many (user, item) pairs, users folded in from `train`.

        A row of -1 is a user or an item that is not in the training data.
        """
        return self._finish(self.deviations(train, user_rows, item_rows))

    def deviations(self, train: Interactions, user_rows: AnyRows, item_rows: AnyRows) -> Floats:
        """b_u + b_i + x_u . B_i of many pairs, in stars, before the curve and the clipping."""
        users, inverse = np.unique(np.asarray(user_rows, dtype=np.int64), return_inverse=True)
        items = np.asarray(item_rows, dtype=np.int64)
        order = np.argsort(inverse, kind="stable")
        ends = np.searchsorted(inverse[order], np.arange(0, len(users) + _BLOCK, _BLOCK))
        out = np.empty(len(items), dtype=np.float32)
        for first, start, stop in zip(range(0, len(users), _BLOCK), ends[:-1], ends[1:], strict=False):
            pairs = order[start:stop]
            states = self._fold_in_rows(train, users[first : first + _BLOCK])[inverse[pairs] - first]
            bias, factors = self._items(items[pairs])
            out[pairs] = states[:, 0] + bias + np.einsum("nk,nk->n", states[:, 1:], factors)
        return out

    def _fold_in_rows(self, train: Interactions, users: Rows) -> Floats:
        """Bias and factors of some of the users of `train`, float32 (n, d)."""
        known = users >= 0
        starts = np.where(known, train.indptr[users], 0)
        counts = np.where(known, train.indptr[users + 1] - starts, 0)
        indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        positions = np.repeat(starts - indptr[:-1], counts) + np.arange(indptr[-1])
        rows = train.item_rows[positions]
        values = train.ratings[positions] - np.float32(self.mean)
        expected, weights = self.user_prior.expect(indptr, rows, values - self.item_bias[rows])
        items, used = np.unique(rows, return_inverse=True)
        d = self.n_factors + 1
        other, states = np.zeros((len(items), 2, d), np.float32), np.zeros((len(users), 2, d), np.float32)
        other[:, 0, 0], other[:, 0, 1:] = self.item_bias[items], self.factors[items]
        other[:, 1, 1:] = self.variances[items]
        gaussian_updates.update(
            SparseRows(indptr, used.astype(np.int32), values),
            Weights(weights, np.ones(len(items), dtype=np.float32)),
            other,
            Prior(expected, self.user_prior.precision),
            self.user_prior.noise_precision,
            gaussian_updates.no_singles(d),
            states,
        )
        return states[:, 0]

    def _items(self, rows: Rows) -> tuple[Floats, Floats]:
        """Bias and factors of the items; the expected ones of a new item where the row is -1."""
        known, safe = rows >= 0, np.maximum(rows, 0)
        bias = np.where(known, self.item_bias[safe], self.cold_item[0])
        return bias, np.where(known[:, None], self.factors[safe], self.cold_item[1:])

    def _finish(self, deviation: NDArray[Any]) -> Floats:
        stars = self.mean + bend(deviation, self.config.curve)
        return np.clip(stars, *self.scale).astype(np.float32)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What was fitted, as arrays by name; `config` is stored apart from them."""
        return {
            "mean": np.array(self.mean),
            "item_bias": self.item_bias,
            "factors": self.factors,
            "variances": self.variances,
            "cold_item": self.cold_item,
            "scale": np.array(self.scale),
            **self.user_prior.to_arrays(),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], config: RatingConfig) -> RatingModel:
        """The inverse of `to_arrays`; arrays may be memory-mapped and stay so."""
        low, high = arrays["scale"]
        return cls(
            mean=float(arrays["mean"]),
            item_bias=arrays["item_bias"],
            factors=arrays["factors"],
            variances=arrays["variances"],
            cold_item=arrays["cold_item"],
            user_prior=UserPrior.from_arrays(dict(arrays)),
            scale=(float(low), float(high)),
            config=config,
        )


def fit_rating(
    interactions: Interactions,
    config: RatingConfig | None = None,
    *,
    svd: SVD | None = None,
    gram: GramFactory = NormalisedGram,
    progress: Stage = SILENT,
) -> RatingModel:
    """Fit the rating model.

    Parameters
    ----------
    interactions : Interactions
    config : RatingConfig, optional
    svd : SVD, optional
        Right factors of who rated what that are known already, such as the ranking model's;
        by default they are computed here.
    gram : GramFactory, optional
        Makes the operator that they are computed with; by default the local one.
    progress : Stage, optional

    Returns
    -------
    RatingModel
        The same bytes for the same input.
    """
    config = config or RatingConfig()
    if config.damping is not None:
        return _fit_damped(interactions, config, *config.damping)
    n_factors, sweeps = default_size(interactions)
    fitted = fit_variational(
        interactions,
        n_factors=n_factors if config.n_factors is None else config.n_factors,
        n_basis=config.n_basis,
        sweeps=config.sweeps or sweeps,
        strength=spread_strength(config),
        seed=config.seed,
        svd=svd,
        gram=gram,
        progress=progress,
    )
    return _in_stars(fitted, interactions.scale, config)


def _in_stars(fitted: VariationalFit, scale: tuple[float, float], config: RatingConfig) -> RatingModel:
    """Convert from ratings of deviation 1 to stars: biases and item factors scale, user factors do not."""
    stars, features = fitted.deviation, fitted.features
    unit = np.ones(len(fitted.user_precision))
    unit[0] = stars
    weights = fitted.user_weights * unit
    prior = UserPrior(
        shares=features.shares @ weights[:-2].astype(np.float32),
        constant=weights[-1],
        slope=weights[-2],
        precision=fitted.user_precision / unit**2,
        degree=features.user_degree,
        noise_precision=fitted.noise_precision / stars**2,
        spread=fitted.spread * stars**2,
        strength=spread_strength(config),
    )
    return RatingModel(
        mean=fitted.mean,
        item_bias=fitted.items[:, 0, 0] * np.float32(stars),
        factors=fitted.items[:, 0, 1:] * np.float32(stars),
        variances=fitted.items[:, 1, 1:] * np.float32(stars**2),
        cold_item=(fitted.cold_item * stars).astype(np.float32),
        user_prior=prior,
        scale=scale,
        config=config,
    )


def _fit_damped(
    interactions: Interactions, config: RatingConfig, user_damping: float, item_damping: float
) -> RatingModel:
    """Plain damped biases as a rating model: only the item biases are learned."""
    mean = float(interactions.ratings.mean(dtype=np.float64)) if interactions.n_ratings else 0.0
    bias = fit_item_biases(
        interactions.indptr,
        interactions.item_rows,
        interactions.ratings - np.float32(mean),
        interactions.item_degrees,
        user_damping=user_damping,
        item_damping=item_damping,
        sweeps=config.bias_sweeps,
    )
    return damped_model(mean, bias, user_damping, interactions.scale, config)


def damped_model(
    mean: float, bias: Floats, user_damping: float, scale: tuple[float, float], config: RatingConfig
) -> RatingModel:
    """Plain damped biases, float32 (n_items,), as a rating model."""
    n_items = len(bias)
    none = np.zeros((n_items, 0), dtype=np.float32)
    prior = UserPrior(
        shares=np.zeros((n_items, 1), dtype=np.float32),
        constant=np.zeros(1),
        slope=np.zeros(1),
        precision=np.array([max(user_damping, 1e-6)]),
        degree=LogDegree(),
        noise_precision=1.0,
        spread=1.0,
        strength=np.inf,
    )
    cold = np.zeros(1, dtype=np.float32)
    return RatingModel(mean, bias, none, none, cold, prior, scale, config)
