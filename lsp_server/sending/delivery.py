"""One session's way from the spool to the outbox: screened, held back while written, in order, masked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lsp_server.home import control
from lsp_server.home.blob_store import BlobStore
from lsp_server.home.forgetting import forget_in_file
from lsp_server.home.forgotten import ForgottenWords
from lsp_server.home.layout import Route, SessionFiles
from lsp_server.home.locks import is_held
from lsp_server.home.refused import Refused
from lsp_server.home.rewriting import replace
from lsp_server.home.state import Delivered
from lsp_server.sending import recalls
from lsp_server.sending.delivered import was_delivered
from lsp_server.sending.hold import Hold, kind_of
from lsp_server.sending.outbox import Outbox, head
from lsp_server.sending.outgoing import Outgoing, at_level
from lsp_server.sending.pace import Pace
from lsp_server.sending.reader import SpoolReader, StaleError
from lsp_server.sending.release import Released, Releaser, Texts
from lsp_server.sending.screen import Screen
from lsp_server.sending.shipment import Connect, Shipment
from lsp_server.sending.taking_back import cut, redact, revoke
from pairlog.consent import Choice, is_lower
from pairlog.home import Home
from pairlog.line import parse
from pairlog.masking import Span
from pairlog.rules import Scanner
from pairlog.stripping import in_force

_KIND_BYTES_MAX = 96
_WITH_TEXTS = ("content", "workspace")
_TEXT_TYPES = ("open", "gap", "pause", "forget")


class Delivery:
    """What the sender does for one session. `step` does what is due."""

    def __init__(
        self,
        home: Home,
        session: str,
        connect: Connect,
        defaults: Callable[[], Route],
        pace: Pace,
        scanner: Scanner,
        forgotten: ForgottenWords,
    ) -> None:
        """Open the outbox. Raises OSError, and ValueError where its files are damaged."""
        self.files = SessionFiles(home, session)
        self._home = home
        self._key = home.key()
        self._pace = pace
        self._scanner = scanner
        self._forgotten = forgotten
        self._blobs = BlobStore(home.blobs)
        self._outbox = Outbox(self.files.outbox)
        self._outgoing = Outgoing(scanner, self._blobs)
        self._refused = Refused(self.files.refused)
        self._shipment = Shipment(home, self.files, self._outbox, connect, defaults, self._is_asked)
        self._reader = SpoolReader(self.files.spool)
        self._start_over()

    @property
    def state(self) -> Delivered:
        """How it goes."""
        return self._shipment.state

    @property
    def is_done(self) -> bool:
        """Whether nothing of this session is here any more."""
        return self._shipment.is_done

    @property
    def is_waiting(self) -> bool:
        """Whether nothing can happen here until somebody does something: parked, or without a collector."""
        return self._shipment.is_waiting

    def _is_asked(self) -> bool:
        return self._orders.waits(control.FORGET, control.CONSENT)

    def park(self, detail: str) -> None:
        """Stop trying; everything stays on disk and `pairlog status` says why."""
        self._shipment.park(detail)

    def step(self, now: float) -> bool:
        """Do what is due; returns whether something was done."""
        try:
            collected = self._collect(now)
            if self.is_done or not self._has_caught_up:
                return collected
            delivered = self._shipment.step(now)
        except StaleError:
            self._start_over()
            return True
        except OSError as error:
            # Nothing is lost: the spool is read again from what the outbox holds.
            self._start_over()
            self._shipment.fail(now, f"the outbox cannot be written ({error.strerror})")
            return False
        if self._shipment.texts is not None:
            self._releaser.texts, self._shipment.texts = self._shipment.texts, None
        return delivered or collected

    def is_backlogged(self, now: float) -> bool:
        """Whether more can be done at once than one step did."""
        if self.is_done or self.is_waiting:
            return False
        return not self._reader.has_read_all or self._shipment.is_backlogged(now)

    # -- what the recorder wrote -------------------------------------------------------------------------

    def _start_over(self) -> None:
        """Read the spool from its beginning and go on behind the outbox's last line."""
        self._reader.close()
        self._reader = SpoolReader(self.files.spool)
        self._orders = control.Orders(self.files.control)
        self._screen = Screen(self._scanner, self._forgotten, self._blobs.get)
        self._hold = Hold(self._pace)
        #: Spans of lines that have not left yet, and those of lines that have.
        self._masks: dict[int, list[Span]] = {}
        self._late: list[Span] = []
        #: Lines that were read and not screened yet.
        self._unscreened: list[bytes] = []
        #: The level in force at the last line that left.
        self._level: Choice = self._level_of_outbox()
        #: The level that this session fell to at its end.
        self._fallen: Choice | None = None
        #: All that is in the outbox was screened again: nothing leaves before.
        self._has_caught_up = False
        self._follow_outbox()

    def _level_of_outbox(self) -> Choice:
        level: Choice = "content"
        for line in self._outbox.lines():
            level = in_force(line, level)
        return level

    def _follow_outbox(self) -> None:
        texts = Texts()
        for line in self._outbox.lines():
            if head(line).type in _TEXT_TYPES:
                texts.see(parse(line))
        last = self._outbox.last
        self._releaser = Releaser(self._outbox.expected, last.t if last else 0, texts)

    def _collect(self, now: float) -> bool:
        """Take over what the recorder wrote; close the session of one that died."""
        is_read = self._outbox.is_ended and self._reader.has_read_all and self._fallen is None
        if is_read and (is_held(self.files.pid) or not self._obey_orders()):
            return False
        # In this order: a recorder that is gone writes nothing more, so what is read next is all there is.
        # One that wrote since the last look needs no other sign of life.
        has_grown = self._reader.look()
        is_alive = (has_grown and self._reader.has_read_all) or is_held(self.files.pid)
        if not is_alive:
            self._obey_orders()
        lines, torn = list[bytes](), b""
        if has_grown or not is_alive or not self._reader.has_read_all:
            lines, torn = self._reader.read()
        for some in _up_to_saves(lines):
            self._take(some, now)
        self._let_go(self._hold.take([], now))
        if self._unscreened:
            # What is held back may complete what has left in part.
            self._look_at_all()
        is_over = self._reader.has_read_all and not is_alive
        if is_over:
            self._close(torn)
        if self.is_done:
            return True
        self._has_caught_up = self._has_caught_up or self._reader.has_read_all
        if self._late and self._has_caught_up:
            self._take_back()
        self._outbox.sync()
        if self._outbox.is_ended and self._reader.has_read_all:
            self._reader.close()
        return bool(lines) or is_over

    def _take(self, lines: list[bytes], now: float) -> None:
        """Hold lines back or let them go; nothing is found out between a save and its leaving."""
        if not self._has_caught_up:
            # Before they are looked at, for what is behind it leaves anew, and before they are held back.
            for line in lines:
                if kind_of(line) == b"forget":
                    self._hear_forget(line)
        self._unscreened += lines
        self._let_go(self._hold.take(lines, now))

    def _let_go(self, lines: list[bytes]) -> None:
        """Nothing leaves before all that is known was looked at."""
        if not lines:
            return
        self._look_at_all()
        first = 0
        for number, line in enumerate(lines):
            kind = kind_of(line)
            if kind == b"consent":
                self._leave(self._releaser.take(lines[first:number]))
                self._hear_consent(line)
                first = number
        self._leave(self._releaser.take(lines[first:]))

    def _look_at_all(self) -> None:
        """Screen what was read and not looked at yet; several lines at a time cost less than one by one."""
        lines, self._unscreened = self._unscreened, []
        self._forgotten.refresh()
        for line in lines:
            for found in self._screen.take(line):
                span = found.span
                if span.seq < self._releaser.expected:
                    self._late.append(span)
                else:
                    self._masks.setdefault(span.seq, []).append(span)

    def _leave(self, released: Released) -> None:
        """Into the outbox, as the level lets it leave, masked."""
        if released.aside:
            self._refused.add(released.aside)
            control.give(self.files.control, control.REBASE)
        if released.lines:
            if self._late:
                # First: the hash of a save that leaves now is that of the text without them.
                self._take_back()
            self._outbox.append([self._outgoing_line(line) for line in released.lines])

    def _outgoing_line(self, line: bytes) -> bytes:
        if not self._masks and self._level in _WITH_TEXTS and kind_of(line) == b"edit":
            return line
        spans = self._masks.pop(head(line).seq, ()) if self._masks else ()
        self._level = in_force(line, self._level)

        def masked(line: bytes) -> bytes:
            line = self._screen.resave(line) if kind_of(line) == b"save" else line
            return self._outgoing.leave(line, spans, self._screen.encoding)

        return at_level(line, self._level, self._key, self._blobs.get, masked)

    def _close(self, torn: bytes) -> None:
        """The recorder is gone: say what it could not say itself."""
        self._let_go(self._hold.release())
        if self._outbox.last is None and not self._releaser.has_unread:
            # It died before it wrote its header: there is no session, but perhaps something to take back.
            if not self._shipment.recalls:
                self._shipment.forget_session()
            return
        if self._fallen is not None:
            revoke(self._outbox, self._shipment, self._fallen)
        if not self._outbox.is_ended:
            self._leave(self._releaser.close(torn))
        if self._fallen is not None:
            # Nowhere on the disk either.
            self._refused.forget()
            replace(self.files.spool, self._outbox.lines())
            self._reader.close()
            self._reader = SpoolReader(self.files.spool)
            self._reader.read()
            self._fallen = None

    # -- what a person took back -------------------------------------------------------------------------

    def _obey_orders(self) -> bool:
        """Do what a recorder that is gone was asked for; returns whether its consent fell.

        Raises StaleError where it changed the spool.
        """
        is_changed = False
        for order in self._orders.take():
            if order.get("order") == control.FORGET:
                since_ms, until_ms = int(order["since"]), int(order["until"])
                is_changed = forget_in_file(self._home, self.files, since_ms, until_ms) or is_changed
                self._forget_delivered(since_ms, until_ms)
            elif order.get("order") == control.CONSENT and is_lower(order["level"], self._level):
                self._fallen = order["level"]
        if is_changed:
            raise StaleError
        return self._fallen is not None

    def _forget_delivered(self, since_ms: int, until_ms: int) -> None:
        """Minutes of a session that is at the collector alone, while others of it are still taken back."""
        recall = recalls.forget_time(since_ms, until_ms)
        is_gone = self._outbox.last is None and was_delivered(self._home, self.files.session)
        if is_gone and recall not in self._shipment.recalls:
            self._shipment.recalls.add([recall])

    def _hear_forget(self, line: bytes) -> None:
        """The recorder took lines back: they go from the outbox and from the collector as well."""
        first, through = head(line).seq, head(line).last
        if first < self._outbox.expected and self._outbox.find(first) != line:
            self._refused.forget()
            cut(self._outbox, self._shipment, first, through)
            self._follow_outbox()

    def _hear_consent(self, line: bytes) -> None:
        """A session ends where its level falls; what still waits of it is taken back."""
        body = parse(line)
        if is_lower(body["level"], self._level):
            self._fallen = body["level"]
            if body["seq"] >= self._releaser.expected:
                revoke(self._outbox, self._shipment, body["level"])

    # -- what has left and should not have ---------------------------------------------------------------

    def _take_back(self) -> None:
        spans, self._late = self._late, []
        redact(self._outbox, self._shipment, self._outgoing, spans, self._screen.encoding)


def _up_to_saves(lines: list[bytes]) -> Iterator[list[bytes]]:
    """The lines in pieces, each of which ends with a save or the last line."""
    first = 0
    for number, line in enumerate(lines):
        if line.find(b'"save"', 0, _KIND_BYTES_MAX) >= 0 and kind_of(line) == b"save":
            yield lines[first : number + 1]
            first = number + 1
    if first < len(lines):
        yield lines[first:]
