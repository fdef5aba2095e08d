"""Forgotten lines are gone from the store, and so is what they brought; the session still verifies."""

from __future__ import annotations

import json
from functools import partial
from hashlib import sha256

import pytest

from collector_api.erasing import forgetting
from collector_api.lines.redactions import Window
from pairlog import frame
from pairlog.events import End, Open
from pairlog.line import encode
from tests.collector_api.driver import SESSION, SMALL, Collector, problem
from tests.collector_api.secret import send_unpacked
from tests.collector_api.test_live import END, Watching, as_messages, seen
from tests.collector_api.word import FIRST, LAST, WORD, bodies, covered, whole, word_lines


def test_what_was_forgotten_stands_nowhere_and_the_session_verifies(collector: Collector, mine: str) -> None:
    send_unpacked(collector, mine, word_lines())
    assert collector.holds(WORD)
    assert collector.row(mine)["verified"] is True
    answer = collector.forget(mine, FIRST, LAST)
    assert (answer.status_code, answer.json()) == (200, {"revision": 1, "acked": 10})
    lines = collector.lines(mine)
    assert lines[:3] == word_lines()[:3]
    assert lines[-1] == word_lines()[-1]
    assert whole(lines)
    assert bodies(lines)[3]["type"] == "forget"
    assert WORD.encode() not in b"".join(lines)
    row = collector.row(mine)
    assert (row["verified"], row["revision"], row["complete"], row["events"]) == (True, 1, True, len(lines))
    counted, kept = collector.bytes_counted()
    assert counted == kept
    assert not collector.holds(WORD)


def test_what_is_left_is_in_frames_that_are_not_too_large(
    collector: Collector, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame, "PART_BYTES_MAX", 300)
    collector.send(mine, word_lines())
    collector.forget(mine, FIRST, LAST)
    lines = collector.lines(mine)
    with collector.store.reading() as connection:
        question = "SELECT events FROM frame ORDER BY first_seq"
        counts = list(connection.exec_driver_sql(question).scalars())
    assert counts == [len(part) for part in frame.parts(lines)]
    assert len(counts) > 1


def test_readers_of_what_changed_see_it(collector: Collector, mine: str) -> None:
    collector.send(mine, word_lines())
    collector.forget(mine, FIRST, LAST)
    (row,) = collector.ask(mine, "GET", "/v1/sessions", params={"changed_after": 1}).json()["sessions"]
    assert (row["session"], row["revision"]) == (SESSION, 1)


def test_forgotten_lines_leave_a_tombstone(collector: Collector, mine: str) -> None:
    collector.send(mine, word_lines())
    for _ in range(2):
        collector.forget(mine, FIRST, LAST)
    (stone,) = collector.ask(mine, "GET", "/v1/tombstones").json()["tombstones"]
    (gap,) = [body for body in bodies(collector.lines(mine)) if body["type"] == "forget"]
    assert (stone["session"], stone["from"]) == (SESSION, FIRST)
    assert stone["through"] >= gap["through"]
    assert collector.send(mine, word_lines()).status_code == 200


def test_the_same_window_again_changes_nothing(collector: Collector, mine: str) -> None:
    collector.send(mine, word_lines())
    first = collector.forget(mine, FIRST, LAST).json()
    lines = collector.lines(mine)
    assert collector.forget(mine, FIRST, LAST).json() == first
    assert (collector.lines(mine), collector.row(mine)["revision"]) == (lines, 1)


def test_the_header_and_the_end_are_never_forgotten(collector: Collector, mine: str) -> None:
    collector.send(mine, word_lines())
    assert collector.forget(mine, 0, 2**53 - 1).json() == {"revision": 1, "acked": 10}
    lines = collector.lines(mine)
    assert [lines[0], lines[-1]] == [word_lines()[0], word_lines()[-1]]
    assert covered(lines) == [(0, 0), (1, 9), (10, 10)]
    row = collector.row(mine)
    assert (row["complete"], row["events"], row["last_seq"]) == (True, 3, 10)


@pytest.mark.parametrize("before", range(12))
@pytest.mark.parametrize("overlap", [0, 2, 99])
def test_whenever_it_comes_the_lines_of_the_window_are_gone(
    collector: Collector, mine: str, before: int, overlap: int
) -> None:
    lines = word_lines()
    if before:
        collector.send(mine, lines[:before])
    answer = collector.forget(mine, FIRST, LAST)
    assert answer.json() == {"revision": 1 if before else 0, "acked": before - 1}
    begin = max(0, min(before, 10) - overlap)
    assert collector.send(mine, lines[begin:]).json() == {"acked": 10}
    stored = collector.lines(mine)
    assert whole(stored)
    assert covered(stored)[-1] == (10, 10)
    assert [line for line in stored if json.loads(line)["seq"] < FIRST] == lines[:FIRST]
    kinds = {body["type"] for body in bodies(stored) if FIRST <= body["seq"] <= LAST}
    assert kinds <= {"forget", "open"}
    assert f'"{WORD}"'.encode() not in b"".join(stored)
    assert collector.send(mine, lines).json() == {"acked": 10}
    assert collector.lines(mine) == stored


def test_lines_before_the_window_still_conflict(collector: Collector, mine: str) -> None:
    collector.send(mine, word_lines())
    collector.forget(mine, FIRST, LAST)
    lines = word_lines()
    lines[1] = lines[1].replace(b"a.py", b"b.py")
    assert problem(collector.send(mine, lines)) == (409, "conflict")


def test_later_lines_that_came_too_early_lose_the_word_as_they_come_again(
    collector: Collector, mine: str
) -> None:
    lines = word_lines()
    collector.send(mine, lines[:6])
    collector.forget(mine, FIRST, LAST)
    send_unpacked(collector, mine, lines[6:9])
    assert collector.holds(WORD)
    masked = [one.replace(WORD.encode(), b"*" * len(WORD)) for one in lines[6:]]
    assert collector.send(mine, masked).json() == {"acked": 10}
    assert collector.lines(mine)[-5:] == masked
    assert not collector.holds(WORD)


def test_a_line_of_the_sender_that_forgets_a_part_itself_goes_on_where_the_store_ends(
    collector: Collector, mine: str
) -> None:
    lines = word_lines()
    collector.send(mine, lines[:5])
    collector.forget(mine, FIRST, 7)
    own = b'{"seq":4,"t":4,"type":"forget","through":7}'
    assert collector.send(mine, [own, lines[8]]).json() == {"acked": 8}
    assert covered(collector.lines(mine))[-2:] == [(5, 7), (8, 8)]


def test_a_redaction_of_what_was_forgotten_is_nothing_but_noted(collector: Collector, mine: str) -> None:
    collector.send(mine, word_lines())
    collector.forget(mine, FIRST, LAST)
    before = collector.lines(mine)
    spans = [[seq, pointer, 0, 99] for seq in (3, 4, 5) for pointer in ("/text", "/changes/0/4")]
    assert collector.redact(mine, spans=spans).json() == {"revision": 2}
    assert collector.lines(mine) == before
    collector.redact(mine, id="r2", spans=[[8, "/output", 0, 7]])
    assert bodies(collector.lines(mine))[-3]["output"].startswith("*******")


def test_who_watches_is_told_of_no_span_of_what_was_forgotten(collector: Collector, mine: str) -> None:
    collector.send(mine, word_lines()[:9])
    collector.forget(mine, FIRST, LAST)
    watching = Watching(collector, mine)
    watching.count(len(collector.lines(mine)))
    collector.redact(mine, spans=[[4, "/text", 0, 2], [8, "/output", 0, 2]], saves=[[5, None]])
    expected = {"id": "r1", "spans": [[8, "/output", 0, 2]], "saves": [], "blobs": []}
    assert watching.count(1) == [("redaction", None, expected)]


def test_blobs_that_only_forgotten_lines_named_go(collector: Collector, mine: str) -> None:
    content = f"{WORD} in a file\n".encode()
    collector.put(mine, content)
    lines = word_lines()
    digest = sha256(content).hexdigest()
    lines[5] = encode(Open(seq=5, t=5, doc=2, path="b", why="opened", source="disk", blob=digest))
    collector.send(mine, lines)
    assert collector.holds(content)
    collector.forget(mine, FIRST, LAST)
    assert collector.ask(mine, "GET", f"/v1/blobs/{digest}").status_code == 404
    counted, kept = collector.bytes_counted()
    assert counted == kept
    assert not collector.holds(content)


def test_blobs_of_later_lines_lose_the_word_also_where_they_come_again(
    collector: Collector, mine: str
) -> None:
    content = f"kept = '{WORD}'\nmo".encode()
    digest = sha256(content).hexdigest()
    lines = word_lines()
    later = Open(seq=6, t=6, doc=1, path="a.py", why="opened", source="disk", blob=digest)
    lines[6] = encode(later)
    collector.put(mine, content)
    collector.send(mine, lines[:7])
    collector.forget(mine, FIRST, LAST)
    (opened,) = [body for body in bodies(collector.lines(mine)) if body["seq"] == 6]
    new = collector.ask(mine, "GET", f"/v1/blobs/{opened['blob']}").content
    assert new == content.replace(WORD.encode(), b"*" * len(WORD))
    again = later
    again.seq = 7
    collector.put(mine, content)
    assert collector.send(mine, [encode(again)]).json() == {"acked": 7}
    assert bodies(collector.lines(mine))[-1]["blob"] == opened["blob"]
    assert collector.ask(mine, "GET", f"/v1/blobs/{digest}").status_code == 404
    counted, kept = collector.bytes_counted()
    assert counted == kept
    assert not collector.holds(WORD)


def test_who_watches_drops_the_window_and_gets_what_stands_there_now(collector: Collector, mine: str) -> None:
    lines = word_lines()
    collector.send(mine, lines[:9])
    watching = Watching(collector, mine)
    assert watching.count(9) == as_messages(lines[:9])
    collector.forget(mine, FIRST, LAST)
    told = ("forget", None, {"from": FIRST, "through": LAST})
    now = as_messages(collector.lines(mine)[FIRST:])
    assert watching.count(1 + len(now)) == [told, *now]
    collector.send(mine, lines[10:] and [encode(End(seq=9, t=9, reason="shutdown"))])
    assert watching.rest()[-1] == END
    assert seen(collector, mine, params={"from": 9})[: 1 + len(now)] == [told, *now]
    assert seen(collector, mine, params={"from": 2})[1:-1] == as_messages(collector.lines(mine)[FIRST:])


def test_a_plan_that_was_overtaken_is_not_carried_out(collector: Collector, mine: str) -> None:
    lines = word_lines()
    collector.send(mine, lines[:7])
    window = Window(FIRST, LAST)
    with collector.store.reading() as connection:
        plan = forgetting.plan(connection, SESSION, 1, window, SMALL)
    job = partial(
        forgetting.carry_out, session=SESSION, contributor=1, window=window, plan=plan, limits=SMALL
    )
    collector.send(mine, lines[7:8])
    assert collector.store.write(job).result() is None
    assert collector.lines(mine) == lines[:8]
    assert collector.forget(mine, FIRST, LAST).json() == {"revision": 1, "acked": 7}


def test_one_who_reads_meanwhile_ends_in_peace_and_then_it_is_gone_for_good(
    collector: Collector, mine: str
) -> None:
    send_unpacked(collector, mine, word_lines())
    with collector.store.reading() as reader:
        query = "SELECT data FROM frame"
        before = reader.exec_driver_sql(query).scalar_one()
        assert collector.forget(mine, FIRST, LAST).json() == {"revision": 1, "acked": 10}
        assert WORD.encode() not in b"".join(collector.lines(mine))
        assert reader.exec_driver_sql(query).scalar_one() == before
    assert collector.store.scrubbed(10)
    assert not collector.holds(WORD)


def test_files_of_a_later_snapshot_lose_the_word(collector: Collector, mine: str) -> None:
    content = f"kept = '{WORD}'\n".encode()
    files = [{"path": "a.py", "mode": "100644", "blob": sha256(content).hexdigest()}]
    manifest = json.dumps({"files": files}).encode()
    lines = word_lines()
    named = {"manifest": sha256(manifest).hexdigest(), "files": 1}
    lines[8] = json.dumps({"seq": 8, "t": 8, "type": "workspace", **named}).encode()
    for blob in (content, manifest):
        collector.put(mine, blob)
    collector.send(mine, lines)
    assert collector.holds(WORD)
    assert collector.forget(mine, FIRST, LAST).status_code == 200
    (snapshot,) = [body for body in bodies(collector.lines(mine)) if body["type"] == "workspace"]
    found = collector.ask(mine, "GET", f"/v1/blobs/{snapshot['manifest']}").json()
    masked = collector.ask(mine, "GET", f"/v1/blobs/{found['files'][0]['blob']}").content
    assert masked == content.replace(WORD.encode(), b"*" * len(WORD))
    assert not collector.holds(WORD)
    counted, kept = collector.bytes_counted()
    assert counted == kept
