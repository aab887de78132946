"""What two dials cost: accuracy and coverage at some positions, for a sample of held-out users.

The dials are those of `Recommender.turned`: niche (the exponent of a product's number of ratings) and
variety (maximal marginal relevance).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from recsys.arrays import Floats, Rows
from recsys.config import SEED
from recsys.data.interactions import Interactions
from recsys.evaluation.metrics.accuracy import Lists, find_hits, hit_rate, ndcg
from recsys.evaluation.metrics.bootstrap import with_intervals
from recsys.evaluation.metrics.figures import sampled_places
from recsys.evaluation.rankers import Ranker, fill_best
from recsys.evaluation.splits import sample_users
from recsys.model.ranking import RankingModel, degree_power
from recsys.search.diversity import diverse, variety_of

NICHE = (-0.5, -0.25, -0.1, 0.0, 0.1, 0.25, 0.5)
VARIETY = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Positions that are measured; 0 is at rest."""
N_CANDIDATES = 200
"""The items of the largest scores, among which variety chooses."""
N_KEPT = 1_000
"""Items of each user that `held_out_lists` keeps."""
LENGTH = 10
_MOST_SCORES = 100_000_000
_MOST_USERS, _MOST_KEPT = 2_000, 500
_BLOCK_SCORES = 1 << 23


def measured_users(train: Interactions, test: Interactions, among: Rows | None = None) -> Rows:
    """The users that the dials are measured on: a sample of those with both kinds of ratings."""
    both = np.flatnonzero((test.user_degrees > 0) & (train.user_degrees > 0))
    if among is not None:
        both = np.intersect1d(both, among)
    most = min(_MOST_USERS, max(1, _MOST_SCORES // max(1, train.n_items)))
    return sample_users(both, most, np.random.default_rng(SEED))


def measure_dials(
    ranker: Ranker, model: RankingModel, train: Interactions, test: Interactions, users: Rows
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The figures of each position of each dial, and the items that each user would be shown first.

    Parameters
    ----------
    ranker : Ranker
        Fitted on `train`.
    model : RankingModel
        Whose item vectors say how alike two items are.
    users : int64 array
        As from `measured_users`.

    Returns
    -------
    polars.DataFrame
        "dial_costs": dial ("niche" or "variety"), position, hit_rate with its 95% interval (low, high)
        and ndcg of the first ten, products (how many different ones all users together are shown),
        popularity (median number of ratings of the products listed) and variety (1 - mean cosine of
        the item vectors of two products of a list).
    polars.DataFrame
        "held_out_lists": of some of the users, user, held (what was held out), items (the first
        `N_KEPT`) and their scores, best first. Users and items are rows.
    """
    scales = {t: degree_power(train.item_degrees, -t) for t in NICHE}
    niche: dict[float, list[Lists]] = {t: [] for t in NICHE}
    variety: dict[float, list[Lists]] = {v: [] for v in VARIETY}
    kept = sample_users(users, _MOST_KEPT, np.random.default_rng(SEED))
    held: list[pl.DataFrame] = []
    for rows in _blocks(users, train.n_items):
        scores = ranker.scores(rows)
        for t, scale in scales.items():
            niche[t].append(_best(scores.copy(), scale, train, rows, LENGTH))
        first = _best(scores.copy(), scales[0.0], train, rows, min(N_KEPT, train.n_items))
        values = np.where(first >= 0, np.take_along_axis(scores, np.maximum(first, 0), axis=1), -np.inf)
        for v in VARIETY:
            variety[v].append(_varied(first[:, :N_CANDIDATES], values[:, :N_CANDIDATES], model, v))
        ours = np.isin(rows, kept)
        held.append(_kept(rows[ours], first[ours], values[ours], test))
    figures = [
        {"dial": dial, "position": position, **_figures(np.concatenate(lists), model, train, test, users)}
        for dial, by_position in (("niche", niche), ("variety", variety))
        for position, lists in by_position.items()
        if lists
    ]
    return pl.DataFrame(figures), pl.concat([pl.DataFrame(schema=_SCHEMA), *held])


_SCHEMA: dict[str, pl.DataType] = {
    "user": pl.Int64(),
    "held": pl.List(pl.Int32),
    "items": pl.List(pl.Int32),
    "scores": pl.List(pl.Float32),
}


def _blocks(users: Rows, n_items: int) -> Iterator[Rows]:
    step = max(1, _BLOCK_SCORES // max(1, n_items))
    for start in range(0, len(users), step):
        yield users[start : start + step]


def _best(scores: Floats, scale: Floats, train: Interactions, rows: Rows, n: int) -> Lists:
    out = np.full((len(rows), n), -1, dtype=np.int32)
    fill_best(scores, scale, train, rows, out)
    return out


def _varied(first: Lists, values: Floats, model: RankingModel, variety: float) -> Lists:
    out = np.full((len(first), LENGTH), -1, dtype=np.int32)
    for place, (items, scores) in enumerate(zip(first, values, strict=True)):
        listed = items[items >= 0]
        vectors = model.similarity_vectors_of(listed.astype(np.int64))
        taken = diverse(scores[: len(listed)].astype(np.float32), vectors, LENGTH, variety)
        out[place, : len(taken)] = listed[taken]
    return out


def _kept(rows: Rows, first: Lists, values: Floats, test: Interactions) -> pl.DataFrame:
    listed = first >= 0
    return pl.DataFrame(
        {
            "user": rows,
            "held": [test.item_rows[test.slice(row)].tolist() for row in rows.tolist()],
            "items": [items[keep].tolist() for items, keep in zip(first, listed, strict=True)],
            "scores": [scores[keep].tolist() for scores, keep in zip(values, listed, strict=True)],
        },
        schema=_SCHEMA,
    )


def _figures(
    ranked: Lists, model: RankingModel, train: Interactions, test: Interactions, users: Rows
) -> dict[str, float]:
    hits, relevant = find_hits(ranked, test, users), test.user_degrees[users]
    rate = with_intervals({"hit_rate": hit_rate(hits, relevant, LENGTH)})["hit_rate"]
    listed, sample = ranked[ranked >= 0], ranked[sampled_places(len(users), 300)]
    varieties = [variety_of(model, one[one >= 0].astype(np.int64)) for one in sample]
    return {
        "hit_rate": rate.value,
        "low": rate.low,
        "high": rate.high,
        "ndcg": float(ndcg(hits, relevant, LENGTH).mean()),
        "products": float(len(np.unique(listed))),
        "popularity": float(np.median(train.item_degrees[listed])) if len(listed) else 0.0,
        "variety": float(np.mean([one for one in varieties if one == one] or [0.0])),
    }
