"""`facet doctor`: whether the artifacts are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from recsys.cli.options import artifacts_option, format_option
from recsys.cli.output import one_line, print_json

if TYPE_CHECKING:
    from recsys.versions.store import ArtifactStore


@click.command("doctor")
@artifacts_option()
@format_option("table", "json")
def command(artifacts: str, form: str) -> None:
    """Verify every checksum of every version, and say which one is in service."""
    from recsys.errors import ArtifactError
    from recsys.versions.store import ArtifactStore

    store = ArtifactStore(artifacts)
    current = store.current()
    states = [_state(store, version) for version in store.versions()]
    if form == "json":
        print_json({"in_service": current, "versions": states})
    else:
        _print(states, current)
    if current not in store.versions():
        raise ArtifactError(f"{artifacts} has no version in service. Make one with `facet build`.")
    damage = [damage for state in states for damage in state["damage"]]
    if damage:
        raise ArtifactError(f"{' '.join(damage)} Build again, or roll back to a version that verifies.")


def _state(store: ArtifactStore, version: str) -> dict[str, Any]:
    from recsys.errors import ArtifactError

    try:
        manifest = store.manifest(version)
    except ArtifactError as error:
        return {"version": version, "name": None, "files": 0, "damage": [str(error)]}
    return {
        "version": version,
        "name": manifest.name,
        "files": len(manifest.files),
        "damage": store.damage(version),
    }


def _print(states: list[dict[str, Any]], current: str | None) -> None:
    for state in states:
        mark = "*" if state["version"] == current else " "
        found = "damaged" if state["damage"] else f"{state['files']} files verified"
        click.echo(f"{mark} {state['version']}  {one_line(state['name'] or '')}  {found}")
    if current is not None:
        click.echo(f"In service: {current}")
