"""`facet forget`: delete a person."""

from __future__ import annotations

from dataclasses import asdict

import click

from recsys.cli.options import artifacts_option, format_option
from recsys.cli.output import one_line, print_json


@click.command("forget")
@click.argument("user_id")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option("--unknown", is_flag=True, help="Keep later builds from taking an id that no kept version has.")
@click.option("--allow-again", is_flag=True, help="Let later builds take ratings of this person again.")
@artifacts_option()
@format_option("table", "json")
def command(user_id: str, yes: bool, unknown: bool, allow_again: bool, artifacts: str, form: str) -> None:
    """Delete the person USER_ID from all kept versions and from later builds.

    Their ratings are taken out of every version, and builds into this folder leave them out.
    """
    from recsys.forgetting import REMAINS, forget
    from recsys.versions.forgotten import Forgotten
    from recsys.versions.store import ArtifactStore

    store = ArtifactStore(artifacts)
    if allow_again:
        if user_id not in Forgotten(store.root):
            raise click.UsageError(f"{one_line(user_id)} is not on the list of deleted people.")
        with store.lock():
            Forgotten(store.root).remove(user_id)
        if form == "json":
            print_json({"user_id": user_id, "allowed_again": True})
        else:
            click.echo("Later builds take ratings of this person again. What was deleted does not come back.")
        return
    if not yes:
        click.confirm(
            f"Delete {one_line(user_id)} from all versions in {one_line(artifacts)}?", abort=True, err=True
        )
    done = forget(store, user_id, unknown=unknown)
    if form == "json":
        print_json({"user_id": user_id, "versions": [asdict(one) for one in done], "remains": REMAINS})
    else:
        for one in done:
            if one.successor is not None:
                click.echo(f"{one.version}: {one.n_ratings:,} ratings deleted. It is {one.successor} now.")
        click.echo("Later builds into this folder leave the person out.")
        click.echo(REMAINS)
    if failed := [one for one in done if one.successor is None]:
        first = failed[0]
        click.echo(
            f"Error: {one_line(first.version)} could not be read, so the person may still be in it: delete it"
            f" with `facet versions delete`. {one_line(first.problem)}",
            err=True,
        )
        click.get_current_context().exit(1)
