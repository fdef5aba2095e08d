"""`/v1/sessions`: the rows, one row, and erasing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from collector_api import erasure, sessions
from collector_api.auth import Caller
from collector_api.listing import judged_rows
from collector_api.state import InLimits, InStore, SessionId, json_response, written

router = APIRouter(tags=["sessions"])


@router.get("/v1/sessions", summary="List sessions")
def list_sessions(
    caller: Caller,
    store: InStore,
    limits: InLimits,
    changed_after: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
) -> Response:
    """The sessions that this token may read, in the order of their last change.

    `next`, where it is not null, is the `changed_after` that shows what follows.
    """
    with store.reading() as connection:
        rows, following = sessions.listed(connection, caller, changed_after, limits.rows_max)
    return json_response({"sessions": [asdict(row) for row in judged_rows(store, rows)], "next": following})


@router.get("/v1/sessions/{session}", summary="One session")
def get_session(session: SessionId, caller: Caller, store: InStore) -> Response:
    """The row of a session, and the last seq that is stored of it as `acked`."""
    with store.reading() as connection:
        acked = sessions.readable(connection, session, caller).acked
        info = sessions.info(connection, session)
    if info.complete:
        info = store.judged(info)
    return json_response({**asdict(info), "acked": acked})


@router.delete("/v1/sessions/{session}", summary="Erase a session", status_code=204)
async def delete_session(session: SessionId, caller: Caller, store: InStore) -> Response:
    """Erase a session for good; a tombstone stays."""

    def job(connection: Connection) -> None:
        erasure.erase(connection, sessions.erasable(connection, session, caller))

    await written(store, job, about=session)
    await run_in_threadpool(store.scrub)
    return Response(status_code=204)
