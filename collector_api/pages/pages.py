"""The pages: a list of sessions, a session, a document of it at any event. Plain HTML, without any script."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, FastAPI, Query, Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from collector_api.door import browser, reads
from collector_api.door.auth import Caller, Doorkeeper
from collector_api.door.browser import COOKIE
from collector_api.limits import read_body
from collector_api.pages import describe
from collector_api.pages.marks import Marker
from collector_api.pages.overview import overview
from collector_api.pages.playback import AROUND, play
from collector_api.problems import Problem
from collector_api.routes.listing import judged_rows
from collector_api.routes.state import InReads, InStore, SessionId, written
from collector_api.rows import blobs, frames, keyframes, sessions

router = APIRouter(include_in_schema=False)

_ROWS_MAX = 50
_FORM_BYTES_MAX = 4_096
_FORM_S_MAX = 10.0

_environment = Environment(
    loader=PackageLoader("collector_api.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["duration"] = describe.duration
_environment.filters["offset"] = describe.offset


def add_pages(app: FastAPI) -> None:
    """Mount the pages and what they need."""
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")


def wants_page(request: Request) -> bool:
    """Whether whoever asks is a browser, which shows an error as a page."""
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")


def problem_page(problem: Problem) -> Response:
    """An error as a page; where a token is missing, the form for one."""
    if problem.status == 401:
        return _page("enter.html", 401, wrong=False)
    return _page("problem.html", problem.status, problem=problem)


@router.get("/")
def list_page(caller: Caller, store: InStore, page: Annotated[int, Query(ge=1, le=10**6)] = 1) -> Response:
    """The sessions that the caller may read, the youngest first."""
    with store.reading() as connection:
        rows = sessions.recent(connection, caller, (page - 1) * _ROWS_MAX, _ROWS_MAX + 1)
    shown = judged_rows(store, rows[:_ROWS_MAX])
    return _page("sessions.html", caller=caller, rows=shown, page=page, more=len(rows) > _ROWS_MAX)


@router.get("/sessions/{session}")
def session_page(session: SessionId, caller: Caller, store: InStore, noted: InReads) -> Response:
    """A session at a glance; its contributor also sees who read it."""
    with store.reading() as connection:
        row = sessions.readable(connection, session, caller)
        info = sessions.info(connection, session)
        seen = overview(frames.lines_from(connection, session))
        readers = reads.of_session(connection, session) if sessions.owns(row, caller) else None
    noted.note(row, caller)
    verdict = store.verdict(info)
    return _page("session.html", caller=caller, info=info, seen=seen, verdict=verdict, readers=readers)


@router.get("/sessions/{session}/documents/{doc}")
def document_page(
    session: SessionId,
    doc: int,
    caller: Caller,
    store: InStore,
    noted: InReads,
    seq: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
    line: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """A document as it stood after the event `seq`; a long one around `line`."""
    with store.reading() as connection:
        row = sessions.readable(connection, session, caller)
        # Of one that ended before there were any, or that came back from a lake.
        has_none = keyframes.is_due(connection, sessions.info(connection, session))
        tape = keyframes.tape_of(connection, session)
        marker = Marker()
        player = keyframes.player_before(
            connection,
            session,
            tape.before(seq, AROUND),
            lambda sha256: blobs.of_session(connection, session, sha256),
            marker,
        )
        lines = frames.lines_from(connection, session, player.seq + 1)
        shown = play(tape, marker, player, lines, doc, seq, line)
    noted.note(row, caller)
    if has_none:
        store.judge_soon(session)
    return _page("document.html", caller=caller, session=session, doc=doc, shown=shown)


@router.get("/enter")
def enter_once(request: Request, store: InStore, key: str = "") -> Response:
    """The one-time address: gives the cookie, once. Without a key, the form for a token."""
    cookie = None
    with store.reading() as connection:
        known = browser.whose_key(connection, key) is not None
    if known:
        cookie = store.write(lambda connection: browser.enter(connection, key)).result()
    if cookie is None:
        return _page("enter.html", 403 if key else 200, wrong=bool(key))
    return _admitted(request, cookie)


@router.post("/enter")
async def enter_with_token(request: Request, store: InStore) -> Response:
    """The form: a token gives the cookie."""
    body = await read_body(
        request.stream(), request.headers.get("content-length"), "form", _FORM_BYTES_MAX, _FORM_S_MAX
    )
    (token, *_) = parse_qs(body.decode("utf-8", "replace")).get("token", [""])
    doorkeeper: Doorkeeper = request.app.state.doorkeeper
    principal = await doorkeeper.bearer(request, f"Bearer {token.strip()}")
    if principal is None:
        return _page("enter.html", 403, wrong=True)
    cookie = await written(store, lambda connection: browser.admit(connection, principal))
    return _admitted(request, cookie)


@router.post("/leave")
def leave(request: Request, store: InStore) -> Response:
    """Forget the cookie, here and in the browser."""
    cookie = request.cookies.get(COOKIE, "")
    with store.reading() as connection:
        known = browser.who(connection, cookie) is not None
    if known:
        store.write(lambda connection: browser.leave(connection, cookie)).result()
    response = RedirectResponse("/enter", 303)
    response.delete_cookie(COOKIE)
    return response


def _admitted(request: Request, cookie: str) -> Response:
    # A page, not a redirect: a browser that came from elsewhere would not send a strict cookie along.
    response = _page("entered.html")
    response.set_cookie(
        COOKIE, cookie, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return response


def _page(template: str, status: int = 200, **values: Any) -> Response:
    return HTMLResponse(_environment.get_template(template).render(values), status)
