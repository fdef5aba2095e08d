"""An editor window driven by chance, with its own idea of what the recorder must have written down.

The text is kept as a plain string and offsets, so that nothing of `pairlog.document` is trusted here.
"""

from __future__ import annotations

import fcntl
import os
import termios
from array import array
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from pairlog.events import Change
from tests.lsp_server.client import Client, did_change, frame
from tests.support.processes import wait_for

#: Two bytes, three bytes, and two units in UTF-16.
_KEYS = "abcdefgh ()=:.\n\té€𝄞"
_BLOB_CHARS = 70_000
_FILES = 4


class Said(NamedTuple):
    """An event that the recorder must write, without `seq` and `t`, and the text that it leaves behind."""

    event: dict[str, Any]
    doc: int | None = None
    text: str | None = None


class Buffer:
    """A document that is open in the window."""

    def __init__(self, uri: str, doc: int, text: str) -> None:
        self.uri = uri
        self.doc = doc
        self.text = text
        self.version = 1
        self.cause: dict[str, Any] = {}

    def place(self, offset: int) -> tuple[int, int]:
        """The line and the UTF-16 column of an offset in code points."""
        before = self.text[:offset]
        line = before.rpartition("\n")[2]
        return before.count("\n"), len(line.encode("utf-16-le")) // 2

    def replace(self, start: int, end: int, new: str) -> Change:
        """Put `new` in the place of a range; returns it as LSP would say it."""
        change = (*self.place(start), *self.place(end), new)
        self.text = self.text[:start] + new + self.text[end:]
        return change


class Window:
    """One recorder process, and everything that was said to it. `number` goes into its session's header."""

    def __init__(
        self, number: int, folder: Path, options: dict[str, Any], chance: Random, large: float = 0.1
    ) -> None:
        """Start the process; `large` is how often a document is large enough to become a blob."""
        self.number = number
        self.said: list[Said] = []
        #: So many of `said` were handled for certain; -1: not even the header.
        self.handled = -1
        self.is_killed = False
        self._folder = folder
        self._chance = chance
        self._large = large
        self._docs: dict[str, int] = {}
        self._saved: dict[int, int] = {}
        self.buffers: dict[str, Buffer] = {}
        self._runs = 0
        self.client = Client(cwd=folder)
        self._initialize = {
            "processId": os.getpid(),
            "clientInfo": {"name": "Soak", "version": str(number)},
            "rootUri": folder.as_uri(),
            "capabilities": {"general": {"positionEncodings": ["utf-16"]}},
            "initializationOptions": options,
        }

    def start(self) -> None:
        """Begin as an editor does, and wait until the recording runs."""
        self.client.request("initialize", self._initialize)
        self.client.notify("initialized", {})
        self.settle()

    def start_in_haste(self) -> None:
        """Say everything at once and wait for nothing."""
        self.client.write(
            frame({"jsonrpc": "2.0", "id": "first", "method": "initialize", "params": self._initialize})
            + frame({"jsonrpc": "2.0", "method": "initialized", "params": {}})
        )

    def settle(self) -> None:
        """Wait for an answer: all that was said before it is handled."""
        said = len(self.said)
        self.client.settle()
        self.handled = said

    def rest(self) -> None:
        """Wait until the recorder waits for more: all that was said is handled, without an answer to it."""
        said = len(self.said)
        try:
            wait_for("the recorder to be idle", lambda: self._is_idle() or None, 5)
        except (OSError, TimeoutError):
            # A system that does not show what a process waits for.
            self.settle()
        self.handled = said

    def act(self) -> None:
        """One thing that a person does, or a burst."""
        if not self.buffers:
            self.open()
            return
        acts: list[tuple[int, Callable[[], None]]] = [
            (40, self.key),
            (12, self.burst),
            (6, self.paste),
            (8, self.select),
            (6, self.save),
            (3, self.run),
            (2, self.focus),
            (4, self.open),
            (3, self.close),
            (8, self.settle),
        ]
        weights = [weight for weight, _ in acts]
        self._chance.choices([act for _, act in acts], weights)[0]()

    def rush(self, count: int) -> None:
        """Say a lot at once, so that the recorder is in the middle of it."""
        for _ in range(count):
            if self.buffers:
                self.burst()
            else:
                self.open()

    def leave(self) -> None:
        """Shut down as LSP says."""
        said = len(self.said)
        code = self.client.shutdown()
        self.handled = said
        assert code == 0, f"recorder {self.number} ended with {code}: {self.client.errors.decode()}"

    def kill(self) -> None:
        """kill -9."""
        self.is_killed = True
        self.client.kill()

    # -- what is said -----------------------------------------------------------------------------------

    def _is_idle(self) -> bool:
        unread = array("i", [0])
        fcntl.ioctl(self.client.process.stdin, termios.FIONREAD, unread)
        # In this order: what it took in before it began to wait, it has handled.
        return not unread[0] and "epoll" in Path(f"/proc/{self.client.process.pid}/wchan").read_text()

    def _notify(self, method: str, params: Any, said: Said | None) -> None:
        # Remembered first: a message that went out half may still arrive whole.
        if said is not None:
            self.said.append(said)
        self.client.notify(method, params)

    def _buffer(self) -> Buffer:
        return self.buffers[self._chance.choice(sorted(self.buffers))]

    def _edit(self, buffer: Buffer) -> dict[str, Any]:
        length = len(buffer.text)
        start = length if length > 10_000 else self._chance.randint(0, length)
        if start < length and self._chance.random() < 0.2:
            change = buffer.replace(start, min(length, start + self._chance.randint(1, 3)), "")
        else:
            change = buffer.replace(start, start, self._chance.choice(_KEYS))
        return self._changed(buffer, [change])

    def _changed(self, buffer: Buffer, changes: list[Change]) -> dict[str, Any]:
        cause, buffer.cause = buffer.cause, {}
        event = {"type": "edit", "doc": buffer.doc, "changes": [list(it) for it in changes], **cause}
        self.said.append(Said(event, buffer.doc, buffer.text))
        buffer.version += 1
        return did_change(buffer.uri, buffer.version, changes)

    def key(self) -> None:
        self._notify("textDocument/didChange", self._edit(self._buffer()), None)

    def burst(self) -> None:
        keys = [self._edit(self._buffer()) for _ in range(self._chance.randint(5, 40))]
        self.client.write(
            b"".join(
                frame({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": it}) for it in keys
            )
        )

    def paste(self) -> None:
        buffer = self._buffer()
        buffer.cause = {"cause": "paste", "evidence": "reported"}
        self._notify("pairlog/observe", {"type": "cause", "uri": buffer.uri, "cause": "paste"}, None)
        # Several changes in one edit, each on the text that the one before left.
        changes = []
        for _ in range(self._chance.randint(1, 3)):
            place = self._chance.randint(0, min(len(buffer.text), 200))
            text = "".join(self._chance.choices(_KEYS, k=self._chance.randint(1, 60)))
            changes.append(buffer.replace(place, place, text))
        self._notify("textDocument/didChange", self._changed(buffer, changes), None)

    def select(self) -> None:
        buffer = self._buffer()
        place = buffer.place(self._chance.randint(0, min(len(buffer.text), 200)))
        selections = [[*place, *place]]
        self._observe({"type": "select", "selections": selections}, buffer)

    def focus(self) -> None:
        self._observe({"type": "focus", "focused": self._chance.random() < 0.5}, None)

    def run(self) -> None:
        self._runs += 1
        event = {"type": "run", "id": f"r{self._runs}", "phase": "started", "command": "pytest"}
        saw = {str(doc): seq for doc, seq in sorted(self._saved.items())}
        self.said.append(Said({**event, "evidence": "reported", **({"saw": saw} if saw else {})}))
        self._notify("pairlog/observe", event, None)

    def _observe(self, event: dict[str, Any], buffer: Buffer | None) -> None:
        named = {} if buffer is None else {"uri": buffer.uri}
        told = {} if buffer is None else {"doc": buffer.doc}
        self._notify("pairlog/observe", {**event, **named}, Said({**event, **told}))

    def save(self) -> None:
        buffer = self._buffer()
        digest = sha256(buffer.text.encode()).hexdigest()
        event = {"type": "save", "doc": buffer.doc, "sha256": digest, "sha256_of": "text"}
        # The header is line 0.
        self._saved[buffer.doc] = len(self.said) + 1
        params = {"textDocument": {"uri": buffer.uri}, "text": buffer.text}
        self._notify("textDocument/didSave", params, Said(event))

    def open(self) -> None:
        path = f"{self._chance.randrange(_FILES)}.py"
        if path in self.buffers:
            return
        uri = (self._folder / path).as_uri()
        text = "def f():\n    return 1\n" * self._chance.randint(0, 5)
        if self._chance.random() < self._large:
            text = f"# {self.number} {len(self.said)}\n".ljust(_BLOB_CHARS, "x")
        doc = self._docs.setdefault(path, len(self._docs) + 1)
        self.buffers[path] = Buffer(uri, doc, text)
        event = {
            "type": "open",
            "doc": doc,
            "path": path,
            "why": "opened",
            "source": "editor",
            "language": "python",
            "version": 1,
        }
        if len(text) < _BLOB_CHARS:
            event["text"] = text
        else:
            event["blob"] = sha256(text.encode()).hexdigest()
        item = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self._notify("textDocument/didOpen", {"textDocument": item}, Said(event, doc, text))

    def close(self) -> None:
        path = self._chance.choice(sorted(self.buffers))
        buffer = self.buffers.pop(path)
        said = Said({"type": "close", "doc": buffer.doc})
        self._notify("textDocument/didClose", {"textDocument": {"uri": buffer.uri}}, said)
