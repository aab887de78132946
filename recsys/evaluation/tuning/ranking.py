"""Choose the ranking model's settings on validation splits of the training data.

First the rank alone, from one wide SVD; then how much users and items are damped (a, b); then
the spectrum exponent, the popularity exponent and the rank together; last, a second term in the item
vectors. Test data are never seen.

A random hold-out may differ from the real question, and test sets are rarely random over items. So a
setting replaces the default only if it is better under every weighting of hits, towards rare items and
towards popular ones (`holdouts.TILTS`), if the plain gain is larger than its standard error, and if two
hold-outs agree: the finalists of the first are judged on a second one, of more users.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from recsys.arrays import Doubles
from recsys.config import RankingConfig
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.rankers import SvdRanker
from recsys.evaluation.results import Trial
from recsys.evaluation.tuning.holdouts import SEED, HoldOut, Key, hold_outs, judge
from recsys.evaluation.tuning.result import TuningResult
from recsys.linalg.svd import SVD
from recsys.model.ranking import affordable_rank, default_rank, fit_ranking, fit_svd
from recsys.progress import SILENT, Stage

DAMPINGS = tuple((a, b) for a in (0.2, 0.35, 0.5) for b in (0.2, 0.35, 0.5))
SPECTRA = (0.5, 0.75, 1.0)
POPULARITIES = (0.2, 0.3, 0.4, 0.5)
SECOND_TERMS = ((0.1, 0.5), (0.2, 0.35), (0.2, 0.5), (0.2, 0.65), (0.4, 0.5))
"""Weight gamma and popularity exponent c2 of the second term."""
_FINALISTS = 3
"""Candidates that are judged on a second hold-out."""
_DAMPING_RANK = 256
"""Rank at which the dampings are compared, to keep their SVDs cheap."""

Candidate = TypeVar("Candidate", Key, tuple[float, float])


def default_ranking(train: Interactions, config: RankingConfig) -> TuningResult[RankingConfig]:
    """The config as it is, with the default rank if it names none."""
    rank = config.n_factors or default_rank(train.n_users, train.n_items, train.n_ratings)
    return TuningResult(replace(config, n_factors=rank))


def tune_ranking(
    train: Interactions,
    config: RankingConfig | None = None,
    *,
    latest: bool | None = None,
    progress: Stage = SILENT,
) -> TuningResult[RankingConfig]:
    """Choose rank and exponents for `train`.

    Parameters
    ----------
    train : Interactions
    config : RankingConfig, optional
        Where tuning begins. A rank it names is kept.
    latest : bool, optional
        Validate on each user's latest ratings; by default if there is an order.
    progress : Stage, optional

    Returns
    -------
    TuningResult
        The config as it was if no user has two ratings, because then nothing can be held out.
    """
    config = config or RankingConfig()
    start = default_ranking(train, config)
    try:
        parts = hold_outs(train, latest, SEED)
    except EvaluationError:
        return start
    second = judge(train, latest, parts[0], SEED + 100) if len(parts) == 1 else None
    return _RankingSearch(parts, second, progress).run(start.config, fixed=config.n_factors)


class _RankingSearch:
    """The steps of the search over one set of hold-outs.

    Parameters
    ----------
    parts : list of HoldOut
    second : HoldOut or None
        Judges the finalists; None where there are several parts, the halves of which must agree.
    """

    def __init__(self, parts: list[HoldOut], second: HoldOut | None, progress: Stage) -> None:
        self.parts, self.second, self.progress = parts, second, progress
        self.trail: list[Trial] = []
        train = parts[0].split.train
        self.widest = min(affordable_rank(train.n_items), train.n_items, train.n_users)

    def run(self, config: RankingConfig, fixed: int | None) -> TuningResult[RankingConfig]:
        default = int(config.n_factors or 0)
        wide = min(self.widest, 8 * default)
        ranks = [fixed] if fixed else sorted({2**n for n in range(4, 11) if 2**n <= wide} | {default})
        self.progress(0.0, f"Tuning the ranking model: ranks up to {max(ranks)}")
        svds = [fit_svd(part.split.train, max(ranks), config) for part in self.parts]
        if not fixed:
            config = replace(config, n_factors=self._rank(config, svds, ranks))
        damped = self._damping(config)
        if damped != config:
            config = damped
            wide = min(max(ranks), 2 * int(config.n_factors or 0))
            svds = [fit_svd(part.split.train, wide, config) for part in self.parts]
        config = self._exponents(config, svds, fixed)
        return TuningResult(self._second_term(config, svds), tuple(self.trail))

    def _rank(self, config: RankingConfig, svds: list[SVD], ranks: Sequence[int]) -> int:
        scores = self._grid(config, svds, ranks, [config.spectrum_exponent], [config.popularity_exponent])
        start = (int(config.n_factors or 0), config.spectrum_exponent, config.popularity_exponent)
        self.progress(0.2, "judging the best ranks on a second hold-out")
        best = self._choose(
            "rank", scores, start, lambda key: f"{key[0]} factors", lambda keys: self._judged(config, keys)
        )
        return best[0]

    def _damping(self, config: RankingConfig) -> RankingConfig:
        """a and b, at a rank that is cheap to decompose for."""
        rank = min(_DAMPING_RANK, int(config.n_factors or 0))
        start = (config.user_exponent, config.item_exponent)
        scores: dict[tuple[float, float], list[Doubles]] = {}
        candidates = list(dict.fromkeys((start, *DAMPINGS)))
        for number, (a, b) in enumerate(candidates):
            done = 0.3 + 0.4 * number / len(candidates)
            self.progress(done, f"tuning the damping of users {a:g} and items {b:g}")
            tried = replace(config, user_exponent=a, item_exponent=b, n_factors=rank)
            svds = [fit_svd(part.split.train, rank, tried) for part in self.parts]
            found = self._grid(tried, svds, [rank], [config.spectrum_exponent], [config.popularity_exponent])
            scores[a, b] = next(iter(found.values()))

        def judged(pairs: list[tuple[float, float]]) -> dict[tuple[float, float], Doubles]:
            exponents = (rank, config.spectrum_exponent, config.popularity_exponent)
            found = {}
            for a, b in pairs:
                tried = replace(config, user_exponent=a, item_exponent=b, n_factors=rank)
                found[a, b] = self._judged(tried, [exponents])[exponents]
            return found

        a, b = self._choose(
            "damping", scores, start, lambda key: f"users {key[0]:g}, items {key[1]:g}", judged
        )
        return replace(config, user_exponent=a, item_exponent=b)

    def _exponents(self, config: RankingConfig, svds: list[SVD], fixed: int | None) -> RankingConfig:
        self.progress(0.7, "tuning the exponents of spectrum and popularity")
        rank = int(config.n_factors or 0)
        width = min(len(svd.singular_values) for svd in svds)
        ranks = [rank] if fixed else sorted({min(max(1, r), width) for r in (rank // 2, rank, 2 * rank)})
        start = (min(rank, width), config.spectrum_exponent, config.popularity_exponent)
        spectra = sorted({*SPECTRA, config.spectrum_exponent})
        popularities = sorted({*POPULARITIES, config.popularity_exponent})
        scores = self._grid(config, svds, sorted({*ranks, start[0]}), spectra, popularities)
        best = self._choose(
            "exponents",
            scores,
            start,
            lambda key: f"{key[0]} factors, p {key[1]:g}, c {key[2]:g}",
            lambda keys: self._judged(config, keys),
        )
        return replace(
            config,
            n_factors=rank if best[0] == start[0] else best[0],
            spectrum_exponent=best[1],
            popularity_exponent=best[2],
        )

    def _second_term(self, config: RankingConfig, svds: list[SVD]) -> RankingConfig:
        """gamma and c2. 0, which leaves the term out, is where it starts."""
        self.progress(0.85, "tuning the second term of the item vectors")
        start = (config.second_weight, config.second_popularity)
        candidates = list(dict.fromkeys((start, *SECOND_TERMS)))
        scores = {
            key: [
                _of_model(part, svd, replace(config, second_weight=key[0], second_popularity=key[1]))
                for part, svd in zip(self.parts, svds, strict=True)
            ]
            for key in candidates
        }

        def judged(pairs: list[tuple[float, float]]) -> dict[tuple[float, float], Doubles]:
            assert self.second is not None
            svd = fit_svd(self.second.split.train, int(config.n_factors or 0), config)
            return {
                (weight, c2): _of_model(
                    self.second, svd, replace(config, second_weight=weight, second_popularity=c2)
                )
                for weight, c2 in pairs
            }

        weight, c2 = self._choose(
            "second term", scores, start, lambda key: f"weight {key[0]:g}, c2 {key[1]:g}", judged
        )
        return replace(config, second_weight=weight, second_popularity=c2)

    def _grid(
        self,
        config: RankingConfig,
        svds: list[SVD],
        ranks: Sequence[int],
        spectra: Sequence[float],
        popularities: Sequence[float],
    ) -> dict[Key, list[Doubles]]:
        """Scores by (rank, p, c), one array for each hold-out."""
        scores: dict[Key, list[Doubles]] = {}
        for part, svd in zip(self.parts, svds, strict=True):
            found = part.of_svd(svd, config, ranks, spectra, popularities)
            for key, values in found.items():
                scores.setdefault(key, []).append(values)
        return scores

    def _judged(self, config: RankingConfig, keys: list[Key]) -> dict[Key, Doubles]:
        """Scores of a few settings on the second hold-out, from one SVD."""
        assert self.second is not None
        svd = fit_svd(self.second.split.train, max(key[0] for key in keys), config)
        return {
            (rank, p, c): self.second.of_svd(svd, config, [rank], [p], [c])[rank, p, c] for rank, p, c in keys
        }

    def _choose(
        self,
        step: str,
        scores: Mapping[Candidate, list[Doubles]],
        start: Candidate,
        name: Callable[[Candidate], str],
        judged: Callable[[list[Candidate]], Mapping[Candidate, Doubles]],
    ) -> Candidate:
        """The candidate with the largest gain in its worst weighting, or `start` if the gain is unsure."""
        flat = {key: np.concatenate(values) for key, values in scores.items()}
        gains = self._gains(step, flat, start, name)
        better = [key for key in gains if gains[key] > 0]
        finalists: list[Candidate] = sorted(better, key=lambda one: -gains[one])[:_FINALISTS]
        if not finalists:
            return start
        if self.second is None:
            best = finalists[0]
            halves = [
                np.concatenate(values)[:, 0].mean() - np.concatenate(base)[:, 0].mean()
                for values, base in zip(_halves(scores[best]), _halves(scores[start]), strict=True)
            ]
            return best if min(halves) > 0 and _sure(flat[best], flat[start]) else start
        contest: list[Any] = [start, *finalists]
        again = judged(contest)
        gains = self._gains(f"{step}, second hold-out", again, start, name)
        best = max(gains, key=lambda key: gains[key])
        return best if gains[best] > 0 and _sure(again[best], again[start]) else start

    def _gains(
        self,
        step: str,
        scores: Mapping[Candidate, Doubles],
        start: Candidate,
        name: Callable[[Candidate], str],
    ) -> dict[Candidate, float]:
        """The relative gain over `start` of each candidate, in its worst weighting."""
        base, gains = scores[start].mean(axis=0), {}
        for key, values in scores.items():
            gains[key] = float((values.mean(axis=0) / np.maximum(base, 1e-12)).min() - 1)
            value = round(float(values[:, 0].mean()), 6)
            self.trail.append(Trial(step, name(key), value, round(gains[key], 6)))
        return gains


def _of_model(part: HoldOut, svd: SVD, config: RankingConfig) -> Doubles:
    """The scores of the model of some settings, its SVD cut from a wider one."""
    train = part.split.train
    return part.of_ranker(SvdRanker(fit_ranking(train, config, svd=svd), train))


def _sure(values: Doubles, base: Doubles) -> bool:
    """Whether the plain gain, paired by user, is larger than its standard error."""
    difference = values[:, 0] - base[:, 0]
    return bool(difference.mean() > difference.std() / max(1, len(difference)) ** 0.5)


def _halves(parts: list[Doubles]) -> tuple[list[Doubles], list[Doubles]]:
    return parts[::2], parts[1::2]
