"""Choose the static model's rank, and how much popularity counts, on a hold-out of the training data.

The best rank depends on how many tastes the data hold, which their size does not tell. One SVD serves
all ranks, so the choice costs seconds. Test data are never seen.

Where an order is known the hold-out asks the real question, what comes next. Then the popularity exponent c
is lowered as far as no accuracy is surely lost, so that the tail is shown as much as it can be. A random
hold-out prefers too small a c, so without an order c keeps its default.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recsys.arrays import Doubles
from recsys.config import RankingConfig
from recsys.data.interactions import Interactions
from recsys.evaluation.results import Trial
from recsys.evaluation.splits import Split, leave_last_out, random_hold_out, sample_users
from recsys.evaluation.tuning.holdouts import SEED, SHARE, HoldOut
from recsys.evaluation.tuning.ranking import default_ranking
from recsys.evaluation.tuning.result import TuningResult
from recsys.model.ranking import affordable_rank, fit_svd
from recsys.progress import SILENT, Stage

POPULARITIES = (0.25, 0.3, 0.35)
"""Exponents c below the default that are tried, the smallest first."""
RANKS = (16, 32, 64, 128, 256, 512, 1024)
_MOST_USERS = 5_000
_FEWEST_USERS = 100
"""With fewer, what is best is chance, and the default stays."""
_ENOUGH_USERS = 2_000
_HOLD_OUTS = 3
"""Random hold-outs that are averaged where one has fewer than `_ENOUGH_USERS` users."""
_MOST_WORK = 250_000_000_000
"""Users x items x factors; data that need more keep the default."""


def choose_static(
    train: Interactions,
    config: RankingConfig | None = None,
    *,
    compare: bool = False,
    progress: Stage = SILENT,
) -> TuningResult[RankingConfig]:
    """The rank that says best what users rated last or, without an order, what was left out at random.

    Parameters
    ----------
    train : Interactions
    config : RankingConfig, optional
        A rank it names is kept.
    compare : bool
        Measure a rank that is named as well, so that `per_user` can be compared with another model's.
    progress : Stage, optional

    Returns
    -------
    TuningResult
        The config with the default rank where the data are too large or too few to choose.
    """
    config = config or RankingConfig()
    start = default_ranking(train, config)
    default = start.config.n_factors or 0
    ranks = [default] if config.n_factors else _ranks(train, default)
    n_users = min(_MOST_USERS, int(np.count_nonzero(train.user_degrees >= 2)))
    too_large = n_users * train.n_items * max(ranks) > _MOST_WORK
    if too_large or n_users < _FEWEST_USERS or (config.n_factors and not compare):
        return start
    progress(0.0, f"Choosing the rank of the ranking model, up to {max(ranks)}")
    scores: dict[int, list[Doubles]] = {rank: [] for rank in ranks}
    p, c = config.spectrum_exponent, config.popularity_exponent
    for part in _parts(train):
        svd = fit_svd(part.split.train, max(ranks), start.config)
        for (rank, _, _), values in part.of_svd(svd, start.config, ranks, [p], [c]).items():
            scores[rank].append(values[:, 0])
    joined = {rank: np.concatenate(values) for rank, values in scores.items()}
    best = max(joined, key=lambda rank: (float(joined[rank].mean()), rank == default))
    trail = [
        Trial("rank", f"{rank} factors", round(float(values.mean()), 6)) for rank, values in joined.items()
    ]
    config, per_user = replace(config, n_factors=best), joined[best]
    if train.order is not None and c == RankingConfig().popularity_exponent:
        found = part.of_svd(svd, config, [best], [p], [*POPULARITIES, c])
        by_exponent = {exponent: values[:, 0] for (_, _, exponent), values in found.items()}
        lowest = min(one for one, values in by_exponent.items() if not _surely_less(values, per_user))
        trail += [
            Trial("popularity", f"c {exponent:g}", round(float(values.mean()), 6))
            for exponent, values in by_exponent.items()
        ]
        config, per_user = replace(config, popularity_exponent=lowest), by_exponent[lowest]
    return TuningResult(config, tuple(trail), per_user)


def _surely_less(values: Doubles, base: Doubles) -> bool:
    """Whether the loss, paired by user, is larger than its standard error."""
    loss = base - values
    return bool(loss.mean() > loss.std() / max(1, len(loss)) ** 0.5)


def _ranks(train: Interactions, default: int) -> list[int]:
    """Ranks to compare, up to half of the items or users."""
    widest = min(affordable_rank(train.n_items), train.n_items // 2, train.n_users // 2)
    return sorted({*(rank for rank in RANKS if rank <= widest), default})


def _parts(train: Interactions) -> list[HoldOut]:
    """Hold-outs: each user's latest rating where there is an order, else random ones."""
    if train.order is not None:
        return [_measured(leave_last_out(train, seed=SEED), SEED)]
    first = _measured(random_hold_out(train, SHARE, seed=SEED), SEED)
    if len(first.user_rows) >= _ENOUGH_USERS:
        return [first]
    seeds = range(SEED + 1, SEED + _HOLD_OUTS)
    return [first, *(_measured(random_hold_out(train, SHARE, seed=seed), seed) for seed in seeds)]


def _measured(split: Split, seed: int) -> HoldOut:
    held = np.flatnonzero(split.test.user_degrees)
    return HoldOut(split, sample_users(held, _MOST_USERS, np.random.default_rng(seed)))
