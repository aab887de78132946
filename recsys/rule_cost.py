"""What rules cost: the lists of users whose ratings were held out, with the rules and without."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.arrays import Doubles, Mask, Rows
from recsys.errors import RulesError
from recsys.evaluation.metrics.bootstrap import bootstrap_interval
from recsys.evaluation.results import Figure
from recsys.recommender import Recommender
from recsys.rules.in_force import RulesInForce
from recsys.rules.rules import Rules
from recsys.search.results import SearchResult

LENGTH = 10
N_MOST = 10
"""Users named as those whose lists change most."""
TABLE = "held_out_lists"
NOT_MEASURED = (
    "This version was built without evaluation, or by an older release, so the cost of rules cannot be"
    " measured. Build it again, without --no-evaluate."
)


@dataclass(frozen=True)
class ListFigures:
    """What the lists of all users measured are like.

    Attributes
    ----------
    hit_rate : float
        Share of the users whose first ten hold a product that was held out from them.
    products : int
        How many different products all of them are shown.
    variety : float
        1 - mean cosine of the pairs of a list, averaged over lists.
    length : float
        Mean number of products of a list: below ten where the rules leave fewer.
    """

    hit_rate: float
    products: int
    variety: float
    length: float


@dataclass(frozen=True)
class RuleCost:
    """What rules change.

    Attributes
    ----------
    users : int
        Users measured.
    without, under : ListFigures
    hit_rate_change : Figure
        With the rules less without, with its 95% interval, paired by user.
    changed : float
        Mean number of products of the first ten that the rules replace.
    most_changed : tuple of (str, int)
        The users whose lists change most: ids, and how many products are replaced.
    not_shown : int
        Products of the catalogue that are never shown under the rules.
    unmatched : tuple of str
        Names in the rules that this version does not know.
    """

    users: int
    without: ListFigures
    under: ListFigures
    hit_rate_change: Figure
    changed: float
    most_changed: tuple[tuple[str, int], ...] = ()
    not_shown: int = 0
    unmatched: tuple[str, ...] = ()


def rule_cost(recommender: Recommender, rules: Rules) -> RuleCost:
    """What rules change in the lists of the users that the build held ratings out from.

    Of each of them the build keeps the first thousand products, ranked without what was held out.

    Raises
    ------
    RulesError
        Where the build kept no such lists.
    """
    if TABLE not in recommender.tables():
        raise RulesError(NOT_MEASURED)
    table = recommender.dataset.artifacts.table(TABLE)
    force = recommender.in_force(rules)
    before, after, hits = [], [], []
    for user, held, items, scores in table.iter_rows():
        found = SearchResult(np.array(items, dtype=np.int64), np.array(scores, dtype=np.float32))
        before.append(found.rows[:LENGTH])
        own = before[-1] if force is None else _under(force, found, _may_pin(recommender, user, held))
        after.append(own)
        hits.append([bool(np.isin(one, held).any()) for one in (before[-1], after[-1])])
    if not before:
        raise RulesError(NOT_MEASURED)
    found_by_user = np.array(hits, dtype=np.float64)
    gain = found_by_user[:, 1] - found_by_user[:, 0]
    low, high = bootstrap_interval(gain)
    replaced = np.array([len(np.setdiff1d(old, new)) for old, new in zip(before, after, strict=True)])
    most = np.argsort(-replaced, kind="stable")[:N_MOST]
    ids = recommender.users.ids(table["user"].to_numpy()[most])
    return RuleCost(
        users=len(before),
        without=_figures(recommender, before, found_by_user[:, 0]),
        under=_figures(recommender, after, found_by_user[:, 1]),
        hit_rate_change=Figure(float(gain.mean()), float(low), float(high)),
        changed=float(replaced.mean()),
        most_changed=tuple((one, int(n)) for one, n in zip(ids, replaced[most], strict=True) if n),
        not_shown=0 if force is None else int(np.count_nonzero(~force.shown)),
        unmatched=tuple(recommender.unmatched(rules)),
    )


def _under(force: RulesInForce, found: SearchResult, may_pin: Mask) -> Rows:
    """The first ten under the rules. A pinned product has the score of its place, or 0."""

    def search(n: int, hidden: Rows) -> SearchResult:
        keep = np.flatnonzero(force.shown[found.rows] & ~np.isin(found.rows, hidden))[:n]
        return SearchResult(found.rows[keep], found.scores[keep])

    listed, _ = force.ranked(search, LENGTH, may_pin, lambda rows: np.zeros(len(rows), dtype=np.float32))
    return listed.rows


def _may_pin(recommender: Recommender, user: int, held: list[int]) -> Mask:
    """What was held out may come; what else the user has rated may not."""
    may_pin = np.ones(len(recommender.items), dtype=bool)
    data = recommender.interactions
    may_pin[np.setdiff1d(data.item_rows[data.slice(user)], held)] = False
    return may_pin


def _figures(recommender: Recommender, lists: list[Rows], hits: Doubles) -> ListFigures:
    listed = np.concatenate(lists)
    varieties = [recommender.list_variety(recommender.items.ids(rows)) for rows in lists if len(rows) > 1]
    return ListFigures(
        hit_rate=float(hits.mean()),
        products=len(np.unique(listed)),
        variety=float(np.mean(varieties)) if varieties else 0.0,
        length=len(listed) / len(lists),
    )
