"""Choose the ranking model's settings on validation splits of the training data.

First the rank alone, from one wide SVD; then how much users and items are damped (a, b); then
the spectrum exponent, the popularity exponent and the rank together. Test data are never seen.

A random hold-out is only as good as its likeness to the question, and a test set is seldom
random over items. So a setting replaces the default only if it is better however hits are
weighted, towards rare items or towards popular ones (`validation.TILTS`), and if the plain
gain is larger than its standard error. What is best for one mixture only is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from recsys.config import RankingConfig
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baselines import ItemKnnRanker
from recsys.evaluation.holdouts import HoldOut, Scores, hold_outs
from recsys.evaluation.rankers import Progress
from recsys.linalg.svd import SVD
from recsys.model.ranking import affordable_rank, default_rank, fit_svd

SEED = 41
DAMPINGS = tuple((a, b) for a in (0.2, 0.35, 0.5) for b in (0.2, 0.35, 0.5))
SPECTRA = (0.5, 0.75, 1.0)
POPULARITIES = (0.2, 0.3, 0.4, 0.5)
NEIGHBOURS = (50, 100, 200)
SHRINKAGES = (0.0, 10.0)
_DAMPING_RANK = 256

_CHOSEN = (
    "n_factors",
    "user_exponent",
    "item_exponent",
    "spectrum_exponent",
    "leverage_power",
    "popularity_exponent",
)


@dataclass(frozen=True)
class Tuned:
    """Settings, and how they were found.

    Attributes
    ----------
    config : RankingConfig
    trail : list of dict
        step, candidate, value (validation recall@20 + NDCG@20) and gain (over the default, in
        the worst of the weightings): everything that was tried, in its order.
    """

    config: RankingConfig
    trail: list[dict[str, Any]] = field(default_factory=list)

    @property
    def chosen(self) -> dict[str, float]:
        """The settings by name; `with_chosen` puts them into a config."""
        return chosen_of(self.config)


def chosen_of(config: RankingConfig) -> dict[str, float]:
    """The settings that tuning chooses."""
    settings = asdict(config)
    return {name: settings[name] for name in _CHOSEN}


def with_chosen(config: RankingConfig, chosen: dict[str, float]) -> RankingConfig:
    """`config` with the settings of `chosen`: the inverse of `chosen_of`."""
    settings: dict[str, Any] = {name: chosen[name] for name in _CHOSEN}
    return replace(config, **settings)


def default_choice(train: Interactions, config: RankingConfig) -> Tuned:
    """The config as it is, with the default rank where it names none."""
    rank = config.n_factors or default_rank(train.n_users, train.n_items, train.n_ratings)
    return Tuned(replace(config, n_factors=rank))


def tune_ranking(
    train: Interactions,
    config: RankingConfig | None = None,
    *,
    latest: bool | None = None,
    progress: Progress | None = None,
) -> Tuned:
    """Choose rank and exponents for `train`.

    Parameters
    ----------
    train : Interactions
    config : RankingConfig, optional
        Where tuning begins; a rank it names is kept.
    latest : bool, optional
        Validate on each user's latest ratings; by default where there are timestamps.
    progress : callable, optional

    Returns
    -------
    Tuned
        The config as it was where nobody has two ratings, so nothing can be held out.
    """
    config = config or RankingConfig()
    start = default_choice(train, config)
    try:
        parts = hold_outs(train, latest, SEED)
    except EvaluationError:
        return start
    return _Search(parts, progress or (lambda _text: None)).run(start.config, fixed=config.n_factors)


def tune_item_knn(
    train: Interactions, *, latest: bool | None = None, progress: Progress | None = None
) -> dict[str, float]:
    """Choose the neighbours and shrinkage of item-kNN, by the same validation."""
    say = progress or (lambda _text: None)
    candidates = [(n, shrinkage) for n in NEIGHBOURS for shrinkage in SHRINKAGES]
    try:
        part = hold_outs(train, latest, SEED)[0]
    except EvaluationError:
        return {"n_neighbours": 100, "shrinkage": 0.0}
    values = []
    for n, shrinkage in candidates:
        say(f"tuning item-kNN: {n} neighbours, shrinkage {shrinkage:g}")
        values.append(part.of_ranker(ItemKnnRanker(part.split.train, n, shrinkage))[:, 0].mean())
    n, shrinkage = candidates[int(np.argmax(values))]
    return {"n_neighbours": n, "shrinkage": shrinkage}


class _Search:
    """The steps of the search over one set of hold-outs."""

    def __init__(self, parts: list[HoldOut], say: Progress) -> None:
        self.parts, self.say = parts, say
        self.trail: list[dict[str, Any]] = []
        train = parts[0].split.train
        self.widest = min(affordable_rank(train.n_items), train.n_items, train.n_users)

    def run(self, config: RankingConfig, fixed: int | None) -> Tuned:
        default = int(config.n_factors or 0)
        wide = min(self.widest, 8 * default)
        ranks = [fixed] if fixed else sorted({2**n for n in range(4, 11) if 2**n <= wide} | {default})
        self.say(f"Tuning the ranking model: ranks up to {max(ranks)}")
        svds = [fit_svd(part.split.train, max(ranks), config) for part in self.parts]
        if not fixed:
            config = replace(config, n_factors=self._rank(config, svds, ranks))
        damped = self._damping(config)
        if damped != config:
            config = damped
            wide = min(max(ranks), 2 * int(config.n_factors or 0))
            svds = [fit_svd(part.split.train, wide, config) for part in self.parts]
        return Tuned(self._exponents(config, svds, fixed), self.trail)

    def _rank(self, config: RankingConfig, svds: list[SVD], ranks: Sequence[int]) -> int:
        scores = self._grid(config, svds, ranks, [config.spectrum_exponent], [config.popularity_exponent])
        start = (config.n_factors, config.spectrum_exponent, config.popularity_exponent)
        best = self._choose("rank", scores, start, lambda key: f"{key[0]} factors")
        return int(best[0])

    def _damping(self, config: RankingConfig) -> RankingConfig:
        """a and b, at a rank that is cheap to decompose for."""
        rank = min(_DAMPING_RANK, int(config.n_factors or 0))
        start = (config.user_exponent, config.item_exponent)
        scores: dict[Any, list[Scores]] = {}
        for a, b in dict.fromkeys((start, *DAMPINGS)):
            self.say(f"tuning the damping of users {a:g} and items {b:g}")
            tried = replace(config, user_exponent=a, item_exponent=b, n_factors=rank)
            svds = [fit_svd(part.split.train, rank, tried) for part in self.parts]
            found = self._grid(tried, svds, [rank], [config.spectrum_exponent], [config.popularity_exponent])
            scores[a, b] = next(iter(found.values()))
        a, b = self._choose("damping", scores, start, lambda key: f"users {key[0]:g}, items {key[1]:g}")
        return replace(config, user_exponent=a, item_exponent=b)

    def _exponents(self, config: RankingConfig, svds: list[SVD], fixed: int | None) -> RankingConfig:
        self.say("tuning the exponents of spectrum and popularity")
        rank = int(config.n_factors or 0)
        width = min(len(svd.singular_values) for svd in svds)
        ranks = [rank] if fixed else sorted({min(max(1, r), width) for r in (rank // 2, rank, 2 * rank)})
        start = (min(rank, width), config.spectrum_exponent, config.popularity_exponent)
        spectra = sorted({*SPECTRA, config.spectrum_exponent})
        popularities = sorted({*POPULARITIES, config.popularity_exponent})
        scores = self._grid(config, svds, sorted({*ranks, start[0]}), spectra, popularities)
        best = self._choose(
            "exponents", scores, start, lambda key: f"{key[0]} factors, p {key[1]:g}, c {key[2]:g}"
        )
        return replace(
            config,
            n_factors=rank if best[0] == start[0] else best[0],
            spectrum_exponent=best[1],
            popularity_exponent=best[2],
        )

    def _grid(
        self,
        config: RankingConfig,
        svds: list[SVD],
        ranks: Sequence[int],
        spectra: Sequence[float],
        popularities: Sequence[float],
    ) -> dict[Any, list[Scores]]:
        """Scores by (rank, p, c), one array for each hold-out."""
        leverage = (config.leverage_exponent, config.leverage_power)
        scores: dict[Any, list[Scores]] = {}
        for part, svd in zip(self.parts, svds, strict=True):
            found = part.of_svd(svd, config.item_exponent, leverage, ranks, spectra, popularities)
            for key, values in found.items():
                scores.setdefault(key, []).append(values)
        return scores

    def _choose(self, step: str, scores: Mapping[Any, list[Scores]], start: Any, name: Any) -> Any:
        """The candidate with the largest gain in its worst weighting; `start` unless that is sure."""
        flat = {key: np.concatenate(values) for key, values in scores.items()}
        base = flat[start]
        gains = {}
        for key, values in flat.items():
            gains[key] = float((values.mean(axis=0) / np.maximum(base.mean(axis=0), 1e-12)).min() - 1)
            value = round(float(values[:, 0].mean()), 6)
            self.trail.append(
                {"step": step, "candidate": name(key), "value": value, "gain": round(gains[key], 6)}
            )
        best = max(gains, key=lambda key: (gains[key], key == start))
        difference = flat[best][:, 0] - base[:, 0]
        error = float(difference.std() / max(1, len(difference)) ** 0.5)
        return best if gains[best] > 0 and difference.mean() > error else start
