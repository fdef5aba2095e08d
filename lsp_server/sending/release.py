"""From the spool's lines to those that may leave: in order, without holes; pure.

What is still being written is kept back before it comes here, in `hold.py`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pairlog.events import End, Gap
from pairlog.line import LineError, encode, parse

#: Gaps of these reasons cost no text, unless they name documents.
_HARMLESS = ("unsupported", "not_emitted")


class Released(NamedTuple):
    """`lines` to send; `aside` are those that could not be read, each answered for by a `gap` in `lines`."""

    lines: list[bytes]
    aside: list[bytes]


class Texts:
    """Which documents' texts can be rebuilt from the lines seen so far."""

    def __init__(self) -> None:
        self._known: set[Any] = set()

    def see(self, body: dict[str, Any]) -> None:
        """Follow a line: an `open` gives a text, a gap takes texts away."""
        kind = body["type"]
        if kind == "open":
            self._known.add(body.get("doc"))
        elif kind == "gap" and body.get("docs") is not None:
            self._known.difference_update(body["docs"])
        elif kind in ("pause", "forget") or (kind == "gap" and body.get("reason") not in _HARMLESS):
            self._known.clear()

    def place(self, line: bytes, body: dict[str, Any]) -> bytes:
        """The line, or the gap in its place where it changes or saves a text that is not known.

        Between a line that was lost and the `open` that makes good for it an editor goes on typing.
        """
        if body["type"] in ("edit", "save") and body.get("doc") not in self._known:
            return refusal(line, "the text that it belongs to was lost before it")
        self.see(body)
        return line


class Releaser:
    """Checks the lines of one session as they come."""

    def __init__(self, expected: int, t: int, texts: Texts | None = None) -> None:
        """Go on at the seq `expected`; lines before it, of which `texts` are known, have left already."""
        self.expected = expected
        self.t = t
        self.texts = texts or Texts()
        self._unread: list[bytes] = []

    @property
    def has_unread(self) -> bool:
        """Whether lines that could not be read wait for the next one that can."""
        return bool(self._unread)

    def take(self, lines: list[bytes]) -> Released:
        """What these lines release. Lines that cannot be read wait for the next one that can."""
        released: list[bytes] = []
        aside: list[bytes] = []
        for line in lines:
            try:
                body = parse(line)
            except LineError:
                self._unread.append(line)
                continue
            seq = body["seq"]
            if seq < self.expected:
                # It left before the sender was started anew, and what could not be read before it as well.
                self._unread = []
                continue
            if seq > self.expected:
                released.append(self._hole(seq - 1))
            aside += self._unread
            self._unread = []
            placed = self.texts.place(line, body)
            if placed is not line:
                aside.append(line)
            released.append(placed)
            through = body.get("through")
            self.expected = 1 + (through if type(through) is int and through > seq else seq)
            self.t = body["t"]
        return Released(released, aside)

    def close(self, torn: bytes) -> Released:
        """The last lines of a session whose recorder is gone without an `end`: what it could not say itself.

        `torn` is what stands behind the spool's last line break.
        """
        aside = [*self._unread, *([torn] if torn else [])]
        lines: list[bytes] = []
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
        self.texts = Texts()
        return hole(self.expected, last, self.t, is_unread=bool(self._unread))


def hole(first: int, last: int, t: int, *, is_unread: bool = False) -> bytes:
    """The `gap` in the place of the lines `first` to `last`."""
    return encode(
        Gap(
            seq=first,
            t=t,
            reason="refused" if is_unread else "delivery_lost",
            count=last - first + 1,
            through=last if last > first else None,
            detail="lines of the spool could not be read" if is_unread else "lines are missing in the spool",
        )
    )


def refusal(line: bytes, reason: str) -> bytes:
    """The `gap` that takes the place of a line which the collector refuses."""
    body = parse(line)
    # Only a text that did not arrive makes what follows unreadable.
    doc = body.get("doc") if body["type"] in ("edit", "open") else None
    docs = [doc] if isinstance(doc, int) else []
    return encode(
        Gap(seq=body["seq"], t=body["t"], reason="refused", count=1, detail=reason[:200], docs=docs)
    )


def withheld(line: bytes, why: str) -> bytes:
    """The `gap` that takes the place of a line of which nothing may leave."""
    body = parse(line)
    detail = f"a {body['type']} that may not leave: {why}"
    return encode(Gap(seq=body["seq"], t=body["t"], reason="not_emitted", count=1, detail=detail))
