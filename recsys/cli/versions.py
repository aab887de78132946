"""`facet versions`: list the versions, put an older one back in service, or delete one."""

from __future__ import annotations

from typing import Any

import click

from recsys.cli.options import artifacts_option, format_option
from recsys.cli.output import one_line, print_json


@click.command("versions")
@click.argument("action", type=click.Choice(["list", "rollback", "delete"]), default="list")
@click.argument("version", required=False)
@artifacts_option()
@format_option("table", "json")
def command(action: str, version: str | None, artifacts: str, form: str) -> None:
    """List the kept versions, oldest first, roll back to one of them, or delete one."""
    if action != "list" and version is None:
        raise click.UsageError("Name the version; `versions list` shows them.")
    if action == "list" and version is not None:
        raise click.UsageError("`versions list` takes no version.")
    if version is not None and action == "delete":
        _delete(artifacts, version, form)
    elif version is not None:
        _roll_back(artifacts, version, form)
    else:
        _list(artifacts, form)


def _roll_back(artifacts: str, version: str, form: str) -> None:
    from recsys.versions.store import ArtifactStore

    ArtifactStore(artifacts).rollback(version)
    if form == "json":
        print_json({"in_service": version})
    else:
        click.echo(f"In service: {version}")


def _delete(artifacts: str, version: str, form: str) -> None:
    from recsys.versions.store import ArtifactStore

    ArtifactStore(artifacts).delete(version)
    if form == "json":
        print_json({"deleted": version})
    else:
        click.echo(f"Deleted: {version}")


def _list(artifacts: str, form: str) -> None:
    from recsys.versions.store import ArtifactStore

    store = ArtifactStore(artifacts)
    current, kept = store.current(), [store.manifest(version) for version in store.versions()]
    states: list[dict[str, Any]] = [
        {
            "version": manifest.version,
            "in_service": manifest.version == current,
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
        click.echo(f"{mark} {state['version']}  {name}  {count}  built {state['built_at']}")
    if not states:
        click.echo(f"No versions in {one_line(artifacts)}. Make one with `facet build`.")
