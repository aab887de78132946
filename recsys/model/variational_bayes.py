"""Fitting the rating model: mean-field variational Bayes with learned priors.

    r_ui = mu + b_u + b_i + x_u . B_i + noise,      noise ~ N(0, 1 / (tau w_u))
    (b_u, x_u) ~ N(z_u G, 1/P_user),   (b_i, B_i) ~ N(z_i H, 1/P_item)

z are features of who rated what (`recsys.model.cooccurrence_features`). Users and items are updated
in turn, each update taking the other side's uncertainty into account. After each turn the priors
(G, H, P) and the noise are set from the posteriors (empirical Bayes). So no penalty is chosen by
hand, and users or items with few ratings shrink towards what their features predict.

w_u is the relative precision of a user's ratings. It follows in closed form from the spread of
these ratings around the item biases; `spread_strength` is the weight of the average, in ratings.

References
----------
Lim, Teh 2007, "Variational Bayesian approach to movie rating prediction"; Ilin, Raiko 2010,
"Practical approaches to PCA in the presence of missing values" (diagonal covariances);
Agarwal, Chen 2009, "Regression-based latent factor models"; MacKay 1992, "Bayesian
interpolation" (the evidence for the ridge of G and H).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.arrays import Doubles, Floats
from recsys.data.interactions import Interactions
from recsys.linalg.blocked import one_blas_thread
from recsys.linalg.gram import NormalisedGram
from recsys.linalg.operators import GramFactory
from recsys.linalg.svd import SVD
from recsys.model import gaussian_updates
from recsys.model.cooccurrence_features import CooccurrenceFeatures, cooccurrence_features
from recsys.model.gaussian_updates import Prior, Singles, SparseRows, Weights
from recsys.model.user_prior import user_weights
from recsys.progress import SILENT, Stage

_START_DEVIATION = 0.1
"""Standard deviation of the random item factors at the start; ratings have unit variance."""
_WARM_UP = 3
"""Sweeps before the priors are learned: the factors must first find their directions."""
_SHARE_OF_FEATURES = 0.4
"""Share of the time that the features take, for the progress only."""


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
        """Set weights, their ridge and the precision by the evidence; return the new means."""
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
class VariationalFit:
    """A fitted model in units where the ratings have mean 0 and deviation 1.

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
    features : CooccurrenceFeatures
    """

    mean: float
    deviation: float
    items: Floats
    user_weights: Doubles
    user_precision: Doubles
    cold_item: Doubles
    noise_precision: float
    spread: float
    features: CooccurrenceFeatures


class _Ratings:
    """Standardised ratings, by user and by item; users with a single rating are summed up by item."""

    def __init__(self, interactions: Interactions) -> None:
        degrees, n_items = interactions.user_degrees, interactions.n_items
        self.mean = float(interactions.ratings.mean(dtype=np.float64)) if interactions.n_ratings else 0.0
        deviation = float(interactions.ratings.std(dtype=np.float64)) if interactions.n_ratings else 0.0
        self.deviation = deviation or 1.0
        values = (interactions.ratings - np.float32(self.mean)) / np.float32(self.deviation)
        self.active = np.flatnonzero(degrees >= 2)
        kept = np.repeat(degrees >= 2, degrees)
        self.counts = degrees[self.active]
        indptr = np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64)
        self.by_user = SparseRows(indptr, interactions.item_rows[kept], values[kept])
        self.by_item = SparseRows(*gaussian_updates.by_item(*self.by_user, n_items))
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
    gram: GramFactory = NormalisedGram,
    progress: Stage = SILENT,
) -> VariationalFit:
    """Fit the model; the module's docstring describes it, and `RatingConfig` the settings."""
    ratings = _Ratings(interactions)
    first = _SHARE_OF_FEATURES if svd is None else 0.0
    features = cooccurrence_features(
        interactions, ratings.active, n_basis, svd=svd, gram=gram, progress=progress.part(0.0, first)
    )
    sweeping = progress.part(first, 1.0)
    with one_blas_thread():  # idle BLAS threads spin, and the loops below want the cores
        loop = _Alternation(ratings, features, n_factors, strength, seed)
        for sweep in range(sweeps):
            sweeping(sweep / sweeps, f"sweep {sweep + 1} of {sweeps}")
            loop.sweep(learn=sweep >= _WARM_UP)
    cold = np.append(np.zeros(features.items.shape[1] - 2), [features.item_degree(0), 1.0])
    return VariationalFit(
        mean=ratings.mean,
        deviation=ratings.deviation,
        items=loop.items,
        user_weights=loop.user_prior.weights,
        user_precision=loop.user_prior.precision,
        cold_item=cold @ loop.item_prior.weights,
        noise_precision=loop.tau,
        spread=loop.spread,
        features=features,
    )


class _Alternation:
    """The state of the fit, and one turn of it."""

    def __init__(
        self,
        ratings: _Ratings,
        features: CooccurrenceFeatures,
        n_factors: int,
        strength: float,
        seed: int,
    ) -> None:
        n_items, d = len(features.items), n_factors + 1
        self.ratings, self.features, self.strength = ratings, features, strength
        self.items = np.zeros((n_items, 2, d), dtype=np.float32)
        noise = np.random.default_rng(seed).standard_normal((n_items, n_factors), dtype=np.float32)
        self.items[:, 0, 1:] = _START_DEVIATION * noise
        self.users = np.zeros((len(ratings.active), 2, d), dtype=np.float32)
        self.user_prior = LinearPrior(features.users, np.append(5.0, np.ones(n_factors)))
        precision = np.append(4.0, np.full(n_factors, _START_DEVIATION**-2))
        self.item_prior = LinearPrior(features.items, precision)
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
            self.tau = (len(self.ratings.by_user.values) + 1) / noise
            self._weigh_users()

    def _update_users(self) -> Doubles:
        d = self.items.shape[2]
        return gaussian_updates.update(
            self.ratings.by_user,
            Weights(self.weights, np.ones(len(self.items), dtype=np.float32)),
            self.items,
            Prior(self.user_means, self.user_prior.precision),
            self.tau,
            gaussian_updates.no_singles(d),
            self.users,
        )

    def _update_items(self) -> None:
        singles = Singles(self.ratings.singles, self._single_means(), self.user_prior.precision)
        gaussian_updates.update(
            self.ratings.by_item,
            Weights(np.ones(len(self.items), dtype=np.float32), self.weights),
            self.users,
            Prior(self.item_means, self.item_prior.precision),
            self.tau,
            singles,
            self.items,
        )

    def _single_means(self) -> Floats:
        """Prior mean of a user who rated just this item, for each item."""
        weights = self.user_prior.weights.astype(np.float32)
        fixed = weights[-1] + np.float32(self.features.user_degree(1)) * weights[-2]
        means: Floats = self.features.shares @ weights[:-2] + fixed
        return means

    def _fix_scale(self) -> None:
        """Scale user factors to mean square 1: only the products x_u . B_i are determined by the ratings."""
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
        """Set each user's relative precision from the spread of their ratings."""
        damping = self.user_prior.precision[0] / self.tau
        bias = np.ascontiguousarray(self.items[:, 0, 0])
        squares = gaussian_updates.squared_spread(self.ratings.by_user, bias, damping)
        self.spread = float((squares.sum() + 1.0) / (len(self.ratings.by_user.values) + 1))
        self.weights = user_weights(squares, self.ratings.counts, self.spread, self.strength)
