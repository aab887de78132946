"""REST in the studio's own server, over the version that the pages show."""

from __future__ import annotations

from asyncio import to_thread

import streamlit as st
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from recsys.api import PREFIX


class Rest:
    """The REST application, made when it is first asked, so that the studio starts without waiting for it."""

    def __init__(self) -> None:
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            self._app = await to_thread(_create)
        await self._app(scope, receive, send)


def routes() -> list[Mount]:
    """What the studio's server answers beside its pages."""
    return [Mount(PREFIX, app=Rest())]


def _create() -> ASGIApp:
    from recsys.api.app import create_api
    from recsys.api.guards import Access
    from recsys.ui.folder import artifacts_folder
    from recsys.ui.service import in_service
    from recsys.versions.store import ArtifactStore

    return create_api(
        lambda: in_service(ArtifactStore(artifacts_folder())),
        lambda: Access.of_environment(st.get_option("server.address") or "", any_name=True),
    )
