"""Two versions compared: settings, data, figures, and how many products of the lists change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from recsys.config import SEED
from recsys.data.ids import IdTable
from recsys.evaluation.results import Evaluation, Figure
from recsys.evaluation.splits import sample_users
from recsys.recommender import Recommender
from recsys.versions.manifest import Manifest

LENGTH = 10
N_USERS = 500
N_MOST = 10


@dataclass(frozen=True)
class Change:
    """A setting, or a fact of the build, that is not the same in both; None where a version has none."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Counts:
    """How many there are of something in each version, and how many are in one of them only.

    Attributes
    ----------
    before, after : int
    new, gone : int or None
        None where it is not known which: for ratings.
    """

    before: int
    after: int
    new: int | None = None
    gone: int | None = None


@dataclass(frozen=True)
class FigurePair:
    """A figure that both builds measured."""

    task: str
    metric: str
    before: Figure
    after: Figure


@dataclass(frozen=True)
class Churn:
    """How many of the first ten change, for users that both versions know.

    Attributes
    ----------
    users : int
        Users asked about, drawn at random with a fixed seed.
    replaced : float
        Mean number of products of ten that are others.
    unchanged : float
        Share of the users whose ten products are the same, in any order.
    most : tuple of (str, int)
        The users whose lists change most, and how many products do.
    """

    users: int
    replaced: float
    unchanged: float
    most: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class VersionComparison:
    """What differs between two versions.

    Attributes
    ----------
    before, after : str
        The versions.
    same_data : bool
        Whether both were built from the same files, read in the same way. Figures of other data are
        not figures of the same test.
    settings : tuple of Change
    data : dict of Counts
        "ratings", "users" and "products".
    figures : tuple of FigurePair
    churn : Churn or None
        None where no user is known to both.
    """

    before: str
    after: str
    same_data: bool
    settings: tuple[Change, ...]
    data: Mapping[str, Counts]
    figures: tuple[FigurePair, ...]
    churn: Churn | None


def compare_versions(before: Recommender, after: Recommender) -> VersionComparison:
    """Compare two opened versions; the order in which they are given says which is "before"."""
    first, second = before.manifest, after.manifest
    return VersionComparison(
        before=first.version,
        after=second.version,
        same_data=same_data(first, second),
        settings=tuple(_settings(first, second)),
        data={
            "ratings": Counts(first.summary.n_ratings, second.summary.n_ratings),
            "users": _counts(before.users, after.users),
            "products": _counts(before.items, after.items),
        },
        figures=tuple(_figures(first.evaluation, second.evaluation)),
        churn=_churn(before, after),
    )


def same_data(first: Manifest, second: Manifest) -> bool:
    """Whether two versions were built from the same ratings, read in the same way."""
    ours, theirs = (one.inputs.get("ratings") for one in (first, second))
    same_files = (
        first.made_up and second.made_up if ours is None or theirs is None else (ours.sha256 == theirs.sha256)
    )
    return same_files and first.config.cleaning == second.config.cleaning and first.summary == second.summary


def _counts(before: IdTable, after: IdTable) -> Counts:
    known = int(np.count_nonzero(before.encode(after.to_series()) >= 0))
    return Counts(len(before), len(after), len(after) - known, len(before) - known)


def _settings(first: Manifest, second: Manifest) -> Iterator[Change]:
    ours, theirs = dict(_facts(first)), dict(_facts(second))
    for name in dict.fromkeys([*ours, *theirs]):
        if ours.get(name) != theirs.get(name):
            yield Change(name, ours.get(name), theirs.get(name))


def _facts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    yield "name", manifest.name
    yield "served", manifest.served.ranker
    yield "factors", str(manifest.model.n_factors)
    for kind, file in manifest.inputs.items():
        yield f"{kind} file", file.name
        yield f"{kind} checksum", file.sha256[:12]
    yield from _flat("", msgspec.to_builtins(manifest.config))
    for package, number in manifest.packages.items():
        yield f"package {package}", number


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), part)
    else:
        yield name, "none" if value is None else str(value)


def _figures(first: Evaluation | None, second: Evaluation | None) -> Iterator[FigurePair]:
    theirs = {} if second is None else {task.task: task.model for task in second.tasks()}
    for task in () if first is None else first.tasks():
        for metric, figure in task.model.items():
            if (other := theirs.get(task.task, {}).get(metric)) is not None:
                yield FigurePair(task.task, metric, figure, other)


def _churn(before: Recommender, after: Recommender) -> Churn | None:
    both = np.flatnonzero(before.users.encode(after.users.to_series()) >= 0)
    rows = sample_users(both, N_USERS, np.random.default_rng(SEED))
    if not len(rows):
        return None
    ids = after.users.ids(rows)
    lists = [one.recommend_many(ids, LENGTH) for one in (before, after)]
    old, new = (frame.groupby("user_id")["item_id"].agg(set) for frame in lists)
    replaced = np.array([len(set(old.get(one, ())) - set(new.get(one, ()))) for one in ids])
    most = np.argsort(-replaced, kind="stable")[:N_MOST]
    return Churn(
        users=len(ids),
        replaced=float(replaced.mean()),
        unchanged=float((replaced == 0).mean()),
        most=tuple((ids[place], int(replaced[place])) for place in most if replaced[place]),
    )
