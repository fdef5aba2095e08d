"""A recording without a client's process: clocks that a test moves by hand, and what was said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lsp_server.home.layout import SessionFiles, sessions_in
from lsp_server.home.settings import SPOOL_BYTES_MAX, Settings
from lsp_server.protocol.inbox import Inbox
from lsp_server.recording.clock import Clocks
from lsp_server.recording.introduction import Client
from lsp_server.recording.recording import Recording
from pairlog.consent import Choice, parse
from pairlog.events import Change, Use
from pairlog.home import Home
from pairlog.replay import verify
from tests.lsp_server.client import did_change, frame

_SECOND_NS = 1_000_000_000


class Desk:
    """A recording of the folder `shop`; time passes where a test says so."""

    def __init__(
        self,
        folder: Path,
        level: Choice = "content",
        use: Use = "private",
        **settings: Any,
    ) -> None:
        self.monotonic_ns = 5 * _SECOND_NS
        self.wall_ns = 1_795_000_000 * _SECOND_NS
        self.statuses: list[tuple[str, str, str | None]] = []
        self.messages: list[str] = []
        self.home = Home(folder / "home")
        self.shop = folder / "shop"
        self.shop.mkdir(exist_ok=True)
        given = {"clock": "recorder", "spool_bytes_max": SPOOL_BYTES_MAX, **settings}
        self.recording = Recording(
            Settings(home=self.home, collector=None, token=None, consent=parse(level, use), **given),
            self.shop,
            parse(level, use),
            Client("Test", "1", "utf-16"),
            lambda state, detail, session: self.statuses.append((state, detail, session)),
            self.messages.append,
            Clocks(lambda: self.monotonic_ns, lambda: self.wall_ns),
        )
        self._inbox = Inbox(lambda _message: None, lambda _error: None)
        self._inbox.recording = self.recording
        self._versions: dict[str, int] = {}

    # -- time -----------------------------------------------------------------------------------------

    def passes(self, seconds: float) -> None:
        """Time goes by; the recorder looks around before and after."""
        self.recording.tick()
        self.monotonic_ns += int(seconds * _SECOND_NS)
        self.wall_ns += int(seconds * _SECOND_NS)
        self.recording.tick()

    def tick(self) -> None:
        self.passes(1)

    # -- what an editor says ----------------------------------------------------------------------------

    def uri(self, name: str) -> str:
        return (self.shop / name).as_uri()

    def open(self, text: str, name: str = "cart.py") -> None:
        self._versions[name] = 1
        self.recording.recorder.read_clock()
        self.recording.awake().did_open(self.uri(name), "python", 1, text)
        self.recording.flush()

    def change(self, *changes: Change, name: str = "cart.py") -> None:
        self._versions[name] += 1
        self._say("textDocument/didChange", did_change(self.uri(name), self._versions[name], changes))

    def type(self, text: str, name: str = "cart.py") -> None:
        """One key after the other, at the very start."""
        for key in reversed(text):
            self.change((0, 0, 0, 0, key), name=name)

    def save(self, text: str, name: str = "cart.py") -> None:
        self.recording.recorder.read_clock()
        self.recording.awake().did_save(self.uri(name), text, lambda: None)
        self.recording.flush()

    def close(self, name: str) -> None:
        self.recording.awake().did_close(self.uri(name))
        self.recording.flush()

    def observe(self, **observation: Any) -> None:
        self._say("pairlog/observe", observation)

    def _say(self, method: str, params: Any) -> None:
        self._inbox.feed(frame({"jsonrpc": "2.0", "method": method, "params": params}))

    # -- what was recorded ------------------------------------------------------------------------------

    @property
    def sessions(self) -> list[str]:
        """The sessions that have begun, in their order."""
        return [name for name in sessions_in(self.home) if self.lines(name)]

    @property
    def files(self) -> SessionFiles:
        """The files of the session at work, begun or not."""
        return SessionFiles(self.home, sessions_in(self.home)[-1])

    def lines(self, session: str) -> list[bytes]:
        return (self.home.spool / f"{session}.ndjson").read_bytes().splitlines()

    def events(self, number: int = 0) -> list[dict[str, Any]]:
        """The events of the first session, or of that one."""
        return [json.loads(line) for line in self.lines(self.sessions[number])]

    def kinds(self, number: int = 0) -> list[str]:
        """Their types; what says more than that is in brackets."""
        words = []
        for event in self.events(number):
            word = event.get("why") or event.get("reason")
            words.append(f"{event['type']} ({word})" if word else event["type"])
        return words

    def verified(self, number: int = 0) -> bool | None:
        lines = self.lines(self.sessions[number])
        return verify(lines, lambda digest: (self.home.blobs / digest).read_bytes()).verified
