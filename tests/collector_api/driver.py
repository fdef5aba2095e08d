"""A collector in this process, and a small session to send to it."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from collector_api.door import browser
from collector_api.limits import Limits
from collector_api.rows import tokens
from collector_api.rows.tokens import OPERATOR, Principal, Role
from collector_api.store import Store
from pairlog.cli import main
from pairlog.events import Edit, End, Event, Open, Save, Session
from pairlog.frame import pack, whole_lines
from pairlog.line import encode
from tests.support.files import contents

SESSION = "0193f5a0-1c00-7000-8000-0000000000aa"
#: No access table would let this address in by chance.
ADDRESS = "http://collector.test"

#: What does not depend on the database is asked of one alone.
on_sqlite = pytest.mark.parametrize("store_address", ["sqlite"], indirect=True)

SMALL = Limits(
    redaction_bytes_max=2_000,
    redaction_spans_max=20,
    session_spans_max=50,
    session_redactions_bytes_max=6_000,
    frame_bytes_max=20_000,
    frame_unpacked_bytes_max=200_000,
    frame_events_max=100,
    line_bytes_max=50_000,
    blob_bytes_max=1_000,
    sessions_max=3,
    contributor_bytes_max=50_000,
)


@dataclass
class Collector:
    """A collector, and what callers say to it, one request after the other."""

    address: str
    store: Store
    app: FastAPI
    loop: asyncio.Runner

    def request(self, method: str, path: str, **rest: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
                return await client.request(method, path, **rest)

        return self.loop.run(ask())

    def ask(self, token: str, method: str, path: str, **rest: Any) -> httpx.Response:
        return self.request(method, path, headers={"Authorization": f"Bearer {token}"}, **rest)

    def token(self, name: str, role: Role = "contributor") -> str:
        return self.store.write(lambda connection: tokens.create(connection, name, role)).result()

    def cookie(self, principal: Principal = OPERATOR) -> str:
        """A cookie of a browser."""
        return self.store.write(lambda connection: browser.admit(connection, principal)).result()

    def send(self, token: str, lines: Sequence[bytes], session: str = SESSION) -> httpx.Response:
        return self.ask(token, "POST", f"/v1/sessions/{session}/frames", content=pack(lines))

    def put(self, token: str, content: bytes) -> httpx.Response:
        return self.ask(token, "PUT", f"/v1/blobs/{sha256(content).hexdigest()}", content=content)

    def redact(self, token: str, session: str = SESSION, **body: Any) -> httpx.Response:
        """A redaction of the id `r1`, where the body names no other."""
        path = f"/v1/sessions/{session}/redactions"
        return self.ask(token, "POST", path, json={"id": "r1", "spans": [], "saves": [], "blobs": [], **body})

    def forget(self, token: str, first: int, through: int, session: str = SESSION) -> httpx.Response:
        path = f"/v1/sessions/{session}/forget"
        return self.ask(token, "POST", path, json={"from": first, "through": through})

    def settled(self, token: str) -> int:
        """Have all verdicts that this token can ask for kept; returns the last number of a change."""
        self.ask(token, "GET", "/v1/sessions")
        return self.store.written(
            lambda connection: int(
                connection.exec_driver_sql("SELECT max(changed) FROM session").scalar_one() or 0
            )
        )

    def row(self, token: str, session: str = SESSION) -> dict[str, Any]:
        answer = self.ask(token, "GET", f"/v1/sessions/{session}")
        assert answer.status_code == 200
        row: dict[str, Any] = answer.json()
        return row

    def bytes_counted(self) -> tuple[int, int]:
        """What is counted to all contributors, and what is kept for them."""
        with self.store.reading() as connection:
            counted = connection.exec_driver_sql("SELECT sum(bytes) FROM contributor").scalar_one()
            frames = connection.exec_driver_sql("SELECT sum(length(data)) FROM frame").scalar_one() or 0
            rows = connection.exec_driver_sql("SELECT sum(bytes) FROM session").scalar_one() or 0
            blobs = connection.exec_driver_sql("SELECT sum(length(data)) FROM blob").scalar_one() or 0
            noted = connection.exec_driver_sql("SELECT sum(length(body)) FROM redaction").scalar_one() or 0
        assert rows == frames
        return counted, frames + blobs + noted

    def command(self, *words: str) -> int:
        """Run a command on the store, beside the collector; returns its code."""
        return main([*words, "--database-url", self.address])

    def export(self, lake: Path | str) -> None:
        """Move closed sessions to a lake."""
        assert self.command("lake", "export", "--to", str(lake)) == 0

    def holds(self, secret: str | bytes) -> bool:
        """Whether these bytes are in a file of a SQLite store's folder, or in a row of one in PostgreSQL."""
        wanted = secret.encode() if isinstance(secret, str) else secret
        return any(wanted in kept for kept in _kept(self.address))

    def lines(self, token: str, session: str = SESSION, first: int = 0) -> list[bytes]:
        """What is stored, from a seq on."""
        answer = self.ask(token, "GET", f"/v1/sessions/{session}/frames", params={"from": first})
        assert answer.status_code == 200
        return whole_lines(gzip.decompress(answer.content))[0] if answer.content else []

    def lines_or_none(self, token: str, session: str = SESSION) -> list[bytes] | None:
        """What is stored; None where the session is not here."""
        known = self.ask(token, "GET", f"/v1/sessions/{session}").status_code == 200
        return self.lines(token, session) if known else None


def _kept(address: str) -> Iterator[bytes]:
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        folder = Path(str(url.database)).parent
        yield from contents(folder).values()
        return
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        for table in SQLModel.metadata.tables:
            with cursor.copy(f'COPY "{table}" TO STDOUT (FORMAT binary)') as rows:
                yield b"".join(map(bytes, rows))


def problem(answer: httpx.Response) -> tuple[int, str]:
    """The status and the code of an answer that must be a problem document."""
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert {"title", "status", "detail", "code"} <= body.keys()
    assert body["status"] == answer.status_code
    return answer.status_code, body["code"]


def session_lines(edits: int = 5, session: str = SESSION, **header: Any) -> list[bytes]:
    """A session: header, open, keys typed one by one, a save that fits, the end."""
    first: dict[str, Any] = {
        "wire": 1,
        "session": session,
        "started_at": "2026-11-01T09:00:00.000Z",
        "editor": {"name": "Neovim", "version": "0.7.2"},
        "recorder": {"name": "pairlog", "version": "0.1.0"},
        "position_encoding": "utf-16",
        "clock": "recorder",
        "workspace": "5f2c",
        "consent": "content",
        "use": "private",
        "policy": "2026-11",
        **header,
    }
    keys = ["abcdefghij"[number % 10] for number in range(edits)]
    events: list[Event] = [
        Session(seq=0, t=0, **first),
        Open(seq=1, t=1, doc=1, path="a.py", why="opened", source="editor", language="python", text=""),
        *(
            Edit(
                seq=2 + column,
                t=10 * column + 10,
                doc=1,
                changes=[(0, column, 0, column, key)],
                cause="typed",
            )
            for column, key in enumerate(keys)
        ),
        Save(
            seq=2 + edits, t=1000, doc=1, sha256=sha256("".join(keys).encode()).hexdigest(), sha256_of="text"
        ),
        End(seq=3 + edits, t=1001, reason="shutdown"),
    ]
    return [encode(event) for event in events]


def line(seq: int, kind: str, **fields: Any) -> bytes:
    """One line, with whatever fields."""
    return json.dumps({"seq": seq, "t": seq, "type": kind, **fields}).encode()
