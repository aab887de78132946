"""`facet versions`: list the versions, compare two, put one in service, pin, or delete one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from recsys.cli.options import artifacts_option, format_option
from recsys.cli.output import decimals, one_line, print_json

if TYPE_CHECKING:
    from recsys.version_comparison import VersionComparison
    from recsys.versions.store import ArtifactStore

_ACTS: dict[str, tuple[str, str]] = {
    "rollback": ("in_service", "In service"),
    "delete": ("deleted", "Deleted"),
    "pin": ("pinned", "Pinned"),
    "unpin": ("unpinned", "Unpinned"),
}
"""What acts on one version: the member of its JSON form, and the words of its line."""


@click.command("versions")
@click.argument("action", type=click.Choice(["list", "compare", *_ACTS]), default="list")
@click.argument("versions", nargs=-1, metavar="[VERSION]...")
@artifacts_option()
@format_option("table", "json")
def command(action: str, versions: tuple[str, ...], artifacts: str, form: str) -> None:
    """List the kept versions, compare two, roll back to one, pin, unpin or delete one.

    `compare` takes two versions, or one to compare with the one in service.
    """
    from recsys.versions.store import ArtifactStore

    store = ArtifactStore(artifacts)
    if action == "list":
        if versions:
            raise click.UsageError("`versions list` takes no version.")
        _list(store, artifacts, form)
    elif action == "compare":
        if len(versions) not in (1, 2):
            raise click.UsageError("Name one or two versions; `versions list` shows them.")
        _compare(artifacts, versions[0], versions[1] if len(versions) == 2 else None, form)
    elif len(versions) != 1:
        raise click.UsageError("Name one version; `versions list` shows them.")
    else:
        _act(store, action, versions[0], form)


def _act(store: ArtifactStore, action: str, version: str, form: str) -> None:
    acts: dict[str, Callable[[str], None]] = {
        "rollback": store.rollback,
        "delete": store.delete,
        "pin": store.pin,
        "unpin": store.unpin,
    }
    acts[action](version)
    member, words = _ACTS[action]
    if form == "json":
        print_json({member: version})
    else:
        click.echo(f"{words}: {version}")


def _list(store: ArtifactStore, artifacts: str, form: str) -> None:
    current, kept = store.current(), [store.manifest(version) for version in store.versions()]
    pinned = store.pinned()
    states: list[dict[str, Any]] = [
        {
            "version": manifest.version,
            "in_service": manifest.version == current,
            "pinned": manifest.version in pinned,
            "name": manifest.name,
            "n_ratings": manifest.summary.n_ratings,
            "built_at": manifest.built_at,
        }
        for manifest in kept
    ]
    if form == "json":
        print_json(states)
        return
    for state in states:
        mark = "*" if state["in_service"] else " "
        name, count = one_line(state["name"]), f"{state['n_ratings']:,} ratings"
        pin = "  pinned" if state["pinned"] else ""
        click.echo(f"{mark} {state['version']}  {name}  {count}  built {state['built_at']}{pin}")
    if not states:
        click.echo(f"No versions in {one_line(artifacts)}. Make one with `facet build`.")


def _compare(artifacts: str, before: str, after: str | None, form: str) -> None:
    from recsys.recommender import Recommender
    from recsys.version_comparison import compare_versions

    compared = compare_versions(Recommender.open(artifacts, before), Recommender.open(artifacts, after))
    if form == "json":
        print_json(asdict(compared))
        return
    for line in _lines(compared):
        click.echo(one_line(line))


def _lines(compared: VersionComparison) -> list[str]:
    lines = [f"{compared.before} and {compared.after}:"]
    for what, counts in compared.data.items():
        gone = "" if counts.new is None else f" ({counts.new:,} new, {counts.gone:,} gone)"
        lines.append(f"{what}: {counts.before:,}, then {counts.after:,}{gone}")
    lines += [
        f"{one.name}: {one.before or 'none'}, then {one.after or 'none'}" for one in compared.settings
    ] or ["The settings are the same."]
    if compared.figures and not compared.same_data:
        lines.append("The data differ, so the figures are of different tests.")
    for pair in compared.figures:
        old, new = (
            f"{decimals(one.value, 4)} ({decimals(one.low, 4)} to {decimals(one.high, 4)})"
            for one in (pair.before, pair.after)
        )
        lines.append(f"{pair.task} {pair.metric}: {old}, then {new}")
    churn = compared.churn
    if churn is None:
        lines.append("No user is known to both versions, so no lists can be compared.")
    else:
        most = ", ".join(f"{user} ({n})" for user, n in churn.most)
        lines.append(
            f"Lists of {churn.users:,} users: {decimals(churn.replaced, 1)} of ten products are others on"
            f" average; {churn.unchanged:.0%} of the lists hold the same products."
        )
        lines += [f"Lists that change most: {most}"] if most else []
    return lines
