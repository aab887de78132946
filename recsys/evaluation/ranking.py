"""Measure the ranking model on held-out ratings, beside the baselines, in one evaluation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recsys.config import RankingConfig
from recsys.data.ids import IdTable
from recsys.data.interactions import Interactions
from recsys.errors import EvaluationError
from recsys.evaluation.baselines import ItemKnnRanker, PopularRanker, RandomRanker
from recsys.evaluation.metrics import beyond_accuracy as beyond
from recsys.evaluation.metrics.accuracy import Figures, find_hits, intervals_by_model, per_user
from recsys.evaluation.rankers import Progress, Ranker, SvdRanker, rank_items
from recsys.evaluation.segments import by_segment
from recsys.evaluation.splits import SEED, Split, draw_users, known_only
from recsys.evaluation.tuning import Tuned, default_choice, tune_item_knn, tune_ranking
from recsys.model.ranking import fit_ranking

Rows = NDArray[np.int64]
Lists = NDArray[np.int32]

MODEL = "this model"
_MOST_SCORES = 10_000_000_000
"""Users x items that each ranker scores at most: beyond, users are drawn at random."""


def evaluate_ranking(
    train: Interactions,
    test: Interactions,
    config: RankingConfig | None = None,
    *,
    tune: bool = False,
    ks: Sequence[int] = (10, 20),
    progress: Progress | None = None,
    apart: bool = False,
    latest: bool | None = None,
) -> dict[str, Any]:
    """Fit on `train`, measure on `test`, against popular, random and item-kNN.

    Parameters
    ----------
    train, test : Interactions
        Over the same users and items. `test` is not read before the model is fitted.
    config : RankingConfig, optional
        Used as it is without `tune`; with it, the point where tuning begins.
    tune : bool
        Choose the settings (and those of item-kNN) on a validation split of `train`.
    ks : ints
        Lengths of the lists that are measured.
    progress : callable, optional
        Told in words what is being done.
    apart : bool
        Leave users and items that are not in `train` out of the figures, and report them in
        `new`: for a temporal split. Otherwise they count, as hits nobody can make.
    latest : bool, optional
        Tune on each user's latest ratings rather than random ones; by default where there
        are timestamps.

    Returns
    -------
    dict
        task, model, baselines, ahead (differences to each baseline, paired by user), chosen,
        seconds, segments, trail, protocol, and with `apart` new. JSON-able.

    Raises
    ------
    EvaluationError
        Where no user of the test can be measured.
    """
    say = progress or (lambda _text: None)
    config = config or RankingConfig()
    started = time.perf_counter()
    tuned = (
        tune_ranking(train, config, latest=latest, progress=say) if tune else default_choice(train, config)
    )
    neighbours = tune_item_knn(train, latest=latest, progress=say) if tune else {}
    seconds = {"tune": time.perf_counter() - started if tune else 0.0}

    started = time.perf_counter()
    say("Fitting on all training ratings")
    model = fit_ranking(train, tuned.config)
    seconds["fit"] = time.perf_counter() - started

    started = time.perf_counter()
    rankers = rankers_of(SvdRanker(model, train), train, neighbours)
    new: dict[str, Any] | None = None
    if apart:
        (_, test), new = known_only(Split(train, test))
    result = measure(rankers, train, test, ks, say)
    seconds["evaluate"] = time.perf_counter() - started
    result |= _account(tuned, neighbours, seconds)
    return result if new is None else {**result, "new": new}


def rankers_of(
    model: Ranker, train: Interactions, neighbours: dict[str, float] | None = None
) -> dict[str, Ranker]:
    """The model and the baselines by the names that they have in a report."""
    return {
        MODEL: model,
        "popular": PopularRanker(train),
        "item-kNN": ItemKnnRanker(train, **(neighbours or {})),  # type: ignore[arg-type]
        "random": RandomRanker(train),
    }


def measure(
    rankers: dict[str, Ranker],
    train: Interactions,
    test: Interactions,
    ks: Sequence[int] = (10, 20),
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The figures of several rankers, the first of which is the model.

    Returns
    -------
    dict
        task, protocol, model, baselines, ahead, segments. Over every user of the test, or where
        that were more than ten thousand million scores over users drawn at random; the protocol
        says which.
    """
    say = progress or (lambda _text: None)
    everyone = np.flatnonzero(test.user_degrees > 0)
    if not len(everyone):
        raise EvaluationError("No held-out rating can be measured: the test has no user in common.")
    user_rows = draw_users(everyone, max(1, _MOST_SCORES // train.n_items), np.random.default_rng(SEED))
    n, lists = max(ks), {}
    for name, ranker in rankers.items():
        say(f"Ranking {train.n_items:,} items for {len(user_rows):,} users: {name}")
        lists[name] = rank_items(ranker, train, user_rows, n, say)
    say("Intervals and segments")
    figures, ahead = _figures(lists, train, test, user_rows, ks)
    return {
        "task": "ranking",
        "protocol": _protocol(train, test, user_rows, len(everyone)),
        "model": figures.pop(next(iter(rankers))),
        "baselines": figures,
        "ahead": ahead,
        "segments": by_segment(train, test, user_rows, lists, n),
    }


def side_by_side(
    train: Interactions,
    test: Interactions,
    rankers: dict[str, Ranker],
    *,
    n_users: int = 200,
    k: int = 10,
    seed: int = SEED,
) -> pl.DataFrame:
    """What each ranker shows to a sample of users, and which of it they had been held out.

    Returns
    -------
    polars.DataFrame
        user_id, model, rank (from 1), item_id, hit (bool), for each user the models in the
        order of `rankers`.
    """
    both = np.flatnonzero((test.user_degrees > 0) & (train.user_degrees > 0))
    user_rows = draw_users(both, n_users, np.random.default_rng(seed))
    tables = []
    for order, (name, ranker) in enumerate(rankers.items()):
        ranked = rank_items(ranker, train, user_rows, k)
        table = _list_table(ranked, find_hits(ranked, test, user_rows), train.items)
        users = pl.Series("user_id", train.users.ids(np.repeat(user_rows, k)), dtype=pl.String)
        tables.append(table.with_columns(users, pl.lit(name).alias("model"), pl.lit(order).alias("order")))
    table = pl.concat(tables).filter(pl.col("item_id").is_not_null()).sort("user_id", "order", "rank")
    return table.select("user_id", "model", "rank", "item_id", "hit")


def _list_table(ranked: Lists, hits: NDArray[np.bool_], items: IdTable) -> pl.DataFrame:
    ids = [items.id(int(row)) if row >= 0 else None for row in ranked.ravel()]
    ranks = np.tile(np.arange(1, ranked.shape[1] + 1), len(ranked))
    return pl.DataFrame({"rank": ranks, "item_id": pl.Series(ids, dtype=pl.String), "hit": hits.ravel()})


def _figures(
    lists: dict[str, Lists], train: Interactions, test: Interactions, user_rows: Rows, ks: Sequence[int]
) -> tuple[dict[str, Figures], dict[str, Figures]]:
    """Each model's figures, and how far the first is ahead of each other, user by user.

    An interval of the difference that lies above 0 is a clear lead: it is narrower than the
    intervals of the two sides suggest, since both meet the same users.
    """
    relevant = test.user_degrees[user_rows]
    values = {name: per_user(find_hits(lists[name], test, user_rows), relevant, ks) for name in lists}
    model, *others = lists
    gains = {
        name: {metric: values[model][metric] - values[name][metric] for metric in values[model]}
        for name in others
    }
    for name in lists:
        values[name] |= beyond.per_user(lists[name], train, user_rows)
    figures, ahead = intervals_by_model(values), intervals_by_model(gains)
    for name, more in beyond.of_lists(lists, train).items():
        figures[name] |= more
    return figures, ahead


def _protocol(train: Interactions, test: Interactions, user_rows: Rows, everyone: int) -> str:
    n_users, n_held = len(user_rows), int(test.user_degrees[user_rows].sum())
    drawn = f", drawn at random from {everyone:,}" if n_users < everyone else ""
    return (
        f"{n_users:,} {'user' if n_users == 1 else 'users'} with at least one held-out item{drawn};"
        f" all {train.n_items:,} items ranked,"
        f" those of training masked; {n_held:,} held-out ratings;"
        " 95% intervals by bootstrap over users."
    )


def _account(tuned: Tuned, neighbours: dict[str, float], seconds: dict[str, float]) -> dict[str, Any]:
    return {
        "chosen": tuned.chosen,
        "baselines_chosen": {"item-kNN": neighbours},
        "seconds": {name: round(value, 3) for name, value in seconds.items()},
        "trail": tuned.trail,
    }
