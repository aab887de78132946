"""Measure all rankers on a hold-out, and choose the one that is served by what was measured."""

from __future__ import annotations

from recsys.arrays import Rows
from recsys.data.interactions import Interactions
from recsys.evaluation.choice import LENGTH, OURS, ServedChoice, best_of_ours, choose_served
from recsys.evaluation.fitted_rankers import FittedRankers
from recsys.evaluation.metrics.accuracy import find_hits, ndcg
from recsys.evaluation.ranking import LENGTHS, rank_all, result_of_lists, with_settings
from recsys.evaluation.results import MODEL, TaskResult
from recsys.progress import SILENT, Stage


def evaluate_and_choose(
    fitted: FittedRankers,
    train: Interactions,
    test: Interactions,
    asked: str = "auto",
    progress: Stage = SILENT,
    users: Rows | None = None,
) -> tuple[FittedRankers, TaskResult, ServedChoice]:
    """Measure fitted rankers, and choose the one that is served by what was measured.

    Returns
    -------
    FittedRankers
        With the one of our models that is served, or that would be if no baseline were.
    TaskResult
        "this model" is that one.
    ServedChoice
    """
    with fitted.stopwatch.time("evaluate"):
        user_rows, lists = rank_all(fitted.rankers, train, test, LENGTHS, progress, users=users)
        named = {fitted.served if name == MODEL else name: each for name, each in lists.items()}
        relevant = test.user_degrees[user_rows]
        values = {
            name: ndcg(find_hits(each, test, user_rows), relevant, LENGTH) for name, each in named.items()
        }
        values.pop("random", None)
        choice = choose_served(values, asked)
        fitted = fitted.serving(choice.ranker if choice.ranker in OURS else best_of_ours(values))
        lists = {name: named[fitted.served if name == MODEL else name] for name in fitted.rankers}
        progress(0.9, "Intervals and segments")
        result = result_of_lists(lists, train, test, user_rows, LENGTHS)
    return fitted, with_settings(result, fitted), choice
