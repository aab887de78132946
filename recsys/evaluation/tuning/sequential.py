"""Choose the sequential model's rank and how fast a history fades, on a hold-out of the training data.

Both depend on the data and cannot be told from their size: where people follow habits the last
item says most, and many factors hold the habits; where they do not, every item counts and few
factors hold the taste. One SVD serves all ranks and fadings, so the choice costs seconds. Test data
are never seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from recsys.arrays import Doubles
from recsys.config import SequentialConfig
from recsys.data.interactions import Interactions
from recsys.data.sequences import ages
from recsys.errors import EvaluationError
from recsys.evaluation.metrics.accuracy import Lists
from recsys.evaluation.rankers import fill_best, rows_of
from recsys.evaluation.results import Trial
from recsys.evaluation.splits import leave_last_out, sample_users
from recsys.evaluation.tuning.holdouts import LENGTH, SEED, HoldOut
from recsys.evaluation.tuning.result import TuningResult
from recsys.linalg.sequence_svd import SequenceSVD
from recsys.model.ranking import affordable_rank
from recsys.model.sequential import default_rank, fit_sequence_svd, fit_sequential
from recsys.progress import SILENT, Stage

RANKS = (16, 32, 64, 128, 256, 512, 768)
FADINGS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25)
"""Recency exponents tau; 0: every item of a history counts alike."""
_MOST_USERS = 5_000
_FEWEST_USERS = 300
"""With fewer, what is best is chance, and the defaults stay."""
_MOST_WORK = 200_000_000_000
"""Users x items x factors; data that need more keep the defaults."""
_BLOCK_ELEMENTS = 1 << 25
Key = tuple[int, float]
"""Rank and tau."""


def choose_sequential(
    train: Interactions, config: SequentialConfig | None = None, progress: Stage = SILENT
) -> TuningResult[SequentialConfig]:
    """The rank and the recency exponent that say best what each user rated last.

    Parameters
    ----------
    train : Interactions
        With an order.
    config : SequentialConfig, optional
        A rank it names is kept.
    progress : Stage, optional

    Returns
    -------
    TuningResult
        The config with the default rank where the data are too large or nothing can be held out.
    """
    config = config or SequentialConfig()
    start = replace(config, n_factors=config.n_factors or default_rank(train))
    ranks = [start.n_factors or 0] if config.n_factors else _ranks(train, start.n_factors or 0)
    n_users = min(_MOST_USERS, int(np.count_nonzero(train.user_degrees >= 2)))
    if n_users * train.n_items * max(ranks) > _MOST_WORK:
        return TuningResult(start)
    try:
        split = leave_last_out(train, seed=SEED)
    except EvaluationError:
        return TuningResult(start)
    held = np.flatnonzero(split.test.user_degrees)
    if len(held) < _FEWEST_USERS:
        return TuningResult(start)
    part = HoldOut(split, sample_users(held, _MOST_USERS, np.random.default_rng(SEED)))
    progress(0.0, f"Choosing the rank of the sequential model, up to {max(ranks)}")
    svd = fit_sequence_svd(split.train, max(ranks), start, progress.part(0.0, 0.6))
    fadings = sorted({*FADINGS, start.recency_exponent})
    scores = _scores(part, svd, start, ranks, fadings)
    base = (min(ranks, key=lambda rank: abs(rank - (start.n_factors or 0))), start.recency_exponent)
    key = _choose(scores, base)
    rank, fading = key
    trail = tuple(
        Trial("sequential", f"{k} factors, tau {tau:g}", round(float(values.mean()), 6))
        for (k, tau), values in scores.items()
    )
    if rank == base[0]:
        rank = start.n_factors or rank
    return TuningResult(replace(start, n_factors=rank, recency_exponent=fading), trail, scores[key])


def _ranks(train: Interactions, default: int) -> list[int]:
    """Ranks to compare: up to one for 40 ratings beyond each user's first, and half the items."""
    beyond_first = train.n_ratings - int(np.count_nonzero(train.user_degrees))
    widest = min(affordable_rank(train.n_items), train.n_items // 2, max(64, beyond_first // 40))
    return sorted({*(rank for rank in RANKS if rank <= widest), default})


def _scores(
    part: HoldOut,
    svd: SequenceSVD,
    config: SequentialConfig,
    ranks: Sequence[int],
    fadings: Sequence[float],
) -> dict[Key, Doubles]:
    """Recall@20 + NDCG@20 of each user, for each rank and tau."""
    train = part.split.train
    models = {rank: fit_sequential(train, replace(config, n_factors=rank), svd=svd) for rank in ranks}
    widest = models[max(ranks)]
    spectrum = (widest.spectrum ** (config.spectrum_exponent / 2)).astype(np.float32)
    lists: dict[Key, list[Lists]] = {(rank, tau): [] for tau in fadings for rank in ranks}
    step = max(1, _BLOCK_ELEMENTS // max(1, train.n_items))
    for start in range(0, len(part.user_rows), step):
        users = part.user_rows[start : start + step]
        indptr, items = rows_of(train, users)
        when = ages(train, users)
        for tau in fadings:
            folding = replace(widest, config=replace(config, recency_exponent=tau))
            vectors = folding.user_vectors(indptr, items, when) * spectrum
            products, done = np.zeros((len(users), train.n_items), dtype=np.float32), 0
            for rank in sorted(ranks):
                factors = slice(done, rank)
                products += vectors[:, factors] @ widest.targets[:, factors].T
                done = rank
                ranked = np.full((len(users), LENGTH), -1, dtype=np.int32)
                # Without a copy: what is masked once is masked for all ranks.
                fill_best(products, models[rank].item_scales, train, users, ranked)
                lists[rank, tau].append(ranked)
    return {key: part.of_lists(np.concatenate(parts))[:, 0] for key, parts in lists.items()}


def _choose(scores: dict[Key, Doubles], start: Key) -> Key:
    """The best setting, or `start` among equals. The default rank is a guess: it has no lead to defend."""
    return max(scores, key=lambda key: (float(scores[key].mean()), key == start))
