"""Small sessions made up for tests, and the text of a document after each of their lines."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pairlog.document import Document, split_lines
from pairlog.events import Change, Close, Edit, Event, Open, PositionEncoding, Save, Session
from pairlog.line import decode, encode
from pairlog.position import units
from pairlog.replay import Player

ALPHABET = "ab \r\n\té\u2028\x0c世😀*"


def header(encoding: PositionEncoding = "utf-16") -> bytes:
    return encode(
        Session(
            seq=0,
            t=0,
            wire=1,
            session="01890a5d-ac96-774b-bcce-b302099a8057",
            started_at="2026-01-02T03:04:05.000Z",
            editor={"name": "test", "version": "1"},
            recorder={"name": "test", "version": "1"},
            position_encoding=encoding,
            clock="client",
            workspace="0" * 64,
            consent="content",
            use="private",
            policy="1",
        )
    )


@dataclass
class Writer:
    """Writes a session: its edits are at whole characters, as editors make them, and its saves are true."""

    encoding: PositionEncoding = "utf-16"
    lines: list[bytes] = field(default_factory=list)
    documents: dict[int, Document] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lines.append(header(self.encoding))

    @property
    def seq(self) -> int:
        """The seq of the next line."""
        return len(self.lines)

    @property
    def last(self) -> int:
        """The seq of the last line."""
        return len(self.lines) - 1

    def add(self, make: Callable[..., Event], **fields: object) -> int:
        self.lines.append(encode(make(seq=self.seq, t=self.seq * 1000, **fields)))
        return self.seq - 1

    def open(self, doc: int, text: str, why: str = "opened") -> int:
        self.documents[doc] = Document(text, self.encoding)
        return self.add(Open, doc=doc, path=f"{doc}.py", why=why, source="editor", text=text)

    def close(self, doc: int) -> int:
        return self.add(Close, doc=doc)

    def save(self, doc: int) -> int:
        return self.add(Save, doc=doc, sha256=self.documents[doc].sha256(), sha256_of="text")

    def edit(self, doc: int, *changes: Change, cause: str | None = None) -> int:
        self.documents[doc].apply(changes)
        return self.add(Edit, doc=doc, changes=list(changes), cause=cause)

    def replace(self, doc: int, start: int, end: int, text: str, cause: str | None = None) -> int:
        """An edit of the characters from `start` to `end` of the document."""
        return self.edit(doc, self.change(doc, start, end, text), cause=cause)

    def whole(self, doc: int, text: str, cause: str | None = None) -> int:
        return self.edit(doc, (0, 0, -1, 0, text), cause=cause)

    def change(self, doc: int, start: int, end: int, text: str) -> Change:
        whole = self.documents[doc].text
        return (*position(whole, start, self.encoding), *position(whole, end, self.encoding), text)


def position(text: str, offset: int, encoding: PositionEncoding) -> tuple[int, int]:
    """The line and column of a place in a text; between CR and LF, the place before them."""
    if text[offset - 1 : offset + 1] == "\r\n" and offset:
        offset -= 1
    before = split_lines(text[:offset])
    return len(before) - 1, units(before[-1], encoding)


def random_text(chance: random.Random, size: int) -> str:
    return "".join(chance.choice(ALPHABET) for _ in range(chance.randrange(size)))


def random_session(chance: random.Random, encoding: PositionEncoding, steps: int = 12) -> Writer:
    """A session of one or two documents under edits of every kind."""
    writer = Writer(encoding)
    writer.open(1, random_text(chance, 30))
    for _ in range(steps):
        random_step(chance, writer)
    return writer


def random_step(chance: random.Random, writer: Writer) -> None:
    doc = chance.choice(list(writer.documents))
    text = writer.documents[doc].text
    kind = chance.choice("iiiiddrrwvvsoco")
    start, end = sorted(chance.choices(range(len(text) + 1), k=2))
    if kind == "i":
        writer.replace(doc, start, start, random_text(chance, 8) or "a")
    elif kind == "d":
        writer.replace(doc, start, end, "")
    elif kind == "r":
        writer.replace(doc, start, end, random_text(chance, 8))
    elif kind == "w":
        writer.whole(doc, text[:start] + random_text(chance, 5) + text[end:])
    elif kind == "v":
        # Cut, and pasted somewhere else.
        writer.replace(doc, start, end, "")
        rest = writer.documents[doc].text
        place = chance.randrange(len(rest) + 1)
        writer.replace(doc, place, place, text[start:end])
    elif kind == "s":
        writer.save(doc)
    elif kind == "o":
        writer.open(chance.choice([1, 2]), random_text(chance, 30))
    else:
        writer.close(doc)
        writer.open(doc, text)


def texts(lines: Iterable[bytes]) -> dict[int, str]:
    """The text of each document after the last line."""
    player = Player()
    for line in lines:
        player.feed(decode(line))
    return {doc: replayed.document.text for doc, replayed in player.documents.items()}
