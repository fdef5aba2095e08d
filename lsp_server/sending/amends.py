"""An outbox written anew, with a `gap` in the place of lines that cannot go."""

from __future__ import annotations

from lsp_server.home.refused import Refused
from lsp_server.sending.outbox import Outbox
from lsp_server.sending.release import Texts, hole, refusal
from pairlog.line import parse


def set_aside(outbox: Outbox, refused: Refused, seq: int, reason: str) -> Texts:
    """Put a `gap` in the place of the line `seq` and of those that mean nothing without it.

    They are kept in `refused`. Returns which texts can be rebuilt behind them. Raises OSError.
    """
    lines = list(outbox.lines())
    texts = Texts()

    def instead(line: bytes) -> bytes:
        body = parse(line)
        if body["seq"] != seq:
            return texts.place(line, body)
        gap = refusal(line, reason)
        texts.see(parse(gap))
        return gap

    kept = list(map(instead, lines))
    # Set aside first: a crash in between keeps a line twice and never loses one.
    refused.add([line for line, new in zip(lines, kept, strict=True) if new is not line])
    outbox.rewrite(kept)
    return texts


def bridge(outbox: Outbox, acked: int) -> bool:
    """Where the outbox begins behind the line `acked`, have a `gap` in front of it say what is lost.

    Returns whether that was so. Raises OSError.
    """
    first = outbox.first
    if first is None or first.type == "session" or first.last <= acked:
        return False
    lines = list(outbox.lines())
    if first.type == "gap" and first.seq <= acked:
        # It stands for lines that the collector has, and for some behind them.
        lost = hole(acked + 1, first.last, first.t)
        del lines[0]
    elif first.seq > acked + 1:
        lost = hole(acked + 1, first.seq - 1, first.t)
    else:
        return False
    outbox.rewrite([lost, *lines])
    return True
