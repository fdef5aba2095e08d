"""A connection that sends sessions to a collector that dies, and looks at what is there each time it did."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import NamedTuple
from urllib.parse import urlsplit

from pairlog.frame import pack, whole_lines
from tests.soak.collector.script import FORGETTABLE, Script, script

#: Whoever has no answer by then, however often the collector died meanwhile, will have none.
_SILENT_S_MAX = 300.0
_AGAIN_S = 0.05
#: Stands for the answer that a content is missing.
_BRING_AGAIN = b"blob"


class _Answer(NamedTuple):
    status: int
    body: bytes


class Sent:
    """A session, how far it was acknowledged, and whether what was to be taken back was."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.acked = -1
        self.taken_back = False
        self.erased = False


class Writer(threading.Thread):
    """Sends one session after the other until it is told to stop; the last one is sent to its end."""

    def __init__(self, number: int, address: str, token: str, seed: int) -> None:
        super().__init__(name=f"writer {number}", daemon=True)
        self._number = number
        self._seed = seed
        self._chance = Random(f"{seed} {number}")
        self._place = urlsplit(address).netloc
        self._connection = HTTPConnection(self._place, timeout=20)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._stopping = threading.Event()
        self._late: list[Sent] = []
        self.sent: list[Sent] = []
        #: What was acknowledged, which connections broke, how often it looked.
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []

    def stop(self) -> None:
        """End with the session that is under way."""
        self._stopping.set()

    def run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._send(Sent(script(self._seed, self._number, len(self.sent))))
            for sent in self._late:
                self._take_back(sent)
        except Exception as error:
            self.problems.append(f"{self.name} gives up: {type(error).__name__}: {error}")

    # -- a session ---------------------------------------------------------------------------------------

    def _send(self, sent: Sent) -> None:
        self.sent.append(sent)
        lines = sent.script.lines
        most = self._chance.choice((4, 40, 250)) if len(lines) < 1_000 else 250
        # While it is sent, or when it has long been complete and may be in a lake.
        when = self._chance.randrange(2 * len(lines))
        while sent.acked + 1 < len(lines) and not sent.erased:
            end = min(len(lines), sent.acked + 1 + self._chance.randint(1, most))
            first = sent.acked + 1
            if self._chance.random() < 0.1:
                # A sender that forgot what was acknowledged sends known lines again.
                first = max(0, first - self._chance.randint(1, 20))
            self._append(sent, first, end)
            if sent.acked >= when and sent.acked >= FORGETTABLE and not sent.taken_back:
                self._take_back(sent)
        if not sent.taken_back:
            self._late.append(sent)
        if len(self._late) > 2:
            self._take_back(self._late.pop(0))

    def _append(self, sent: Sent, first: int, end: int) -> None:
        script = sent.script
        # A sender masks what waits with it; a redaction does it to what was under way.
        masks = sent.taken_back and script.fate == "redacted" and self._chance.random() < 0.5
        lines = script.masked if masks else script.lines
        said: bytes | None = _BRING_AGAIN
        while said == _BRING_AGAIN:
            for seq in range(first, end):
                if seq in script.blobs:
                    content = script.blobs[seq]
                    self._insist(sent, "PUT", f"/v1/blobs/{sha256(content).hexdigest()}", content)
            path = f"/v1/sessions/{script.session}/frames"
            said = self._insist(sent, "POST", path, pack(lines[first:end]), lambda: self._look(sent, end - 1))
        if said is not None:
            if json.loads(said) != {"acked": end - 1}:
                self._note(sent, f"lines {first} to {end - 1} are answered with {said!r}")
            sent.acked = end - 1

    def _take_back(self, sent: Sent) -> None:
        """Do to a session what is to be done to it."""
        path = f"/v1/sessions/{sent.script.session}"
        first, last = sent.script.window
        if sent.erased:
            return
        if sent.script.fate == "redacted":
            self._insist(sent, "POST", f"{path}/redactions", json.dumps(sent.script.redaction).encode())
        elif sent.script.fate == "forgotten":
            window = json.dumps({"from": first, "through": last}).encode()
            self._insist(sent, "POST", f"{path}/forget", window)
        elif sent.script.fate == "erased":
            self._insist(sent, "DELETE", path)
            sent.erased = True
        sent.taken_back = True

    def _note(self, sent: Sent, what: str) -> None:
        self.problems.append(f"session {sent.script.session} ({sent.script.fate}): {what}")

    # -- what is there -----------------------------------------------------------------------------------

    def _look(self, sent: Sent, under_way: int) -> None:
        """After a death: what was acknowledged is there, what was under way is there whole or not at all."""
        answer, _ = self._patiently("GET", f"/v1/sessions/{sent.script.session}/frames")
        self.counts["looks at what was stored"] += 1
        if answer.status == 410 and sent.script.fate == "expired":
            return
        if answer.status == 404 and sent.acked < 0:
            return
        if answer.status != 200:
            self._note(sent, f"acknowledged through {sent.acked}, and it is answered {answer}")
            return
        stored = whole_lines(gzip.decompress(answer.body))[0]
        found = {
            through: sent.script.problem(stored, through, sent.taken_back)
            for through in (sent.acked, under_way)
        }
        if None not in found.values():
            self._note(sent, f"after a kill: {found}")

    # -- requests ----------------------------------------------------------------------------------------

    def _insist(
        self,
        sent: Sent,
        method: str,
        path: str,
        body: bytes | None = None,
        died: Callable[[], None] | None = None,
    ) -> bytes | None:
        """What is answered once it is done; None where the session was erased."""
        answer, tries = self._patiently(method, path, body, died)
        self.counts["acknowledged"] += 1
        self.counts["acknowledged at another try"] += tries > 0
        if answer.status in (200, 201, 204):
            return answer.body
        # Its own erasure may have been done by a collector that did not live to say so.
        if answer.status == 410 and (sent.script.fate == "expired" or (method == "DELETE" and tries)):
            sent.erased = True
            return None
        # The last session that named a content may go between its upload and the frame, and takes it along.
        if answer.status == 422 and json.loads(answer.body)["code"] == "blob":
            self.counts["contents brought again"] += 1
            return _BRING_AGAIN
        self._note(sent, f"{method} {path} is answered {answer}")
        raise RuntimeError("what it sends is refused")

    def _patiently(
        self, method: str, path: str, body: bytes | None = None, died: Callable[[], None] | None = None
    ) -> tuple[_Answer, int]:
        """An answer that does not ask for patience, and how many tries there were before it.

        `died` is called behind each connection that broke.
        """
        until = time.monotonic() + _SILENT_S_MAX
        tries = 0
        while True:
            answer = self._ask(method, path, body)
            if answer is not None and answer.status not in (429, 503):
                return answer, tries
            if time.monotonic() > until:
                raise TimeoutError(f"{method} {path}: no answer but {answer} for {_SILENT_S_MAX:.0f} s")
            if answer is None and died is not None:
                died()
            tries += 1
            time.sleep(_AGAIN_S)

    def _ask(self, method: str, path: str, body: bytes | None = None) -> _Answer | None:
        """An answer; None where the connection broke before all of it was there."""
        try:
            self._connection.request(method, path, body, self._headers)
            answer = self._connection.getresponse()
            found = _Answer(answer.status, answer.read())
        except (OSError, HTTPException):
            self._connection.close()
            self.counts["connections broken or refused"] += 1
            return None
        self.counts["refused for a time"] += found.status in (429, 503)
        return found
