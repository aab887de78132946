"""`facet serve`: the REST application alone, in one process or several that share the mapped files."""

from __future__ import annotations

import logging
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount
from uvicorn.supervisors import Multiprocess

from recsys.api import PREFIX
from recsys.api.app import create_api
from recsys.api.guards import SEVERAL_PROCESSES, Access
from recsys.api.service import InService

_FOLDER, _ADDRESS = "FACET_ARTIFACTS", "FACET_API_ADDRESS"


def from_environment() -> Starlette:
    """The application of one process, as `serve` set it up."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    opened, access = InService(os.environ[_FOLDER]), Access.of_environment(os.environ[_ADDRESS])
    opened()  # a version that cannot be opened ends the process, with its reason
    return mounted(create_api(opened, lambda: access))


def mounted(api: FastAPI) -> Starlette:
    """The application below its prefix.

    A process computes its answers one after another: threads that share a core only make all of them wait.
    """

    @asynccontextmanager
    async def one_thread(_: Starlette) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 1
        yield

    return Starlette(routes=[Mount(PREFIX, app=api)], lifespan=one_thread)


def serve(artifacts: Path, address: str, port: int, processes: int) -> None:
    """Answer until stopped."""
    os.environ[_FOLDER], os.environ[_ADDRESS] = str(artifacts.resolve()), address
    with tempfile.TemporaryDirectory() as counted:
        if processes > 1:
            os.environ[SEVERAL_PROCESSES] = counted
        config = uvicorn.Config(
            f"{__name__}:from_environment",
            factory=True,
            host=address,
            port=port,
            workers=processes,
            access_log=False,
            log_level="warning",
            server_header=False,
        )
        with listening(address, port) as listener:
            if processes > 1:
                Multiprocess(config, sockets=[listener]).run()
            else:
                uvicorn.Server(config).run(sockets=[listener])


class Listener(socket.socket):
    """A listening socket of which every process makes one of its own, so that the system deals callers out.

    Of a socket that is shared, one process may accept all callers and leave the others idle.
    """

    def __reduce__(self) -> Any:
        address, port = self.getsockname()[:2]
        return listening, (address, port)


def listening(address: str, port: int) -> socket.socket:
    """A socket bound to an address.

    Its protocol is named, because asyncio sends small packets at once only where it is: else every answer
    on a kept connection waits 40 ms for the caller's acknowledgement.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    dealt = sys.platform == "linux"
    listener = (Listener if dealt else socket.socket)(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if dealt:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind((address, port))
    listener.set_inheritable(True)
    return listener
