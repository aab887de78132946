"""Delete a person: from the kept versions, and from what later builds read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

import polars as pl

from recsys.data.cleaning.report import CleaningReport, Rejection
from recsys.data.interactions import Interactions
from recsys.data.loading import LoadedData
from recsys.data.profile.tables import summary
from recsys.errors import ArtifactError, UnknownUserError, writing
from recsys.versions import contents
from recsys.versions.files import Artifacts
from recsys.versions.forgotten import Forgotten
from recsys.versions.manifest import BuildRecord
from recsys.versions.store import ArtifactStore

DELETED = "by a person who was deleted"
"""The reason that a build's report gives for ratings that it leaves out."""
REMAINS = (
    "What was learned and counted stays until the next build: the products' factors and biases, the counts"
    " and charts of the exploration, and the measured figures hold this person's part in sums over all. Files"
    " that builds were made from, exported files and backups are not touched."
)


@dataclass(frozen=True)
class Rewritten:
    """What became of one version.

    Attributes
    ----------
    version : str
        That held ratings of the person.
    successor : str or None
        What is in its place now; None where it could not be written again.
    n_ratings : int
        Ratings that are gone.
    problem : str
        Why it could not be written again.
    """

    version: str
    successor: str | None
    n_ratings: int = 0
    problem: str = ""


def forget(store: ArtifactStore, user_id: str, *, unknown: bool = False) -> list[Rewritten]:
    """Delete a person from all kept versions, and keep later builds from taking their ratings.

    Parameters
    ----------
    store : ArtifactStore
    user_id : str
    unknown : bool
        Whether the id may be one that no kept version has.

    Returns
    -------
    list of Rewritten
        The versions that had ratings of the person, and those that could not be read.

    Raises
    ------
    UnknownUserError
        Where no version that can be read has the id, and `unknown` is False.
    """
    with store.lock():
        found = [_found(store, version, user_id) for version in store.versions()]
        known = [one for one in found if not isinstance(one, Rewritten)]
        holders = [one for one in known if user_id in contents.read_interactions(one).users]
        if not holders and not unknown and user_id not in Forgotten(store.root):
            if known:
                raise UnknownUserError(
                    user_id, contents.read_interactions(known[-1]).users.suggestions(user_id)
                )
            raise ArtifactError(f"No version in {store.root} can be read, so nobody can be found in one.")
        # First the list: whatever ends this early, no build takes the ratings again.
        Forgotten(store.root).add(user_id)
        done = [_rewrite(store, one, user_id) for one in holders]
        return sorted(
            [*done, *(one for one in found if isinstance(one, Rewritten))], key=lambda one: one.version
        )


def _found(store: ArtifactStore, version: str, user_id: str) -> Artifacts | Rewritten:
    try:
        return store.open(version)
    except ArtifactError as error:
        return Rewritten(version, None, problem=str(error))


def _rewrite(store: ArtifactStore, old: Artifacts, user_id: str) -> Rewritten:
    data = contents.read_interactions(old)
    row = data.users.row(user_id)
    assert row is not None
    rest = data.without_users(data.users.rows([user_id]))
    with store.writer() as writer:
        contents.write_interactions(writer, rest, rest.by_item())
        for name, without in _TABLES.items():
            if name in old.tables():
                writer.table(name, without(old.table(name), user_id, row))
        with writing(writer.folder):
            for name in old.manifest.files:
                if not writer.path(name).exists():
                    shutil.copyfile(old.path(name), writer.path(name))
        successor = store.replace(old.version, writer, _record(old, rest, user_id))
    return Rewritten(old.version, successor, data.n_ratings - rest.n_ratings)


def _record(old: Artifacts, rest: Interactions, user_id: str) -> BuildRecord:
    """What the version says of itself, without the person."""
    values = {entry.name: getattr(old.manifest, entry.name) for entry in fields(BuildRecord)}
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    note = f"A person was deleted on {today}; models and charts still hold their part in sums."
    return BuildRecord(
        **{
            **values,
            "summary": summary(rest),
            "cleaning": _noted(_without_text(old.manifest.cleaning, user_id), note),
        }
    )


def _noted(report: CleaningReport, note: str) -> CleaningReport:
    return replace(report, notes=(*report.notes, note))


def _without_text(report: CleaningReport, user_id: str) -> CleaningReport:
    """The report without samples of rejected rows that name the person."""
    rejected = {
        reason: replace(one, samples=tuple(row for row in one.samples if user_id not in row.text))
        for reason, one in report.rejected.items()
    }
    return replace(report, rejected=rejected)


def _without_id(table: pl.DataFrame, user_id: str, row: int) -> pl.DataFrame:
    return table.filter(pl.col("user_id") != user_id)


def _without_row(table: pl.DataFrame, user_id: str, row: int) -> pl.DataFrame:
    """Users' rows in a table: those after the person move up."""
    user = pl.col("user")
    return table.filter(user != row).with_columns(user - (user > row).cast(table["user"].dtype))


_TABLES: dict[str, Callable[[pl.DataFrame, str, int], pl.DataFrame]] = {
    "example_users": _without_id,
    "side_by_side": _without_id,
    "held_out_lists": _without_row,
}
"""The tables that name users, by their ids or their rows."""


def without_forgotten(loaded: LoadedData, forgotten: Forgotten, *, elsewhere: bool = False) -> LoadedData:
    """What a build has read, without the ratings of people who asked to be deleted; its report says so.

    Raises
    ------
    ArtifactError
        Where nobody else is left, or the ratings are `elsewhere`, in the hands of an engine.
    """
    rows = forgotten.rows(loaded.interactions.users)
    if not len(rows):
        return loaded
    if elsewhere:
        raise ArtifactError(
            f"The ratings hold {len(rows):,} people who were deleted: take them out, or build with"
            " --engine local."
        )
    rest = loaded.interactions.without_users(rows)
    if not rest.n_ratings:
        raise ArtifactError("All ratings are of people who were deleted: give other ratings.")
    n_gone = loaded.interactions.n_ratings - rest.n_ratings
    report = replace(
        loaded.report,
        accepted=loaded.report.accepted - n_gone,
        rejected={**loaded.report.rejected, DELETED: Rejection(n_gone)},
    )
    return replace(loaded, interactions=rest, report=report)
