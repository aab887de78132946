"""The REST application."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.responses import Response

from recsys._version import __version__
from recsys.api import documentation, health, routes
from recsys.api.guards import Access, Guard
from recsys.api.parameters import LARGEST_BODY
from recsys.api.problems import Problem, documented, handle_problems
from recsys.api.replies import UnchangedError
from recsys.api.service import Opened, ShopRules

DESCRIPTION = (
    "Recommendations, similar products and the data behind them, as the package, the command line and the"
    " studio give them. Every answer names the version it comes from; `ETag` and `If-None-Match` spare an"
    " answer that has not changed. Errors are problem details (RFC 9457)."
)


def create_api(opened: Opened, access: Callable[[], Access] = Access) -> FastAPI:
    """REST over the version in service.

    Parameters
    ----------
    opened : callable
        Gives the recommender that answers; asked once for each request, so that nothing is mixed.
    access : callable
        Gives who may ask; asked for each request. By default whoever is on this machine may.
    """
    app = FastAPI(
        title="Facet",
        version=__version__,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(Guard, access=access),
            Middleware(RequestBodyLimitMiddleware, max_body_size=LARGEST_BODY),
        ],
    )
    app.state.opened, app.state.shop_rules = opened, ShopRules()
    handle_problems(app)
    app.add_exception_handler(UnchangedError, _unchanged)
    for router in (routes.router, health.router, documentation.router):
        app.include_router(router)
    app.mount("/docs/static", documentation.static())
    _describe(app)
    return app


async def _unchanged(_: Request, known: Exception) -> Response:
    assert isinstance(known, UnchangedError)
    return Response(status_code=304, headers=known.headers)


def _describe(app: FastAPI) -> None:
    """Say of every route in OpenAPI what the guard can answer, and what a problem looks like."""
    made = app.openapi()
    made["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    made["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "Where the server has a key."},
        "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    for operation in (operation for path in made["paths"].values() for operation in path.values()):
        refused = (421,) if operation["tags"] == ["health"] else (401, 403, 421)
        operation["summary"] = operation.pop("description")
        operation["responses"] |= {str(status): one for status, one in documented(*refused).items()}
        if operation["tags"] != ["health"]:
            operation["security"] = [{"key": []}, {"header": []}, {}]
