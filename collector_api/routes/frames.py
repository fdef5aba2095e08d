"""`/v1/sessions/{session}/frames`: lines come in, lines go out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from collector_api.arriving.arrivals import Arrivals
from collector_api.arriving.in_flight import InFlight
from collector_api.arriving.opening import Opener
from collector_api.database.tables import SessionRow
from collector_api.door.auth import Caller, caller_of
from collector_api.limits import Limits, read_body
from collector_api.metrics import Metrics
from collector_api.problems import NoStorage
from collector_api.routes.answers import AckedAnswer, binary, given
from collector_api.routes.held import HeldAnswer, pieces
from collector_api.routes.plain import PlainRoute
from collector_api.routes.state import (
    AnswersInFlight,
    InReads,
    InStore,
    SessionId,
    SessionPath,
    json_response,
    session_id,
)
from collector_api.rows import frames, sessions
from collector_api.rows.appending import Arrival
from collector_api.rows.tokens import Principal
from collector_api.store import Store
from pairlog.events import End

router = APIRouter(tags=["frames"])


def add_post_frame(app: FastAPI) -> None:
    """Add the route that takes frames, ahead of all others: to find it takes no time."""
    app.router.add_api_route(
        "/v1/sessions/{session}/frames",
        post_frame,
        methods=["POST"],
        route_class_override=PlainRoute,
        summary="Append a frame",
        tags=["frames"],
        response_model=AckedAnswer,
        openapi_extra=binary("application/gzip", "a gzip member of lines"),
    )


async def post_frame(request: Request, session: SessionPath) -> Response:
    """Store the lines of a gzip member of NDJSON; answers `{"acked": n}` once they are durable."""
    caller = await caller_of(request)
    session = await session_id(session)
    limits: Limits = request.app.state.limits
    in_flight: InFlight = request.app.state.in_flight
    opener: Opener = request.app.state.opener
    arrivals: Arrivals = request.app.state.arrivals
    with in_flight.held(caller.token) as held:
        body = await read_body(
            request.stream(),
            request.headers.get("content-length"),
            "frame_bytes_max",
            limits.frame_bytes_max,
            limits.body_seconds_max,
            held.take,
        )
        lines = await opener.open(body, session, held)
        received = await arrivals.take(Arrival(session, caller.contributor, lines, body))
    if received.events:
        metrics: Metrics = request.app.state.metrics
        metrics.stored(received.started_at, lines[-received.events :], len(body))
    store: Store = request.app.state.store
    if received.scrub:
        await run_in_threadpool(store.scrub)
    # Behind that: what reads an older state keeps what was masked in the files.
    if isinstance(lines[-1].event, End):
        store.judge_soon(session)
    return json_response({"acked": received.acked})


@router.get(
    "/v1/sessions/{session}/frames",
    summary="Read a session",
    response_class=Response,
    responses=given("application/gzip", "gzip members of NDJSON, in a row"),
)
async def get_frames(
    session: SessionId,
    caller: Caller,
    store: InStore,
    reads: InReads,
    answers: AnswersInFlight,
    first: Annotated[int, Query(alias="from", ge=0, lt=2**53)] = 0,
) -> Response:
    """The session's frames in a row, from the line with seq `from` on."""

    def find() -> tuple[SessionRow, int]:
        with store.reading() as connection:
            row = sessions.readable(connection, session, caller)
            size = frames.read_bytes_max(connection, session)
        reads.note(row, caller)
        return row, size

    def read() -> tuple[list[bytes], int]:
        with store.reading() as connection:
            return frames.some_from(connection, session, first)

    row, size = await run_in_threadpool(find)
    with ExitStack() as held:
        held.enter_context(answers.held(caller.token)).take(size)
        # Here, where it can still be answered, a lake that is away is noticed.
        packed, following = await run_in_threadpool(read)
        parts = packed_from(store, row, caller, packed, following)
        return HeldAnswer(pieces(parts), held.pop_all(), "application/gzip")


def packed_from(
    store: Store, begun: SessionRow, reader: Principal, packed: list[bytes], following: int
) -> Iterator[bytes]:
    """The frames `packed`, and those from the seq `following` on.

    Raises NoStorage, Erased or NotOwner where lines were taken back since the row `begun` was read, or may
    be read no more: the connection breaks, and who reads knows that this was not the whole.
    """
    while packed:
        yield from packed
        # A transaction for each few frames: a slow reader must not hold back the log's checkpoints.
        with store.reading() as connection:
            row = sessions.readable(connection, begun.id, reader)
            if row.revision != begun.revision:
                raise NoStorage("lines were taken back while they were read")
            packed, following = frames.some_from(connection, begun.id, following)
