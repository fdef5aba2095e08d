"""Every route, every role, and another contributor's data: one table says who may."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from hashlib import sha256

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from collector_api.door.access import ACCESS, Door
from collector_api.door.browser import COOKIE
from collector_api.rows import studies, tokens
from collector_api.rows.tokens import ROLES, Role
from tests.collector_api.driver import Collector, line, on_sqlite, problem, session_lines

pytestmark = on_sqlite

CONTENT = b"print('hello')\n"
DIGEST = sha256(CONTENT).hexdigest()
PRIVATE = "0193f5a0-1c00-7000-8000-0000000000b1"
OPEN = "0193f5a0-1c00-7000-8000-0000000000b2"


STUDY = "pairs-1"
Call = tuple[str, str, str, str]


def _routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Whatever answers anything, be it a route of ours, one of the framework, or a folder of files."""
    for route in app.routes:
        for inner in getattr(getattr(route, "original_router", None), "routes", [route]):
            for method in getattr(inner, "methods", None) or {"GET"}:
                if method != "HEAD" or isinstance(inner, APIRoute):
                    yield method, inner.path


@pytest.fixture
def walked(collector: Collector) -> Collector:
    """A collector with a study, and two sessions of theirs, one private, one for research, with a blob."""
    collector.store.write(lambda connection: studies.create(connection, STUDY, ["with"])).result()
    theirs = collector.token("theirs")
    assert collector.put(theirs, CONTENT).status_code == 201
    for session, use in ((PRIVATE, "private"), (OPEN, "research")):
        opened = line(2, "open", doc=2, path="b.py", why="opened", source="disk", blob=DIGEST)
        # Whoever watches a session that goes on would wait for ever.
        lines = [*session_lines(session=session, use=use)[:2], opened, line(3, "end", reason="shutdown")]
        assert collector.send(theirs, lines, session).json() == {"acked": 3}
    return collector


def test_the_table_has_every_route_and_no_other(collector: Collector) -> None:
    assert set(_routes(collector.app)) == set(ACCESS)


def _calls(*doors: Door) -> list[Call]:
    """Each route behind these doors, for each of theirs's sessions: method, address, template, session."""
    return [
        (method, path.format(session=session, sha256=DIGEST, doc=1, study=STUDY), path, session)
        for method, path in sorted(ACCESS)
        if ACCESS[method, path].door in doors
        for session in (PRIVATE, OPEN)
    ]


#: What everybody may do whose role may: it touches nobody else's sessions.
FOR_THEMSELVES = {
    ("PUT", "/v1/blobs/{sha256}"): 201,
    ("GET", "/v1/sessions"): 200,
    ("GET", "/v1/tombstones"): 200,
    ("GET", "/v1/contributors/me/reads"): 200,
    ("GET", "/v1/reads"): 200,
    ("GET", "/v1/contributors/me/export"): 200,
    ("DELETE", "/v1/contributors/me"): 204,
    ("GET", "/v1/studies"): 200,
    ("POST", "/v1/studies"): 201,
    ("GET", "/v1/studies/{study}/members"): 200,
    ("PUT", "/v1/studies/{study}/members/me"): 200,
    ("DELETE", "/v1/studies/{study}/members/me"): 204,
    ("GET", "/"): 200,
}


def _expected(method: str, path: str, session: str, role: str) -> tuple[int, str] | int:
    """What somebody who is not theirs gets, in a role, for a session of theirs's."""
    at = ACCESS[method, path]
    if role not in at.roles:
        return 403, "role"
    if (method, path) in FOR_THEMSELVES:
        return FOR_THEMSELVES[method, path]
    if method == "POST":
        return 403, "owner"
    if role == "admin":
        return 204 if method == "DELETE" else 200
    reads = method == "GET" and role == "researcher" and session == OPEN
    return 200 if reads else (403, "owner")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("method", "address", "path", "session"),
    _calls("bearer", "page"),
)
def test_a_stranger_gets_what_the_role_and_the_use_allow(
    walked: Collector, role: Role, method: str, address: str, path: str, session: str
) -> None:
    bodies = {
        "frames": gzip.compress(session_lines(session=session)[0] + b"\n"),
        "redactions": b'{"id": "r1"}',
        "forget": b'{"from": 1, "through": 1}',
        "studies": b'{"study": "pairs-2", "conditions": ["with"]}',
    }
    body = bodies[path.rpartition("/")[2]] if method == "POST" else CONTENT if method == "PUT" else None
    query = {"session": session} if path.startswith("/v1/blobs") and method == "GET" else None
    answer = walked.ask(walked.token("passer", role), method, address, content=body, params=query)
    expected = _expected(method, path, session, role)
    assert (answer.status_code if isinstance(expected, int) else problem(answer)) == expected


@pytest.mark.parametrize(
    ("method", "address", "path", "session"),
    _calls("bearer", "page"),
)
def test_without_a_token_in_force_nothing_is_given(
    walked: Collector, method: str, address: str, path: str, session: str
) -> None:
    expired = walked.store.write(
        lambda connection: tokens.create(connection, "theirs", "admin", expires_s=0)
    ).result()
    revoked = walked.token("former", "admin")
    walked.store.write(lambda connection: tokens.revoke(connection, "former")).result()
    assert problem(walked.request(method, address)) == (401, "token")
    for token in ("plg_wrong", expired, revoked):
        assert problem(walked.ask(token, method, address)) == (401, "token")


@pytest.mark.parametrize(("method", "address", "path", "session"), _calls("open"))
def test_an_open_door_gives_nobody_more_than_nobody(
    walked: Collector, method: str, address: str, path: str, session: str
) -> None:
    address = {"/static": "/static/style.css"}.get(address, address)
    answers = [
        walked.request(method, address),
        *(walked.ask(walked.token("passer", role), method, address) for role in ROLES),
    ]
    assert len({answer.status_code for answer in answers}) == 1
    assert not any(session in answer.text for answer in answers if path != "/openapi.json")


@pytest.mark.parametrize(
    ("method", "address", "path", "session"),
    _calls("bearer"),
)
def test_the_cookie_of_the_pages_opens_no_other_door(
    walked: Collector, method: str, address: str, path: str, session: str
) -> None:
    cookie = walked.cookie()
    assert walked.request(method, address, headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 401


def test_the_lists_show_what_may_be_read(walked: Collector) -> None:
    def seen(token: str) -> list[str]:
        # In the order in which they changed, to which a verdict belongs that is found meanwhile.
        rows = walked.ask(token, "GET", "/v1/sessions").json()["sessions"]
        return sorted(row["session"] for row in rows)

    assert seen(walked.token("theirs")) == [PRIVATE, OPEN]
    assert seen(walked.token("passer")) == []
    assert seen(walked.token("reader", "researcher")) == [OPEN]
    assert seen(walked.token("root", "admin")) == [PRIVATE, OPEN]


def test_a_blob_is_read_through_a_session_that_names_it(walked: Collector) -> None:
    def read(token: str, session: str | None) -> int:
        params = {} if session is None else {"session": session}
        return walked.ask(token, "GET", f"/v1/blobs/{DIGEST}", params=params).status_code

    theirs, reader = walked.token("theirs"), walked.token("reader", "researcher")
    assert [read(theirs, session) for session in (None, PRIVATE, OPEN)] == [200, 200, 200]
    assert [read(reader, session) for session in (None, PRIVATE, OPEN)] == [404, 403, 200]
    other = sha256(b"other").hexdigest()
    assert walked.ask(theirs, "GET", f"/v1/blobs/{other}", params={"session": OPEN}).status_code == 404


def test_the_description_of_the_api_needs_nothing_from_elsewhere(collector: Collector) -> None:
    assert collector.request("GET", "/openapi.json").json()["info"]["title"] == "Pairlog collector"
    assert collector.request("GET", "/docs").status_code == 404


def test_a_token_that_reads_erases_nobody(collector: Collector, mine: str) -> None:
    reader = collector.token("mine", "researcher")
    collector.send(mine, session_lines())
    assert problem(collector.ask(reader, "DELETE", "/v1/contributors/me")) == (403, "role")
    assert collector.lines(mine) == session_lines()
