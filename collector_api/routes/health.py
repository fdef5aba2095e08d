"""Whether all is well, for whoever keeps the collector up: `/healthz`, `/readyz` and `/metrics`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from starlette.responses import Response

from collector_api.routes.answers import HealthAnswer, ReadyAnswer, given
from collector_api.routes.readiness import Readiness
from collector_api.routes.state import InMetrics, InStore, json_response

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Whether all is well", response_model=HealthAnswer)
def healthz(store: InStore) -> Response:
    """`{"status": "ok"}`, or the problem."""
    with store.reading() as connection:
        connection.execute(text("SELECT 1"))
    return json_response({"status": "ok"})


@router.get("/readyz", summary="Whether frames are taken", response_model=ReadyAnswer)
async def readyz(request: Request) -> Response:
    """`{"status": "ready", "waiting": n}` once a write went through; `503` where none does in time.

    The answer of a moment ago is good for a second.
    """
    readiness: Readiness = request.app.state.readiness
    return json_response({"status": "ready", "waiting": await readiness.waiting()})


@router.get(
    "/metrics",
    summary="Counts, for Prometheus",
    response_class=Response,
    responses=given("text/plain", "the text format of Prometheus"),
)
def metrics_text(metrics: InMetrics) -> Response:
    """What was counted since `pairlog serve` began: events, bytes, lag, queue, requests, refusals."""
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)
