"""Fitting the rating model: mean-field variational Bayes with learned priors.

    r_ui = mu + b_u + b_i + x_u . B_i + noise,      noise ~ N(0, 1 / (tau w_u))
    (b_u, x_u) ~ N(z_u G, 1/P_user),   (b_i, B_i) ~ N(z_i H, 1/P_item)

z are the coordinates of who rated what (`recsys.model.cooccurrence_features`). Users and items are updated in
turn, each knowing how unsure the other still is; after each turn the priors (G, H, P) and the
noise are set to what the posteriors say of them (empirical Bayes). So nothing needs a penalty
chosen by hand, and items or users of few ratings shrink to what their like do.

w_u says how consistent a user is: it follows in closed form from how the user's own ratings
spread around the item biases, with `spread_strength` ratings' worth of belief in the average.

References
----------
Lim, Teh 2007, "Variational Bayesian approach to movie rating prediction"; Ilin, Raiko 2010,
"Practical approaches to PCA in the presence of missing values" (diagonal covariances);
Agarwal, Chen 2009, "Regression-based latent factor models"; MacKay 1992, "Bayesian
interpolation" (the evidence for the ridge of G and H).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.data.interactions import Interactions
from recsys.linalg.blocked import one_blas_thread
from recsys.linalg.svd import SVD
from recsys.model import gaussian_updates
from recsys.model.cooccurrence_features import Coordinates, coordinates
from recsys.model.user_prior import user_weights

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Progress = Callable[[str, float], None]

_START_DEVIATION = 0.1
"""Of the random item factors at the start, where ratings have unit variance."""
_WARM_UP = 3
"""Sweeps before the priors are learned: the factors must first find their directions."""


@dataclass
class LinearPrior:
    """Prior of one side's biases and factors: N(z weights, 1 / precision), learned.

    Parameters
    ----------
    features : float32 array, shape (n, p)
        z, one row for each user or item.
    precision : float64 array, shape (d,)
    """

    features: Floats
    precision: Doubles

    def __post_init__(self) -> None:
        self._n = len(self.features)
        gram = (self.features.T @ self.features).astype(np.float64)
        values, self._axes = np.linalg.eigh(gram)
        self._values = np.maximum(values, 0.0)
        self.weights = np.zeros((self.features.shape[1], len(self.precision)))
        self._ridge = np.full(len(self.precision), 1.0)
        self._start = 1 / self.precision

    def means(self) -> Floats:
        """z weights, float32 (n, d)."""
        return self.features @ self.weights.astype(np.float32)

    def learn(self, state: Floats, means: Floats) -> Floats:
        """Set weights, their ridge and the precision by the evidence; returns the new means."""
        along = self._axes.T @ (self.features.T @ state[:, 0]).astype(np.float64)
        spread = self._values[:, None] * self.precision + self._ridge
        rotated = self.precision * along / spread
        self.weights = self._axes @ rotated
        self._ridge = len(self._values) / ((rotated**2 + 1 / spread).sum(axis=0) + 1e-9)
        means = self.means()
        left = np.einsum("nd,nd->d", state[:, 0] - means, state[:, 0] - means, dtype=np.float64)
        unsure = state[:, 1].sum(axis=0, dtype=np.float64) + (self._values[:, None] / spread).sum(axis=0)
        # One imaginary row keeps the precision finite where everything agrees.
        self.precision = (self._n + 1) / (left + unsure + self._start)
        return means

    def rescale(self, scale: Doubles) -> None:
        """Measure every column in units of 1 / scale."""
        self.weights = self.weights * scale
        self.precision, self._ridge = self.precision / scale**2, self._ridge / scale**2


@dataclass(frozen=True)
class Fitted:
    """What fitting hands over; everything where ratings have mean 0 and deviation 1.

    Attributes
    ----------
    mean, deviation : float
        Of the training ratings, in stars.
    items : float32 array, shape (n_items, 2, d)
        Posterior means and variances of the item biases and factors.
    user_weights, user_precision : float64 arrays, shape (k + 2, d), (d,)
        Prior of the users.
    cold_item : float64 array, shape (d,)
        Bias and factors expected of an item nobody has rated.
    noise_precision, spread : float
        tau, and the mean squared residual around the biases.
    coordinates : Coordinates
    """

    mean: float
    deviation: float
    items: Floats
    user_weights: Doubles
    user_precision: Doubles
    cold_item: Doubles
    noise_precision: float
    spread: float
    coordinates: Coordinates


class _Ratings:
    """Standardised ratings of the users with two or more, both ways round; the others summed up."""

    def __init__(self, interactions: Interactions) -> None:
        degrees, n_items = interactions.user_degrees, interactions.n_items
        self.mean = float(interactions.ratings.mean(dtype=np.float64)) if interactions.n_ratings else 0.0
        deviation = float(interactions.ratings.std(dtype=np.float64)) if interactions.n_ratings else 0.0
        self.deviation = deviation or 1.0
        values = (interactions.ratings - np.float32(self.mean)) / np.float32(self.deviation)
        self.active = np.flatnonzero(degrees >= 2)
        kept = np.repeat(degrees >= 2, degrees)
        self.counts = degrees[self.active]
        self.indptr = np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64)
        self.item_rows, self.values = interactions.item_rows[kept], values[kept]
        self.by_item = gaussian_updates.by_item(self.indptr, self.item_rows, self.values, n_items)
        items, single = interactions.item_rows[~kept], values[~kept].astype(np.float64)
        moments = [np.bincount(items, single**power, minlength=n_items) for power in (0, 1, 2)]
        self.singles = np.column_stack(moments).astype(np.float64)


def fit_variational(
    interactions: Interactions,
    *,
    n_factors: int,
    n_basis: int,
    sweeps: int,
    strength: float,
    seed: int,
    svd: SVD | None = None,
    progress: Progress | None = None,
) -> Fitted:
    """Fit the model; see the module's head for what it is and `RatingConfig` for the settings."""
    say = progress or (lambda _text, _share: None)
    ratings = _Ratings(interactions)
    where = coordinates(interactions, ratings.active, n_basis, svd)
    with one_blas_thread():  # idle BLAS threads spin, and the loops below want the cores
        loop = _Alternation(ratings, where, n_factors, strength, seed)
        for sweep in range(sweeps):
            say(f"rating model, sweep {sweep + 1} of {sweeps}", sweep / sweeps)
            loop.sweep(learn=sweep >= _WARM_UP)
    cold = np.append(np.zeros(where.items.shape[1] - 2), [where.item_degree(0), 1.0])
    return Fitted(
        mean=ratings.mean,
        deviation=ratings.deviation,
        items=loop.items,
        user_weights=loop.user_prior.weights,
        user_precision=loop.user_prior.precision,
        cold_item=cold @ loop.item_prior.weights,
        noise_precision=loop.tau,
        spread=loop.spread,
        coordinates=where,
    )


class _Alternation:
    """The state of the fit, and one turn of it."""

    def __init__(
        self, ratings: _Ratings, where: Coordinates, n_factors: int, strength: float, seed: int
    ) -> None:
        n_items, d = len(where.items), n_factors + 1
        self.ratings, self.where, self.strength = ratings, where, strength
        self.items = np.zeros((n_items, 2, d), dtype=np.float32)
        noise = np.random.default_rng(seed).standard_normal((n_items, n_factors), dtype=np.float32)
        self.items[:, 0, 1:] = _START_DEVIATION * noise
        self.users = np.zeros((len(ratings.active), 2, d), dtype=np.float32)
        self.user_prior = LinearPrior(where.users, np.append(5.0, np.ones(n_factors)))
        self.item_prior = LinearPrior(where.items, np.append(4.0, np.full(n_factors, _START_DEVIATION**-2)))
        self.user_means, self.item_means = self.user_prior.means(), self.item_prior.means()
        self.weights = np.ones(len(ratings.active), dtype=np.float32)
        self.tau, self.spread = 1.0, 1.0

    def sweep(self, learn: bool) -> None:
        """Update users, then items; with `learn`, also the priors and the noise."""
        errors = self._update_users()
        if learn:
            self.user_means = self.user_prior.learn(self.users, self.user_means)
            self._fix_scale()
        self._update_items()
        if learn:
            self.item_means = self.item_prior.learn(self.items, self.item_means)
            noise = float(errors @ self.weights) + 1.0
            self.tau = (len(self.ratings.values) + 1) / noise
            self._weigh_users()

    def _update_users(self) -> Doubles:
        ratings, d = self.ratings, self.items.shape[2]
        return gaussian_updates.update(
            ratings.indptr,
            ratings.item_rows,
            ratings.values,
            self.weights,
            np.ones(len(self.items), dtype=np.float32),
            self.items,
            self.user_means,
            self.user_prior.precision,
            self.tau,
            *gaussian_updates.no_singles(d),
            self.users,
        )

    def _update_items(self) -> None:
        indptr, users, values = self.ratings.by_item
        gaussian_updates.update(
            indptr,
            users,
            values,
            np.ones(len(self.items), dtype=np.float32),
            self.weights,
            self.users,
            self.item_means,
            self.item_prior.precision,
            self.tau,
            self.ratings.singles,
            self._single_means(),
            self.user_prior.precision,
            self.items,
        )

    def _single_means(self) -> Floats:
        """Prior mean of a user who rated just this item, for each item."""
        weights = self.user_prior.weights.astype(np.float32)
        fixed = weights[-1] + np.float32(self.where.user_degree(1)) * weights[-2]
        return self.where.shares @ weights[:-2] + fixed

    def _fix_scale(self) -> None:
        """User factors to mean square 1: x and B are only known up to what one takes from the other."""
        if not len(self.users):
            return
        squares = (self.users[:, 0] ** 2 + self.users[:, 1]).mean(axis=0, dtype=np.float64)
        scale = 1 / np.sqrt(squares)
        scale[0] = 1.0
        for side, means, prior, by in (
            (self.users, self.user_means, self.user_prior, scale),
            (self.items, self.item_means, self.item_prior, 1 / scale),
        ):
            side *= np.stack([by, by**2]).astype(np.float32)
            means *= by.astype(np.float32)
            prior.rescale(by)

    def _weigh_users(self) -> None:
        damping = self.user_prior.precision[0] / self.tau
        ratings, bias = self.ratings, np.ascontiguousarray(self.items[:, 0, 0])
        squares = gaussian_updates.squared_spread(
            ratings.indptr, ratings.item_rows, ratings.values, bias, damping
        )
        self.spread = float((squares.sum() + 1.0) / (len(self.ratings.values) + 1))
        self.weights = user_weights(squares, self.ratings.counts, self.spread, self.strength)
