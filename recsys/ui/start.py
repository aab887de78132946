"""What happens as the server starts, before anybody looks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread

import click
import streamlit as st

from recsys.api.addresses import is_loopback
from recsys.errors import AccessError
from recsys.ui import sign_in
from recsys.ui.connections import close_silent_ones

EXPOSED = """\
The studio listens on {address}, so others can reach it, not only this machine. It has no accounts and no
encryption of its own: whoever reaches it sees all data of this store. It is read only: nothing can be built
or changed from the browser. REST answers only with a key, in FACET_API_KEY. Let people sign in (see
docs/deploy.md), put a proxy that authenticates in front of it, or leave --address at 127.0.0.1."""


@asynccontextmanager
async def prepared(_app: object) -> AsyncIterator[None]:
    """Import the libraries and open the artifacts while the first browser loads Streamlit's client.

    In a thread, so that the server answers meanwhile; the first view waits for what is not yet there.
    """
    close_silent_ones()
    try:
        sign_in.check()
    except AccessError as error:
        click.echo(f"Nobody can sign in. {error}", err=True)
    if words := "" if sign_in.is_asked() else exposure(st.get_option("server.address")):
        click.echo(words, err=True)
    Thread(target=_prepare, daemon=True).start()
    yield


def exposure(address: str | None) -> str:
    """What it means that the server listens on this address; empty where only this machine reaches it."""
    return "" if is_loopback(address) else EXPOSED.format(address=address or "all addresses")


def _prepare() -> None:
    from recsys.ui import service

    service.prepare()
