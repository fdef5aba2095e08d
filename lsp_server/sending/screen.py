"""What must not leave, found in a session's lines as they come: each secret, by the characters that made it.

The text is looked at as it stands after every line, because a key that is typed stands in no single line.
Pure but for `read_blob`; what is masked where is decided in `outgoing.py`.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Any, NamedTuple

from lsp_server.home.forgotten import ForgottenWords
from lsp_server.home.spool import HIDDEN
from lsp_server.sending.secrets import Secrets
from lsp_server.sending.streams import Streams
from pairlog.document import sha256
from pairlog.events import PositionEncoding
from pairlog.masking import Span, resaved
from pairlog.pointer import ALL, BLOB_TEXT
from pairlog.position import index, units
from pairlog.provenance import Provenance, Touched
from pairlog.rules import Finding, Scanner
from pairlog.strings import names, strings

#: Types without a word of anybody's.
_WORDLESS = frozenset(("select", "view", "focus", "close", "pause", "resume", "forget", "clock"))
_scan = json.JSONDecoder().raw_decode
#: What is typed, or completed, in one go.
_KEYS_MAX = 256
#: A shorter text holds no secret by itself.
_CHARS_MIN = 4
_NAME_CHARS_MIN = 12


class Found(NamedTuple):
    """A piece of a secret: where it lies, and the rule that found it."""

    span: Span
    rule: str


class Screen:
    """Follows one session, line by line from its header on."""

    def __init__(
        self, scanner: Scanner, forgotten: ForgottenWords, read_blob: Callable[[str], bytes | None]
    ) -> None:
        """`read_blob` gives the bytes of a blob by its SHA-256, None where it is lost."""
        self._secrets = Secrets(scanner, forgotten)
        self._read_blob = read_blob
        self.encoding: PositionEncoding = "utf-16"
        self._texts = Provenance(self.encoding)
        self._streams = Streams()
        self._seen: set[Span] = set()

    def take(self, line: bytes) -> list[Found]:
        """What this line shows to be secret: characters of its own, or of lines before it."""
        try:
            body = _object(line)
            seq, kind = body["seq"], body["type"]
        except (ValueError, TypeError, LookupError, RecursionError):
            # It is set aside, and never leaves.
            return []
        if kind in _WORDLESS:
            return []
        try:
            if kind == "edit":
                return self._fresh(self._edit(seq, body))
            found = list(self._words(seq, body))
            if kind == "open":
                found += self._open(seq, body)
            elif kind == "completion":
                found += self._completion(seq, body)
            elif kind == "run":
                found += self._stream(seq, body, "output")
            elif kind == "agent":
                found += self._stream(seq, body, "text")
            elif kind == "session":
                self._begin(body)
        except (ValueError, TypeError, LookupError, AttributeError):
            # Not as the contract says: the collector will refuse it, and its words are looked at anyway.
            found = list(self._words(seq, body))
        return self._fresh(found)

    def resave(self, line: bytes) -> bytes:
        """The line of a save, the last one taken, with the hash of the masked text where that differs.

        Only a save that fits the text as it was typed gets one.
        """
        body = json.loads(line)
        doc, digest = body.get("doc"), body.get("sha256")
        document = self._texts.documents.get(doc)
        if document is None or digest is None or not self._texts.has_marks(doc):
            return line
        fits = document.matches(digest)
        return resaved(line, sha256(self._texts.masked_text(doc)) if fits else None)

    def _fresh(self, found: list[Found]) -> list[Found]:
        fresh = []
        for piece in found:
            if piece.span not in self._seen:
                self._seen.add(piece.span)
                fresh.append(piece)
        return fresh

    def _begin(self, body: dict[str, Any]) -> None:
        self.encoding = body.get("position_encoding", "utf-16")
        self._texts = Provenance(self.encoding)

    # -- documents ----------------------------------------------------------------------------------------

    def _edit(self, seq: int, body: dict[str, Any]) -> list[Found]:
        doc, changes = body["doc"], body["changes"]
        is_undo = body.get("cause") in ("undo", "redo")
        touched = self._texts.edit(seq, doc, changes, is_undo=is_undo)
        found = self._look(doc, touched, changes[-1] if len(changes) == 1 else None)
        if "ref" in body:
            found += self._word(seq, "/ref", body["ref"], is_id=True)
        if len(changes) > 1:
            # One change may take away what another one brought.
            for number, change in enumerate(changes):
                found += self._word(seq, f"/changes/{number}/4", change[4])
        return found

    def _open(self, seq: int, body: dict[str, Any]) -> list[Found]:
        doc, text, pointer = body["doc"], body.get("text"), "/text"
        if text is None and isinstance(body.get("blob"), str):
            data = self._read_blob(body["blob"])
            text, pointer = (data or b"").decode("utf-8", "replace"), BLOB_TEXT
        if text is None:
            return []
        touched = self._texts.open(seq, doc, text, pointer)
        found: list[Found] = []
        hidden = [(start, start + length) for start, length in body.get(HIDDEN, ())]
        found += [Found(Span(seq, pointer, start, end - start), "forgotten") for start, end in hidden]
        self._hide(doc, hidden)
        return found + self._look(doc, touched, None)

    def _hide(self, doc: int, places: list[tuple[int, int]]) -> None:
        """Mark characters given in units of the whole text."""
        if not places:
            return
        lines = self._texts.documents[doc].lines
        starts = _starts(units(line, self.encoding) for line in lines)
        for number, start, end in _by_line(starts, places):
            line = lines[number]
            first, last = index(line, start, self.encoding), index(line, end, self.encoding)
            self._texts.mark(doc, number, first, last)

    def _look(self, doc: int, touched: Touched, change: Any) -> list[Found]:
        """What stands now in the lines that were touched."""
        found = [Found(span, "copied") for span in touched.inherited]
        lines = self._texts.documents[doc].lines
        first, last = touched.first, touched.last
        if first == last:
            line = lines[first]
            for finding in self._findings_in_line(line, change):
                self._secrets.remember(line, finding)
                found += self._pieces(doc, first, finding.start, finding.end, finding.rule)
        else:
            text = "".join(lines[first : last + 1])
            starts = _starts(map(len, lines[first : last + 1]))
            for finding in self._secrets.find(text):
                self._secrets.remember(text, finding)
                for number, start, end in _by_line(starts, [(finding.start, finding.end)]):
                    found += self._pieces(doc, first + number, start, end, finding.rule)
        for number in {first, last}:
            block = self._secrets.scanner.block(lines, number)
            if block is not None:
                for inside in range(block[0], block[1] + 1):
                    end = len(lines[inside].rstrip("\r\n"))
                    found += self._pieces(doc, inside, 0, end, "private-key")
        return found

    def _findings_in_line(self, line: str, change: Any) -> list[Finding]:
        # A long line is looked at as a whole where more was brought than what is near the change shows.
        focus = None if change is None or len(change[4]) > _KEYS_MAX else change[1]
        return [*self._secrets.scanner.find_in_line(line, focus), *self._secrets.besides(line)]

    def _pieces(self, doc: int, line: int, start: int, end: int, rule: str) -> list[Found]:
        self._texts.mark(doc, line, start, end)
        return [Found(span, rule) for span in self._texts.origins(doc, line, start, end)]

    # -- everything else ----------------------------------------------------------------------------------

    def _words(self, seq: int, body: dict[str, Any]) -> Iterator[Found]:
        """Every string of a line by itself, but for the texts of documents."""
        is_header, is_open = body["type"] == "session", body["type"] == "open"
        for pointer, kind, text in strings(body):
            if not (is_open and pointer == "/text") and not (is_header and kind == "plain"):
                yield from self._word(seq, pointer, text, is_id=kind == "plain")
        for name in names(body):
            if len(name) >= _NAME_CHARS_MIN and self._secrets.find(name):
                yield Found(Span(seq, ALL, 0, len(name)), "name-of-a-field")

    def _word(self, seq: int, pointer: str, text: Any, is_id: bool = False) -> list[Found]:
        """What a string holds. An id is made by chance, and is one in each line that has it."""
        if not isinstance(text, str) or len(text) < _CHARS_MIN:
            return []
        found = []
        for finding in self._secrets.find(text):
            if is_id and finding.rule == "chance":
                continue
            self._secrets.remember(text, finding)
            found.append(Found(self._span(seq, pointer, text, finding), finding.rule))
        return found

    def _completion(self, seq: int, body: dict[str, Any]) -> list[Found]:
        """A suggestion, read in the line of text that it would stand in."""
        text, place = body.get("text"), body.get("position")
        document = self._texts.documents.get(body.get("doc", -1))
        if not text or place is None or document is None or not 0 <= place[0] < len(document.lines):
            return []
        line = document.lines[place[0]].rstrip("\r\n")
        at = index(line, place[1], self.encoding)
        found = []
        for finding in self._secrets.find(line[:at] + text + line[at:]):
            start, end = max(0, finding.start - at), min(len(text), finding.end - at)
            if start < end:
                piece = Finding(start, end, finding.rule)
                found.append(Found(self._span(seq, "/text", text, piece), finding.rule))
        return found

    def _stream(self, seq: int, body: dict[str, Any], field: str) -> list[Found]:
        """A piece of a program's output or of an agent's words, read together with the pieces before it."""
        piece = body.get(field)
        if not piece:
            return []
        stream = self._streams.add(f"{body['type']} {body['id']}", seq, piece)
        found = []
        for finding in self._secrets.find(stream.text):
            for part in stream.pieces(finding.start, finding.end):
                where = Finding(part.start, part.end, finding.rule)
                found.append(Found(self._span(part.seq, f"/{field}", part.text, where), finding.rule))
        return found

    def _span(self, seq: int, pointer: str, text: str, finding: Finding) -> Span:
        start = units(text[: finding.start], self.encoding)
        return Span(seq, pointer, start, units(text[finding.start : finding.end], self.encoding))


def _object(line: bytes) -> Any:
    try:
        return _scan(line.decode())[0]
    except ValueError:
        # With blanks in front; no recorder of ours writes such a line, and who reads it takes it.
        return json.loads(line)


def _starts(sizes: Iterable[int]) -> list[int]:
    """Where lines of these sizes begin in their text, and where the last one ends."""
    return [0, *accumulate(sizes)]


def _by_line(starts: list[int], places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """The parts of some places of a text in each of its lines: line, start and end."""
    for start, end in places:
        for number in range(bisect_right(starts, start) - 1, len(starts) - 1):
            at, behind = starts[number], starts[number + 1]
            if at >= end:
                break
            if max(start, at) < min(end, behind):
                yield number, max(start, at) - at, min(end, behind) - at
