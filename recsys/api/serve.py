"""`facet serve`: the REST application alone, in one process or several that share the mapped files."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount

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
    """The application below its prefix."""
    return Starlette(routes=[Mount(PREFIX, app=api)])


def serve(artifacts: Path, address: str, port: int, processes: int) -> None:
    """Answer until stopped."""
    os.environ[_FOLDER], os.environ[_ADDRESS] = str(artifacts.resolve()), address
    with tempfile.TemporaryDirectory() as counted:
        if processes > 1:
            os.environ[SEVERAL_PROCESSES] = counted
        uvicorn.run(
            f"{__name__}:from_environment",
            factory=True,
            host=address,
            port=port,
            workers=processes,
            access_log=False,
            log_level="warning",
            server_header=False,
        )
