"""`facet serve`: answer programs over HTTP."""

from __future__ import annotations

import os
from pathlib import Path

import click

from recsys.cli.options import artifacts_option
from recsys.errors import RecsysError


@click.command("serve")
@artifacts_option()
@click.option("--address", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=8000, show_default=True, help="Port to listen on."
)
@click.option(
    "--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Processes that answer."
)
def command(artifacts: str, address: str, port: int, workers: int) -> None:
    """Answer programs over HTTP, below /api.

    /api/docs describes what can be asked. Where others can reach the address, the environment variable
    FACET_API_KEY must hold a key, which every request names.
    """
    from recsys.api import PREFIX
    from recsys.api.addresses import free_port, is_loopback
    from recsys.api.guards import KEY
    from recsys.api.serve import serve
    from recsys.versions.store import ArtifactStore

    if not is_loopback(address) and not os.environ.get(KEY):
        raise RecsysError(
            f"Others can reach {address}, so a key is needed: set {KEY}, or leave --address out."
        )
    store = ArtifactStore(artifacts)
    if store.current() is None:
        raise RecsysError(f"Nothing is built in {store.root}: run `facet build` first.")
    port = free_port(address, port)
    shown = f"[{address}]" if ":" in address else address
    click.echo(f"The answers are at http://{shown}:{port}{PREFIX} (Ctrl+C stops it).", err=True)
    serve(Path(artifacts), address, port, workers)
