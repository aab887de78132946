"""Coordinates of users and items from who rated what, whatever the stars.

    A = Du^-a R Di^-b ~ U S V^T      R: 1 where there is a rating (see `recsys.model.ranking`)
    z_u = (row u of A V, log n_u, 1)       z_i = (row i of V S, log n_i, 1)

They say where the rating model expects a user or item to be before any of its stars are read:
what one rates says something of how one rates (Koren 2008), as a linear regression on features
(Agarwal, Chen 2009, "Regression-based latent factor models").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.data.interactions import Interactions
from recsys.linalg.gram import NormalisedGram
from recsys.linalg.svd import SVD, truncated_svd

Floats = NDArray[np.float32]

USER_EXPONENT, ITEM_EXPONENT = 0.35, 0.40
"""a and b: how much heavy users and popular items are damped."""


@dataclass(frozen=True)
class LogDegree:
    """log(number of ratings), centred and held within what training has seen.

    Attributes
    ----------
    low, high, centre : float
        Range and mean of log n over the rows of training.
    """

    low: float = 0.0
    high: float = 0.0
    centre: float = 0.0

    @classmethod
    def of(cls, degrees: NDArray[np.integer]) -> LogDegree:
        """The range of these degrees (at least 1 each)."""
        logs = np.log(degrees) if len(degrees) else np.zeros(1)
        return cls(float(logs.min()), float(logs.max()), float(logs.mean()))

    def __call__(self, degrees: NDArray[np.integer] | int) -> NDArray[np.float64]:
        return np.clip(np.log(np.maximum(degrees, 1)), self.low, self.high) - self.centre


@dataclass(frozen=True)
class Coordinates:
    """Regression features of both sides.

    Parameters
    ----------
    users : float32 array, shape (n_active, k + 2)
        The users of two or more ratings.
    items : float32 array, shape (n_items, k + 2)
    shares : float32 array, shape (n_items, k)
        What an item adds to its user's first k coordinates, before the division by n_u^a.
    user_degree, item_degree : LogDegree
    """

    users: Floats
    items: Floats
    shares: Floats
    user_degree: LogDegree
    item_degree: LogDegree


def coordinates(
    interactions: Interactions, active: NDArray[np.int64], n_basis: int, svd: SVD | None = None
) -> Coordinates:
    """Coordinates from the `n_basis` leading factors of who rated what.

    Parameters
    ----------
    interactions : Interactions
    active : int64 array
        The user rows of two or more ratings.
    n_basis : int
        0: degrees only.
    svd : SVD, optional
        Right factors that are known already, such as the ranking model's.
    """
    degrees = interactions.item_degrees
    svd = who_rated_what(interactions, n_basis) if svd is None else svd
    factors, values = svd.components[:, :n_basis], svd.singular_values[:n_basis]
    weights = np.maximum(degrees, 1).astype(np.float32) ** np.float32(-ITEM_EXPONENT)
    shares = factors * weights[:, None]
    users = _mean_rows(interactions, active, shares)
    spread = np.sqrt(np.mean(users**2, dtype=np.float64)) if users.size else 1.0
    shares /= np.float32(spread)
    users /= np.float32(spread)
    items = factors * values
    items /= np.float32(np.sqrt(np.mean(items**2, dtype=np.float64)) if items.size else 1.0)
    user_degree = LogDegree.of(interactions.user_degrees[active])
    item_degree = LogDegree.of(degrees[degrees > 0])
    return Coordinates(
        _with_degree(users, user_degree(interactions.user_degrees[active])),
        _with_degree(items, item_degree(degrees)),
        shares,
        user_degree,
        item_degree,
    )


def who_rated_what(interactions: Interactions, n_basis: int) -> SVD:
    """The `n_basis` leading factors of A, or as many as it has; none where nobody rated twice."""
    gram = NormalisedGram(interactions, USER_EXPONENT, ITEM_EXPONENT)
    if min(n_basis, gram.n_columns) < 1:
        none = np.zeros((interactions.n_items, 0), dtype=np.float32)
        return SVD(np.zeros(0, dtype=np.float32), none, 0.0)
    return truncated_svd(gram, min(n_basis, gram.n_columns))


def _mean_rows(interactions: Interactions, active: NDArray[np.int64], shares: Floats) -> Floats:
    """For each active user, the sum of their items' shares ÷ n_u^a, a block of users at a time."""
    out = np.empty((len(active), shares.shape[1]), dtype=np.float32)
    matrix = sparse.csr_matrix(
        (np.ones(interactions.n_ratings, np.float32), interactions.item_rows, interactions.indptr),
        shape=(interactions.n_users, interactions.n_items),
        copy=False,
    )
    for start in range(0, len(active), 1 << 18):
        rows = active[start : start + (1 << 18)]
        scale = interactions.user_degrees[rows].astype(np.float32) ** np.float32(-USER_EXPONENT)
        out[start : start + len(rows)] = (matrix[rows] @ shares) * scale[:, None]
    return out


def _with_degree(coordinates: Floats, log_degree: NDArray[np.float64]) -> Floats:
    columns = [coordinates, log_degree.astype(np.float32), np.ones(len(log_degree), dtype=np.float32)]
    return np.column_stack(columns)
