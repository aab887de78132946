"""The sequential model: a truncated SVD of ordered pairs of items.

    N      = Di^-b M Di^-b ~ P S Q^T,  s := s / s_1       M: see `recsys.linalg.sequence_gram`
    h_i    = sum_f s_f^ph Q_if^2                          the item's leverage
    item_i = deg_i^c h_i^-q (Q_i * s^(p/2))
    user_u = sum over items j rated by u of age_j^-tau deg_j^-b P_j
    score  = user_u . item_i = sum_j age_j^-tau deg_j^-b (P_j . item_i)

P is what an item in a history asks for, Q what is shown: N is not symmetric, as what people buy
after a camera is not what they buy before it. The age of the latest item is 1, of the one before
it 2, and so on. No user factors are kept: a user is a sum over the items they rated.

References
----------
Choi, Kim, Lee, Shim, Lee 2021, "Session-aware linear item-item models for session-based
recommendation" (SLIST: the closest relative); Nikolakopoulos et al. 2019 (EigenRec: degree scaling).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.arrays import AnyRows, Doubles, Floats, Rows
from recsys.config import SequentialConfig
from recsys.data.interactions import Interactions
from recsys.data.sequences import Sequences
from recsys.linalg import blocked
from recsys.linalg.operators import SequenceOperator
from recsys.linalg.sequence_gram import SequenceGram
from recsys.linalg.sequence_svd import SequenceSVD, sequence_svd
from recsys.model.ranking import affordable_rank, degree_power
from recsys.progress import SILENT, Stage

OperatorFactory = Callable[[Interactions, SequentialConfig], SequenceOperator]
_RATINGS_PER_FACTOR, _ITEMS_PER_FACTOR = 256, 12


@dataclass(frozen=True)
class SequentialModel:
    """A fitted sequential model.

    Parameters
    ----------
    sources : float32 array, shape (n_items, k)
        P: what each item asks for. A row of zeros for items that are in no pair.
    targets : float32 array, shape (n_items, k)
        Q: what each item answers to.
    singular_values : float32 array, shape (k,)
    item_degrees : int64 array, shape (n_items,)
        Interactions of each item in training.
    config : SequentialConfig
        What the model was fitted with; `n_factors` is the rank that was asked for.
    item_scales : float32 array, shape (n_items,)
        deg^c h^-q; 0 for items that are in no pair.
    """

    sources: Floats
    targets: Floats
    singular_values: Floats
    item_degrees: Rows
    config: SequentialConfig
    item_scales: Floats

    @classmethod
    def of(cls, svd: SequenceSVD, item_degrees: Rows, config: SequentialConfig) -> SequentialModel:
        """The model that an SVD of the ordered pairs makes."""
        scales = _item_scales(svd, item_degrees, config)
        return cls(svd.left, svd.right, svd.singular_values, item_degrees, config, scales)

    @property
    def n_items(self) -> int:
        return len(self.targets)

    @property
    def n_factors(self) -> int:
        return int(self.targets.shape[1])

    @cached_property
    def spectrum(self) -> Doubles:
        """Singular values as shares of the largest, shape (k,)."""
        return _spectrum(self.singular_values)

    @cached_property
    def fold_in_weights(self) -> Floats:
        """deg^-b: an item's weight in a user's vector, shape (n_items,); 0 for items nobody has."""
        return degree_power(self.item_degrees, -self.config.item_exponent)

    def recency_weights(self, ages: AnyRows) -> Floats:
        """age^-tau: the weight of an item that was rated so many times ago; 1 for the latest."""
        weights: Floats = np.asarray(ages, dtype=np.float32) ** np.float32(-self.config.recency_exponent)
        return weights

    @cached_property
    def item_vectors(self) -> Floats:
        """The vectors whose inner products with a user's are the scores, shape (n_items, k)."""
        return self.item_vectors_of(slice(None))

    def item_vectors_of(self, rows: AnyRows | slice | int) -> Floats:
        """Some rows of `item_vectors`, without computing the others."""
        spectrum = (self.spectrum ** (self.config.spectrum_exponent / 2)).astype(np.float32)
        vectors: Floats = self.targets[rows] * spectrum
        vectors *= self.item_scales[rows, None]
        return vectors

    def user_vectors(self, indptr: AnyRows, item_rows: AnyRows, ages: AnyRows) -> Floats:
        """Fold in many users, float32 (n, k).

        Parameters
        ----------
        indptr : int array, shape (n + 1,)
            User `u` has the items `item_rows[indptr[u]:indptr[u + 1]]`.
        item_rows : int array
        ages : int array, same shape
            How many different times ago each was rated: see `recsys.data.sequences.ages`.
        """
        weights = self.fold_in_weights[item_rows] * self.recency_weights(ages)
        shape = (len(indptr) - 1, self.n_items)
        vectors: Floats = sparse.csr_matrix((weights, item_rows, indptr), shape=shape) @ self.sources
        return vectors

    def user_vector(self, item_rows: AnyRows, ages: AnyRows) -> Floats:
        """Fold in one user, float32 (k,)."""
        rows: Rows = np.asarray(item_rows, dtype=np.int64)
        vector: Floats = self.user_vectors(np.array([0, len(rows)]), rows, ages)[0]
        return vector

    def contributions(self, item_rows: AnyRows, ages: AnyRows, target_row: int) -> Floats:
        """Each item's share of a user's score for `target_row`, float32 (n,); they sum to the score."""
        weights = self.fold_in_weights[item_rows] * self.recency_weights(ages)
        parts: Floats = weights * (self.sources[item_rows] @ self.item_vectors_of(int(target_row)))
        return parts

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What was fitted, as arrays by name; `config` is stored apart from them."""
        return {
            "sources": self.sources,
            "targets": self.targets,
            "singular_values": self.singular_values,
            "item_degrees": self.item_degrees,
            "item_scales": self.item_scales,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], config: SequentialConfig) -> SequentialModel:
        """The inverse of `to_arrays`; arrays may be memory-mapped and stay so."""
        return cls(config=config, **arrays)


def fit_sequential(
    interactions: Interactions,
    config: SequentialConfig | None = None,
    *,
    svd: SequenceSVD | None = None,
    operator: OperatorFactory | None = None,
    progress: Stage = SILENT,
) -> SequentialModel:
    """Fit the sequential model.

    Parameters
    ----------
    interactions : Interactions
        Without an order, all ratings of a user count as of one time.
    config : SequentialConfig, optional
    svd : SequenceSVD, optional
        Of the same interactions and pair weights, at least as wide: it is cut instead of
        computing one.
    operator : OperatorFactory, optional
        Makes the operator of the ordered pairs; by default the local one.
    progress : Stage, optional

    Returns
    -------
    SequentialModel
        With fewer factors than asked for where the data have a lower rank.
    """
    config = config or SequentialConfig()
    n_factors = config.n_factors or default_rank(interactions)
    if svd is None:
        svd = fit_sequence_svd(interactions, n_factors, config, progress, operator)
    return SequentialModel.of(
        svd.cut(n_factors), interactions.item_degrees, replace(config, n_factors=n_factors)
    )


def fit_sequence_svd(
    interactions: Interactions,
    n_factors: int,
    config: SequentialConfig,
    progress: Stage = SILENT,
    operator: OperatorFactory | None = None,
) -> SequenceSVD:
    """The SVD of the ordered pairs; it can be cut, and serves any p, q, c and tau."""
    pairs = (operator or local_operator)(interactions, config)
    return sequence_svd(pairs, n_factors, config.svd, progress)


def local_operator(interactions: Interactions, config: SequentialConfig) -> SequenceGram:
    """The ordered pairs of these interactions, weighted as the config says."""
    return SequenceGram(
        Sequences.of(interactions),
        interactions.item_degrees,
        config.user_exponent,
        config.item_exponent,
        config.lag_exponent,
        config.backward,
    )


def default_rank(interactions: Interactions) -> int:
    """A rank for data of this size: a factor for 256 ratings beyond each user's first, or for 12 items.

    It is a guess, and too wide where people have no habits: `recsys.evaluation.tuning.sequential`
    chooses the rank on a hold-out.
    """
    beyond_first = interactions.n_ratings - np.count_nonzero(interactions.user_degrees)
    wanted = min(beyond_first / _RATINGS_PER_FACTOR, interactions.n_items / _ITEMS_PER_FACTOR)
    wanted = min(wanted, affordable_rank(interactions.n_items))
    return int(max(16, 16 * (wanted // 16)))


def _spectrum(singular_values: Floats) -> Doubles:
    values = singular_values.astype(np.float64)
    return values / values[0] if len(values) else values


def _item_scales(svd: SequenceSVD, item_degrees: Rows, config: SequentialConfig) -> Floats:
    """deg^c h^-q, shape (n_items,)."""
    weights = (_spectrum(svd.singular_values) ** config.leverage_exponent).astype(np.float32)
    parts = blocked.over_blocks(svd.right, lambda rows: svd.right[rows] ** 2 @ weights)
    leverage = np.concatenate([np.zeros(0, np.float32), *parts])
    popular = degree_power(item_degrees, config.popularity_exponent)
    scales: Floats = popular * degree_power(leverage, -config.leverage_power)
    return scales
