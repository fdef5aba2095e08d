"""A session is watched as it grows: lines, what is taken back, and the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import update

from collector_api.arriving.in_flight import InFlight
from collector_api.database.tables import Frame
from collector_api.routes import stream
from collector_api.routes.stream import Watcher, watch
from collector_api.rows.tokens import find
from pairlog.frame import pack
from tests.collector_api.driver import SESSION, SMALL, Collector, line, problem, session_lines
from tests.collector_api.secret import SAVES, SPANS, masked_lines, secret_lines

#: Longer than any of it takes, so that a test which would wait for ever fails.
PATIENCE_S = 20

Message = tuple[str, int | None, Any]


def parse(text: bytes) -> list[Message]:
    """Whole server-sent events: name, id and the data as JSON; a comment is `("", None, its text)`."""
    messages: list[Message] = []
    for block in text.decode().split("\n\n")[:-1]:
        fields = dict(row.split(": ", 1) for row in block.split("\n"))
        if "" in fields:
            messages.append(("", None, fields[""]))
        else:
            number = int(fields["id"]) if "id" in fields else None
            messages.append((fields["event"], number, orjson.loads(fields["data"])))
    return messages


def as_messages(lines: list[bytes]) -> list[Message]:
    bodies = [orjson.loads(one) for one in lines]
    return [("line", body["seq"], body) for body in bodies]


END: Message = ("end", None, {})


def seen(collector: Collector, token: str, **request: Any) -> list[Message]:
    """All that somebody sees who watches a session until its end."""
    headers = {"Authorization": f"Bearer {token}", **request.pop("headers", {})}
    path = f"/v1/sessions/{SESSION}/live"
    answer = collector.request("GET", path, headers=headers, **request)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    return parse(answer.content)


class Watching:
    """One who watches, step by step, what a collector in this process does in between."""

    def __init__(
        self,
        collector: Collector,
        token: str,
        first: int = 0,
        keep_alive_s: float = 60,
        answers: InFlight | None = None,
    ) -> None:
        self._loop = collector.loop
        self.admitted = True
        with collector.store.reading() as connection:
            reader = find(connection, token)
        assert reader is not None
        watcher = Watcher(SESSION, reader, first)
        held = (answers or InFlight(SMALL, "answers")).held(reader.token)
        self._stream = watch(collector.store, watcher, SESSION, self._is_admitted, held, keep_alive_s)

    async def _is_admitted(self) -> bool:
        return self.admitted

    def until(self, enough: Callable[[list[Message]], bool]) -> list[Message]:
        """The messages up to where they are enough, or to the end of all."""

        async def read() -> list[Message]:
            found: list[Message] = []
            async for text in self._stream:
                found += parse(text)
                if enough(found):
                    break
            return found

        return self._run(read())

    def count(self, number: int) -> list[Message]:
        return self.until(lambda found: len(found) >= number)

    def rest(self) -> list[Message]:
        return self.until(lambda found: False)

    def piece(self) -> bytes:
        """The next bytes, wherever in a message they end; none at the end of all."""

        async def read() -> bytes:
            return await anext(self._stream, b"")

        return self._loop.run(read())

    def _run(self, reading: Any) -> list[Message]:
        async def in_time() -> list[Message]:
            found: list[Message] = await asyncio.wait_for(reading, PATIENCE_S)
            return found

        return self._loop.run(in_time())


def test_a_whole_session_is_its_lines_and_the_end(collector: Collector, mine: str) -> None:
    lines = session_lines(40)
    for begin in range(0, len(lines), 10):
        collector.send(mine, lines[begin : begin + 10])
    assert seen(collector, mine) == [*as_messages(lines), END]


def test_it_is_watched_from_any_line_on(collector: Collector, mine: str) -> None:
    lines = session_lines()
    for begin in range(0, 9, 4):
        collector.send(mine, lines[begin : begin + 4])
    for first in range(11):
        expected = [*as_messages(lines[first:]), END]
        assert seen(collector, mine, params={"from": first}) == expected
        if first:
            back = {"Last-Event-ID": str(first - 1)}
            assert seen(collector, mine, headers=back) == expected
            assert seen(collector, mine, headers=back, params={"from": 2}) == expected


def test_a_frame_of_several_members_as_were_taken_once_is_watched_as_any_other(
    collector: Collector, mine: str
) -> None:
    lines = session_lines()
    collector.send(mine, lines)
    data = pack(lines[:4]) + pack([]) * 3 + pack(lines[4:])
    collector.store.written(lambda connection: connection.execute(update(Frame).values(data=data)).rowcount)
    assert seen(collector, mine) == [*as_messages(lines), END]
    assert seen(collector, mine, params={"from": 6}) == [*as_messages(lines[6:]), END]


@pytest.mark.parametrize(("params", "more"), [({"from": -1}, {}), ({}, {"Last-Event-ID": "x"})])
def test_a_place_that_is_none_is_refused(
    collector: Collector, mine: str, params: dict[str, Any], more: dict[str, str]
) -> None:
    collector.send(mine, session_lines())
    headers = {"Authorization": f"Bearer {mine}", **more}
    answer = collector.request("GET", f"/v1/sessions/{SESSION}/live", headers=headers, params=params)
    assert problem(answer) == (422, "request")


def test_lines_are_seen_as_they_come(collector: Collector, mine: str) -> None:
    lines = session_lines()
    collector.send(mine, lines[:3])
    watching = Watching(collector, mine)
    assert watching.count(3) == as_messages(lines[:3])
    collector.send(mine, lines[3:6])
    assert watching.count(3) == as_messages(lines[3:6])
    collector.send(mine, lines[4:])
    assert watching.rest() == [*as_messages(lines[6:]), END]


def test_one_who_looks_away_gets_everything_later(collector: Collector, mine: str) -> None:
    lines = session_lines(60)
    watching = Watching(collector, mine)
    collector.send(mine, lines[:1])
    assert watching.count(1) == as_messages(lines[:1])
    for begin in range(0, len(lines), 7):
        collector.send(mine, lines[begin : begin + 7])
    assert watching.rest() == [*as_messages(lines[1:]), END]


def test_a_redaction_reaches_who_has_the_lines_already(collector: Collector, mine: str) -> None:
    lines = secret_lines()
    collector.send(mine, lines[:4])
    watching = Watching(collector, mine)
    assert watching.count(4) == as_messages(lines[:4])
    body = {"id": "r1", "spans": SPANS, "saves": SAVES, "blobs": []}
    collector.redact(mine, **body)
    assert watching.count(1) == [("redaction", None, body)]
    collector.redact(mine, **body)
    collector.send(mine, lines)
    assert watching.rest() == [*as_messages(masked_lines()[4:]), END]


def test_one_who_comes_back_is_told_what_was_taken_back_meanwhile(collector: Collector, mine: str) -> None:
    collector.send(mine, secret_lines())
    first = {"id": "r1", "spans": SPANS[:1], "saves": SAVES, "blobs": []}
    second = {"id": "r2", "spans": SPANS[1:], "saves": [], "blobs": []}
    collector.redact(mine, **first)
    collector.redact(mine, **second)
    masked = as_messages(masked_lines())
    told = [("redaction", None, first), ("redaction", None, second)]
    assert seen(collector, mine) == [*masked, END]
    assert seen(collector, mine, params={"from": 2}) == [*masked[2:], END]
    assert seen(collector, mine, params={"from": 3}) == [*told[:1], *masked[3:], END]
    assert seen(collector, mine, headers={"Last-Event-ID": "4"}) == [*told, *masked[5:], END]


def test_an_erased_session_is_told_and_watched_no_more(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines()[:2])
    watching = Watching(collector, mine)
    watching.count(2)
    collector.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
    ((name, _, body),) = watching.rest()
    assert (name, body["status"], body["code"]) == ("problem", 410, "erased")
    assert problem(collector.ask(mine, "GET", f"/v1/sessions/{SESSION}/live")) == (410, "erased")


def test_who_may_read_it_no_more_sees_nothing_more(collector: Collector, mine: str) -> None:
    lines = session_lines(use="research")
    collector.send(mine, lines[:2])
    watching = Watching(collector, collector.token("reader", "researcher"))
    assert watching.count(2) == as_messages(lines[:2])
    private = line(2, "consent", level="content", use="private", policy="p")
    collector.send(mine, [private, line(3, "focus", focused=True)])
    ((name, _, body),) = watching.rest()
    assert (name, body["code"]) == ("problem", "owner")


def test_a_token_out_of_force_watches_no_more(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines()[:2])
    watching = Watching(collector, mine)
    watching.count(2)
    watching.admitted = False
    collector.send(mine, session_lines()[:4])
    assert watching.rest() == []


def test_silence_is_broken_by_a_comment(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines()[:1])
    watching = Watching(collector, mine, keep_alive_s=0)
    assert watching.count(3)[1:] == [("", None, "all is well")] * 2


def test_a_collector_that_stops_lets_go_of_who_watches(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines()[:1])
    watching = Watching(collector, mine)
    watching.count(1)
    collector.store.bell.close()
    assert watching.rest() == []


@pytest.mark.parametrize("in_lake", [False, True], ids=["stored", "in a lake"])
def test_what_is_large_is_held_by_one_until_it_is_read_and_the_others_wait(
    collector: Collector, mine: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, in_lake: bool
) -> None:
    monkeypatch.setattr(stream, "ROOM_S", 0)
    long = [line(seq, "run", id="r", phase="output", output="a" * 45_000) for seq in range(1, 5)]
    lines = [session_lines()[0], *long, line(5, "end", reason="shutdown")]
    collector.send(mine, lines[:1])
    collector.send(mine, lines[1:])
    if in_lake:
        collector.export(tmp_path / "lake")
    room = 20_000_000 if in_lake else 300_000
    answers = InFlight(replace(SMALL, token_answers_bytes_max=room), "answers")
    slow, other = (Watching(collector, mine, first=1, answers=answers) for _ in range(2))
    begun = slow.piece()
    assert room / 2 < answers.bytes < room
    waits = [("", None, "all is well")]
    assert [other.count(1) for _ in range(2)] == [waits, waits]
    expected = [*as_messages(lines[1:]), END]
    assert parse(begun + b"".join(iter(slow.piece, b""))) == expected
    assert answers.bytes == 0
    assert parse(b"".join(iter(other.piece, b""))) == expected
    assert answers.bytes == 0


def test_a_token_watches_so_many_at_a_time(collector: Collector, mine: str) -> None:
    collector.send(mine, session_lines())
    collector.app.state.limits = replace(collector.app.state.limits, watchers_max=2)
    with collector.store.reading() as connection:
        watcher = find(connection, mine)
    assert watcher is not None
    bell = collector.store.bell
    with bell.watching(watcher.token, 2), bell.watching(watcher.token, 2):
        answer = collector.ask(mine, "GET", f"/v1/sessions/{SESSION}/live")
        assert problem(answer) == (429, "rate")
        assert "watchers_max" in answer.json()["detail"]
    assert seen(collector, mine)[-1] == END
    assert bell.watchers == 0


def test_a_line_with_a_break_between_its_tokens_stays_one(collector: Collector, mine: str) -> None:
    odd = b'{"seq":1,\r"t":1,"type":"resume"}'
    collector.send(mine, [session_lines()[0], odd, line(2, "end", reason="shutdown")])
    assert [body["seq"] for name, _, body in seen(collector, mine) if name == "line"] == [0, 1, 2]


def test_a_session_that_is_not_here_is_not_watched(collector: Collector, mine: str) -> None:
    assert problem(collector.ask(mine, "GET", f"/v1/sessions/{SESSION}/live")) == (404, "session")
