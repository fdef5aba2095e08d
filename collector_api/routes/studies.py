"""`/v1/studies`: begin one, join and leave one, see who is in it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import ValidationError
from sqlalchemy import Connection
from starlette.responses import Response

from collector_api.door.auth import Caller
from collector_api.limits import read_body
from collector_api.problems import BadRequest
from collector_api.routes.answers import AssignmentAnswer, MembersAnswer, NewStudy, StudiesAnswer, body
from collector_api.routes.state import InLimits, InStore, json_response, written
from collector_api.rows import studies

router = APIRouter(tags=["studies"])

_Name = Annotated[str, Path(description="the name of a study")]


@router.get("/v1/studies", summary="List studies", response_model=StudiesAnswer)
def list_studies(caller: Caller, store: InStore) -> Response:
    """All studies; `condition` is the caller's, where they are in it."""
    with store.reading() as connection:
        return json_response({"studies": studies.listed(connection, caller.contributor)})


@router.post(
    "/v1/studies",
    summary="Begin a study",
    status_code=201,
    response_model=AssignmentAnswer,
    openapi_extra=body({"study": "pairs-1", "conditions": ["with", "without"]}, "study", "conditions"),
)
async def post_study(request: Request, store: InStore, limits: InLimits) -> Response:
    """Begin a study with these conditions."""
    said = await read_body(
        request.stream(),
        request.headers.get("content-length"),
        "study_bytes_max",
        limits.study_bytes_max,
        limits.body_seconds_max,
    )
    try:
        study = NewStudy.model_validate_json(said)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        where = " ".join(map(str, first["loc"])) or "the body"
        raise BadRequest(f"{where}: {first['msg']}") from None
    await written(store, lambda connection: studies.create(connection, study.study, study.conditions))
    return json_response({"study": study.study, "condition": None}, 201)


@router.get("/v1/studies/{study}/members", summary="Who is in a study", response_model=MembersAnswer)
def list_members(study: _Name, store: InStore) -> Response:
    """Who is and was in a study, with their conditions."""
    with store.reading() as connection:
        return json_response({"members": studies.members(connection, study)})


@router.put("/v1/studies/{study}/members/me", summary="Join a study", response_model=AssignmentAnswer)
async def join_study(study: _Name, caller: Caller, store: InStore) -> Response:
    """Join; sessions that begin from now on are tagged. The condition stays the same for good."""
    condition = await written(store, lambda connection: studies.join(connection, study, caller.contributor))
    return json_response({"study": study, "condition": condition})


@router.delete("/v1/studies/{study}/members/me", summary="Leave a study", status_code=204)
async def leave_study(study: _Name, caller: Caller, store: InStore) -> Response:
    """Leave; what was recorded before keeps its tag until it is erased."""

    def job(connection: Connection) -> None:
        studies.leave(connection, study, caller.contributor)

    await written(store, job)
    return Response(status_code=204)
