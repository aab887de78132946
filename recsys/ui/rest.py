"""REST in the studio's own server, over the version that the pages show."""

from __future__ import annotations

from asyncio import to_thread

import streamlit as st
from starlette.types import ASGIApp, Receive, Scope, Send

from recsys.api import PREFIX
from recsys.ui.server import parts


class Rest:
    """Answers below `/api`, and below the path that a proxy shows the studio under; pages pass it by.

    The REST application is made when it is first asked, so that the studio starts without waiting for it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._rest: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or parts(scope)[:1] != [PREFIX.strip("/")]:
            await self.app(scope, receive, send)
            return
        if self._rest is None:
            self._rest = await to_thread(_create)
        base = st.get_option("server.baseUrlPath").strip("/")
        below = f"/{base}{PREFIX}" if base and scope["path"].startswith(f"/{base}/") else PREFIX
        await self._rest({**scope, "root_path": below}, receive, send)


def _create() -> ASGIApp:
    from recsys.api.app import create_api
    from recsys.api.guards import Access
    from recsys.ui import sign_in
    from recsys.ui.folder import artifacts_folder
    from recsys.ui.service import in_service
    from recsys.versions.store import ArtifactStore

    return create_api(
        lambda: in_service(ArtifactStore(artifacts_folder())),
        lambda: Access.of_environment(
            st.get_option("server.address") or "", any_name=True, shared=sign_in.is_asked()
        ),
    )
