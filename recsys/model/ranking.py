"""The ranking model: a degree-normalised truncated SVD, its items scaled by leverage.

    A      = Du^-a R Di^-b ~ U S V^T,  s := s / s_1
    h_i    = sum_f s_f^(2 ph) V_if^2                     the item's leverage
    item_i = deg_i^c h_i^-q (V_i * s^p) + g' deg_i^c2 (V_i * s^2)
    user_u = sum over items j rated by u of deg_j^-b V_j
    score  = user_u . item_i = sum_j deg_j^-b (V_j . item_i)

The second term is left out (gamma = 0) unless tuning finds that it helps. Its weight g' is gamma times the
median over users of the spread of their scores by the first term, divided by that by the second.

No user factors are kept: a user is a sum over the items they rated, and so is every score.

References
----------
Cremonesi, Koren, Turrin 2010 (PureSVD); Nikolakopoulos, Kalantzis, Gallopoulos, Garofalakis
2019 (EigenRec: degree scaling); Shen et al. 2021 (GF-CF: why low-pass spectra work).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.arrays import AnyRows, Doubles, Floats, Rows
from recsys.config import SEED, RankingConfig
from recsys.data.interactions import Interactions
from recsys.linalg import blocked
from recsys.linalg.gram import NormalisedGram
from recsys.linalg.operators import GramFactory
from recsys.linalg.svd import SVD, truncated_svd
from recsys.progress import SILENT, Stage

_SPREAD_USERS, _SPREAD_BLOCK = 256, 32
"""Users whose scores say how the two terms are weighed against each other, and how many at once."""


@dataclass(frozen=True)
class RankingModel:
    """A fitted ranking model.

    Parameters
    ----------
    components : float32 array, shape (n_items, k)
        V; a row of zeros for each item that shares no user with another.
    singular_values : float32 array, shape (k,)
    item_degrees : int64 array, shape (n_items,)
        Interactions of each item in training.
    energy : float
        Share of the squared norm of A that the factors keep, 0 to 1.
    config : RankingConfig
        What the model was fitted with; `n_factors` is the rank that was asked for.
    item_scales : float32 array, shape (n_items,)
        deg^c h^-q; 0 for items without co-occurrence.
    second_scales : float32 array, shape (n_items,), or None
        g' deg^c2; None where the second term is left out.
    """

    components: Floats
    singular_values: Floats
    item_degrees: Rows
    energy: float
    config: RankingConfig
    item_scales: Floats
    second_scales: Floats | None = None

    @classmethod
    def of(cls, svd: SVD, item_degrees: Rows, config: RankingConfig) -> RankingModel:
        """The model that an SVD of the normalised interactions makes."""
        scales = _item_scales(svd, item_degrees, config)
        return cls(svd.components, svd.singular_values, item_degrees, svd.energy, config, scales)

    @property
    def n_items(self) -> int:
        return len(self.components)

    @property
    def n_factors(self) -> int:
        return int(self.components.shape[1])

    @cached_property
    def spectrum(self) -> Doubles:
        """Singular values as shares of the largest, shape (k,)."""
        return _spectrum(self.singular_values)

    @cached_property
    def fold_in_weights(self) -> Floats:
        """deg^-b: an item's weight in its user's vector, shape (n_items,); 0 for items nobody has."""
        return degree_power(self.item_degrees, -self.config.item_exponent)

    @cached_property
    def item_vectors(self) -> Floats:
        """The vectors whose inner products with a user's are the scores, shape (n_items, k)."""
        return self.item_vectors_of(slice(None))

    def item_vectors_of(self, rows: AnyRows | slice | int) -> Floats:
        """Some rows of `item_vectors`, without computing the others."""
        spectrum = (self.spectrum**self.config.spectrum_exponent).astype(np.float32)
        vectors: Floats = self.components[rows] * spectrum * self.item_scales[rows, None]
        if self.second_scales is not None:
            squares = (self.spectrum**2).astype(np.float32)
            vectors += self.components[rows] * squares * self.second_scales[rows, None]
        return vectors

    def scores(self, user_vector: Floats) -> Floats:
        """The score of every item for a user's vector, float32 (n_items,): the query is scaled, not V."""
        scores = self._products(user_vector, self.config.spectrum_exponent) * self.item_scales
        if self.second_scales is not None:
            scores += self._products(user_vector, 2.0) * self.second_scales
        return scores

    def _products(self, user_vector: Floats, exponent: float) -> Floats:
        query = user_vector * (self.spectrum**exponent).astype(np.float32)
        parts = blocked.over_blocks(self.components, lambda rows: self.components[rows] @ query)
        return np.concatenate([np.zeros(0, np.float32), *parts])

    def user_vectors(self, indptr: AnyRows, item_rows: AnyRows) -> Floats:
        """Fold in many users, float32 (n, k).

        Parameters
        ----------
        indptr : int array, shape (n + 1,)
            User `u` has the items `item_rows[indptr[u]:indptr[u + 1]]`.
        item_rows : int array
        """
        weights = self.fold_in_weights[item_rows]
        shape = (len(indptr) - 1, self.n_items)
        vectors: Floats = sparse.csr_matrix((weights, item_rows, indptr), shape=shape) @ self.components
        return vectors

    def user_vector(self, item_rows: AnyRows) -> Floats:
        """Fold in one user, float32 (k,)."""
        rows: Rows = np.asarray(item_rows, dtype=np.int64)
        vector: Floats = self.user_vectors(np.array([0, len(rows)]), rows)[0]
        return vector

    def contributions(self, item_rows: AnyRows, target_row: int) -> Floats:
        """Each item's share of a user's score for `target_row`, float32 (n,); they sum to the score."""
        rows = np.asarray(item_rows, dtype=np.int64)
        target = self.item_vectors_of(int(target_row))
        parts: Floats = self.fold_in_weights[rows] * (self.components[rows] @ target)
        return parts

    @cached_property
    def similarity_vectors(self) -> Floats:
        """y / |y| with y_i = V_i * s^g, shape (n_items, k): items are alike as these are by cosine.

        g is `config.similarity_spectrum`.
        """
        return self.similarity_vectors_of(slice(None))

    def similarity_vectors_of(self, rows: AnyRows | slice) -> Floats:
        """Some rows of `similarity_vectors`; zeros for items without co-occurrence."""
        vectors = self.components[rows] * (self.spectrum**self.config.similarity_spectrum).astype(np.float32)
        lengths = np.sqrt(np.einsum("ik,ik->i", vectors, vectors))
        vectors /= np.where(lengths > 0, lengths, 1)[:, None]
        return vectors

    @cached_property
    def similarity_weights(self) -> Floats:
        """deg / (deg + kappa): the evidence a cosine is multiplied by, shape (n_items,), 0 to 1.

        It tells products with one or two ratings from the others, and does not reward best-sellers.
        """
        degrees = self.item_degrees.astype(np.float64)
        weights: Floats = (degrees / np.maximum(degrees + self.config.similarity_evidence, 1)).astype(
            np.float32
        )
        return weights

    def weighted_similarity_vectors_of(self, rows: AnyRows | slice) -> Floats:
        """Some rows of `similarity_vectors`, each times its evidence."""
        return self.similarity_vectors_of(rows) * self.similarity_weights[rows, None]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What was fitted, as arrays by name; `config` is stored apart from them."""
        second = {} if self.second_scales is None else {"second_scales": self.second_scales}
        return {
            "components": self.components,
            "singular_values": self.singular_values,
            "item_degrees": self.item_degrees,
            "energy": np.array(self.energy),
            "item_scales": self.item_scales,
            **second,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], config: RankingConfig) -> RankingModel:
        """The inverse of `to_arrays`; arrays may be memory-mapped and stay so."""
        return cls(
            components=arrays["components"],
            singular_values=arrays["singular_values"],
            item_degrees=arrays["item_degrees"],
            energy=float(arrays["energy"]),
            config=config,
            item_scales=arrays["item_scales"],
            second_scales=arrays.get("second_scales"),
        )


def fit_svd(
    interactions: Interactions,
    n_factors: int,
    config: RankingConfig | None = None,
    *,
    gram: GramFactory = NormalisedGram,
    progress: Stage = SILENT,
    start: Floats | None = None,
) -> SVD:
    """The SVD of the normalised interactions; it can be cut, and serves any p, q and c.

    Parameters
    ----------
    interactions : Interactions
    n_factors : int
    config : RankingConfig, optional
        Its a, b and `svd` are used.
    gram : GramFactory, optional
        Makes the operator A^T A; by default the local one.
    progress : Stage, optional
    start : float32 array, shape (n_items, m), optional
        Components of data that are nearly the same.
    """
    config = config or RankingConfig()
    operator = gram(interactions, config.user_exponent, config.item_exponent, config.svd)
    return truncated_svd(operator, n_factors, config.svd, progress, start)


def fit_ranking(
    interactions: Interactions,
    config: RankingConfig | None = None,
    *,
    svd: SVD | None = None,
    gram: GramFactory = NormalisedGram,
    progress: Stage = SILENT,
) -> RankingModel:
    """Fit the ranking model.

    Parameters
    ----------
    interactions : Interactions
    config : RankingConfig, optional
    svd : SVD, optional
        Of the same interactions with the same a and b, at least as wide: it is cut instead
        of computing one.
    gram : GramFactory, optional
        Makes the operator A^T A; by default the local one.
    progress : Stage, optional

    Returns
    -------
    RankingModel
        With fewer factors than asked for where the data have a lower rank.
    """
    config = config or RankingConfig()
    size = (interactions.n_users, interactions.n_items, interactions.n_ratings)
    n_factors = config.n_factors or default_rank(*size)
    if svd is None:
        svd = fit_svd(interactions, n_factors, config, gram=gram, progress=progress)
    elif len(svd.components) != interactions.n_items:
        raise ValueError(f"This SVD is of {len(svd.components)} items, not of {interactions.n_items}.")
    svd = svd.cut(n_factors)
    config = replace(config, n_factors=n_factors)
    model = RankingModel.of(svd, interactions.item_degrees, config)
    return with_second_term(model, interactions) if config.second_weight else model


def with_second_term(model: RankingModel, interactions: Interactions) -> RankingModel:
    """The model with the second term that its config asks for; interactions as it was fitted to."""
    popular = degree_power(interactions.item_degrees, model.config.second_popularity)
    users = np.flatnonzero(interactions.user_degrees)
    users = np.random.default_rng(SEED).choice(users, min(_SPREAD_USERS, len(users)), replace=False)
    drawn = np.zeros(interactions.n_users, dtype=bool)
    drawn[users] = True
    some = interactions.select(drawn[interactions.user_rows])
    vectors = model.user_vectors(some.indptr, some.item_rows)[np.sort(users)]
    terms = (
        (model.spectrum**model.config.spectrum_exponent, model.item_scales),
        (model.spectrum**2, popular),
    )
    ratios: list[Doubles] = []
    for start in range(0, len(vectors), _SPREAD_BLOCK):
        block = vectors[start : start + _SPREAD_BLOCK]
        first, second = (
            ((block * powers.astype(np.float32)) @ model.components.T * scales).std(axis=1)
            for powers, scales in terms
        )
        ratios.append(first[second > 0] / second[second > 0])
    known = np.concatenate([np.empty(0), *ratios])
    weight = model.config.second_weight * (float(np.median(known)) if len(known) else 0.0)
    return replace(model, second_scales=(weight * popular).astype(np.float32))


def default_rank(n_users: int, n_items: int, n_ratings: int) -> int:
    """A rank for data of this shape: the power of two nearest to a factor for 24 users or items.

    The fewer of the two count. There is at most a factor for 100 ratings; each user's first does not
    count, because a rating without another shows no co-occurrence. Measured with everything else at
    its default, the best rank was 16 to 64 for 1,540 users x 5,689 items, 64 for 8,000 x 1,500 and
    for 72,000 x 2,400, 512 for 19,000 x 12,000, 1024 for 30,000 x 41,000, and 128 to 256 for the
    dense 6,000 x 3,700 of films.
    """
    wanted = np.clip(min(n_users / 24, n_items / 24, (n_ratings - n_users) / 100), 16, 1024) * 2**0.5
    return int(2 ** np.floor(np.log2(min(affordable_rank(n_items), wanted))))


def affordable_rank(n_items: int) -> int:
    """The largest rank, up to 1024, whose item vectors take no more than 256 MB."""
    return int(min(1024, max(16, (1 << 26) // max(1, n_items))))


def _spectrum(singular_values: Floats) -> Doubles:
    values = singular_values.astype(np.float64)
    return values / values[0] if len(values) else values


def _item_scales(svd: SVD, item_degrees: Rows, config: RankingConfig) -> Floats:
    """deg^c h^-q, shape (n_items,)."""
    weights = (_spectrum(svd.singular_values) ** (2 * config.leverage_exponent)).astype(np.float32)
    # By blocks of rows: a second array of the size of V would be the peak of a build.
    parts = blocked.over_blocks(svd.components, lambda rows: svd.components[rows] ** 2 @ weights)
    leverage = np.concatenate([np.zeros(0, np.float32), *parts])
    popular = degree_power(item_degrees, config.popularity_exponent)
    scales: Floats = popular * degree_power(leverage, -config.leverage_power)
    return scales


def degree_power(values: NDArray[Any], exponent: float) -> Floats:
    """values ** exponent as float32, and 0 where the value is 0."""
    out = np.zeros(len(values), dtype=np.float64)
    positive = values > 0
    out[positive] = np.asarray(values[positive], dtype=np.float64) ** exponent
    return out.astype(np.float32)
