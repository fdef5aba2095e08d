"""`/v1/contributors/me/reads` and `/v1/reads`: who read which session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from collector_api.door import reads
from collector_api.door.auth import Caller
from collector_api.routes.answers import ReadsAnswer
from collector_api.routes.state import InLimits, InStore, json_response

router = APIRouter(tags=["contributors"])


@router.get("/v1/contributors/me/reads", summary="Who read my sessions", response_model=ReadsAnswer)
def list_reads(
    caller: Caller, store: InStore, limits: InLimits, after: Annotated[int, Query(ge=0, lt=2**63)] = 0
) -> Response:
    """Readings of the caller's sessions by others, behind the one with id `after`: the first of each day."""
    with store.reading() as connection:
        rows = reads.of_contributor(connection, caller.contributor, after, limits.rows_max)
    return json_response({"reads": rows})


@router.get("/v1/reads", summary="Who read which session", response_model=ReadsAnswer)
def list_all_reads(
    store: InStore, limits: InLimits, after: Annotated[int, Query(ge=0, lt=2**63)] = 0
) -> Response:
    """Readings of sessions by others than their contributors, as above, for who runs the collector."""
    with store.reading() as connection:
        rows = reads.everything(connection, after, limits.rows_max)
    return json_response({"reads": rows})
