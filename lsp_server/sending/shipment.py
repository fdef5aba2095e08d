"""One session's way from the outbox to the collector, until its `end` is acknowledged."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lsp_server.home import control
from lsp_server.home.blob_store import BlobStore
from lsp_server.home.layout import Route, SessionFiles
from lsp_server.home.refused import Refused
from lsp_server.home.state import Delivered, Progress, read_sender
from lsp_server.sending import delivered
from lsp_server.sending.amends import bridge, set_aside
from lsp_server.sending.collector import Collector, Unreachable
from lsp_server.sending.destination import Destination
from lsp_server.sending.outbox import Batch, Outbox, head
from lsp_server.sending.recalls import Recalls
from lsp_server.sending.release import Texts
from lsp_server.sending.uploads import Uploads
from pairlog.address import is_safe
from pairlog.backoff import Backoff
from pairlog.exchange import Answer
from pairlog.frame import pack
from pairlog.home import Home
from pairlog.line import parse

#: Lines and bytes in one frame.
FRAME_LINES_MAX = 250
FRAME_BYTES_MAX = 1024 * 1024
_FRAMES_PER_STEP_MAX = 32

Connect = Callable[[Route], Collector]


class Shipment:
    """Sends what the outbox holds and acts on the collector's answers. `step` does what is due."""

    def __init__(
        self,
        home: Home,
        files: SessionFiles,
        outbox: Outbox,
        connect: Connect,
        defaults: Callable[[], Route],
        is_asked: Callable[[], bool],
    ) -> None:
        """Read what an earlier sender left. Raises OSError and ValueError.

        `is_asked` says whether an order waits that must be carried out before nothing of the session is here.
        """
        self._is_asked = is_asked
        #: Nothing of this session is needed here any more.
        self.is_done = False
        #: Which texts can be rebuilt, where lines of the outbox had to be replaced; taken by `Delivery`.
        self.texts: Texts | None = None
        self.recalls = Recalls(files.recalls)
        self._home = home
        self._files = files
        self._outbox = outbox
        self._connect = connect
        self._destination = Destination(home, files, defaults)
        self._uploads = Uploads(BlobStore(home.blobs))
        self._refused = Refused(files.refused)
        self._sent = 0
        #: The last seq that may have left, answered or not.
        self._posted = outbox.expected - 1
        self._acked: int | None = None
        self._backoff = Backoff()
        self._lines_max = FRAME_LINES_MAX
        self._refusals: dict[int, int] = {}
        #: The collector has said that it takes back no more of this session.
        self._is_full = False
        said = read_sender(home.path / "status.json").sessions.get(files.session, Delivered())
        self.state = Delivered("sending", said.acked, "", said.recalled)
        if files.parked.exists():
            self._say("parked", _text(files.parked))

    @property
    def is_waiting(self) -> bool:
        """Whether nothing can happen here until somebody does something: parked, or without a collector."""
        return self.state.state in ("parked", "waiting")

    @property
    def acked(self) -> int:
        """The last seq that the collector has, as far as we know; -1 for none."""
        return self.state.acked

    def may_have_left(self, seq: int) -> bool:
        """Whether the line with this seq may be at the collector."""
        return seq <= self._posted

    def is_backlogged(self, now: float) -> bool:
        """Whether more can be sent at once than one step did."""
        if self.is_done or self.is_waiting or not self._backoff.is_due(now):
            return False
        return self._sent < self._outbox.size

    def step(self, now: float) -> bool:
        """Send what waits; returns whether something was sent. Raises OSError."""
        is_parked = self.state.state == "parked"
        has_sent_all = self._sent == self._outbox.size and self._acked is not None
        if has_sent_all and self._outbox.is_ended and not (is_parked or self.recalls):
            # An order came as the last lines were sent, and has been carried out since.
            self._finish()
            return self.is_done
        if ((is_parked or has_sent_all) and not self.recalls) or not self._backoff.is_due(now):
            return False
        route = self._destination.route()
        if route.collector is None:
            self._destination.look_up_anew()
            self._say("waiting", "no collector is set")
            return False
        if not is_safe(route.collector):
            self._destination.look_up_anew()
            self._say("waiting", "a collector on another machine needs an address that begins with https://")
            return False
        try:
            self._deliver_to(self._connect(route), now)
        except Unreachable as problem:
            self.fail(now, f"no answer from {route.collector} ({problem})")
        return True

    def fail(self, now: float, detail: str, retry_after: float | None = None) -> None:
        """Something went wrong: try again after a pause, of at least `retry_after` seconds."""
        self._backoff.failed(now, retry_after)
        self._destination.look_up_anew()
        self._say("offline", detail)

    def rewritten(self) -> None:
        """The outbox was written anew: its lines lie elsewhere."""
        if self._acked is not None:
            self._sent = self._outbox.offset_behind(self._acked)

    def park(self, detail: str) -> None:
        """Stop trying; everything stays on disk and `pairlog status` says why."""
        self._files.parked.write_text(json.dumps(detail), encoding="utf-8")
        self._say("parked", detail)

    def forget_session(self) -> None:
        """Nothing of this session is needed here any more: all is acknowledged, or it was erased."""
        self._outbox.close()
        self._files.remove()
        self.is_done = True

    # -- requests ----------------------------------------------------------------------------------------

    def _deliver_to(self, collector: Collector, now: float) -> None:
        if not self._take_back(collector, now) or self.state.state == "parked":
            return
        if self._acked is None and not self._resume(collector, now):
            return
        for _ in range(_FRAMES_PER_STEP_MAX):
            if self._sent == self._outbox.size:
                break
            batch = self._outbox.batch(self._sent, self._lines_max, FRAME_BYTES_MAX)
            if not self._upload_blobs(collector, batch.lines, now):
                return
            self._posted = max(self._posted, head(batch.lines[-1]).last)
            answer = collector.post_frame(self._files.session, pack(batch.lines))
            if answer.status == 200:
                goes_on = self._acknowledged(answer, batch, now)
            else:
                goes_on = self._answer_refusal(answer, batch, now)
            if not goes_on:
                return
        if self._sent == self._outbox.size and self._outbox.is_ended:
            self._finish()

    def _finish(self) -> None:
        if not self._is_asked():
            self._remember()
            self.forget_session()

    def _resume(self, collector: Collector, now: float) -> bool:
        """Ask how far an earlier sender came."""
        answer = collector.session(self._files.session)
        first, last = self._outbox.first, self._outbox.last
        if answer.status == 404:
            if first is not None and first.type != "session":
                self.park("the header of this session cannot be read, and the collector has none")
                return False
            self._go_behind(-1)
        elif answer.status == 200:
            acked = answer.number("acked")
            if acked is not None and last is not None and self._outbox.is_ended and acked > last.last:
                self.park(
                    f"the collector holds this session up to line {acked}, this home to line {last.last}: "
                    "the home is older, as from a backup; nothing of it needs to be sent"
                )
                return False
            self._go_behind(-1 if acked is None else acked)
            self._bridge(self._acked or 0)
        else:
            self._answer_refusal(answer, None, now)
            return False
        return True

    def _take_back(self, collector: Collector, now: float) -> bool:
        """What must be taken back goes before all lines; False where that must be tried again later."""
        for recall in self.recalls:
            for _old, new in recall.body.get("blobs", ()):
                refused = self._uploads.upload(collector, new)
                if refused is not None:
                    self._answer_refusal(refused, None, now)
                    return False
            answer = collector.recall(self._files.session, recall.what, recall.body)
            # What the collector has never seen cannot be taken back, and leaves as it should from here.
            if answer.status != 200 and not (answer.status == 404 and answer.code == "session"):
                self._answer_refusal(answer, None, now)
                if self.state.state == "parked":
                    # It is asked for again all the same, and what is refused must not keep us busy.
                    self._backoff.failed(now)
                return False
            self.recalls.done(recall)
            self.state = replace(self.state, recalled=self.state.recalled + recall.chars)
            if recall.what == "forget":
                # What is behind the lines taken back was given up here: ask how far the collector is now.
                self._acked = None
        return True

    def _acknowledged(self, answer: Answer, batch: Batch, now: float) -> bool:
        acked = answer.number("acked")
        if acked is None or acked < head(batch.lines[-1]).last:
            # A collector that has less than it was just given: believe it, and say it all again.
            self._go_behind(-1 if acked is None else acked)
            self.fail(now, "the collector lost what it was given; sending it again")
            return False
        self._backoff.succeeded()
        self._sent = batch.end
        self._lines_max = FRAME_LINES_MAX
        self._acked = acked
        self._say("sending", "", acked)
        return True

    def _upload_blobs(self, collector: Collector, lines: list[bytes], now: float) -> bool:
        """Send the contents that these lines name; False where that must be tried again later."""
        for line in lines:
            for digest in self._uploads.named(line):
                refused = self._uploads.upload(collector, digest)
                if refused is None:
                    continue
                if refused.status in (413, 422):
                    self._refuse(int(parse(line)["seq"]), f"blob: {refused.detail}")
                else:
                    self._answer_refusal(refused, None, now)
                return False
        return True

    # -- answers that are no success ---------------------------------------------------------------------

    def _answer_refusal(self, answer: Answer, batch: Batch | None, now: float) -> bool:
        """Act on an answer that is no success; returns whether to go on at once."""
        status, code = answer.status, answer.code
        seq = answer.number("seq")
        if status == 410:
            self.forget_session()
        elif status == 409 and code == "hole":
            expected = answer.number("expected") or 0
            self._go_behind(expected - 1)
            self._bridge(expected - 1)
            # A collector that cannot make up its mind must not keep us busy.
            self.fail(now, "the collector misses lines; sending them again")
        elif status == 409:
            self.park(f"the collector holds other lines under this session (seq {seq}): {answer.detail}")
            control.give(self._files.control, control.NEW_SESSION)
        elif status == 422 and seq is not None and code == "blob":
            return self._answer_missing_blob(seq, answer)
        elif status == 422 and seq is not None:
            return self._refuse(seq, str(answer.body.get("reason") or answer.detail))
        elif status == 413 and batch is not None and len(batch.lines) > 1:
            self._lines_max = max(1, len(batch.lines) // 2)
            return True
        elif status == 413 and batch is not None:
            return self._refuse(int(parse(batch.lines[0])["seq"]), answer.detail)
        elif status == 413:
            self._answer_full(answer, now)
        elif status in (401, 403):
            self._destination.refuse_token()
            advice = "set PAIRLOG_TOKEN to a valid one and restart the editor"
            self.fail(now, f"the collector refuses the token ({answer.detail}); {advice}")
        elif status in (400, 422):
            self.park(f"the collector refuses what was sent: {answer.detail}")
        else:
            self.fail(now, f"the collector answered {status}: {answer.detail}", answer.retry_after)
        return False

    def _answer_full(self, answer: Answer, now: float) -> None:
        """The collector takes back no more of this session: what happens from now on goes to another one."""
        if not self._is_full:
            self._is_full = True
            control.give(self._files.control, control.NEW_SESSION)
        self.fail(
            now,
            f"the collector takes nothing back of this session any more: {answer.detail}; "
            "have that limit raised, or erase the session there",
        )

    def _answer_missing_blob(self, seq: int, answer: Answer) -> bool:
        """The collector lacks a blob: send it again where we have it, else give the line up."""
        line = self._outbox.find(seq)
        digests = self._uploads.named(line) if line is not None else []
        self._refusals[seq] = self._refusals.get(seq, 0) + 1
        if self._refusals[seq] == 1 and self._uploads.has_lost(digests):
            return True
        return self._refuse(seq, f"blob: {answer.body.get('reason') or answer.detail}")

    def _refuse(self, seq: int, reason: str) -> bool:
        """Set a line aside; returns whether to go on."""
        line = self._outbox.find(seq)
        self._refusals[-1 - seq] = self._refusals.get(-1 - seq, 0) + 1
        if line is None or seq == 0 or self._refusals[-1 - seq] > 1 or b'"type":"end"' in line[:64]:
            self.park(f"the collector refuses line {seq}: {reason}")
            return False
        self.texts = set_aside(self._outbox, self._refused, seq, reason)
        self._go_behind(self.acked)
        control.give(self._files.control, control.REBASE)
        return True

    def _bridge(self, acked: int) -> None:
        """Where the outbox begins behind what the collector has, a `gap` in front of it says what is lost."""
        if bridge(self._outbox, acked):
            self._go_behind(acked)

    def _remember(self) -> None:
        """For a day it is known where this session went: minutes of it may still be taken back."""
        route, header = self._destination.route(), next(self._outbox.lines(), None)
        if header is not None and route.collector is not None:
            workspace = str(parse(header).get("workspace"))
            session = self._files.session
            delivered.remember(
                self._home,
                delivered.DeliveredSession(session, workspace, time.time(), route.collector, route.token),
            )

    def _go_behind(self, acked: int) -> None:
        self._acked = acked
        self._sent = self._outbox.offset_behind(acked)
        self._say("sending", "", acked)

    def _say(self, state: Progress, detail: str, acked: int | None = None) -> None:
        acked = self.state.acked if acked is None else acked
        if self.state.state != "parked":
            self.state = Delivered(state, acked, detail, self.state.recalled)


def _text(path: Path) -> str:
    try:
        return str(json.loads(path.read_bytes()))
    except (OSError, ValueError):
        return "parked"
