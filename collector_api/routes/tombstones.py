"""`/v1/tombstones`: what was erased, so that others can erase it too."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from collector_api.door.auth import Caller
from collector_api.erasing import erasure
from collector_api.routes.answers import TombstonesAnswer
from collector_api.routes.state import InLimits, InStore, json_response

router = APIRouter(tags=["sessions"])


@router.get("/v1/tombstones", summary="What was erased", response_model=TombstonesAnswer)
def list_tombstones(
    caller: Caller, store: InStore, limits: InLimits, after: Annotated[int, Query(ge=0, lt=2**63)] = 0
) -> Response:
    """The tombstones behind the one with id `after`; a contributor sees their own alone.

    With `from` and `through` these lines of the session were forgotten; without, all of it was erased.
    """
    only = caller.contributor if caller.role == "contributor" else None
    with store.reading() as connection:
        rows = erasure.tombstones(connection, after, limits.rows_max, only)
    return json_response({"tombstones": rows})
