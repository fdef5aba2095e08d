"""One session's way out: spool -> outbox -> collector, until its `end` is acknowledged."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lsp_server import control
from lsp_server.backoff import Backoff
from lsp_server.blob_store import BlobStore
from lsp_server.collector import Answer, Collector, Unreachable
from lsp_server.hold import Hold
from lsp_server.layout import Route, SessionFiles, tokens_in
from lsp_server.locks import is_held
from lsp_server.outbox import Batch, Outbox, head
from lsp_server.pace import Pace
from lsp_server.release import Released, Releaser, Texts, refusal
from lsp_server.settings import is_loopback
from lsp_server.state import Delivered
from pairlog.blobs import read_manifest
from pairlog.frame import pack, whole_lines
from pairlog.home import Home
from pairlog.line import parse

#: Lines and bytes in one frame; a backlog goes in larger frames than a trickle, which comes once a second.
FRAME_LINES_MAX = 1000
FRAME_BYTES_MAX = 1024 * 1024
_READ_BYTES_MAX = 4 * 1024 * 1024
_FRAMES_PER_STEP_MAX = 16
_TEXT_TYPES = ("open", "gap", "pause", "forget")

Connect = Callable[[Route], Collector]


class Delivery:
    """What the sender does for one session. `step` does what is due."""

    def __init__(
        self, home: Home, session: str, connect: Connect, defaults: Callable[[], Route], pace: Pace
    ) -> None:
        """Open the outbox. Raises OSError."""
        self.files = SessionFiles(home, session)
        self._home = home
        self.state = Delivered()
        self.is_done = False
        self._blobs = BlobStore(home.blobs)
        self._connect = connect
        self._defaults = defaults
        self._outbox = Outbox(self.files.outbox)
        self._pace = pace
        self._start_over()
        self._sent = 0
        self._acked: int | None = None
        self._known_route: Route | None = None
        self._refused_tokens: set[str | None] = set()
        self._uploaded: set[str] = set()
        self._backoff = Backoff()
        self._lines_max = FRAME_LINES_MAX
        self._refusals: dict[int, int] = {}
        if self.files.parked.exists():
            self.state = Delivered("parked", detail=_text(self.files.parked))

    @property
    def is_waiting(self) -> bool:
        """Whether nothing can happen here until somebody does something: parked, or without a collector."""
        return self.state.state in ("parked", "waiting")

    def step(self, now: float) -> bool:
        """Do what is due; returns whether something was done."""
        try:
            collected = self._collect(now)
            if self.is_done or self.state.state == "parked":
                return collected
            return self._deliver(now) or collected
        except OSError as error:
            # Nothing is lost: the spool is read again from what the outbox holds.
            self._start_over()
            self._fail(now, f"the outbox cannot be written ({error.strerror})")
            return False

    def is_backlogged(self, now: float) -> bool:
        """Whether more can be done at once than one step did."""
        if self.is_done or self.is_waiting or not self._backoff.is_due(now):
            return False
        return not self._has_read_all or self._sent < self._outbox.size

    # -- spool to outbox ------------------------------------------------------------------------------------

    def _collect(self, now: float) -> bool:
        """Take over what the recorder wrote; close the session of one that died."""
        if self._outbox.is_ended:
            return False
        # In this order: a recorder that is gone writes nothing more, so what is read next is all there is.
        # One that wrote since the last look needs no other sign of life.
        has_grown = self._has_grown()
        is_alive = (has_grown and self._has_read_all) or is_held(self.files.pid)
        lines, torn = list[bytes](), b""
        if has_grown or not is_alive or not self._has_read_all:
            lines, torn = self._read_spool()
        free = self._hold.take(lines, now)
        is_over = self._has_read_all and not is_alive
        released = self._releaser.take([*free, *self._hold.release()] if is_over else free)
        self._keep(released)
        if not is_over or self._outbox.is_ended:
            return bool(lines)
        if self._outbox.last is None and not released.aside:
            # It died before it wrote its header: there is no session.
            self._forget_session()
            return True
        self._keep(self._releaser.close(torn, self._outbox.is_ended))
        return True

    def _start_over(self) -> None:
        """Read the spool from its beginning and go on behind the outbox's last line."""
        self._spool_read = self._spool_seen = 0
        self._has_read_all = False
        self._hold = Hold(self._pace)
        texts = Texts()
        for line in self._outbox.lines():
            if head(line).type in _TEXT_TYPES:
                texts.see(parse(line))
        last = self._outbox.last
        self._releaser = Releaser(self._outbox.expected, last.t if last else 0, texts)

    def _has_grown(self) -> bool:
        try:
            return self.files.spool.stat().st_size != self._spool_seen
        except FileNotFoundError:
            return False

    def _read_spool(self) -> tuple[list[bytes], bytes]:
        """New whole lines, and what stands behind them."""
        try:
            # Two calls less than a file object, and the one file that is read each second.
            descriptor = os.open(self.files.spool, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            self._has_read_all = True
            return [], b""
        try:
            os.lseek(descriptor, self._spool_read, os.SEEK_SET)
            data = os.read(descriptor, _READ_BYTES_MAX)
            while b"\n" not in data and (more := os.read(descriptor, _READ_BYTES_MAX)):
                data += more
            self._spool_seen = self._spool_read + len(data)
            self._has_read_all = self._spool_seen >= os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
        lines, torn = whole_lines(data)
        self._spool_read += len(data) - len(torn)
        return lines, torn

    def _keep(self, released: Released) -> None:
        if released.aside:
            self._set_aside(released.aside)
            control.give(self.files.control, control.REBASE)
        if not released.lines:
            return
        if self._outbox.last is None and head(released.lines[0]).type != "session":
            self.park("the header of this session cannot be read")
        self._outbox.append(released.lines)

    def _set_aside(self, lines: list[bytes]) -> None:
        self.files.refused.parent.mkdir(mode=0o700, exist_ok=True)
        with self.files.refused.open("ab") as stream:
            stream.write(b"".join(line + b"\n" for line in lines))
            stream.flush()
            os.fsync(stream.fileno())

    # -- outbox to collector --------------------------------------------------------------------------------

    def _deliver(self, now: float) -> bool:
        """Send what waits; returns whether something was sent."""
        if (self._sent == self._outbox.size and self._acked is not None) or not self._backoff.is_due(now):
            return False
        route = self._route()
        if route.collector is None:
            self._known_route = None
            self.state = Delivered("waiting", self.state.acked, "no collector is set")
            return False
        if not is_loopback(route.collector):
            self._known_route = None
            detail = "only a collector on this machine is allowed until secrets are masked"
            self.state = Delivered("waiting", self.state.acked, detail)
            return False
        try:
            self._deliver_to(self._connect(route), now)
        except Unreachable as problem:
            self._fail(now, f"no answer from {route.collector} ({problem})")
            return False
        return True

    def _deliver_to(self, collector: Collector, now: float) -> None:
        if self._acked is None and not self._resume(collector, now):
            return
        for _ in range(_FRAMES_PER_STEP_MAX):
            if self._sent == self._outbox.size:
                break
            batch = self._outbox.batch(self._sent, self._lines_max, FRAME_BYTES_MAX)
            if not self._upload_blobs(collector, batch, now):
                return
            answer = collector.post_frame(self.files.session, pack(batch.lines))
            if answer.status == 200:
                goes_on = self._acknowledged(answer, batch, now)
            else:
                goes_on = self._answer_refusal(answer, batch, now)
            if not goes_on:
                return
        if self._sent == self._outbox.size and self._outbox.is_ended:
            self._forget_session()

    def _resume(self, collector: Collector, now: float) -> bool:
        """Ask how far an earlier sender came."""
        answer = collector.session(self.files.session)
        if answer.status == 404:
            self._go_behind(-1)
        elif answer.status == 200:
            acked = answer.number("acked")
            self._go_behind(-1 if acked is None else acked)
        else:
            self._answer_refusal(answer, None, now)
            return False
        return True

    def _acknowledged(self, answer: Answer, batch: Batch, now: float) -> bool:
        acked = answer.number("acked")
        if acked is None or acked < head(batch.lines[-1]).last:
            # A collector that has less than it was just given: believe it, and say it all again.
            self._go_behind(-1 if acked is None else acked)
            self._fail(now, "the collector lost what it was given; sending it again")
            return False
        self._backoff.succeeded()
        self._sent = batch.end
        self._lines_max = FRAME_LINES_MAX
        self._acked = acked
        self.state = Delivered("sending", acked)
        return True

    def _upload_blobs(self, collector: Collector, batch: Batch, now: float) -> bool:
        """Send the contents that these lines name; False where that must be tried again later."""
        for line in batch.lines:
            for digest in self._named(line):
                if digest in self._uploaded:
                    continue
                data = self._blobs.get(digest)
                if data is None:
                    # Not here any more: the collector has it from an earlier session, or refuses the line.
                    continue
                answer = collector.put_blob(digest, data)
                if answer.status in (200, 201, 204):
                    self._uploaded.add(digest)
                elif answer.status in (413, 422):
                    self._refuse(int(parse(line)["seq"]), f"blob: {answer.detail}")
                    return False
                else:
                    self._answer_refusal(answer, None, now)
                    return False
        return True

    def _named(self, line: bytes) -> list[str]:
        """The blobs that a line names, those inside a manifest before it."""
        if b'"blob":' not in line and b'"manifest":' not in line:
            return []
        body = parse(line)
        if body["type"] == "open" and isinstance(body.get("blob"), str):
            return [body["blob"]]
        if body["type"] == "workspace":
            manifest = str(body["manifest"])
            data = self._blobs.get(manifest)
            return [*(file.blob for file in read_manifest(data)), manifest] if data else [manifest]
        return []

    def _answer_refusal(self, answer: Answer, batch: Batch | None, now: float) -> bool:
        """Act on an answer that is no success; returns whether to go on at once."""
        status, code = answer.status, answer.code
        seq = answer.number("seq")
        if status == 410:
            self._forget_session()
        elif status == 409 and code == "hole":
            self._go_behind((answer.number("expected") or 0) - 1)
            # A collector that cannot make up its mind must not keep us busy.
            self._fail(now, "the collector misses lines; sending them again")
        elif status == 409:
            self.park(f"the collector holds other lines under this session (seq {seq}): {answer.detail}")
            control.give(self.files.control, control.NEW_SESSION)
        elif status == 422 and seq is not None and code == "blob":
            return self._answer_missing_blob(seq, answer)
        elif status == 422 and seq is not None:
            return self._refuse(seq, str(answer.body.get("reason") or answer.detail))
        elif status == 413 and batch is not None and len(batch.lines) > 1:
            self._lines_max = max(1, len(batch.lines) // 2)
            return True
        elif status == 413 and batch is not None:
            return self._refuse(int(parse(batch.lines[0])["seq"]), answer.detail)
        elif status in (401, 403):
            self._refused_tokens.add(self._route().token)
            advice = "set PAIRLOG_TOKEN to a valid one and restart the editor"
            self._fail(now, f"the collector refuses the token ({answer.detail}); {advice}")
        elif status in (400, 422):
            self.park(f"the collector refuses what was sent: {answer.detail}")
        else:
            self._fail(now, f"the collector answered {status}: {answer.detail}", answer.retry_after)
        return False

    def _answer_missing_blob(self, seq: int, answer: Answer) -> bool:
        """The collector lacks a blob: send it again where we have it, else give the line up."""
        line = self._outbox.find(seq)
        digests = self._named(line) if line is not None else []
        self._refusals[seq] = self._refusals.get(seq, 0) + 1
        if self._refusals[seq] == 1 and any(digest in self._uploaded for digest in digests):
            self._uploaded -= set(digests)
            return True
        return self._refuse(seq, f"blob: {answer.body.get('reason') or answer.detail}")

    def _refuse(self, seq: int, reason: str) -> bool:
        """Set a line aside and put a `gap` in its place; returns whether to go on."""
        line = self._outbox.find(seq)
        self._refusals[-1 - seq] = self._refusals.get(-1 - seq, 0) + 1
        if line is None or seq == 0 or self._refusals[-1 - seq] > 1 or b'"type":"end"' in line[:64]:
            self.park(f"the collector refuses line {seq}: {reason}")
            return False
        texts = Texts()

        def instead(kept: bytes) -> bytes:
            body = parse(kept)
            if body["seq"] != seq:
                return texts.place(kept, body)
            gap = refusal(kept, reason)
            texts.see(parse(gap))
            return gap

        # Set aside first: a crash in between keeps a line twice and never loses one.
        self._set_aside([kept for kept in self._outbox.lines() if instead(kept) is not kept])
        texts = Texts()
        self._outbox.rewrite(instead)
        self._releaser.texts = texts
        self._go_behind(self.state.acked)
        control.give(self.files.control, control.REBASE)
        return True

    def _go_behind(self, acked: int) -> None:
        self._acked = acked
        self._sent = self._outbox.offset_behind(acked)
        self.state = Delivered("sending", acked)

    def _fail(self, now: float, detail: str, retry_after: float | None = None) -> None:
        self._backoff.failed(now, retry_after)
        self._known_route = None
        self.state = Delivered("offline", self.state.acked, detail)

    def park(self, detail: str) -> None:
        """Stop trying; everything stays on disk and `pairlog status` says why."""
        self.files.parked.write_text(json.dumps(detail), encoding="utf-8")
        self.state = Delivered("parked", self.state.acked, detail)

    def _forget_session(self) -> None:
        """Nothing of this session is needed here any more: all is acknowledged, or it was erased."""
        self._outbox.close()
        self.files.remove()
        self.is_done = True

    def _route(self) -> Route:
        """Where the lines go; asked anew after each failure, for somebody may have mended it."""
        if self._known_route is None:
            own = self.files.read_route()
            route = own if own.collector is not None else self._defaults()
            self._known_route = self._with_another_token(route)
        return self._known_route

    def _with_another_token(self, route: Route) -> Route:
        """The route with a token that was set since its own was refused by this collector, if any was."""
        if route.collector is None or route.token not in self._refused_tokens:
            return route
        defaults = self._defaults()
        tokens = [defaults.token] if defaults.collector in (None, route.collector) else []
        for token in (*tokens, *tokens_in(self._home, route.collector)):
            if token and token not in self._refused_tokens:
                return replace(route, token=token)
        # All were refused: begin again, for a collector can learn a token.
        self._refused_tokens.clear()
        return route


def _text(path: Path) -> str:
    try:
        return str(json.loads(path.read_bytes()))
    except (OSError, ValueError):
        return "parked"
