"""The documentation page: Swagger UI from files of an installed package, so that it needs no network."""

from __future__ import annotations

from pathlib import Path

import fastapi_offline
from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

STATIC = Path(fastapi_offline.__file__).with_name("static")
# All addresses are relative, so the page also works below a path prefix. No script stands within the page,
# so a content security policy need not allow any.
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Facet API</title><link rel="stylesheet" href="docs/static/swagger-ui.css">
<link rel="icon" href="data:,"></head>
<body><div id="api"></div><script src="docs/static/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script></body></html>
"""
_SCRIPT = """SwaggerUIBundle({url: "openapi.json", dom_id: "#api", deepLinking: true, tryItOutEnabled: true,
  validatorUrl: null, presets: [SwaggerUIBundle.presets.apis], layout: "BaseLayout"});
"""

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def page() -> HTMLResponse:
    """The page."""
    return HTMLResponse(_PAGE)


@router.get("/docs/start.js")
def script() -> Response:
    """What draws the page."""
    return Response(_SCRIPT, media_type="text/javascript")


def static() -> StaticFiles:
    """The files of Swagger UI."""
    return StaticFiles(directory=STATIC)
