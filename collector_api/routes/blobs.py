"""`/v1/blobs/{sha256}`: contents that lines name."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from collector_api.door.auth import Caller
from collector_api.limits import read_body
from collector_api.problems import NoBlob, NoSession, WrongHash
from collector_api.routes.answers import BlobAnswer, binary, given
from collector_api.routes.held import HeldAnswer, pieces
from collector_api.routes.state import (
    AnswersInFlight,
    BytesInFlight,
    InLimits,
    InReads,
    InStore,
    json_response,
    written,
)
from collector_api.rows import blobs, sessions
from pairlog.ids import is_session

router = APIRouter(tags=["blobs"])


@router.put(
    "/v1/blobs/{sha256}",
    summary="Keep a content",
    response_model=BlobAnswer,
    responses={201: {"model": BlobAnswer, "description": "It is new"}},
    openapi_extra=binary("application/octet-stream", "the content"),
)
async def put_blob(
    sha256: str,
    request: Request,
    caller: Caller,
    store: InStore,
    limits: InLimits,
    in_flight: BytesInFlight,
) -> Response:
    """Keep a content before a line names it; 201 where it is new, 200 where it was here."""
    if not blobs.is_sha256(sha256):
        raise WrongHash("the address names no SHA-256: 64 hexadecimal digits in lower case")
    with in_flight.held(caller.token) as held:
        body = await read_body(
            request.stream(),
            request.headers.get("content-length"),
            "blob_bytes_max",
            limits.blob_bytes_max,
            limits.body_seconds_max,
            held.take,
        )
        found = hashlib.sha256(body).hexdigest()
        if found != sha256:
            raise WrongHash(f"the content has the SHA-256 {found}; put it there", sha256=found)
        new = await written(
            store, lambda connection: blobs.put(connection, caller.contributor, sha256, body, limits)
        )
    return json_response({"sha256": sha256}, 201 if new else 200)


@router.get(
    "/v1/blobs/{sha256}",
    summary="Read a content",
    response_class=Response,
    responses=given("application/octet-stream", "the content"),
)
async def get_blob(
    sha256: str,
    caller: Caller,
    store: InStore,
    reads: InReads,
    answers: AnswersInFlight,
    session: str | None = None,
) -> Response:
    """A content that this session names; without a session, one that the caller uploaded."""
    if not blobs.is_sha256(sha256):
        raise NoBlob("the address names no SHA-256: 64 hexadecimal digits in lower case")
    if session is not None and not is_session(session):
        raise NoSession("`session` is no id of a session: a UUIDv7 in lower case")

    def find() -> tuple[int, int]:
        """Whose content it is, and how large."""
        contributor = caller.contributor
        with store.reading() as connection:
            if session is not None:
                row = sessions.readable(connection, session, caller)
                blobs.check_named(connection, session, sha256)
                contributor = row.contributor_id
            size = blobs.size(connection, contributor, sha256)
        if session is not None:
            reads.note(row, caller)
        return contributor, size

    def read(contributor: int) -> bytes:
        with store.reading() as connection:
            return blobs.of_contributor(connection, contributor, sha256)

    contributor, size = await run_in_threadpool(find)
    with ExitStack() as held:
        held.enter_context(answers.held(caller.token)).take(size)
        data = await run_in_threadpool(read, contributor)
        return HeldAnswer(pieces([data]), held.pop_all(), "application/octet-stream")
