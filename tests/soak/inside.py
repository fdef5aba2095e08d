"""The real collector in this process, asked without a network: for what is asked ten thousand times."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import orjson

from collector_api.database.database import database_at
from collector_api.limits import Limits
from collector_api.rows import frames, sessions, tokens
from collector_api.server.app import create_app
from collector_api.store import Store
from lsp_server.sending.collector import Answer, Collector
from pairlog.options import database_uri
from pairlog.source import SessionInfo

#: Loopback, or the sender would not send; nobody listens there.
ADDRESS = "http://127.0.0.1:9"


class InsideCollector(Collector):
    """What the sender takes for its connection. `close` ends the collector."""

    def __init__(self, data: Path) -> None:
        self._store = Store(database_at(database_uri(data)))
        self.token = self._store.write(
            lambda connection: tokens.create(connection, "soak", "contributor")
        ).result()
        super().__init__(ADDRESS, self.token)
        pace = Limits(requests_per_second_max=1_000_000, requests_burst_max=1_000_000)
        self._app = create_app(self._store, limits=pace)
        self._loop = asyncio.Runner()

    def lines(self, session: str) -> list[bytes]:
        """What is stored of a session."""
        with self._store.reading() as connection:
            return list(frames.lines_from(connection, session))

    def sessions(self) -> list[SessionInfo]:
        """All sessions, judged."""
        with self._store.reading() as connection:
            rows = list(sessions.everything(connection))
        return [self._store.judged(row) for row in rows]

    def close(self) -> None:
        """Finish what waits and let go of the store."""
        self._store.close()
        self._loop.close()

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str | None = None) -> Answer:
        headers = [(b"authorization", f"Bearer {self.token}".encode())]
        if kind is not None:
            headers.append((b"content-type", kind.encode()))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 9),
        }
        status, data = self._loop.run(self._call(scope, body or b""))
        found = orjson.loads(data) if data else {}
        return Answer(status, found)

    async def _call(self, scope: dict[str, Any], body: bytes) -> tuple[int, bytes]:
        status = 0
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, send)
        return status, b"".join(parts)
