"""Keyframes: a cache of long sessions' states, made once a session has ended, so that any moment is near one.

They go with the session, and with everything that is taken back of it.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, tuple_
from sqlmodel import col

from collector_api.database.tables import Keyframe, SessionRow
from collector_api.lines import tape
from collector_api.lines.tape import Tape
from collector_api.rows import blobs, frames
from pairlog.document import Observer
from pairlog.events import Edit, Event, Open
from pairlog.keyframe import freeze, restore
from pairlog.line import decode
from pairlog.replay import Blobs, Player, ReplayError
from pairlog.source import SessionInfo

#: Shorter sessions are replayed quickly enough.
EVENTS_MIN = 4_000
#: The events between two keyframes, and more where the texts that have changed are long.
SPACING = 1_000
_CHARACTERS_PER_EVENT = 100
#: In place of a document's number: what the row has of all of them. In place of a seq: the tape.
_ALL, _TAPE = 0, -1


class Made(NamedTuple):
    """A row of the cache."""

    seq: int
    doc: int
    data: bytes


def is_due(connection: Connection, info: SessionInfo) -> bool:
    """Whether a session should have keyframes and has none."""
    if info.events < EVENTS_MIN or not info.complete:
        return False
    of_session = col(SessionRow.id) == info.session
    hot = select(col(SessionRow.id)).where(of_session, col(SessionRow.lake_file_id).is_(None))
    return connection.execute(hot).first() is not None and _kept_tape(connection, info.session) is None


def made(connection: Connection, session: str) -> Iterator[Made]:
    """The keyframes of a session, as far as it replays, and its tape."""
    maker = _Maker(Player(lambda sha256: blobs.of_session(connection, session, sha256)))
    whole = Tape()
    replays = True
    for line in frames.lines_from(connection, session):
        event = decode(line)
        whole.add(event)
        if replays:
            try:
                yield from maker.feed(event)
            except ReplayError:
                replays = False
    yield Made(_TAPE, _ALL, tape.pack(whole))


def keep(connection: Connection, info: SessionInfo, found: list[Made]) -> None:
    """Keep what was made of a session as `info` shows it, unless it has changed, moved or gone since."""
    question = select(col(SessionRow.last_seq), col(SessionRow.revision), col(SessionRow.lake_file_id)).where(
        col(SessionRow.id) == info.session
    )
    row = connection.execute(question).one_or_none()
    if row is None or tuple(row) != (info.last_seq, info.revision, None):
        return
    connection.execute(delete(Keyframe).where(col(Keyframe.session_id) == info.session))
    rows = [{"session_id": info.session, **row._asdict()} for row in found]
    connection.execute(insert(Keyframe), rows)


def tape_of(connection: Connection, session: str) -> Tape:
    """The tape of a session: the one that is kept, else a fresh one."""
    data = _kept_tape(connection, session)
    if data is not None:
        kept = tape.unpack(data)
        last = select(col(SessionRow.last_seq)).where(col(SessionRow.id) == session)
        if kept.seqs[-1] == connection.execute(last).scalar():
            return kept
    return tape.record(map(decode, frames.lines_from(connection, session)))


def player_before(
    connection: Connection, session: str, seq: int, read: Blobs, observer: Observer | None = None
) -> Player:
    """A player that stands before `seq`, as near as there is a keyframe; `read` gives it contents."""
    mine = col(Keyframe.session_id) == session
    question = select(col(Keyframe.data)).where(
        mine, col(Keyframe.doc) == _ALL, col(Keyframe.seq) < seq, col(Keyframe.seq) > _TAPE
    )
    data = connection.execute(question.order_by(col(Keyframe.seq).desc()).limit(1)).scalar()
    if data is None:
        return Player(read, observer)
    state, _, places = zlib.decompress(data).partition(b"\n")
    wanted = tuple_(col(Keyframe.seq), col(Keyframe.doc)).in_(json.loads(places))
    texts = connection.execute(select(col(Keyframe.doc), col(Keyframe.data)).where(mine, wanted))
    found = {doc: zlib.decompress(text).decode() for doc, text in texts}
    return restore(state, found, read, observer)


class _Maker:
    """Replays a session; a text is kept where it has changed since the keyframe before."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._since = 0
        self._changed: set[int] = set()
        self._kept: dict[int, int] = {}

    def feed(self, event: Event) -> Iterator[Made]:
        self._player.feed(event)
        if isinstance(event, (Edit, Open)):
            self._changed.add(event.doc)
        self._since += 1
        if self._since % SPACING == 0 and self._since * _CHARACTERS_PER_EVENT >= self._characters():
            yield from self._keyframe()

    def _keyframe(self) -> Iterator[Made]:
        player = self._player
        for doc in sorted(self._changed):
            self._kept[doc] = player.seq
            yield Made(player.seq, doc, zlib.compress(player.documents[doc].document.text.encode()))
        places = json.dumps([[self._kept[doc], doc] for doc in player.documents])
        yield Made(player.seq, _ALL, zlib.compress(freeze(player) + b"\n" + places.encode()))
        self._since = 0
        self._changed.clear()

    def _characters(self) -> int:
        return sum(len(line) for doc in self._changed for line in self._player.documents[doc].document.lines)


def _kept_tape(connection: Connection, session: str) -> bytes | None:
    question = select(col(Keyframe.data)).where(
        col(Keyframe.session_id) == session, col(Keyframe.seq) == _TAPE
    )
    return connection.execute(question).scalar()
