"""From the spool's lines to those that may leave: in order, without holes; pure.

Nothing is held back yet: masking, which needs a line to be finished, comes between here and the outbox.
"""

from __future__ import annotations

from typing import NamedTuple

from lsp_server.outbox import head
from pairlog.events import End, Gap
from pairlog.line import LineError, encode


class Released(NamedTuple):
    """`lines` to send; `aside` are those that could not be read, each answered for by a `gap` in `lines`."""

    lines: list[bytes]
    aside: list[bytes]


class Releaser:
    """Checks the lines of one session as they come."""

    def __init__(self, expected: int, t: int) -> None:
        """Go on at the seq `expected`; lines before it have left already."""
        self.expected = expected
        self.t = t
        self._unread: list[bytes] = []

    def take(self, lines: list[bytes]) -> Released:
        """What these lines release. Lines that cannot be read wait for the next one that can."""
        released: list[bytes] = []
        aside: list[bytes] = []
        for line in lines:
            try:
                front = head(line)
            except LineError:
                self._unread.append(line)
                continue
            if front.seq < self.expected:
                # It left before the sender was started anew, and what could not be read before it as well.
                self._unread = []
                continue
            if front.seq > self.expected:
                released.append(self._hole(front.seq - 1))
            aside += self._unread
            self._unread = []
            released.append(line)
            self.expected = front.last + 1
            self.t = front.t
        return Released(released, aside)

    def close(self, torn: bytes, is_ended: bool) -> Released:
        """The last lines of a session whose recorder is gone: what it could not say itself.

        `torn` is what stands behind the spool's last line break.
        """
        aside = [*self._unread, *([torn] if torn else [])]
        lines: list[bytes] = []
        if is_ended:
            return Released(lines, aside)
        if self._unread:
            lines.append(self._hole(self.expected))
            self.expected += 1
        lines.append(
            encode(
                Gap(
                    seq=self.expected,
                    t=self.t,
                    reason="interrupted",
                    detail="the recorder died in mid-session",
                )
            )
        )
        lines.append(encode(End(seq=self.expected + 1, t=self.t, reason="interrupted")))
        self.expected += 2
        self._unread = []
        return Released(lines, aside)

    def _hole(self, last: int) -> bytes:
        unread = len(self._unread)
        gap = Gap(
            seq=self.expected,
            t=self.t,
            reason="refused" if unread else "delivery_lost",
            count=last - self.expected + 1,
            through=last if last > self.expected else None,
            detail="lines of the spool could not be read" if unread else "lines are missing in the spool",
        )
        return encode(gap)


def refusal(line: bytes, reason: str) -> bytes:
    """The `gap` that takes the place of a line which the collector refuses."""
    from pairlog.line import parse

    body = parse(line)
    # Only a text that did not arrive makes what follows unreadable.
    doc = body.get("doc") if body["type"] in ("edit", "open") else None
    docs = [doc] if isinstance(doc, int) else []
    return encode(
        Gap(seq=body["seq"], t=body["t"], reason="refused", count=1, detail=reason[:200], docs=docs)
    )
