"""What the pytest plugin says of one run, on its connection, to the events of the session (docs/runs.md).

Where a connection breaks off before the run's end was told, a `gap` says so. However much is said, the
client's own messages come in between.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from lsp_server.recording.recorder import Recorder
from lsp_server.senses.doubles import Doubles
from lsp_server.senses.sense import Tell

LINE_BYTES_MAX = 1024 * 1024
#: So many messages are heard before others have their turn: a few milliseconds.
_MESSAGES_PER_TURN = 50
_COUNT_MAX = 2**31
#: The fields of a result that name a file.
_PLACES = ("path", "failed_in")


class PytestRun(asyncio.Protocol):
    """One connection, one run."""

    def __init__(self, tell: Tell, key: str, doubles: Doubles) -> None:
        """`key` is what the plugin must name first."""
        self._tell = tell
        self._key = key
        self._doubles = doubles
        self._id = f"pytest-{secrets.token_hex(6)}"
        self._waiting = b""
        self._hello: dict[str, Any] | None = None
        self._is_over = False
        self._began = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has come."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Hear what is whole; nothing more is read before that is done."""
        assert self._transport is not None
        self._waiting += data
        self._transport.pause_reading()
        self._hear()

    def connection_lost(self, exc: Exception | None) -> None:
        """The run is over, or its process is gone."""
        self._transport = None
        while self._hear_some():
            continue
        if self._hello is not None and not self._is_over:
            self._lose("not_emitted", "a test run broke off before its end was told")

    def _hear(self) -> None:
        """Hear some messages, and go on when others had their turn."""
        if self._transport is None or self._transport.is_closing():
            return
        if self._hear_some():
            asyncio.get_running_loop().call_soon(self._hear)
        elif len(self._waiting) > LINE_BYTES_MAX:
            self._refuse("a message of a test run is too long")
        elif not self._is_over:
            self._transport.resume_reading()

    def _hear_some(self) -> bool:
        """Whether there is more to be heard."""
        *lines, self._waiting = self._waiting.split(b"\n", _MESSAGES_PER_TURN)
        messages = list(_readable(lines))
        is_whole = len(messages) == len(lines)
        try:
            self._take(messages)
        except ValueError:
            is_whole = False
        if not is_whole:
            self._refuse("a message of a test run could not be read")
        return b"\n" in self._waiting and not self._is_over

    def _take(self, messages: list[dict[str, Any]]) -> None:
        """Raises ValueError for what the plugin never says."""
        if self._is_over:
            return
        if self._hello is None and messages:
            self._begin(messages.pop(0))
        if messages and not self._is_over:
            goodbye = messages.pop() if "exit_code" in messages[-1] else None
            self._tell(lambda recorder: self._write_results(recorder, messages))
            if goodbye is not None:
                self._end(goodbye)

    def _begin(self, hello: dict[str, Any]) -> None:
        if not secrets.compare_digest(_text(hello, "key").encode("utf-8", "replace"), self._key.encode()):
            # Nobody who may say anything, so nothing is lost.
            self._is_over = True
            self._hang_up()
            return
        self._began = time.monotonic() - _number(hello, "age_ms") / 1000
        self._hello = {**hello, "folder": _text(hello, "folder")}
        report = hello.get("report")
        if isinstance(report, str):
            self._doubles.begin(self._id, report)
        self._tell(
            lambda recorder: self._write_run(
                recorder, "started", ms_ago=self._age_ms(), command=hello.get("command")
            )
        )

    def _end(self, goodbye: dict[str, Any]) -> None:
        lost = _number(goodbye, "lost")
        if lost:
            self._lose("not_emitted", "results of a test run that could not be taken in time", lost)
        told: dict[str, Any] = {name: goodbye.get(name) for name in ("exit_code", "duration_ms")}
        self._tell(lambda recorder: self._write_run(recorder, "ended", **told))
        self._is_over = True
        self._doubles.end(self._id)
        self._hang_up()

    def _refuse(self, why: str) -> None:
        if self._hello is not None:
            self._lose("unsupported", why)
        self._is_over = True
        self._hang_up()

    def _hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _lose(self, reason: Literal["unsupported", "not_emitted"], detail: str, count: int = 1) -> None:
        self._tell(lambda recorder: recorder.gap(reason, detail, count=count))

    # -- in a recorder -------------------------------------------------------------------------------

    def _write_run(self, recorder: Recorder, phase: str, **told: Any) -> None:
        """The run that started it may have been told only after it, so each phase says what is known then."""
        parent = recorder.parent(self._age_ms(), "pytest")
        run = {"type": "run", "id": self._id, "phase": phase, "kind": "test", **told}
        recorder.observe({**run, "parent": parent, "evidence": "observed"})

    def _age_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)

    def _write_results(self, recorder: Recorder, messages: Sequence[dict[str, Any]]) -> None:
        named = {self._named(recorder, it.get(field)) for it in messages for field in _PLACES}
        # Git is asked about all of them at once.
        recorder.documents.gate.denied([path for path in named if path is not None])
        for message in messages:
            recorder.observe(self._result(recorder, message))

    def _result(self, recorder: Recorder, message: dict[str, Any]) -> dict[str, Any]:
        told = {name: message.get(name) for name in ("test", "outcome", "duration_ms", "message", "output")}
        path, line = message.get("path"), message.get("line")
        if self._may_be_told(recorder, message.get("failed_in")):
            path, line = message["failed_in"], message.get("failed_at")
        if isinstance(path, str):
            path = self._absolute(path)
        return {"type": "test", "run": self._id, **told, "path": path, "line": line, "evidence": "observed"}

    def _may_be_told(self, recorder: Recorder, path: Any) -> bool:
        """Whether a failure's place is a file of the workspace; of a library's, the test's is told."""
        named = self._named(recorder, path)
        return named is not None and not recorder.documents.gate.denied([named])

    def _named(self, recorder: Recorder, path: Any) -> str | None:
        return recorder.documents.folder.within(self._absolute(path)) if isinstance(path, str) else None

    def _absolute(self, path: str) -> str:
        assert self._hello is not None
        return str(Path(self._hello["folder"], path))


def _readable(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The messages up to the first that cannot be read."""
    for line in lines:
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict):
            return
        yield message


def _text(message: dict[str, Any], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str):
        raise ValueError(name)
    return value


def _number(message: dict[str, Any], name: str) -> int:
    value = message.get(name)
    if type(value) is not int or not 0 <= value <= _COUNT_MAX:
        raise ValueError(name)
    return value
