"""Whether the service lives and is ready, and its metrics."""

from __future__ import annotations

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from recsys.api.guards import metrics
from recsys.api.problems import documented
from recsys.api.replies import VERSION
from recsys.api.schemas import Alive, Ready
from recsys.recommender import Recommender

router = APIRouter()


@router.get("/health/live", tags=["health"])
async def live() -> Alive:
    """The process answers."""
    return Alive(status="alive")


@router.get("/health/ready", tags=["health"], responses=documented(503))
def ready(request: Request, response: Response) -> Ready:
    """A version is in service."""
    recommender: Recommender = request.app.state.opened()
    response.headers[VERSION] = recommender.version
    return Ready(status="ready", version=recommender.version)


@router.get(
    "/metrics", tags=["service"], response_class=Response, responses={200: {"content": {"text/plain": {}}}}
)
def prometheus() -> Response:
    """Requests and seconds by route, as Prometheus reads them."""
    return Response(metrics(), media_type=CONTENT_TYPE_LATEST)
