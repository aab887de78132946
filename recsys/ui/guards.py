"""The middleware of the studio's server."""

from __future__ import annotations

from starlette.middleware import Middleware

from recsys.ui.rest import Rest
from recsys.ui.server import OwnOrigin, Paths, SecurityHeaders


def guards() -> list[Middleware]:
    """What every request passes, outermost first."""
    return [Middleware(SecurityHeaders), Middleware(OwnOrigin), Middleware(Paths), Middleware(Rest)]
