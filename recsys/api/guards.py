"""What stands before the answers: a key, a log without personal content, and metrics."""

from __future__ import annotations

import hmac
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.api.addresses import host_of, is_loopback
from recsys.api.parameters import LARGEST_BODY
from recsys.api.problems import TOO_LARGE, problem

KEY = "FACET_API_KEY"
"""Environment variable: who calls must name this key."""
OPEN = ("/health/live", "/health/ready", "/docs", "/openapi.json")
"""What needs no key: it tells nothing of the data."""
SEVERAL_PROCESSES = "PROMETHEUS_MULTIPROC_DIR"
_LOG = logging.getLogger("recsys.api")
_REGISTRY = CollectorRegistry()
_REQUESTS = Counter("facet_requests", "Requests answered.", ["route", "status"], registry=_REGISTRY)
_SECONDS = Histogram(
    "facet_request_seconds",
    "Seconds from a request to its answer.",
    ["route"],
    registry=_REGISTRY,
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


@dataclass(frozen=True)
class Access:
    """Who may ask.

    Attributes
    ----------
    key : str
        What a caller must name; empty: no key is needed.
    address : str
        That the server listens on. Where others can reach it, nothing is answered without a key.
    any_name : bool
        Whether something else has looked at the name that the server is called by.
    shared : bool
        Whether others ask, wherever the server listens, such as people who sign in.
    """

    key: str = ""
    address: str = "127.0.0.1"
    any_name: bool = False
    shared: bool = False

    @classmethod
    def of_environment(cls, address: str, *, any_name: bool = False, shared: bool = False) -> Access:
        """With the key that the environment names."""
        return cls(os.environ.get(KEY, ""), address, any_name, shared)

    def refuse(self, path: str, headers: Headers) -> Response | None:
        """Why a request is not answered; None where it is."""
        host = host_of(headers.get("host", ""))
        if is_loopback(self.address) and not self.key and not (self.any_name or is_loopback(host)):
            # Else a site could point a name of its own at this machine and read what it holds.
            return problem(421, f"This server answers to the names of this machine only, not to {host!r}.")
        if path in OPEN or path.startswith("/docs/"):
            return None
        if not self.key:
            if is_loopback(self.address) and not self.shared:
                return None
            return problem(
                403, f"Others can reach this server, so it needs a key: set {KEY} and start it again."
            )
        scheme, _, named = headers.get("authorization", "").partition(" ")
        given = named.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
        if hmac.compare_digest(given.encode(), self.key.encode()):
            return None
        challenge = {"WWW-Authenticate": "Bearer"}
        return problem(401, "Name the key: Authorization: Bearer KEY, or X-API-Key: KEY.", challenge)


class Guard:
    """Refuses who may not ask, measures and logs.

    The log has the route and not the address, because ids are personal.
    """

    def __init__(self, app: ASGIApp, access: Callable[[], Access]) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._answer(scope, receive, watched)
        finally:
            seconds = time.perf_counter() - started
            found = scope.get("route")
            route = found.path if isinstance(found, APIRoute) else "other"
            _REQUESTS.labels(route, str(status)).inc()
            _SECONDS.labels(route).observe(seconds)
            _LOG.info("%s %s %d %.1f ms", scope["method"], route, status, 1e3 * seconds)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, headers = scope["path"].removeprefix(scope.get("root_path", "")), Headers(scope=scope)
        refusal = self.access().refuse(path, headers)
        length = headers.get("content-length", "")
        if refusal is None and length.isdecimal() and int(length) > LARGEST_BODY:
            refusal = problem(413, TOO_LARGE)  # the next middleware refuses what states no length
        await (self.app if refusal is None else refusal)(scope, receive, send)


def metrics() -> bytes:
    """The metrics as Prometheus reads them; of all processes where there are several."""
    if SEVERAL_PROCESSES not in os.environ:
        return generate_latest(_REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
