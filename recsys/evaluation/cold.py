"""Products that nobody has rated: are they placed beside the products that people will rate with them?

A tenth of the described products with five ratings or more lose all their ratings. The models learn from
the rest, and each of these products asks for the products most like it. The users who did rate it say
what is right: each other product that they rated is a *co-rating*. The same is asked when 1 to 10 of the
ratings are given back (`recsys.evaluation.few_ratings`): that shows how much words add to few ratings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys.arrays import Doubles, Mask, Rows
from recsys.columns import CATEGORY
from recsys.config import SEED, BuildConfig, ContentConfig, RankingConfig, SvdConfig
from recsys.data.interactions import Interactions
from recsys.data.words import WordRows
from recsys.evaluation.few_ratings import LENGTH, Field, HoldOut, binary, choose_evidence, joined, segments
from recsys.evaluation.metrics.bootstrap import intervals_by_model, with_intervals
from recsys.evaluation.results import MODEL, TaskResult
from recsys.evaluation.stopwatch import Stopwatch
from recsys.linalg.blocked import one_blas_thread
from recsys.model.content import Descriptions, fit_content
from recsys.model.ranking import default_rank, fit_ranking
from recsys.progress import SILENT, Stage

LEAST_RATINGS = 5
"""Products with fewer ratings have too few co-ratings to measure by."""
LEAST_ASKED = 10
MOST_ASKED, MOST_LISTED = 250, 20_000
N_HOLD_OUTS, _SMALL = 3, 300_000
"""Up to this many ratings, three different tenths are held out one after the other."""
_LARGE, _LARGE_RANK = 1_000_000, 64
_LARGE_SVD = SvdConfig(oversampling=1.0, min_extra=64)
"""Beyond this many ratings the hold-out is fitted with fewer factors, and less exactly."""


@dataclass(frozen=True)
class ColdEvaluation:
    """What the hold-out of products says.

    Attributes
    ----------
    result : TaskResult or None
        None where there are too few products to measure by.
    config : ContentConfig
        With the evidence that was chosen.
    """

    result: TaskResult | None
    config: ContentConfig


def evaluate_new(
    data: Interactions,
    products: pl.DataFrame,
    descriptions: Descriptions,
    config: BuildConfig | None = None,
    progress: Stage = SILENT,
) -> ColdEvaluation:
    """Measure how well products are placed by their words, and choose how much the words count.

    Parameters
    ----------
    data : Interactions
    products : polars.DataFrame
        What the catalogue knows; the first `data.n_items` rows are the items.
    descriptions : Descriptions
        Of the same products.
    config : BuildConfig, optional
    progress : Stage, optional
    """
    config, watch = config or BuildConfig(), Stopwatch()
    described = descriptions.rows.known[: data.n_items]
    with watch.time("fit"):
        parts = _cold_items(data, described)
        hold_outs = [
            found
            for number, cold in enumerate(parts)
            if (
                found := _hold_out(
                    data,
                    cold,
                    descriptions,
                    config,
                    progress.part(number / len(parts), (number + 0.7) / len(parts)),
                )
            )
        ]
    if not hold_outs:
        return ColdEvaluation(None, config.content)
    progress(0.7, "Products without ratings ask for the products like them")
    with watch.time("evaluate"), one_blas_thread():
        evidence = choose_evidence(hold_outs)
        hold_outs = [one.with_evidence(evidence) for one in hold_outs]
        values = joined([_shares(one, products, descriptions.rows) for one in hold_outs])
        figures = intervals_by_model(values)
        ahead = {
            name: with_intervals(_lead(values[MODEL], values[name])) for name in figures if name != MODEL
        }
        by_number = segments(hold_outs)
    asked, listed = sum(len(one.asked) for one in hold_outs), len(hold_outs[0].field.listed)
    result = TaskResult(
        task="new products",
        protocol=f"{asked:,} products with {LEAST_RATINGS} ratings or more, a tenth at a time, lost all their"
        f" ratings. Each asks for {LENGTH} of {listed:,} described products.",
        model=figures.pop(MODEL),
        baselines=figures,
        ahead=ahead,
        segments=by_number,
        chosen={
            "ridge": hold_outs[0].field.content.config.ridge,
            "evidence": evidence,
            "n_factors": hold_outs[0].field.ranking.n_factors,
        },
        seconds=watch.rounded(),
    )
    return ColdEvaluation(result, replace(config.content, evidence=evidence))


def _cold_items(data: Interactions, described: Mask) -> list[Rows]:
    """Tenths of the described products with enough ratings, each ascending; several of small data."""
    able = np.flatnonzero(described & (data.item_degrees >= LEAST_RATINGS))
    tenths = np.array_split(_rng(0).permutation(able), 10)
    many = N_HOLD_OUTS if data.n_ratings <= _SMALL else 1
    return [np.sort(tenth) for tenth in tenths[:many] if len(tenth) >= LEAST_ASKED]


def _hold_out(
    data: Interactions, cold: Rows, descriptions: Descriptions, config: BuildConfig, progress: Stage
) -> HoldOut | None:
    """What is learned without the ratings of some products; None where it is too little."""
    train = data.select(~_mask(data.n_items, cold)[data.item_rows])
    model = fit_ranking(train, _affordable(train, config.ranking), progress=progress)
    content = fit_content(descriptions, model, config.content)
    if content is None:
        return None
    asked = cold if len(cold) <= MOST_ASKED else np.sort(_rng(1).choice(cold, MOST_ASKED, replace=False))
    words = content.vectors_of(descriptions.rows.of_products(asked))
    described = descriptions.rows.known[: data.n_items]
    listed = _listed(train.item_degrees, described)
    field = Field(train, model, content, listed, content.vectors_of(descriptions.rows.of_products(listed)))
    return HoldOut(field, asked, binary(data)[:, asked].T.tocsr(), words)


def _shares(one: HoldOut, products: pl.DataFrame, words: WordRows) -> dict[str, dict[str, Doubles]]:
    """The shares found by our lists and by those of the baselines."""
    co_ratings = one.field.co_ratings(one.raters)
    lists = {MODEL: one.field.nearest(one.words), **_baselines(one.field, one.asked, products, words)}
    return {name: one.field.shares(co_ratings, found) for name, found in lists.items()}


def _lead(ours: dict[str, Doubles], theirs: dict[str, Doubles]) -> dict[str, Doubles]:
    return {metric: values - theirs[metric] for metric, values in ours.items()}


def _mask(n: int, rows: Rows) -> Mask:
    mask = np.zeros(n, dtype=bool)
    mask[rows] = True
    return mask


def _rng(draw: int) -> np.random.Generator:
    return np.random.default_rng([SEED, draw])


def _affordable(train: Interactions, config: RankingConfig) -> RankingConfig:
    if train.n_ratings <= _LARGE:
        return config
    wanted = config.n_factors or default_rank(train.n_users, train.n_items, train.n_ratings)
    return replace(config, n_factors=min(wanted, _LARGE_RANK), svd=_LARGE_SVD)


def _listed(degrees: Rows, described: Mask) -> Rows:
    """The described products with ratings, most rated first, at most `MOST_LISTED`."""
    rows = np.argsort(-degrees, kind="stable")[:MOST_LISTED]
    listed: Rows = rows[(degrees[rows] > 0) & described[rows]]
    return listed


def _baselines(field: Field, asked: Rows, products: pl.DataFrame, words: WordRows) -> dict[str, Rows]:
    """What simple rules list for the products that ask."""
    popularity: Doubles = field.degrees[field.listed] / (1.0 + field.degrees.max(initial=0))
    codes = products[CATEGORY].fill_null("").rank("dense").to_numpy()
    same = codes[asked][:, None] == codes[field.listed][None, :]
    overlap: NDArray[np.float32] = (
        words.of_products(asked).matrix() @ words.of_products(field.listed).matrix().T
    ).toarray()
    return {
        "popular": field.best(np.tile(popularity, (len(asked), 1))),
        "popular in the category": field.best(same + popularity),
        "word overlap": field.best(overlap),
    }
