"""`/healthz`: whether the process answers and can read its store."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import text
from starlette.responses import Response

from collector_api.state import InStore, json_response

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Whether all is well")
def healthz(store: InStore) -> Response:
    """`{"status": "ok"}`, or the problem."""
    with store.reading() as connection:
        connection.execute(text("SELECT 1"))
    return json_response({"status": "ok"})
