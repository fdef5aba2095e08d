"""A small language client: a real server process, spoken to over its standard input and output."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pairlog.events import Change

SERVER = [sys.executable, "-m", "lsp_server"]
_SECONDS_MAX = 20.0


class Client:
    """Speaks LSP's base protocol. `initialize` first; leave with `shutdown`, `hang_up` or `kill`."""

    def __init__(
        self,
        command: Sequence[str] = SERVER,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAIRLOG_")}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**kept, **(env or {})},
            cwd=cwd,
            preexec_fn=before,
        )
        self.errors = b""
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.seen: list[dict[str, Any]] = []
        self._ids = 0
        self._threads = [
            threading.Thread(target=work, daemon=True) for work in (self._read, self._read_errors)
        ]
        for thread in self._threads:
            thread.start()

    # -- saying ---------------------------------------------------------------------------------------

    def notify(self, method: str, params: Any) -> None:
        self.write(frame({"jsonrpc": "2.0", "method": method, "params": params}))

    def request(self, method: str, params: Any = None) -> Any:
        """The result of a request. Raises AssertionError where it is an error."""
        self._ids += 1
        self.write(frame({"jsonrpc": "2.0", "id": self._ids, "method": method, "params": params}))
        answer = self.wait(lambda message: message.get("id") == self._ids and "method" not in message)
        assert "error" not in answer, answer
        return answer["result"]

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def initialize(self, root: Path | None, **options: Any) -> Any:
        """Open the conversation; `options` are the initializationOptions."""
        params = {
            "processId": os.getpid(),
            "clientInfo": {"name": "Test client", "version": "1"},
            "rootUri": None if root is None else root.as_uri(),
            "capabilities": {
                "general": {"positionEncodings": options.pop("encodings", ["utf-16"])},
                "workspace": {
                    "didChangeWatchedFiles": {"dynamicRegistration": options.pop("watches", False)}
                },
            },
            "initializationOptions": options,
        }
        result = self.request("initialize", params)
        self.notify("initialized", {})
        return result

    def open(self, file: Path, text: str, version: int = 1, language: str = "python") -> str:
        """Open a document; returns its address."""
        uri = file.as_uri()
        document = {"uri": uri, "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return uri

    def change(self, uri: str, version: int, *changes: Change) -> None:
        self.notify("textDocument/didChange", did_change(uri, version, changes))

    def save(self, uri: str, text: str | None = None) -> None:
        params: dict[str, Any] = {"textDocument": {"uri": uri}}
        self.notify("textDocument/didSave", params if text is None else {**params, "text": text})

    def close(self, uri: str) -> None:
        self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    def observe(self, **observation: Any) -> None:
        self.notify("pairlog/observe", observation)

    def settle(self) -> None:
        """Wait until everything said so far was handled: an unknown request is refused in its turn."""
        self._ids += 1
        self.write(frame({"jsonrpc": "2.0", "id": self._ids, "method": "test/settle", "params": None}))
        self.wait(lambda message: message.get("id") == self._ids)

    # -- hearing --------------------------------------------------------------------------------------

    def wait(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = _SECONDS_MAX) -> dict[str, Any]:
        """The first message, also of those that came before, that is wanted."""
        for message in self.seen:
            if wanted(message):
                return message
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                next_one = self._messages.get(timeout=left)
            except queue.Empty:
                break
            if next_one is None:
                break
            self.seen.append(next_one)
            if wanted(next_one):
                return next_one
        raise AssertionError(f"no such message; there were {self.seen} and {self.errors.decode()}")

    def wait_status(self, state: str) -> dict[str, Any]:
        """The `pairlog/status` with this state."""
        told = self.wait(lambda it: it.get("method") == "pairlog/status" and it["params"]["state"] == state)
        return dict(told["params"])

    def wait_message(self, words: str) -> str:
        """The message shown to the person that has these words."""
        told = self.wait(
            lambda it: it.get("method") == "window/showMessage" and words in it["params"]["message"]
        )
        return str(told["params"]["message"])

    # -- leaving --------------------------------------------------------------------------------------

    def shutdown(self) -> int:
        """Leave as LSP says; returns the exit code."""
        self.request("shutdown")
        self.notify("exit", None)
        return self._leave()

    def hang_up(self) -> int:
        """Close the server's input without a word; returns the exit code."""
        return self._leave()

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self._leave()

    def _leave(self) -> int:
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        code = self.process.wait(timeout=_SECONDS_MAX)
        for thread in self._threads:
            thread.join(timeout=_SECONDS_MAX)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                header = stream.readline()
            self._messages.put(json.loads(stream.read(length)))
        self._messages.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors += line


def frame(message: dict[str, Any]) -> bytes:
    """A message in LSP's base protocol."""
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def did_change(uri: str, version: int, changes: Sequence[Change]) -> dict[str, Any]:
    """The params of a didChange with changes as the wire has them."""
    return {
        "textDocument": {"uri": uri, "version": version},
        "contentChanges": [_content(it) for it in changes],
    }


def _content(change: Change) -> dict[str, Any]:
    line, column, end_line, end_column, text = change
    if end_line == -1:
        return {"text": text}
    start, end = {"line": line, "character": column}, {"line": end_line, "character": end_column}
    return {"range": {"start": start, "end": end}, "text": text}
