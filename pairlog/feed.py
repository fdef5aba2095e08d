"""A recorded session turned back into what its editor said: the LSP messages that a client would send.

For the demo, for studies and for tests that feed a recorder without an editor. Talking to a process is not
done here, nor is the making of a workspace (`pairlog/workspace.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

from pairlog.events import (
    OBSERVABLE,
    Change,
    Close,
    Edit,
    End,
    Event,
    Open,
    Rename,
    Save,
    Session,
)
from pairlog.line import decode, parse
from pairlog.replay import Blobs, Player

#: A JSON-RPC message.
Message: TypeAlias = dict[str, Any]

#: What the recorder gives to an observation by itself.
_OWN_FIELDS = frozenset({"seq", "t", "doc", "saw"})


def messages(
    lines: Iterable[bytes],
    root_uri: str,
    options: Mapping[str, Any] | None = None,
    blobs: Blobs | None = None,
) -> Iterator[Message]:
    """The messages of a session for a recorder in the workspace folder `root_uri`.

    The first one is the `initialize` request, with `options` beside `clock: "client"` as its
    initializationOptions; the rest may be sent once it is answered. The last two are the `shutdown` request
    and `exit`. What the recorder finds by itself (the workspace, gaps, inferred causes) is left to it.
    Raises ReplayError and LineError where the lines are no session.
    """
    feed = _Feed(root_uri.rstrip("/"), dict(options or {}), Player(blobs))
    for line in lines:
        yield from feed.line(line)


def pack(message: Message) -> bytes:
    """A message as it stands on the wire, behind its header."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class _Feed:
    def __init__(self, root_uri: str, options: dict[str, Any], player: Player) -> None:
        self._root_uri = root_uri
        self._options = options
        self._player = player
        self._versions: dict[int, int] = {}
        self._t = 0

    def line(self, line: bytes) -> Iterator[Message]:
        """The messages behind one line."""
        event = decode(line)
        # Where a document closes or moves, its name from before is what the client goes by.
        before = self._uri(event.doc) if isinstance(event, (Close, Rename)) else ""
        opened = isinstance(event, Open) and self._is_open(event.doc)
        self._player.feed(event)
        sent = list(self._sent(event, line, before, opened))
        if sent and event.t != self._t:
            self._t = event.t
            yield _observe({"type": "time", "t": event.t})
        yield from sent

    def _sent(self, event: Event, line: bytes, before: str, opened: bool) -> Iterator[Message]:
        if isinstance(event, Session):
            yield from self._initialize(event)
        elif isinstance(event, Open):
            yield self._rebase(event.doc) if opened else self._open(event.doc, event.version)
        elif isinstance(event, Edit):
            yield from self._edit(event)
        elif isinstance(event, Save):
            text = self._player.documents[event.doc].document.text
            yield _notify("textDocument/didSave", textDocument={"uri": self._uri(event.doc)}, text=text)
        elif isinstance(event, Close):
            yield _notify("textDocument/didClose", textDocument={"uri": before})
        elif isinstance(event, Rename):
            moved = {"oldUri": before, "newUri": self._uri(event.doc)}
            yield _notify("workspace/didRenameFiles", files=[moved])
        elif isinstance(event, OBSERVABLE):
            body = {name: value for name, value in parse(line).items() if name not in _OWN_FIELDS}
            doc = getattr(event, "doc", None)
            yield _observe(body if doc is None else {**body, "uri": self._uri(doc)})
        elif isinstance(event, End):
            yield {"jsonrpc": "2.0", "id": 2, "method": "shutdown"}
            yield {"jsonrpc": "2.0", "method": "exit"}

    def _initialize(self, header: Session) -> Iterator[Message]:
        yield {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "initialize",
            "params": {
                "processId": None,
                "clientInfo": header.editor,
                "rootUri": self._root_uri,
                "workspaceFolders": [{"uri": self._root_uri, "name": self._root_uri.rpartition("/")[2]}],
                "capabilities": {"general": {"positionEncodings": [header.position_encoding]}},
                "initializationOptions": {"clock": "client", **self._options},
            },
        }
        yield _notify("initialized")

    def _open(self, doc: int, version: int | None) -> Message:
        replayed = self._player.documents[doc]
        self._versions[doc] = version or 0
        document = {
            "uri": self._uri(doc),
            "languageId": replayed.language or "",
            "version": self._versions[doc],
            "text": replayed.document.text,
        }
        return _notify("textDocument/didOpen", textDocument=document)

    def _rebase(self, doc: int) -> Message:
        text = self._player.documents[doc].document.text
        return self._change(doc, self._versions[doc] + 1, [(0, 0, -1, 0, text)])

    def _edit(self, event: Edit) -> Iterator[Message]:
        if event.cause is not None and event.evidence in ("reported", "observed"):
            known = {"evidence": event.evidence, "rule": event.rule, "ref": event.ref}
            yield _observe(
                {
                    "type": "cause",
                    "uri": self._uri(event.doc),
                    "cause": event.cause,
                    **{name: value for name, value in known.items() if value is not None},
                }
            )
        following = self._versions[event.doc] + 1
        yield self._change(event.doc, following if event.version is None else event.version, event.changes)

    def _change(self, doc: int, version: int, changes: list[Change]) -> Message:
        self._versions[doc] = version
        return _notify(
            "textDocument/didChange",
            textDocument={"uri": self._uri(doc), "version": version},
            contentChanges=[_content(change) for change in changes],
        )

    def _uri(self, doc: int) -> str:
        return f"{self._root_uri}/{quote(self._player.documents[doc].path)}"

    def _is_open(self, doc: int) -> bool:
        return doc in self._player.documents and self._player.documents[doc].open


def _content(change: Change) -> dict[str, Any]:
    line, column, end_line, end_column, text = change
    if end_line == -1:
        return {"text": text}
    start, end = (
        {"line": line, "character": column},
        {"line": end_line, "character": end_column},
    )
    return {"range": {"start": start, "end": end}, "text": text}


def _observe(observation: dict[str, Any]) -> Message:
    return _notify("pairlog/observe", **observation)


def _notify(method: str, /, **params: Any) -> Message:
    return {"jsonrpc": "2.0", "method": method, "params": params}
