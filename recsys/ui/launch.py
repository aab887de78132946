"""Starts the studio's server from a checkout or from an installed package."""

from __future__ import annotations

import os
import runpy
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import click

PACKAGE = Path(__file__).parents[1]
ORIGINS = "STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS"
"""Environment variable: the addresses people type where a proxy stands before the studio."""
BASE_PATH = "STREAMLIT_SERVER_BASE_URL_PATH"
"""Environment variable: the path below which a proxy shows the studio."""


def app_file() -> Path:
    """The studio's script: inside an installed package, beside the package in a checkout."""
    installed, checkout = PACKAGE / "studio" / "app.py", PACKAGE.parent / "app.py"
    return installed if installed.is_file() else checkout


def launch(artifacts: Path, address: str, port: int, *, open_browser: bool) -> None:
    """Serve the studio until it is stopped.

    Theme and server settings are read from `.streamlit/config.toml` beside the script, wherever the
    working folder is: for Streamlit the script's folder goes before the working folder.
    """
    script = app_file()
    os.environ["FACET_ARTIFACTS"] = os.environ["RECSYS_ARTIFACTS"] = str(artifacts.resolve())
    sys.argv = [str(script)]  # Streamlit looks for its configuration beside this
    app = runpy.run_path(str(script), run_name="studio")["app"]
    shown = "127.0.0.1" if address in ("0.0.0.0", "::", "") else address
    url = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
    click.echo(f"The studio is at {url} (Ctrl+C stops it).")
    if open_browser:
        Thread(target=_open_when_ready, args=(url,), daemon=True).start()
    settings: dict[str, Any] = {"server.address": address, "server.port": port, "server.headless": True}
    if origins := os.environ.get(ORIGINS, "").split():  # `streamlit run` reads it by itself
        settings["server.corsAllowedOrigins"] = origins
    if base := os.environ.get(BASE_PATH, "").strip("/"):
        settings["server.baseUrlPath"] = base
    with suppress(KeyboardInterrupt):
        app.run(config=settings)


def _open_when_ready(url: str, seconds: float = 60.0) -> None:
    """Open a browser once the server answers."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(f"{url}/_stcore/health"):
            webbrowser.open(url)
            return
        time.sleep(0.1)
