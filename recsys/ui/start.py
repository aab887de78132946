"""What happens as the server starts, before anybody looks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread


@asynccontextmanager
async def prepared(_app: object) -> AsyncIterator[None]:
    """Import the libraries and open the artifacts while the first browser loads Streamlit's client.

    In a thread, so that the server answers meanwhile; the first view waits for what is not yet there.
    """
    Thread(target=_prepare, daemon=True).start()
    yield


def _prepare() -> None:
    from recsys.ui import service

    service.prepare()
