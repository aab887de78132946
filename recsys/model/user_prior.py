"""What the rating model expects of a user before reading how many stars they gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.arrays import AnyRows, Doubles, Floats, Rows
from recsys.model.cooccurrence_features import USER_EXPONENT, LogDegree


def user_weights(squares: Doubles, counts: NDArray[Any], spread: float, strength: float) -> Floats:
    """w: relative precision of each user's ratings, float32 (n,); 1 is average.

    Parameters
    ----------
    squares : float64 array, shape (n,)
        Sum of the user's squared residuals around the biases.
    counts : int array, shape (n,)
        Ratings of the user; fewer than 2 have no spread, and w is 1.
    spread : float
        Mean squared residual of all users.
    strength : float
        Prior strength of the average, in ratings; inf: all users alike.
    """
    weights = (1 + counts / strength) / (1 + squares / (spread * strength))
    return np.where(counts >= 2, weights, 1.0).astype(np.float32)


@dataclass(frozen=True)
class UserPrior:
    """Prior distribution of a user's bias and factors.

    Attributes
    ----------
    shares : float32 array, shape (n_items, d)
        What each item rated adds to (bias, factors), before the division by n^a.
    constant, slope, precision : float64 arrays, shape (d,)
        The rest of the expectation is constant + slope * log-degree; 1 / precision its variance.
    degree : LogDegree
    noise_precision : float
        Of one rating by an average user.
    spread : float
        An average user's mean squared residual around the biases.
    strength : float
        Prior strength of the average, in ratings; inf: all users alike.
    """

    shares: Floats
    constant: Doubles
    slope: Doubles
    precision: Doubles
    degree: LogDegree
    noise_precision: float
    spread: float
    strength: float

    def expect(self, indptr: Rows, item_rows: AnyRows, residuals: Floats) -> tuple[Floats, Floats]:
        """Prior means and relative noise precisions of users.

        Parameters
        ----------
        indptr : int64 array, shape (n + 1,)
            User `u` rated `item_rows[indptr[u]:indptr[u + 1]]`.
        residuals : float32 array
            Each rating less the mean and the item's bias.

        Returns
        -------
        means : float32 array, shape (n, d)
        weights : float32 array, shape (n,)
        """
        counts = np.diff(indptr)
        owner = np.repeat(np.arange(len(counts)), counts)

        def total(values: NDArray[Any]) -> Doubles:
            return np.bincount(owner, values, minlength=len(counts)).astype(np.float64)

        damping = self.precision[0] / self.noise_precision
        squares = total(residuals.astype(np.float64) ** 2) - total(residuals) ** 2 / (counts + damping)
        sums = np.column_stack([total(share) for share in self.shares[item_rows].T])
        means = sums * np.maximum(counts, 1)[:, None] ** -USER_EXPONENT
        means += self.constant + np.outer(self.degree(counts), self.slope)
        return means.astype(np.float32), user_weights(squares, counts, self.spread, self.strength)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """The prior as arrays by name."""
        degree = (self.degree.low, self.degree.high, self.degree.centre)
        return {
            "user_shares": self.shares,
            "user_prior": np.stack([self.constant, self.slope, self.precision]),
            "user_numbers": np.array([*degree, self.noise_precision, self.spread, self.strength]),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> UserPrior:
        """The inverse of `to_arrays`."""
        low, high, centre, noise, spread, strength = (float(x) for x in arrays["user_numbers"])
        constant, slope, precision = arrays["user_prior"]
        degree = LogDegree(low, high, centre)
        return cls(arrays["user_shares"], constant, slope, precision, degree, noise, spread, strength)
