"""An editing trace as the lines of a session; pure.

What the trace does not tell is not made up: no cause and no evidence, no runs, no version of an editor.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from pairlog import WIRE
from pairlog.document import Document, sha256
from pairlog.events import Change, Edit, End, Event, Open, Save, Session, Use
from pairlog.ids import keyed, session_of
from pairlog.line import LINE_BYTES_MAX, encode
from pairlog.moment import write
from processing.imports.imported import Imported
from processing.imports.line_lengths import LineLengths
from processing.imports.trace import BadTrace, Patch, Trace, Transaction

KIND = "editing-trace"
#: The version of what is written here: the same trace gives the same session in every release of Pairlog,
#: until this number changes.
VERSION = "1"
#: Nobody agreed to Pairlog's wording before this was recorded; who imports it answers for its use.
POLICY = "import"

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


def session_lines(trace: Trace, path: str, language: str | None, use: Use) -> Imported:
    """The session of a trace: its text opened at `path`, an edit for each transaction, a save, the end.

    Its id follows from the trace and the other arguments, so that doing it again gives the same session; its
    workspace follows from the trace alone, so that nobody takes two sessions of one trace for two works.
    Raises BadTrace where a patch does not fit the text, or the patches do not give the trace's end.
    """
    started = _started(trace.transactions)
    told = [trace.start, trace.end, [[write(it.time), it.patches] for it in trace.transactions]]
    content = _digest(told)
    chance = _digest([KIND, VERSION, content.hex(), path, language, use])
    session = session_of((started - _EPOCH) // _MILLISECOND, chance[:10])
    lines = [
        encode(
            Session(
                seq=0,
                t=0,
                wire=WIRE,
                session=session,
                started_at=write(started),
                editor={"name": KIND},
                recorder={"name": "pairlog import", "version": VERSION},
                position_encoding="utf-32",
                clock="client",
                workspace=keyed(content, KIND),
                consent="content",
                use=use,
                policy=POLICY,
            )
        )
    ]
    for event in _events(trace, path, language, started):
        lines.append(encode(event))
        if len(lines[-1]) > LINE_BYTES_MAX:
            raise BadTrace(f"its line {event.seq} would have more than {LINE_BYTES_MAX} bytes")
    return Imported(session, lines, edits=len(lines) - 4)


def _events(trace: Trace, path: str, language: str | None, started: datetime) -> Iterator[Event]:
    yield Open(
        seq=1, t=0, doc=1, path=path, why="opened", source="editor", language=language, text=trace.start
    )
    text = _Text(trace.start)
    seq, t = 2, 0
    for number, transaction in enumerate(trace.transactions):
        t = max(t, (transaction.time - started) // _MILLISECOND)
        changes = [
            text.change(patch, f"txns[{number}].patches[{place}]")
            for place, patch in enumerate(transaction.patches)
        ]
        if changes:
            yield Edit(seq=seq, t=t, doc=1, changes=changes)
            seq += 1
    text.check_end(trace.end)
    yield Save(seq=seq, t=t, doc=1, sha256=sha256(trace.end), sha256_of="text")
    yield End(seq=seq + 1, t=t, reason="shutdown")


class _Text:
    """The text under the patches, which become changes in lines and columns."""

    def __init__(self, text: str) -> None:
        self._document = Document(text, "utf-32")
        self._lengths = LineLengths(map(len, self._document.lines))

    def change(self, patch: Patch, where: str) -> Change:
        """Apply a patch; returns the change that it is. Raises BadTrace where it reaches out of the text."""
        position, deleted, text = patch
        if position < 0 or deleted < 0 or position + deleted > self._lengths.total:
            raise BadTrace(
                f"{where} deletes {deleted} characters at {position} of a text of {self._lengths.total}"
            )
        line, column = self._lengths.find(position)
        end_line, end_column = self._lengths.find(position + deleted) if deleted else (line, column)
        # No column lies between the CR and the LF of a line's end: such a change takes the whole end anew.
        if self._is_inside_end(line, column):
            column -= 1
            text = "\r" + text
        if self._is_inside_end(end_line, end_column):
            end_line, end_column = end_line + 1, 0
            text += "\n"
        change = (line, column, end_line, end_column, text)
        self._apply(change)
        return change

    def check_end(self, end: str) -> None:
        """Raises BadTrace where this is another text than `end`."""
        text = self._document.text
        if text == end:
            return
        both = min(len(text), len(end))
        differ = next((at for at in range(both) if text[at] != end[at]), both)
        raise BadTrace(f"its patches do not give its endContent: they differ from character {differ} on")

    def _is_inside_end(self, line: int, column: int) -> bool:
        text = self._document.lines[line]
        return column > 0 and column == len(text) - 1 and text.endswith("\r\n")

    def _apply(self, change: Change) -> None:
        lines = self._document.lines
        before = len(lines)
        self._document.apply([change])
        # A line feed that comes to stand behind a carriage return joins the line before.
        first, end = max(0, change[0] - 1), change[2] + 1
        self._lengths.replace(first, end, [len(it) for it in lines[first : end + len(lines) - before]])


def _started(transactions: list[Transaction]) -> datetime:
    """The first known time. A trace may bear the epoch, 1970, in the place of times that nobody knew."""
    return next((it.time for it in transactions if it.time.year > 1970), _EPOCH)


def _digest(told: list[Any]) -> bytes:
    return hashlib.sha256(json.dumps(told).encode()).digest()
