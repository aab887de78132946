"""Features of users and items from who rated what, whatever the stars.

    A = Du^-a R Di^-b ~ U S V^T      R: 1 where there is a rating (see `recsys.model.ranking`)
    z_u = (row u of A V, log n_u, 1)       z_i = (row i of V S, log n_i, 1)

The rating model predicts biases and factors from them before it reads any stars: what users rate
says something about how they rate (Koren 2008). The prediction is a linear regression (Agarwal,
Chen 2009, "Regression-based latent factor models").
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.arrays import AnyRows, Doubles, Floats, Rows
from recsys.config import RankingConfig
from recsys.data.interactions import Interactions
from recsys.linalg.gram import NormalisedGram
from recsys.linalg.operators import GramFactory
from recsys.linalg.svd import SVD, truncated_svd
from recsys.progress import SILENT, Stage

USER_EXPONENT, ITEM_EXPONENT = RankingConfig.user_exponent, RankingConfig.item_exponent
"""a and b: how much heavy users and popular items are damped; the ranking model's defaults."""


@dataclass(frozen=True)
class LogDegree:
    """log(number of ratings), clipped to the range of the training data and centred.

    Attributes
    ----------
    low, high, centre : float
        Range and mean of log n over the rows of training.
    """

    low: float = 0.0
    high: float = 0.0
    centre: float = 0.0

    @classmethod
    def of(cls, degrees: AnyRows) -> LogDegree:
        """The range of these degrees (at least 1 each)."""
        logs = np.log(degrees) if len(degrees) else np.zeros(1)
        return cls(float(logs.min()), float(logs.max()), float(logs.mean()))

    def __call__(self, degrees: AnyRows | int) -> Doubles:
        return np.clip(np.log(np.maximum(degrees, 1)), self.low, self.high) - self.centre


@dataclass(frozen=True)
class CooccurrenceFeatures:
    """Regression features of both sides.

    Parameters
    ----------
    users : float32 array, shape (n_active, k + 2)
        Of the users with two or more ratings.
    items : float32 array, shape (n_items, k + 2)
    shares : float32 array, shape (n_items, k)
        What an item adds to its user's first k features, before the division by n_u^a.
    user_degree, item_degree : LogDegree
    """

    users: Floats
    items: Floats
    shares: Floats
    user_degree: LogDegree
    item_degree: LogDegree


def cooccurrence_features(
    interactions: Interactions,
    active: Rows,
    n_basis: int,
    *,
    svd: SVD | None = None,
    gram: GramFactory = NormalisedGram,
    progress: Stage = SILENT,
) -> CooccurrenceFeatures:
    """Features from the `n_basis` leading factors of who rated what.

    Parameters
    ----------
    interactions : Interactions
    active : int64 array
        Rows of the users with two or more ratings.
    n_basis : int
        0: degrees only.
    svd : SVD, optional
        Right factors that are known already, such as the ranking model's.
    gram : GramFactory, optional
        Makes the operator that the factors are computed with, where `svd` is not given.
    progress : Stage, optional
    """
    degrees = interactions.item_degrees
    svd = who_rated_what(interactions, n_basis, gram, progress) if svd is None else svd
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
    return CooccurrenceFeatures(
        _with_degree(users, user_degree(interactions.user_degrees[active])),
        _with_degree(items, item_degree(degrees)),
        shares,
        user_degree,
        item_degree,
    )


def who_rated_what(
    interactions: Interactions, n_basis: int, gram: GramFactory = NormalisedGram, progress: Stage = SILENT
) -> SVD:
    """The `n_basis` leading factors of A, or as many as it has; none where nobody rated twice."""
    operator = gram(interactions, USER_EXPONENT, ITEM_EXPONENT, None)
    if min(n_basis, operator.n_columns) < 1:
        none = np.zeros((interactions.n_items, 0), dtype=np.float32)
        return SVD(np.zeros(0, dtype=np.float32), none, 0.0)
    return truncated_svd(operator, min(n_basis, operator.n_columns), progress=progress)


def _mean_rows(interactions: Interactions, active: Rows, shares: Floats) -> Floats:
    """The sum of each active user's item shares, divided by n_u^a; by blocks of users."""
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


def _with_degree(factors: Floats, log_degree: Doubles) -> Floats:
    """The factors, and two columns more: the log-degree and 1."""
    columns = [factors, log_degree.astype(np.float32), np.ones(len(log_degree), dtype=np.float32)]
    return np.column_stack(columns)
