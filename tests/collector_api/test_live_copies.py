"""Who watches and does as it is told has what is stored, whatever was taken back and whenever it looked."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from collector_api.lines.redactions import Redaction
from collector_api.lines.rewriting import Rewriting
from pairlog.masking import Span
from tests.collector_api.driver import Collector
from tests.collector_api.test_live import END, Message, Watching
from tests.collector_api.word import FIRST, LAST, word_lines


class Copy:
    """The lines that a watcher has, by their seq."""

    def __init__(self) -> None:
        self.lines: dict[int, dict[str, Any]] = {}
        self.last = -1
        self.ended = False

    def take(self, messages: list[Message]) -> None:
        """Do as docs/protocol.md says."""
        for name, number, body in messages:
            if name == "line":
                assert number is not None
                self._drop_from(number)
                self.lines[number] = body
                self.last = number
            elif name == "redaction":
                spans = tuple(Span(*span) for span in body["spans"])
                saves = tuple((seq, digest) for seq, digest in body["saves"])
                rewriting = Rewriting([Redaction("r", spans, saves)])
                lines = [json.dumps(line).encode() for line in self.lines.values()]
                masked = map(json.loads, rewriting.rewritten(lines, 0, 2**53, "utf-16"))
                self.lines = {line["seq"]: line for line in masked}
            elif name == "forget":
                self._drop_from(body["from"])
            self.ended = self.ended or (name, number, body) == END

    def _drop_from(self, seq: int) -> None:
        self.lines = {known: line for known, line in self.lines.items() if known < seq}


def _caught_up(found: list[Message]) -> bool:
    """A comment breaks the silence when there is nothing more to say."""
    return bool(found) and found[-1][0] == ""


@pytest.mark.parametrize("seed", range(12))
def test_every_copy_is_what_is_stored(collector: Collector, mine: str, seed: int) -> None:
    chance = random.Random(seed)
    lines = word_lines()
    cuts = sorted(chance.sample(range(2, len(lines)), 3))
    spans = [[2, "/changes/0/4", 0, 1], [7, "/changes/0/4", 0, 2], [8, "/output", 3, 4]]
    acts = [
        *(
            lambda begin=begin, end=end: collector.send(mine, lines[begin:end])
            for begin, end in zip([1, *cuts], [*cuts, len(lines)], strict=True)
        ),
    ]
    others = [
        lambda: collector.forget(mine, FIRST, LAST),
        lambda: collector.redact(mine, spans=spans),
        lambda: collector.forget(mine, 7, 7),
    ]
    for other in others:
        acts.insert(chance.randrange(len(acts) + 1), other)
    collector.send(mine, lines[:1])
    faithful, comes_back = Copy(), Copy()
    watching = Watching(collector, mine, keep_alive_s=0)
    for act in acts:
        assert act().status_code == 200
        if chance.random() < 0.6:
            faithful.take(watching.until(_caught_up))
        if chance.random() < 0.4:
            again = Watching(collector, mine, comes_back.last + 1, keep_alive_s=0)
            comes_back.take(again.until(_caught_up))
    faithful.take(watching.rest())
    stored = [json.loads(line) for line in collector.lines(mine)]
    for copy in (faithful, comes_back):
        # What was taken back behind the end of the session is told to who looks once more.
        copy.take(Watching(collector, mine, copy.last + 1).rest())
        assert (list(copy.lines.values()), copy.ended) == (stored, True)
