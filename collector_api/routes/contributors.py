"""`/v1/contributors/me`: all that is kept of whoever asks, given out or erased."""

from __future__ import annotations

from contextlib import ExitStack

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from collector_api.arriving.turns import Turns
from collector_api.door.auth import Caller
from collector_api.erasing import erasure, takeout
from collector_api.routes.answers import given
from collector_api.routes.held import HeldAnswer
from collector_api.routes.state import InStore

router = APIRouter(tags=["contributors"])


@router.get(
    "/v1/contributors/me/export",
    summary="Take everything of yours along",
    response_class=Response,
    responses=given("application/x-tar", "a tar with a folder for each session"),
)
async def export_me(request: Request, caller: Caller, store: InStore) -> Response:
    """A tar with all your sessions, as `pairlog export --out` writes them, and what else is known of you."""
    turns: Turns = request.app.state.exporting
    with ExitStack() as held:
        held.enter_context(turns.taken(caller.token))
        parts = takeout.archive(store, caller.contributor)
        # What waits in files goes at once where nobody takes it any more.
        held.callback(parts.close)
        answer = HeldAnswer(parts, held.pop_all(), "application/x-tar")
    answer.headers["Content-Disposition"] = f'attachment; filename="{takeout.FOLDER}.tar"'
    return answer


@router.delete("/v1/contributors/me", summary="Erase everything of yours", status_code=204)
def delete_me(caller: Caller, store: InStore) -> Response:
    """Erase all your sessions, contents and tokens, and your name, for good; tombstones stay."""
    erasure.erase_contributor(store, caller.contributor, store.bell.ring)
    store.scrub_log()
    # Years of sessions are in many files of a lake: who asked need not wait for all of them.
    return Response(status_code=204, background=BackgroundTask(store.sweep))
