"""`/v1/sessions/{session}/redactions` and `/forget`: what a contributor takes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from collector_api.arriving.in_flight import InFlight
from collector_api.arriving.turns import Turns
from collector_api.door.auth import Caller, caller_of
from collector_api.erasing import forgetting, redacting
from collector_api.erasing.forgetting import Answer
from collector_api.limits import Limits, read_body
from collector_api.lines.redactions import Minutes, Window, read_forgotten, read_redaction
from collector_api.routes.answers import ForgottenAnswer, RevisionAnswer, body
from collector_api.routes.state import InLimits, InStore, SessionId, json_response, written
from collector_api.rows.archive import InLake
from collector_api.store import Store

P = TypeVar("P")
T = TypeVar("T")

router = APIRouter(tags=["frames"])

#: How often a plan is made beside the thread that writes, before that is kept waiting.
_TRIES = 3


@router.post(
    "/v1/sessions/{session}/redactions",
    summary="Mask characters",
    response_model=RevisionAnswer,
    openapi_extra=body({"id": "r1", "spans": [[41, "/changes/0/4", 7, 16]], "saves": [], "blobs": []}, "id"),
)
async def post_redaction(
    session: SessionId, request: Request, caller: Caller, store: InStore, limits: InLimits
) -> Response:
    """Mask spans of a session's lines, stored and still to come; answers `{"revision": n}` once durable."""
    redaction = read_redaction(await _body(request, limits), limits)
    contributor = caller.contributor
    one_at_a_time: asyncio.Lock = request.app.state.redacting
    # A plan has the masked frames of a session in memory.
    async with one_at_a_time:
        revision = await _planned(
            store,
            session,
            lambda connection: redacting.plan(connection, session, contributor, redaction, limits),
            lambda connection, plan: redacting.carry_out(
                connection, session, contributor, redaction, plan, limits
            ),
        )
    await _finish(store, session)
    return json_response({"revision": revision})


@router.post(
    "/v1/sessions/{session}/forget",
    summary="Forget lines",
    response_model=ForgottenAnswer,
    openapi_extra=body({"from": 41, "through": 60}),
)
async def post_forget(
    session: SessionId, request: Request, caller: Caller, store: InStore, limits: InLimits
) -> Response:
    """Forget a session's lines, and what they brought; answers `{"revision": n, "acked": m}` once durable.

    The body is `{"from": seq, "through": seq}` or `{"since": ms, "until": ms}`, a time since 1970.
    """
    asked = read_forgotten(await _body(request, limits))
    turns: Turns = request.app.state.forgetting
    with turns.taken(caller.token):
        answer = await _answer(store, session, caller.contributor, asked, limits)
    await _finish(store, session)
    return json_response({"revision": answer.revision, "acked": answer.acked})


async def _answer(
    store: Store, session: str, contributor: int, asked: Window | Minutes, limits: Limits
) -> Answer:
    if isinstance(asked, Window):
        return await _forgotten(store, session, contributor, asked, limits)

    def lines_of(minutes: Minutes) -> tuple[Window | None, Answer]:
        with store.reading() as connection:
            return forgetting.window_of(connection, session, contributor, minutes)

    window, standing = await run_in_threadpool(lines_of, asked)
    return standing if window is None else await _forgotten(store, session, contributor, window, limits)


async def _forgotten(store: Store, session: str, contributor: int, window: Window, limits: Limits) -> Answer:
    return await _planned(
        store,
        session,
        lambda connection: forgetting.plan(connection, session, contributor, window, limits),
        lambda connection, plan: forgetting.carry_out(connection, session, contributor, window, plan, limits),
    )


async def _planned(
    store: Store,
    session: str,
    plan: Callable[[Connection], P],
    carry_out: Callable[[Connection, P], T | None],
) -> T:
    """What `carry_out` answers, once it is durable; its plan is made beside the thread that writes."""

    def planned() -> P:
        with store.reading() as connection:
            return plan(connection)

    async def beside() -> T | None:
        made = await run_in_threadpool(planned)
        return await written(store, lambda connection: carry_out(connection, made), session)

    def at_once(connection: Connection) -> T:
        answer = carry_out(connection, plan(connection))
        assert answer is not None
        return answer

    for _ in range(_TRIES):
        try:
            answer = await beside()
        except InLake:
            await run_in_threadpool(store.thaw, session)
            continue
        if answer is not None:
            return answer
    return await written(store, at_once, session)


async def _body(request: Request, limits: Limits) -> bytes:
    in_flight: InFlight = request.app.state.in_flight
    with in_flight.held((await caller_of(request)).token) as held:
        return await read_body(
            request.stream(),
            request.headers.get("content-length"),
            "redaction_bytes_max",
            limits.redaction_bytes_max,
            limits.body_seconds_max,
            held.take,
        )


async def _finish(store: Store, session: str) -> None:
    await run_in_threadpool(store.scrub)
    store.judge_soon(session)
