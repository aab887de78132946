"""Errors as problem details (RFC 9457): one sentence that names the thing and what to do."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from recsys.errors import (
    ArtifactError,
    FilterError,
    RecsysError,
    RulesError,
    UnknownIdError,
    UnknownRankerError,
    shown,
)

MEDIA_TYPE = "application/problem+json"
_STATUS: tuple[tuple[type[RecsysError], int], ...] = (
    (UnknownIdError, 404),
    (FilterError, 422),
    (UnknownRankerError, 422),
    (RulesError, 503),
    (ArtifactError, 503),
)
"""What each error of the package is as a status. A rules file that cannot be read is the server's fault."""
_TITLES = {
    400: "Not readable",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    413: "Too large",
    421: "Not this server",
    422: "Not valid",
    500: "Something went wrong",
    503: "Not ready",
}
TOO_LARGE = "A body has at most 1 MB."
_DETAILS = {
    400: "The body is not JSON.",
    404: "There is no such address: /api/docs lists those there are.",
    405: "This address takes another method: /api/docs says which.",
    413: TOO_LARGE,
}
"""What is said where the framework refuses."""
_LOG = logging.getLogger("recsys.api")


class Problem(BaseModel):
    """What went wrong."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    nearest: list[str] | None = None
    """Known ids that are spelled alike, where an id is unknown."""


def problem(status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    """A response that says what went wrong."""
    title = _TITLES.get(status, "Error")
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return Response(msgspec.json.encode(content), status, headers, MEDIA_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the problems of a route."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _TITLES[status], "content": content} for status in statuses}


def handle_problems(app: FastAPI) -> None:
    """Answer every error of an app with problem details."""

    async def known(_: Request, error: Exception) -> Response:
        assert isinstance(error, RecsysError)
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
        more: dict[str, Any] = {"nearest": list(error.nearest)} if isinstance(error, UnknownIdError) else {}
        return problem(status, shown(str(error), 600), **more)

    async def not_valid(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        said = [f"{'.'.join(map(str, one['loc'][1:])) or 'body'}: {one['msg']}" for one in error.errors()]
        return problem(422, shown("; ".join(said), 600))

    async def of_http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        detail = _DETAILS.get(error.status_code, str(error.detail))
        return problem(error.status_code, detail, dict(error.headers or {}))

    async def unexpected(_: Request, error: Exception) -> Response:
        _LOG.error("An answer failed", exc_info=error)
        return problem(500, "The server's log says more.")

    app.add_exception_handler(RecsysError, known)
    app.add_exception_handler(RequestValidationError, not_valid)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(Exception, unexpected)
