"""`/v1/sessions/{session}/live`: a session as it grows."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from collector_api.door.auth import Caller, Doorkeeper
from collector_api.routes.answers import events
from collector_api.routes.held import HeldAnswer
from collector_api.routes.state import AnswersInFlight, InLimits, InReads, InStore, SessionId
from collector_api.routes.stream import Watcher, watch
from collector_api.rows import sessions

router = APIRouter(tags=["frames"])

_Seq = Annotated[int, Query(alias="from", ge=0, lt=2**53)]
_LastSeq = Annotated[int | None, Header(alias="Last-Event-ID", ge=0, lt=2**53)]


@router.get(
    "/v1/sessions/{session}/live",
    summary="Watch a session",
    response_class=Response,
    responses=events("line", "redaction", "forget", "end", "problem"),
)
async def get_live(
    session: SessionId,
    request: Request,
    caller: Caller,
    store: InStore,
    limits: InLimits,
    reads: InReads,
    answers: AnswersInFlight,
    first: _Seq = 0,
    last_seen: _LastSeq = None,
) -> Response:
    """Server-sent events: lines from the seq `from` on, or behind `Last-Event-ID`, and what is taken back."""

    def check() -> None:
        with store.reading() as connection:
            row = sessions.readable(connection, session, caller)
        reads.note(row, caller)

    await run_in_threadpool(check)
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    header = request.headers.get("authorization", "")

    async def admitted() -> bool:
        return await doorkeeper.bearer(request, header) is not None

    watcher = Watcher(session, caller, first if last_seen is None else last_seen + 1)
    with ExitStack() as held:
        held.enter_context(store.bell.watching(caller.token, limits.watchers_max))
        mine = held.enter_context(answers.held(caller.token))
        messages = watch(store, watcher, session, admitted, mine)
        return HeldAnswer(messages, held.pop_all(), "text/event-stream")
