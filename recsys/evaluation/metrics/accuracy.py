"""How accurate ranked lists are: one figure for each user.

Every metric takes `hits`, a bool array of shape (n_users, n) that flags held-out items by rank, and
`relevant`, an int array of shape (n_users,) with the number of held-out items. It returns one float64
for each user, between 0 and 1. The whole catalogue is ranked, never a sample of negatives, and
relevance is binary.

References
----------
Herlocker et al. 2004, "Evaluating collaborative filtering recommender systems".
Järvelin, Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques".
Krichene, Rendle 2020, "On sampled metrics for item recommendation".
"""

from __future__ import annotations

import numpy as np
from numba import prange
from numpy.typing import NDArray

from recsys.arrays import Doubles, Mask, Rows
from recsys.data.interactions import Interactions
from recsys.kernel_cache import jit

Counts = NDArray[np.integer]
Lists = NDArray[np.int32]
"""Item rows of ranked lists, shape (n_users, n): best first, -1 where a list has ended."""


def find_hits(ranked: Lists, test: Interactions, user_rows: NDArray[np.integer]) -> Mask:
    """Flag the places of the lists that hold an item the user has in `test`.

    Parameters
    ----------
    ranked : int32 array, shape (len(user_rows), n)
        Item rows, best first; -1 where a list has ended.
    test : Interactions
    user_rows : int array

    Returns
    -------
    bool array, shape (len(user_rows), n)
    """
    hits = np.zeros(ranked.shape, dtype=np.bool_)
    _find_hits(ranked, test.indptr, test.item_rows, np.asarray(user_rows, dtype=np.int64), hits)
    return hits


def recall(hits: Mask, relevant: Counts, k: int) -> Doubles:
    """Hits in the first k ÷ the user's held-out items."""
    return np.asarray(hits[:, :k].sum(axis=1) / np.maximum(1, relevant), dtype=np.float64)


def precision(hits: Mask, relevant: Counts, k: int) -> Doubles:
    """Hits in the first k ÷ k."""
    return np.asarray(hits[:, :k].sum(axis=1) / k, dtype=np.float64)


def hit_rate(hits: Mask, relevant: Counts, k: int) -> Doubles:
    """1 if the first k hold at least one hit, else 0."""
    return np.asarray(hits[:, :k].any(axis=1), dtype=np.float64)


def ndcg(hits: Mask, relevant: Counts, k: int) -> Doubles:
    """Normalised discounted cumulative gain: gain 1 ÷ log2(rank + 1) for a hit.

    The ideal list begins with min(held-out items, k) hits, as in the code of LightGCN
    (He et al. 2020) and the BARS benchmark (Zhu et al. 2022), so that figures compare.
    """
    gains = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(gains)])[np.minimum(relevant, k)]
    return np.asarray(hits[:, :k] @ gains[: hits.shape[1]] / np.maximum(ideal, gains[0]))


def average_precision(hits: Mask, relevant: Counts, k: int) -> Doubles:
    """Sum of the precision at each hit of the first k ÷ the user's held-out items.

    As `map_cut` of trec_eval; its mean over users is MAP@k.
    """
    head = hits[:, :k]
    precisions = np.cumsum(head, axis=1) / np.arange(1, head.shape[1] + 1)
    return np.asarray((precisions * head).sum(axis=1) / np.maximum(1, relevant))


def reciprocal_rank(hits: Mask, relevant: Counts, k: int) -> Doubles:
    """1 ÷ the rank of the first hit, or 0 if the first k hold none. Its mean is MRR@k."""
    head = hits[:, :k]
    return np.where(head.any(axis=1), 1 / (head.argmax(axis=1) + 1), 0.0)


@jit(parallel=True)
def _find_hits(ranked: Lists, indptr: Rows, items: Lists, users: Rows, hits: Mask) -> None:
    for n in prange(len(users)):
        mine = items[indptr[users[n]] : indptr[users[n] + 1]]
        for r in range(ranked.shape[1]):
            place = np.searchsorted(mine, ranked[n, r])
            hits[n, r] = place < len(mine) and mine[place] == ranked[n, r]
