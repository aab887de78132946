"""`facet studio`: look at the artifacts in a browser."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from recsys.cli.build import built_summary, print_summary
from recsys.cli.options import artifacts_option, layout_options, to_config, to_reading
from recsys.cli.output import progress_display
from recsys.errors import RecsysError


@click.command("studio")
@click.argument("file", required=False)
@click.option("--catalog", metavar="FILE", help="Titles, brands, categories and prices of the products.")
@layout_options
@artifacts_option()
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    help="Port to listen on. [default: the first free one from 8501]",
)
@click.option("--address", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def command(
    file: str | None,
    catalog: str | None,
    artifacts: str,
    port: int | None,
    address: str,
    no_browser: bool,
    **reading: Any,
) -> None:
    """Open the studio in a browser.

    With a ratings FILE, build from it first. Without one, show what is in service; where nothing
    is, build the made-up sample store.
    """
    if file is None and (catalog or any(reading.values())):
        raise click.UsageError("--catalog and the options of the file's layout go with a ratings FILE.")
    if find_spec("streamlit") is None:
        raise RecsysError("The studio needs Streamlit, which is not installed: pip install streamlit")
    from recsys.api.addresses import free_port
    from recsys.ui.launch import launch

    port = free_port(address, port)
    _build_if_needed(file, catalog, artifacts, reading)
    launch(Path(artifacts), address, port, open_browser=not no_browser)


def _build_if_needed(
    file: str | None,
    catalog: str | None,
    artifacts: str,
    reading: dict[str, Any],
) -> None:
    from recsys.versions.store import ArtifactStore

    store = ArtifactStore(artifacts)
    if file is None and store.current() is not None:
        return
    from recsys.pipeline import build

    cleaning, layout = to_reading(**reading)
    with progress_display() as listener:
        version = build(file, catalog, artifacts, to_config(cleaning), progress=listener, **layout)
    print_summary(built_summary(store.manifest(version), artifacts))
