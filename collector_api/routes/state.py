"""What the routes share, and how they get at it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import Depends, Path, Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from collector_api.arriving.in_flight import InFlight
from collector_api.door.reads import Reads
from collector_api.limits import Limits
from collector_api.metrics import Metrics
from collector_api.problems import NoSession
from collector_api.rows.archive import InLake
from collector_api.store import Store
from pairlog.ids import is_session

T = TypeVar("T")


# Coroutines, though they wait for nothing: a plain function would be called in another thread each time.


async def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


async def _limits(request: Request) -> Limits:
    limits: Limits = request.app.state.limits
    return limits


async def _in_flight(request: Request) -> InFlight:
    in_flight: InFlight = request.app.state.in_flight
    return in_flight


async def _answers(request: Request) -> InFlight:
    answers: InFlight = request.app.state.answers
    return answers


async def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


async def _reads(request: Request) -> Reads:
    reads: Reads = request.app.state.reads
    return reads


SessionPath = Annotated[str, Path(description="the id of a session, a UUIDv7")]


async def session_id(session: SessionPath) -> str:
    """The session that an address names. Raises NoSession where it names none."""
    if not is_session(session):
        raise NoSession("the address names no session: an id is a UUIDv7 in lower case")
    return session


InStore = Annotated[Store, Depends(_store)]
InLimits = Annotated[Limits, Depends(_limits)]
BytesInFlight = Annotated[InFlight, Depends(_in_flight)]
AnswersInFlight = Annotated[InFlight, Depends(_answers)]
InMetrics = Annotated[Metrics, Depends(_metrics)]
InReads = Annotated[Reads, Depends(_reads)]
SessionId = Annotated[str, Depends(session_id)]


async def written(store: Store, job: Callable[[Connection], T], *about: str) -> T:
    """What a job of the writer returns, once it is durable; those who watch the sessions `about` are woken.

    A session whose lines are in a lake comes back first.
    """
    try:
        return await asyncio.wrap_future(store.write(job, *about))
    except InLake as error:
        await run_in_threadpool(store.thaw, error.session)
        return await asyncio.wrap_future(store.write(job, *about))


def json_response(value: Any, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(orjson.dumps(value), status, media_type="application/json")
