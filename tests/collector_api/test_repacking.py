"""Small frames become large ones, and no line changes: whatever else happens meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector_api.rows import repacking
from collector_api.rows.repacking import Repacker, _Small, groups
from pairlog.source import open_source
from tests.collector_api.driver import SESSION, Collector, line, session_lines
from tests.collector_api.secret import SECRET, secret_lines, send_unpacked

OTHER = "0193f5a0-1c00-7000-8000-0000000000bb"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Frames are large from ten lines on, and there is a place for a lake."""
    monkeypatch.setenv("PAIRLOG_LAKE", str(tmp_path / "lake"))
    monkeypatch.setattr(repacking, "PART_LINES_MAX", 10)


def frames(collector: Collector, session: str = SESSION) -> list[int]:
    """How many lines each stored frame has."""
    with collector.store.reading() as connection:
        question = f"SELECT events FROM frame WHERE session_id = '{session}' ORDER BY first_seq"
        return list(connection.exec_driver_sql(question).scalars())


def repack(collector: Collector) -> None:
    repacker = Repacker(collector.store)
    # A verdict may come in between: what it changes is looked at in the next round.
    for _ in range(2):
        for _ in repacker.steps():
            pass


def send_each(collector: Collector, token: str, lines: list[bytes], session: str = SESSION) -> None:
    for one in lines:
        assert collector.send(token, [one], session).status_code == 200


@settings(deadline=None)
@given(st.lists(st.integers(1, 30)), st.booleans())
def test_groups_are_just_large_enough_and_leave_nothing_out(sizes: list[int], is_last: bool) -> None:
    made = [_Small(number, number, size, 100) for number, size in enumerate(sizes)]
    found = list(groups(made, is_last=is_last))
    flat = [frame for group in found for frame in group]
    assert flat == made[: len(flat)]
    assert all(sum(frame.events for frame in group[:-1]) < 10 for group in found)
    rest = made[len(flat) :]
    assert rest == [] if is_last else sum(frame.events for frame in rest) < 10


def test_lines_stay_as_they_are_in_fewer_frames(collector: Collector, mine: str) -> None:
    lines = session_lines(30)
    send_each(collector, mine, lines[:25])
    before = collector.lines(mine)
    row = collector.row(mine)
    counted, _ = collector.bytes_counted()
    repack(collector)
    assert frames(collector) == [10, 10, *[1] * 5]
    assert collector.lines(mine) == before == lines[:25]
    assert collector.row(mine) == row
    assert collector.bytes_counted()[0] < counted
    send_each(collector, mine, lines[25:])
    repack(collector)
    assert frames(collector) == [10, 10, 10, 4]
    for seq in (0, 9, 10, 33):
        assert collector.lines(mine, first=seq) == lines[seq:]
    assert collector.row(mine)["verified"]
    with open_source(collector.address) as source:
        assert list(source.lines(SESSION)) == lines
    repack(collector)
    assert frames(collector) == [10, 10, 10, 4]


def test_as_much_is_taken_at_once_as_unpacks_to_a_large_frame(
    collector: Collector, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repacking, "PART_BYTES_MAX", 2_000)
    long = [line(seq, "run", id="r", phase="output", output="a" * 900) for seq in range(1, 8)]
    lines = [session_lines()[0], *long, line(8, "end", reason="shutdown")]
    send_each(collector, mine, lines)
    repack(collector)
    assert frames(collector) == [3, 3, 3]
    assert collector.lines(mine) == lines
    counted, kept = collector.bytes_counted()
    assert counted == kept


def _redacts(collector: Collector, mine: str, session: str) -> None:
    collector.redact(mine, session, spans=[[1, "/path", 0, 1]])


def _forgets(collector: Collector, mine: str, session: str) -> None:
    collector.forget(mine, 3, 5, session)


def _erases(collector: Collector, mine: str, session: str) -> None:
    collector.ask(mine, "DELETE", f"/v1/sessions/{session}")


def _repacks(collector: Collector, mine: str, session: str) -> None:
    repack(collector)


def _appends(collector: Collector, mine: str, session: str) -> None:
    collector.send(mine, session_lines(30, session), session)


def _exports(collector: Collector, mine: str, session: str) -> None:
    _appends(collector, mine, session)
    assert collector.command("lake", "export") == 0


@pytest.mark.parametrize("meanwhile", [_redacts, _forgets, _erases, _repacks, _appends, _exports])
def test_what_happens_meanwhile_holds(
    collector: Collector,
    mine: str,
    meanwhile: Callable[[Collector, str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lines(session: str) -> list[bytes] | None:
        found = collector.lines_or_none(mine, session)
        return found and [one.replace(session.encode(), b"SESSION") for one in found]

    send_each(collector, mine, session_lines(30, OTHER)[:25], OTHER)
    meanwhile(collector, mine, OTHER)
    expected = lines(OTHER)
    _erases(collector, mine, OTHER)
    send_each(collector, mine, session_lines(30)[:25])
    written = collector.store.written
    due = [lambda: meanwhile(collector, mine, SESSION)]

    def late(job: Callable[..., object]) -> object:
        # Frames are read, and not yet replaced.
        if due:
            due.pop()()
        return written(job)

    monkeypatch.setattr(collector.store, "written", late)
    for _ in Repacker(collector.store).steps():
        pass
    monkeypatch.setattr(collector.store, "written", written)
    assert due == []
    assert lines(SESSION) == expected
    collector.bytes_counted()


def test_what_was_masked_is_not_left_by_a_repacking(collector: Collector, mine: str) -> None:
    send_unpacked(collector, mine, secret_lines()[:3])
    send_unpacked(collector, mine, secret_lines())
    assert collector.holds(SECRET)
    repack(collector)
    assert frames(collector) == [6]
    collector.redact(mine, spans=[[2, "/changes/0/4", 7, len(SECRET)], [4, "/output", 5, len(SECRET)]])
    assert not collector.holds(SECRET)
