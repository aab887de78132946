"""What the studio's server adds to Streamlit's: who may call it, what a page may do, where paths lead.

They go to `st.App(middleware=…)` in `recsys.ui.guards`, so they hold for `streamlit run app.py` and for
`facet studio`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.api.addresses import is_loopback
from recsys.ui.navigation import SCREENS

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
NO_PAGES = {"_stcore", "static", "media", "component", "auth", "api"}
"""First parts of paths below which Streamlit itself answers, or REST."""
PORTS = {"http": 80, "https": 443}
REFUSED = (
    "This address is not the studio's own. Behind a proxy, or under another name, start the server with"
    " STREAMLIT_SERVER_CORS_ALLOWED_ORIGINS=https://that.name\n"
)
NOT_FOUND = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Not found · Facet</title>
<style>body {{ font: 16px/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 32rem; padding: 0 1rem }}
:root {{ color-scheme: light dark }}</style></head>
<body><h1>There is no such page</h1><p><a href="{home}">To the studio</a></p></body></html>
"""


class OwnOrigin:
    """Refuses other names of this machine, and calls from pages of other sites or other ports.

    A browser says in `Origin` which page opens a websocket or sends a form. It must be the studio's own:
    the same scheme, host and port as the request's, or one that Streamlit's `server.corsAllowedOrigins`
    names, for a proxy. On a loopback address the host must be a loopback name, so that no
    site can point a name of its own at this machine (DNS rebinding).
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or is_own(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "not the studio's own origin"})
        else:
            await PlainTextResponse(REFUSED, 403)(scope, receive, send)


class Paths:
    """Leads paths below a page to that page, with their query, and others to a page that says so.

    Streamlit answers any path with its client, whose addresses are relative: below a page it stays blank.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        below = parts(scope) if scope["type"] == "http" else []
        if (
            len(below) < 2
            or below[0] in NO_PAGES
            or "_stcore" in below
            or scope["method"] not in SAFE_METHODS
        ):
            await self.app(scope, receive, send)
            return
        root = "../" * (_raw_path(scope).count("/") - 1) or "./"
        answer: Any = HTMLResponse(NOT_FOUND.format(home=root), 404)
        if below[0] in {screen.name for screen in SCREENS}:
            query = scope["query_string"].decode("latin-1")
            answer = RedirectResponse(f"{root}{below[0]}{'?' if query else ''}{query}")
        await answer(scope, receive, send)


class SecurityHeaders:
    """Tells the browser what a page of the studio may do: nothing with other sites, and not within them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in security_headers().items():
                    headers[name] = value
            await send(message)

        await self.app(scope, receive, send_with_headers)


@cache
def security_headers() -> dict[str, str]:
    """The headers of every answer."""
    return {
        "Content-Security-Policy": "; ".join(f"{name} {' '.join(of)}" for name, of in policy().items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
    }


def policy() -> dict[str, list[str]]:
    """The content security policy: nothing from another host, by no way.

    Streamlit's client and Plotly write styles into the page and draw with data and blob addresses.
    The scripts within Streamlit's own page are named by their hashes.
    """
    own = "'self'"
    return {
        "default-src": [own],
        "script-src": [own, *_inline_scripts()],
        "style-src": [own, "'unsafe-inline'"],
        "img-src": [own, "data:", "blob:"],
        "font-src": [own, "data:"],
        "connect-src": [own],
        "worker-src": [own, "blob:"],
        "object-src": ["'none'"],
        "frame-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": [own],
        "frame-ancestors": [own],
    }


def is_own(scope: Scope) -> bool:
    """Whether a request comes from the studio's own pages, or from no page, to a name of the studio."""
    headers = Headers(scope=scope)
    host, origin, allowed = headers.get("host"), headers.get("origin"), allowed_origins()
    if host is not None and not _is_own_host(host, {key[1] for key in allowed}):
        return False
    if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
        return True
    if origin is None:  # not a browser, or an old one that says at least this
        return headers.get("sec-fetch-site", "none") in {"none", "same-origin"}
    scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
    key = _key(origin)
    return key is not None and (key == _key(f"{scheme}://{host}") or key in allowed)


def allowed_origins() -> set[tuple[str, str, int]]:
    """The origins that the setting `server.corsAllowedOrigins` names, as (scheme, host, port)."""
    keys = (_key(origin.strip()) for origin in st.get_option("server.corsAllowedOrigins"))
    return {key for key in keys if key is not None}


def parts(scope: Scope) -> list[str]:
    """The parts of a request's path, without those of `server.baseUrlPath`."""
    found = [part for part in scope["path"].split("/") if part]
    base = [part for part in st.get_option("server.baseUrlPath").split("/") if part]
    return found[len(base) :] if found[: len(base)] == base else found


def _is_own_host(host: str, named: set[str]) -> bool:
    key = _key(f"http://{host}")
    if key is None:
        return False
    return not is_loopback(st.get_option("server.address")) or is_loopback(key[1]) or key[1] in named


def _key(origin: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None where it is no origin, such as "null"."""
    try:
        split = urlsplit(origin)
        port = split.port or PORTS[split.scheme]
    except (ValueError, KeyError):
        return None
    return (split.scheme, split.hostname, port) if split.hostname and "@" not in split.netloc else None


def _raw_path(scope: Scope) -> str:
    """The path as the browser has it, below `server.baseUrlPath`."""
    raw: str = scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or scope["path"]
    base = st.get_option("server.baseUrlPath").strip("/")
    return raw.removeprefix(f"/{base}") if base else raw


def _inline_scripts() -> list[str]:
    """The scripts written into Streamlit's page, by their SHA-256, as a policy names them."""
    page = Path(st.__file__).with_name("static") / "index.html"
    scripts = re.findall(r"<script>(.*?)</script>", page.read_text(encoding="utf-8"), re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return [f"'sha256-{base64.b64encode(digest).decode('ascii')}'" for digest in digests]
