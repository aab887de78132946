"""Which ranker is served: the best on a hold-out, or a simpler one where the lead is not sure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from recsys.arrays import Doubles
from recsys.evaluation.metrics.bootstrap import with_intervals
from recsys.evaluation.results import Figure

SEQUENTIAL, STATIC = "sequential", "static"
"""Our ranking models, by the names that `--ranker` takes and results show."""
POPULAR, ITEM_KNN = "popular", "item-knn"
OURS = (STATIC, SEQUENTIAL)
SERVABLE = (POPULAR, ITEM_KNN, STATIC, SEQUENTIAL)
"""What can be served, the simplest first."""
RESULT_NAMES = {ITEM_KNN: "item-kNN"}
"""Names in tables of results, where they differ from those that `--ranker` takes."""
LENGTH = 10
"""Length of the lists that rankers are compared by."""
FEWEST_USERS = 100
"""With fewer users measured, what is best is chance, and the static model is served."""
NOT_MEASURED = "Nothing was measured, so it is served by default."


@dataclass(frozen=True)
class ServedChoice:
    """The ranker that is served, and why.

    Attributes
    ----------
    ranker : {"popular", "item-knn", "static", "sequential"}
    reason : str
        In a sentence.
    measured : dict of Figure
        NDCG@10 on the hold-out by ranker, as results name them; empty where nothing was measured.
    leads : dict of Figure
        NDCG@10 of the ranker that is served less that of each other one, paired by user.
    """

    ranker: str = STATIC
    reason: str = NOT_MEASURED
    measured: Mapping[str, Figure] = field(default_factory=dict)
    leads: Mapping[str, Figure] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The ranker as results name it."""
        return result_name(self.ranker)

    @property
    def behind(self) -> list[str]:
        """The rankers that are surely better than the one that is served, the best first."""
        better = [name for name, lead in self.leads.items() if lead.lead < 0]
        return sorted(better, key=lambda name: -self.measured[name].value)

    def sentence(self) -> str:
        """What is served and why, and in plain words what is better, if anything is."""
        words = f"The {self.name} ranker is served. {self.reason}"
        if not self.behind:
            return words
        figures = ", ".join(f"{name} ({_short(self.measured[name].value)})" for name in self.behind)
        verb = "is" if len(self.behind) == 1 else "are"
        own = _short(self.measured[self.name].value)
        return f"{words} On the hold-out {figures} {verb} better than what is served ({own})."


def result_name(ranker: str) -> str:
    """The name of a ranker in tables of results."""
    return RESULT_NAMES.get(ranker, ranker)


def asked_for(ranker: str) -> ServedChoice:
    """The choice where nothing was measured."""
    return ServedChoice() if ranker == "auto" else ServedChoice(ranker, "It was asked for.")


def choose_served(values: Mapping[str, Doubles], asked: str = "auto") -> ServedChoice:
    """Choose by the NDCG@10 of each user.

    The best is served, unless its paired lead over a simpler one is not sure: then that one is.

    Parameters
    ----------
    values : dict of float64 arrays, shape (n_users,)
        By ranker, as results name them. Those that cannot be served are measured too.
    asked : str
        "auto", or the ranker that was asked for.
    """
    measured = with_intervals(dict(values))
    names = [name for name in SERVABLE if result_name(name) in values]
    if asked != "auto":
        ranker, reason = asked, "It was asked for."
    elif len(next(iter(values.values()))) < FEWEST_USERS:
        ranker, reason = STATIC, "Too few users could be measured to compare it with others."
    else:
        ranker, reason = _best(values, names, measured)
    own = values[result_name(ranker)]
    others = {name: own - theirs for name, theirs in values.items() if name != result_name(ranker)}
    return ServedChoice(ranker, reason, measured, with_intervals(others) if others else {})


def best_of_ours(values: Mapping[str, Doubles]) -> str:
    """The better of our models by the same rule, from the values of each user."""
    present = [name for name in OURS if name in values]
    return simplest_of_the_best(values, present)


def simplest_of_the_best(values: Mapping[str, Doubles], names: list[str]) -> str:
    """The first of `names`, the simplest first, that the best of them is not surely ahead of."""
    best = max(names, key=lambda name: float(np.mean(values[result_name(name)])))
    gains = {name: values[result_name(best)] - values[result_name(name)] for name in names}
    sure = with_intervals(gains)
    return next(name for name in names if name == best or sure[name].low <= 0)


def _best(values: Mapping[str, Doubles], names: list[str], measured: Mapping[str, Figure]) -> tuple[str, str]:
    ranker = simplest_of_the_best(values, names)
    best = max((result_name(name) for name in names), key=lambda name: measured[name].value)
    own = result_name(ranker)
    figures = f"NDCG@{LENGTH} {_short(measured[own].value)}"
    if best != own:
        other = f"{best} has {_short(measured[best].value)}"
        return ranker, f"No other is surely better on held-out ratings: {figures}, and {other}."
    rest = [result_name(name) for name in names if name != ranker]
    if not rest:
        return ranker, f"It was the only one measured: {figures}."
    second = max(rest, key=lambda name: measured[name].value)
    return (
        ranker,
        f"It is best on held-out ratings: {figures}, then {second} {_short(measured[second].value)}.",
    )


def _short(value: float) -> str:
    return f"{value:.4f}"
