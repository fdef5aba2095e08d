"""`/v1/sessions`: the rows, one row, and erasing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from collector_api.door.auth import Caller
from collector_api.erasing import erasure
from collector_api.problems import BadRequest
from collector_api.routes.answers import OneSessionAnswer, SessionsAnswer
from collector_api.routes.listing import judged_rows
from collector_api.routes.state import InLimits, InStore, SessionId, json_response, written
from collector_api.rows import sessions
from pairlog.moment import canonical
from pairlog.source.wanted import Wanted

router = APIRouter(tags=["sessions"])


_Moment = Annotated[str | None, Query(max_length=40, examples=["2026-11-01T09:00:00Z"])]
_Word = Annotated[str | None, Query(max_length=200)]
_Flag = Annotated[bool | None, Query()]


def _wanted(
    project: _Word = None,
    contributor: _Word = None,
    editor: _Word = None,
    language: _Word = None,
    since: _Moment = None,
    until: _Moment = None,
    has_tests: _Flag = None,
    has_completions: _Flag = None,
    verified: _Flag = None,
    study: _Word = None,
    condition: _Word = None,
) -> Wanted:
    return Wanted(
        project=project,
        contributor=contributor,
        editor=editor,
        language=language,
        since=_moment("since", since),
        until=_moment("until", until),
        has_tests=has_tests,
        has_completions=has_completions,
        verified=verified,
        study=study,
        condition=condition,
    )


def _moment(name: str, said: str | None) -> str | None:
    try:
        return None if said is None else canonical(said)
    except (ValueError, OverflowError):
        raise BadRequest(f"`{name}` is no moment; write 2026-11-01 or 2026-11-01T09:00:00Z") from None


@router.get("/v1/sessions", summary="List sessions", response_model=SessionsAnswer)
def list_sessions(
    caller: Caller,
    store: InStore,
    limits: InLimits,
    wanted: Annotated[Wanted, Depends(_wanted)],
    changed_after: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
    limit: Annotated[int | None, Query(ge=1, le=1_000)] = None,
) -> Response:
    """The sessions that this token may read, in the order of their last change, `limit` of them at most.

    `next`, where it is not null, is the `changed_after` that shows what follows. A session that is added or
    changes meanwhile comes behind all others: none is left out, and one may come a second time.
    """
    rows_max = min(limit or limits.rows_max, limits.rows_max)
    with store.reading() as connection:
        rows, following = sessions.listed(connection, caller, changed_after, rows_max, wanted)
    return json_response({"sessions": [asdict(row) for row in judged_rows(store, rows)], "next": following})


@router.get("/v1/sessions/{session}", summary="One session", response_model=OneSessionAnswer)
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

    await written(store, job, session)
    await run_in_threadpool(store.scrub)
    return Response(status_code=204)
