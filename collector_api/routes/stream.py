"""A session as it grows, as server-sent events.

Each step is read anew from the store: what a slow watcher holds is one frame. Where that is large, it counts
to the answers that are not read yet, and whoever finds no room for it waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import orjson
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from collector_api.arriving.in_flight import Held
from collector_api.lines.decoder import seq_of
from collector_api.problems import Problem, TooFast
from collector_api.rows import frames, ledger, sessions
from collector_api.rows.frames import TooLittleRoom
from collector_api.rows.tokens import Principal
from collector_api.store import Store

#: After so much silence a comment tells proxies, and the watcher, that the connection lives.
KEEP_ALIVE_S = 15.0
_KEEP_ALIVE = b": all is well\n\n"
#: So long is waited for room.
ROOM_S = 1.0
#: Lines go out together up to here, and longer ones in pieces.
_CHUNK_BYTES = 64 * 1024
#: What a frame and its lines may have that is not counted: `watchers_max` bounds it, and no line of somebody
#: who types has to wait for those who do not read.
_UNCOUNTED_BYTES = 128 * 1024


@dataclass(frozen=True)
class Step:
    """What there is to say now. `more`: a next step may have more to say; `over`: nothing will follow.

    `needs`: so many bytes must be free for what the next step has to say; 0: as many as always are.
    """

    messages: Iterable[bytes] = ()
    more: bool = False
    over: bool = False
    needs: int = 0


class Watcher:
    """Where one who watches a session is: the seq of the next line, and what was taken back until now."""

    def __init__(self, session: str, reader: Principal, first: int) -> None:
        self._session = session
        self._reader = reader
        self._next = first
        self._begun = False
        self._taken_back = 0

    def step(self, connection: Connection, room: int) -> Step:
        """The next messages, the lines of one frame at most, for which there are `room` bytes.

        Raises NoSession, Erased or NotOwner.
        """
        row = sessions.readable(connection, self._session, self._reader)
        messages = self._news(connection, row.contributor_id)
        try:
            lines, following = frames.next_lines(connection, self._session, self._next, room)
        except TooLittleRoom as error:
            return Step(messages, more=True, needs=error.needs)
        if not lines:
            over = row.complete and self._next > row.last_seq
            return Step([*messages, _message("end", b"{}")] if over else messages, over=over)
        self._next = following
        return Step(chain(messages, _lines(lines)), more=True)

    def _news(self, connection: Connection, contributor: int) -> list[bytes]:
        """What was taken back since the last step; behind a forget the lines from there on come again."""
        entries = ledger.since(connection, self._session, contributor, self._taken_back)
        if entries:
            self._taken_back = entries[-1].number
        if not self._begun:
            # Who comes back may have lines from before; who begins at the header has none.
            self._begun = True
            entries = [entry for entry in entries if entry.first < self._next]
        for entry in entries:
            if entry.kind == "forget":
                self._next = min(self._next, entry.first)
        return [_message(entry.kind, entry.body) for entry in entries]


async def watch(
    store: Store,
    watcher: Watcher,
    session: str,
    admitted: Callable[[], Awaitable[bool]],
    held: Held,
    keep_alive_s: float = KEEP_ALIVE_S,
) -> AsyncIterator[bytes]:
    """The messages of a watcher until the session ends, or until it may be read no more.

    `held` is where it counts what it holds.
    """

    def step(room: int) -> Step:
        with store.reading() as connection:
            return watcher.step(connection, room)

    needs = 0
    with store.bell.listening(session) as heard:
        while not store.bell.closed and await admitted():
            heard.clear()
            try:
                # One frame for which there is never room enough has all of it.
                held.take(min(needs, held.most))
            except TooFast:
                await asyncio.sleep(ROOM_S)
                yield _KEEP_ALIVE
                continue
            try:
                found = await run_in_threadpool(step, needs or _UNCOUNTED_BYTES)
            except Problem as problem:
                yield _message("problem", orjson.dumps(problem.body()))
                return
            for message in found.messages:
                yield message
            held.let_go()
            needs = found.needs
            if found.over:
                return
            if not found.more:
                try:
                    await asyncio.wait_for(heard.wait(), keep_alive_s)
                except asyncio.TimeoutError:
                    yield _KEEP_ALIVE


def _lines(lines: Iterable[bytes]) -> Iterator[bytes]:
    chunk = bytearray()
    for line in lines:
        chunk += _message("line", line, seq_of(line))
        while len(chunk) >= _CHUNK_BYTES:
            yield bytes(chunk[:_CHUNK_BYTES])
            del chunk[:_CHUNK_BYTES]
    if chunk:
        yield bytes(chunk)


def _message(event: str, data: bytes, number: int | None = None) -> bytes:
    # A bare CR between the tokens of JSON is white space there, and the end of a line here.
    data = data.replace(b"\r", b" ")
    ident = b"" if number is None else b"id: %d\n" % number
    return b"event: %b\n%bdata: %b\n\n" % (event.encode(), ident, data)
