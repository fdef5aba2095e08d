"""Whether all is well, for whoever keeps the collector up: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from starlette.responses import Response

from collector_api.answers import HealthAnswer, ReadyAnswer, given
from collector_api.problems import NoStorage
from collector_api.state import InMetrics, InStore, json_response, written

router = APIRouter(tags=["health"])

#: A store that takes longer to write nothing is not ready for more.
_READY_S_MAX = 2.0


@router.get("/healthz", summary="Whether all is well", response_model=HealthAnswer)
def healthz(store: InStore) -> Response:
    """`{"status": "ok"}`, or the problem."""
    with store.reading() as connection:
        connection.execute(text("SELECT 1"))
    return json_response({"status": "ok"})


@router.get("/readyz", summary="Whether frames are taken", response_model=ReadyAnswer)
async def readyz(store: InStore) -> Response:
    """`{"status": "ready", "waiting": n}` once a write went through; `503` where none does in time."""
    waiting = store.waiting
    try:
        await asyncio.wait_for(
            written(store, lambda connection: connection.execute(text("SELECT 1")).scalar()), _READY_S_MAX
        )
    except asyncio.TimeoutError:
        raise NoStorage(f"{waiting} writes wait for {_READY_S_MAX:.0f} s and more") from None
    return json_response({"status": "ready", "waiting": waiting})


@router.get(
    "/metrics",
    summary="Counts, for Prometheus",
    response_class=Response,
    responses=given("text/plain", "the text format of Prometheus"),
)
def metrics_text(metrics: InMetrics) -> Response:
    """What was counted since `pairlog serve` began: events, bytes, lag, queue, requests, refusals."""
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)
